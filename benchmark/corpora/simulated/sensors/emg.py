"""Surface EMG of face and neck at 1 kHz from eight sites, made from the articulators' movement.

A muscle's activation is a softplus of where the articulators are going to be and how fast they
move, one electromechanical delay ahead of the movement. Its electrical signal is Gaussian noise of
a surface EMG spectrum, multiplied by the activation (Shwedyk, Balasubramanian and Scott 1977,
IEEE Trans. Biomed. Eng. 24: 417-424; see `interference`). An electrode hears several muscles.
Muscles also do more than what the movement shows. These causes, which no target shows, are each
switched off where their parameter is 0:

- talkers pull with other weights (`weights`), and their muscles help or brake a movement
  (`damping`);
- antagonists contract together and move nothing (`stiffness`), and each take has a tonus of its own
  (`tonus`);
- muscles are readied before speech and rest after it (`ready`);
- few motor units are active at a time, so activation itself is noisy (`unit`, of the square root of
  the activation);
- gains drift (`drift`, `gain`), and electrodes sit elsewhere in another session (`shift`);
- people swallow and blink (`swallows`, `blinks`).

In a silent take nothing drives the larynx, and muscles pull less, each by a factor of the talker's.
Sizes are in the range that made the tasks neither trivial nor hopeless on talkers of no release;
their directions are known from the field, their sizes are not: see docs/embedded_corpus.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.simulated.sensors.muscles import DRIVES, MUSCLES, SITES
from benchmark.corpora.simulated.sensors.source import (
    Source,
    delayed,
    drift,
    noise,
    readiness,
    slow,
    speed,
    standard,
    stretched,
    tone,
    whole,
)

NAMES = tuple(muscle.name for muscle in MUSCLES)
ANTAGONISTS = (
    ("orbicularis oris", "zygomaticus"),
    ("orbicularis oris", "levator labii"),
    ("depressor labii", "mentalis"),
    ("masseter", "digastric"),
    ("genioglossus", "styloglossus"),
    ("mylohyoid", "hyoglossus"),
    ("cricothyroid", "sternohyoid"),
)
# The two sites, by their place in SITES, that an electrode may slip towards.
NEIGHBOURS = ((6, 5), (4, 5), (1, 3), (2, 1), (7, 1), (1, 0), (0, 5), (4, 0))
SWALLOWED = (0.05, 0.3, 1, 0.9, 0.2, 0.1, 0.05, 0.1)  # how loudly SITES hear a swallow
BLINKED = (0.3, 0, 0, 0, 0.05, 0.1, 1, 0.3)  # and the muscle and the movement of an eyelid


@dataclass(frozen=True)
class Parameters:
    version: int = 2
    rate: int = 1000  # Hz
    delay: float = 0.06  # s; 40 to 60 ms before acceleration is reported for speech muscles
    onset: float = -0.4  # added to the pull: a muscle at rest is nearly silent
    sharpness: float = 2.0  # of the softplus
    haste: float = 0.03  # s: how much speed of a pull, either way, adds to its activation
    microvolts: float = 20.0  # rms at one deviation of pull under the electrode
    low: float = 60.0  # Hz, lower and upper knee of the spectrum
    high: float = 120.0
    band: tuple[float, float] = (20.0, 450.0)  # Hz, of the amplifier
    floor: float = 12.0  # microvolts rms of electrode and amplifier noise
    hum: float = 3.0  # microvolts of the 50 Hz mains; its third harmonic has a fifth of it
    mains: float = 50.0  # Hz
    wander: float = 12.0  # microvolts rms of baseline below 2 Hz
    quantum: float = 2.0**-3  # microvolts
    talker_spread: float = 0.45  # deviation of ln gain between talkers, for each muscle and site
    session_spread: float = 0.25  # the same between sessions: electrodes are put on again
    weights: float = 0.25  # deviation of ln of each pull's weight between talkers
    damping: float = 0.008  # s: how much speed of a pull adds to it, at most, of either sign
    stiffness: float = 0.25  # deviation of what both of two antagonists pull in vain
    stiffness_band: tuple[float, float] = (0.2, 4.0)  # Hz
    tonus: float = 0.1  # deviation of each muscle's pull between takes
    ready: float = 0.6  # added to all pulls during speech, and taken from them at rest
    ready_spread: float = 0.3  # deviation of ln of that between a talker's muscles
    lead: float = 0.1  # s before the first phone that muscles are ready, at half their way
    trail: float = 0.04  # s after the last one
    slope: float = 0.26  # s that the way takes
    unit: float = 0.4  # deviation of an activation of 1 by its few motor units
    unit_band: tuple[float, float] = (1.0, 30.0)  # Hz
    drift: float = 0.1  # deviation of ln gain of a site within a take, below `drift_below`
    drift_below: float = 1.0  # Hz
    gain: float = 0.1  # deviation of ln gain of a site between takes
    shift: float = 0.2  # part of the way to a neighbouring site that an electrode slips, at most
    swallows: float = 0.06  # a second
    swallow: tuple[float, float] = (30.0, 90.0)  # microvolts rms
    blinks: float = 0.15  # a second
    blink: tuple[float, float] = (60.0, 200.0)  # microvolts of the eyelid's movement
    silent_gain: float = 0.8  # of activation in silent takes
    silent_spread: float = 0.25  # deviation of its ln between a talker's muscles


PARAMETERS = Parameters()
SIGNALS = {"emg": Signal("µV", "float32", PARAMETERS.rate, (8,), SITES)}


def pull(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(N, muscles) at 100 Hz, no unit: what muscles pull with, before the delay."""
    larynx = np.stack([tone(source), source.voiced.astype(np.float64)], axis=1)
    drives = np.concatenate([standard(source), larynx * (not source.silent)], axis=1)
    pulls = drives @ weights(source, parameters)
    fast = speed(pulls)
    sign = source.of_talker("emg", "damping").uniform(-1, 1, len(MUSCLES))
    pulls += parameters.haste * np.abs(fast) + parameters.damping * sign * fast
    pulls += parameters.onset + parameters.stiffness * cocontraction(source, parameters)
    share = source.of_talker("emg", "ready").standard_normal(len(MUSCLES))
    ready = parameters.ready * np.exp(parameters.ready_spread * share)
    course = readiness(source, parameters.lead, parameters.trail, parameters.slope)
    pulls += ready * (2 * course - 1)[:, None]
    tonus = source.random("emg", "tonus").standard_normal(len(MUSCLES))
    return np.asarray(pulls + parameters.tonus * tonus)


