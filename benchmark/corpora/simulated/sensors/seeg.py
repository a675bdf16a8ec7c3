"""Depth-electrode EEG at 1024 Hz of contacts that plan, move and hear.

About 30 % of the contacts carry 70-170 Hz noise whose amplitude follows what drives them;
all have a 1/f background. The rate, the band and the range of contact counts are those of the
SingleWordProductionDutch corpus (Verwoert et al. 2022, Sci. Data 9: 434); the 1/f slope follows
Miller et al. 2009, PLoS Comput. Biol. 5: e1000609 in round numbers. A contact is driven by one of
three things:

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

from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.noise import AUDIO_RATE, generator
from benchmark.corpora.simulated.sensors.contacts import (
    HEARD,
    KINDS,
    PARAMETERS,
    Parameters,
    active,
    contacts,
)
from benchmark.corpora.simulated.sensors.source import (
    FRAME_RATE,
    SILENCE,
    Source,
    delayed,
    drift,
    noise,
    readiness,
    speed,
    standard,
    stretched,
    tone,
    whole,
)

SIGNALS = {"seeg": Signal("µV", "float32", PARAMETERS.rate, (None,))}


def moved(source: Source) -> Array:
    """(N, contacts.MOVED) at 100 Hz of about unit variance: positions, speeds, voice and tone."""
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
    chosen = active(source.seed, source.speaker.id, parameters)
    moving, _, hearing = (np.array(chosen.kinds) == kind for kind in KINDS)
    own = planned(source, len(chosen.kinds), parameters.width)
    state = moved(source)[:, chosen.features[moving]] - chosen.preferred[moving]
    away = np.square(state / parameters.reach).sum(axis=2)
    own[:, moving] = parameters.far + parameters.peak * np.exp(-away / 2)
    own[:, hearing] = heard(source, parameters.quiet) @ chosen.bands[hearing].T
    ready = 2 * readiness(source, 0.0, 0.0, 0.1) - 1
    own += np.outer(ready, chosen.speech * ~hearing)
    soft = np.logaddexp(0, 2 * (own - parameters.threshold)) / 2
    columns = zip(soft.T, chosen.latency.tolist(), strict=True)
    return np.stack([delayed(column, latency) for column, latency in columns], axis=1)


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
    places = active(source.seed, source.speaker.id, parameters).places
    gamma = noise(
        source.random("seeg", "gamma"),
        len(times),
        len(places),
        parameters.rate,
        lambda f: 1.0 * ((f >= low) & (f <= high)),
    )
    field[:, places] += gamma * stretched(response(source, parameters), times)
    return whole(field, parameters.quantum)
