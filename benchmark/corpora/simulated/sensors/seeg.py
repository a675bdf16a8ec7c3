"""Depth-electrode EEG at 1024 Hz of contacts that plan, move and hear.

The background, the band and how drive becomes high gamma are those of `embedded.sensors.seeg`.
About 30 % of the contacts are driven by speech, each by one of three things:

- `moving`: a state of the vocal tract that the contact prefers, in three of the articulators'
  places and speeds, voice and tone; it responds the less, the further off the state is, on
  whatever side, so that no weighted sum of contacts tells where an articulator is;
- `planning`: the phones that come, each with a size of its own in each contact, before they begin;
- `hearing`: bands of the sound, after it was heard; in silent takes nothing is.

Responses drift within a recording and differ between recordings. Some contacts are bad: dead, or
noisy in bursts that reach all others through the common reference. They are marked, as a table of
channels would, and `seeg` leaves them out; `contacts` says how many there are. Simplified: no
spikes, no anatomy, no low-frequency evoked responses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.embedded.sensors.source import (
    FRAME_RATE,
    delayed,
    speed,
    standard,
    stretched,
    tone,
)
from benchmark.corpora.noise import AUDIO_RATE, generator
from benchmark.corpora.simulated.sensors.source import (
    SILENCE,
    Source,
    drift,
    noise,
    readiness,
    whole,
)

KINDS = ("moving", "planning", "hearing")
# Hz, edges of the bands that are heard; one ends where the next begins.
HEARD = (100.0, 400.0, 1000.0, 2500.0, 5000.0, 7900.0)


@dataclass(frozen=True)
class Parameters:
    version: int = 2
    rate: int = 1024  # Hz
    contacts: tuple[int, int] = (54, 127)  # fewest and most of a talker
    bad: float = 0.05  # part of them that is bad
    noisy: float = 0.5  # part of the bad ones that is noisy; the rest is dead
    active: float = 0.3  # part of the good ones that speech drives
    kinds: tuple[float, ...] = (0.5, 0.3, 0.2)  # parts of the active ones, in order of KINDS
    features: int = 3  # in which a moving contact prefers a state
    reach: float = 1.0  # deviations of a feature from that state to where a response has fallen
    peak: float = 3.0  # drive of a moving contact in that state, above what it is far from there
    far: float = -0.5  # drive of a moving contact far from it
    threshold: float = 1.0  # of drive, above which contacts respond
    speech: tuple[float, float] = (0.3, 1.2)  # weight of speech as such, of moving and planning
    moving: tuple[float, float] = (-0.15, 0.05)  # s, earliest and latest of a moving contact
    planning: tuple[float, float] = (0.1, 0.3)  # s before a phone's middle
    width: float = 0.06  # s, deviation of the course of a planned phone
    hearing: tuple[float, float] = (0.03, 0.15)  # s after the sound
    quiet: float = -60.0  # dB of full scale in a band, below it nothing is heard
    band: tuple[float, float] = (70.0, 170.0)  # Hz, high gamma
    response: float = 8.0  # microvolts rms of high gamma at one deviation of drive
    drift: float = 0.2  # deviation of ln of a contact's response within a recording
    drift_below: float = 0.3  # Hz
    gain: float = 0.15  # the same between recordings
    background: float = 45.0  # microvolts rms of each contact's own 1/f noise
    shared: float = 25.0  # microvolts rms of 1/f noise common to all: the reference
    wander: float = 20.0  # microvolts rms of each contact's potential below `drift_below`
    bursts: float = 0.2  # a second, of a noisy contact
    burst: float = 1500.0  # microvolts rms of one, of which the reference has its part
    knee: float = 1.0  # Hz, below it the background is flat
    slope: float = 1.2  # amplitude falls as 1 / f ** slope
    hum: float = 4.0  # microvolts of the mains
    mains: float = 50.0  # Hz
    quantum: float = 2.0**-6  # microvolts


PARAMETERS = Parameters()
SIGNALS = {"seeg": Signal("µV", "float32", PARAMETERS.rate, (None,))}


@dataclass(frozen=True)
class Contacts:
    """A talker's contacts, numbered from 0, and which of them are marked as bad."""

    count: int
    dead: tuple[int, ...]
    noisy: tuple[int, ...]

    @property
    def good(self) -> Array:
        """Numbers of those that `seeg` holds, rising."""
        return np.setdiff1d(np.arange(self.count), (*self.dead, *self.noisy))