def weights(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(drives, muscles): those of anatomy, each changed by the talker."""
    table = np.zeros((len(DRIVES), len(MUSCLES)))
    for column, muscle in enumerate(MUSCLES):
        for name, weight in muscle.pull:
            table[DRIVES.index(name), column] = weight
    own = source.of_talker("emg", "weights").standard_normal(table.shape)
    return np.asarray(table * np.exp(parameters.weights * own))


def cocontraction(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(N, muscles) at 100 Hz: noise of unit variance that each pair of antagonists shares."""
    rng = source.random("emg", "stiffness")
    pairs = slow(rng, len(source.points), len(ANTAGONISTS), parameters.stiffness_band)
    shared = np.zeros((len(pairs), len(MUSCLES)))
    for column, pair in enumerate(ANTAGONISTS):
        for name in pair:
            shared[:, NAMES.index(name)] += pairs[:, column]
    return shared


def activation(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(N, muscles) at 100 Hz, non-negative, one delay ahead of the movement."""
    bent = parameters.sharpness * pull(source, parameters)
    active = np.logaddexp(0, bent) / parameters.sharpness
    if source.silent:
        share = source.of_talker("emg", "silent").standard_normal(len(MUSCLES))
        active *= parameters.silent_gain * np.exp(parameters.silent_spread * share)
    rng = source.random("emg", "units")
    firing = slow(rng, len(active), len(MUSCLES), parameters.unit_band)
    active = np.maximum(active + parameters.unit * np.sqrt(active) * firing, 0)
    return delayed(active, -parameters.delay)


def placement(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """Gains (muscles, 8) in µV: anatomy, the talker, the session, and where electrodes slipped."""
    table = np.array([muscle.sites for muscle in MUSCLES])
    talker = source.of_talker("emg", "sites").standard_normal(table.shape)
    session = source.of_session("emg", "sites").standard_normal(table.shape)
    change = parameters.talker_spread * talker + parameters.session_spread * session
    gains = parameters.microvolts * table * np.exp(change)
    slip = parameters.shift * source.of_session("emg", "shift").uniform(-1, 1, len(SITES))
    towards = [pair[0] if way > 0 else pair[1] for pair, way in zip(NEIGHBOURS, slip, strict=True)]
    return np.asarray((1 - np.abs(slip)) * gains + np.abs(slip) * gains[:, towards])


def gains(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 8): factors by which each electrode's signal drifts."""
    rng, times = source.random("emg", "drift"), source.times(parameters.rate)
    course = parameters.drift * drift(rng, times, len(SITES), parameters.drift_below)
    return np.asarray(np.exp(course + parameters.gain * rng.standard_normal(len(SITES))))


def artefacts(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 8) µV: swallows, heard as muscles of the neck, and blinks, a movement and a muscle."""
    times = source.times(parameters.rate)
    total = np.zeros((len(times), len(SITES)))
    for name, often in (("swallows", parameters.swallows), ("blinks", parameters.blinks)):
        rng = source.random("emg", name)
        for _ in range(rng.poisson(often * len(times) / parameters.rate)):
            middle = rng.uniform(0, times[-1])
            width = rng.uniform(0.15, 0.3) if name == "swallows" else 0.05
            near = np.flatnonzero(np.abs(times - middle) < 4 * width)
            course = np.exp(-0.5 * ((times[near] - middle) / width) ** 2)
            muscle = interference(rng, len(near), 1, parameters)[:, 0]
            if name == "swallows":
                seen, sites = rng.uniform(*parameters.swallow) * muscle, SWALLOWED
            else:
                seen, sites = rng.uniform(*parameters.blink) * (1 + 0.15 * muscle), BLINKED
            total[near] += (course * seen)[:, None] * sites
    return total


def interference(
    rng: np.random.Generator, length: int, muscles: int, parameters: Parameters
) -> Array:
    """Electrical activity (length, muscles) float32 of unit variance in the amplifier's band.

    |H| = f / sqrt(f² + low²) * high² / (f² + high²): the double pole of Shwedyk et al.
    """
    low, high = parameters.low, parameters.high

    def gain(f: Array) -> Array:
        shape = f / np.sqrt(f**2 + low**2) * high**2 / (f**2 + high**2)
        return np.asarray(shape * ((f >= parameters.band[0]) & (f <= parameters.band[1])))

    return noise(rng, length, muscles, parameters.rate, gain)


def emg(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 8) float32 µV at 1000 Hz; channels are SITES."""
    times = source.times(parameters.rate)
    rng = source.random("emg", "muscles")
    active = stretched(activation(source, parameters), times)
    active *= interference(rng, len(times), len(MUSCLES), parameters)
    mixed = active @ placement(source, parameters) + artefacts(source, parameters)
    mixed *= gains(source, parameters)
    mixed += amplifier(source, parameters)
    return whole(mixed.astype(np.float32), parameters.quantum)


def amplifier(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """Amplifier noise, mains hum and baseline wander (T, 8) in µV."""
    times, count = source.times(parameters.rate), len(SITES)
    rng = source.random("emg", "amplifier")
    total = parameters.floor * rng.standard_normal((len(times), count))
    spread = source.of_session("emg", "hum").standard_normal(count)
    phase = 2 * np.pi * (parameters.mains * times + rng.random())
    wave = np.sin(phase) + 0.2 * np.sin(3 * phase)
    total += parameters.hum * wave[:, None] * np.exp(0.5 * spread)
    total += parameters.wander * drift(rng, times, count, 2.0)
    return np.asarray(total)