@lru_cache(maxsize=32)
def contacts(seed: str, talker: str, parameters: Parameters = PARAMETERS) -> Contacts:
    """How many contacts a talker has, and which are bad."""
    rng = generator(seed, "talker", talker, "seeg", "contacts")
    fewest, most = parameters.contacts
    count = int(rng.integers(fewest, most + 1))
    bad = rng.permutation(count)[: round(parameters.bad * count)]
    noisy = round(parameters.noisy * len(bad))
    dead, loud = (tuple(sorted(int(c) for c in part)) for part in (bad[noisy:], bad[:noisy]))
    return Contacts(count, dead, loud)


@dataclass(frozen=True, eq=False)
class Active:
    """The contacts that speech drives: places among the good ones, kinds, and latencies in s."""

    places: Array  # (A,) int
    kinds: tuple[str, ...]
    latency: Array  # (A,) s: later than the movement, the sound, or a phone's middle
    speech: Array  # (A,) weight of speech as such


def active(source: Source, parameters: Parameters = PARAMETERS) -> Active:
    """The same in all recordings of a talker."""
    good = len(contacts(source.seed, source.speaker.id, parameters).good)
    rng = source.of_talker("seeg", "active")
    count = round(parameters.active * good)
    places = np.sort(rng.permutation(good)[:count])
    # Parts are kept to, whatever is drawn: a talker without a kind would have another task.
    edges = np.round(np.cumsum(parameters.kinds) / np.sum(parameters.kinds) * count)
    number = np.searchsorted(edges, np.arange(count), "right")
    kinds = tuple(KINDS[k] for k in rng.permutation(number))
    early, late = parameters.planning
    spans = {"moving": parameters.moving, "planning": (-late, -early)}
    spans["hearing"] = parameters.hearing
    latency = np.array([rng.uniform(*spans[kind]) for kind in kinds])
    return Active(places, kinds, latency, rng.uniform(*parameters.speech, count))


def moved(source: Source) -> Array:
    """(N, 26) at 100 Hz of about unit variance: positions, speeds, voice and tone."""
    z = standard(source)
    larynx = np.column_stack([2.0 * source.voiced - 1, tone(source) * (not source.silent)])
    return np.column_stack([z, speed(z) / 10, larynx])


def planned(source: Source, columns: int, width: float) -> Array:
    """(N, columns) at 100 Hz: what is said, each phone with the size that the talker gives it."""
    times = np.arange(len(source.points)) / FRAME_RATE
    total = np.zeros((len(times), columns))
    for label, start, end in source.phones:
        if label != SILENCE:
            size = sizes(source.seed, source.speaker.id, label, columns)
            course = np.exp(-0.5 * ((times - (start + end) / 2) / width) ** 2)
            total += course[:, None] * size
    return total


@lru_cache(maxsize=512)
def sizes(seed: str, talker: str, label: str, columns: int) -> Array:
    """(columns,) what a phone is to each contact of a talker."""
    drawn = generator(seed, "talker", talker, "seeg", "phone", label).standard_normal(columns)
    drawn.flags.writeable = False
    return drawn


def heard(source: Source, quiet: float) -> Array:
    """(N, 5) at 100 Hz from about -1 in silence: level of the sound in the bands of HEARD."""
    from scipy.fft import rfft

    step = AUDIO_RATE // FRAME_RATE
    size = 2 * step
    wide = np.pad(source.audio.astype(np.float32), step)
    frames = np.lib.stride_tricks.sliding_window_view(wide, size)[::step][: len(source.points)]
    spectrum = rfft(frames * np.hanning(size).astype(np.float32), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) / size**2
    frequency = np.fft.rfftfreq(size, 1 / AUDIO_RATE)
    first = np.searchsorted(frequency, HEARD)
    bands = np.add.reduceat(power, first, axis=1)[:, : len(HEARD) - 1]
    level = 10 * np.log10(bands + 10 ** (quiet / 10))
    return np.asarray((level - quiet) / 12 - 1)


def drive(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """High-gamma amplitude (N, A) at 100 Hz of the active contacts, non-negative, no unit."""
    chosen = active(source, parameters)
    rng = source.of_talker("seeg", "tuning")
    movement, sound = moved(source), heard(source, parameters.quiet)
    phones = planned(source, len(chosen.kinds), parameters.width)
    ready = 2 * readiness(source, 0.0, 0.0, 0.1) - 1
    total = np.zeros((len(source.points), len(chosen.kinds)))
    for column, kind in enumerate(chosen.kinds):
        # Of every kind, so that a contact's tuning does not hang on the others' kinds.
        tuned = rng.permutation(movement.shape[1])[: parameters.features]
        preferred = rng.standard_normal(parameters.features)
        bands = rng.dirichlet(np.full(sound.shape[1], 0.5))
        if kind == "moving":
            away = np.square((movement[:, tuned] - preferred) / parameters.reach).sum(axis=1)
            own = parameters.far + parameters.peak * np.exp(-away / 2)
        elif kind == "planning":
            own = phones[:, column]
        else:
            own = sound @ bands
        if kind != "hearing":
            own = own + chosen.speech[column] * ready
        soft = np.logaddexp(0, 2 * (own - parameters.threshold)) / 2
        total[:, column] = delayed(soft, float(chosen.latency[column]))
    return total


def response(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(N, A) µV rms at 100 Hz: the drive, and how much a contact makes of it now."""
    driven = drive(source, parameters)
    rng = source.random("seeg", "drift")
    columns = driven.shape[1]
    times = np.arange(len(driven)) / FRAME_RATE
    course = drift(rng, times, columns, parameters.drift_below)
    change = parameters.drift * course + parameters.gain * rng.standard_normal(columns)
    return np.asarray(parameters.response * driven * np.exp(change))


def falling(rng: np.random.Generator, count: int, columns: int, parameters: Parameters) -> Array:
    """1/f noise (count, columns) float32 of unit variance at the rate of the signal."""

    def gain(f: Array) -> Array:
        return np.asarray(1 / (f + parameters.knee) ** parameters.slope)

    return noise(rng, count, columns, parameters.rate, gain)


def reference(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T,) µV that all contacts share: the reference's own noise, and bursts of noisy contacts."""
    times = source.times(parameters.rate)
    own = falling(source.random("seeg", "reference"), len(times), 1, parameters)
    total = parameters.shared * own[:, 0].astype(np.float64)
    here = contacts(source.seed, source.speaker.id, parameters)
    for contact in here.noisy:
        rng = source.random("seeg", "burst", str(contact))
        for _ in range(rng.poisson(parameters.bursts * len(times) / parameters.rate)):
            middle, width = rng.uniform(0, times[-1]), rng.uniform(0.05, 0.2)
            course = np.exp(-0.5 * ((times - middle) / width) ** 2)
            total += parameters.burst / here.count * course * rng.standard_normal(len(times))
    return np.asarray(total)


def seeg(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, good contacts) float32 µV at 1024 Hz; see `contacts` for those that are left out."""
    times = source.times(parameters.rate)
    good = len(contacts(source.seed, source.speaker.id, parameters).good)
    low, high = parameters.band
    rng = source.random("seeg", "contacts")
    field = falling(rng, len(times), good, parameters)
    field *= np.float32(parameters.background)
    share = source.of_session("seeg", "hum").uniform(0.5, 1.5, good)
    phase = 2 * np.pi * (parameters.mains * times + rng.random())
    # What all contacts have in common is added as one product of columns and the contacts' shares.
    common = np.stack([reference(source, parameters), parameters.hum * np.sin(phase)], axis=1)
    field += common.astype(np.float32) @ np.stack([np.ones(good), share]).astype(np.float32)
    field += np.float32(parameters.wander) * drift(rng, times, good, parameters.drift_below)
    places = active(source, parameters).places
    gamma = noise(
        source.random("seeg", "gamma"),
        len(times),
        len(places),
        parameters.rate,
        lambda f: 1.0 * ((f >= low) & (f <= high)),
    )
    field[:, places] += gamma * stretched(response(source, parameters), times)
    return whole(field, parameters.quantum)
