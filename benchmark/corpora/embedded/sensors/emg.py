"""Surface EMG of face and neck at 1 kHz from eight sites, made from the articulators' movement.

A muscle's activation is a softplus of where the articulators are going to be and how fast they
move, one electromechanical delay ahead of the movement. Its electrical signal is Gaussian noise of
a surface EMG spectrum, multiplied by the activation (Shwedyk, Balasubramanian and Scott 1977,
IEEE Trans. Biomed. Eng. 24: 417-424; see `interference`). An
electrode hears several muscles.

Sites are those of the Gaddy corpus (Gaddy and Klein 2020, arXiv 2010.02960). Which muscle lies
under which site and what it moves follows textbook anatomy, in round numbers. Simplified: no
motor units, no fatigue, no movement artefact beyond baseline wander.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.embedded.sensors.source import (
    Source,
    delayed,
    quantised,
    speed,
    standard,
    stretched,
    tone,
)
from benchmark.corpora.io.sparc import CHANNELS
from benchmark.corpora.noise import coloured, generator

SITES = (
    "left cheek above mouth",
    "left corner of chin",
    "below chin 3 cm back",
    "throat left of larynx",
    "mid-jaw right",
    "right cheek below mouth",
    "right cheek near nose",
    "right cheek 4 cm before ear",
)
DRIVES = (*CHANNELS[:12], "tone", "voice")  # standard deviations; voice is 1 or 0


@dataclass(frozen=True)
class Muscle:
    """What pulls it (names of DRIVES, weights), and how loudly each of the SITES hears it."""

    name: str
    pull: tuple[tuple[str, float], ...]
    sites: tuple[float, ...]


MUSCLES = (
    Muscle(
        "orbicularis oris",
        (("ULY", -0.7), ("LLY", 0.7), ("ULX", 0.6), ("LLX", 0.5)),
        (0.35, 0.3, 0, 0, 0.1, 0.8, 0.3, 0),
    ),
    Muscle("levator labii", (("ULY", 1.2), ("ULX", -0.3)), (0.6, 0, 0, 0, 0, 0, 0.9, 0.05)),
    Muscle("zygomaticus", (("ULX", -0.8), ("LLX", -0.8)), (0.8, 0.05, 0, 0, 0.1, 0.2, 0.3, 0.3)),
    Muscle(
        "depressor labii",
        (("LLY", -1.1), ("LIY", 0.3)),
        (0, 0.9, 0.1, 0, 0.3, 0.5, 0, 0),
    ),
    Muscle(
        "mentalis", (("LLY", 0.9), ("LLX", 0.7), ("LIY", -0.3)), (0, 0.6, 0.2, 0, 0.1, 0.2, 0, 0)
    ),
    Muscle("masseter", (("LIY", 1.2),), (0, 0, 0, 0, 0.7, 0, 0.05, 1.0)),
    Muscle("digastric", (("LIY", -1.2), ("LIX", -0.3)), (0, 0.1, 0.8, 0.2, 0.1, 0, 0, 0)),
    Muscle(
        "genioglossus",
        (("TBX", 0.6), ("TDX", 0.8), ("TTX", 0.4)),
        (0, 0.05, 0.9, 0.15, 0.1, 0, 0, 0),
    ),
    Muscle("mylohyoid", (("TTY", 0.8), ("TBY", 0.7)), (0, 0.15, 0.7, 0.1, 0.3, 0, 0, 0)),
    Muscle("styloglossus", (("TDY", 0.9), ("TDX", -0.7)), (0, 0, 0.3, 0.2, 0.4, 0, 0, 0.35)),
    Muscle("hyoglossus", (("TDY", -0.8), ("TBY", -0.6)), (0, 0, 0.35, 0.5, 0.1, 0, 0, 0)),
    Muscle("cricothyroid", (("tone", 1.0), ("voice", 0.5)), (0, 0, 0.05, 0.9, 0, 0, 0, 0)),
    Muscle("sternohyoid", (("tone", -0.8), ("LIY", -0.5)), (0, 0, 0.15, 0.6, 0, 0, 0, 0)),
)


@dataclass(frozen=True)
class Parameters:
    version: int = 1
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
    talker_spread: float = 0.6  # deviation of ln gain between speakers, for each muscle and site
    session_spread: float = 0.4  # the same between sessions: electrodes are put on again
    quantum: float = 2.0**-3  # microvolts


PARAMETERS = Parameters()
SIGNALS = {"emg": Signal("µV", "float32", PARAMETERS.rate, (8,), SITES)}


def activation(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(N, muscles) at 100 Hz, non-negative, one delay ahead of the movement."""
    extra = np.stack([tone(source), source.voiced.astype(np.float64)], axis=1)
    drives = np.concatenate([standard(source), extra], axis=1)
    weights = np.zeros((len(DRIVES), len(MUSCLES)))
    for column, muscle in enumerate(MUSCLES):
        for name, weight in muscle.pull:
            weights[DRIVES.index(name), column] = weight
    pull = drives @ weights
    pull += parameters.haste * np.abs(speed(pull)) + parameters.onset
    soft = np.logaddexp(0, parameters.sharpness * pull) / parameters.sharpness
    return delayed(soft, -parameters.delay)


def placement(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """Gains (muscles, 8) in µV: anatomy, the speaker's variation of it, and the session's."""
    table = np.array([muscle.sites for muscle in MUSCLES])
    speaker = generator(source.speaker.id, "emg").standard_normal(table.shape)
    session = generator(source.session, "emg").standard_normal(table.shape)
    change = parameters.talker_spread * speaker + parameters.session_spread * session
    return np.asarray(parameters.microvolts * table * np.exp(change))


def interference(rng: np.random.Generator, length: int, parameters: Parameters) -> Array:
    """Electrical activity (length, muscles) of unit variance in the amplifier's band.

    |H| = f / sqrt(f² + low²) * high² / (f² + high²): the double pole of Shwedyk et al.
    """
    low, high = parameters.low, parameters.high

    def gain(f: Array) -> Array:
        shape = f / np.hypot(f, low) * high**2 / (f**2 + high**2)
        return np.asarray(shape * ((f >= parameters.band[0]) & (f <= parameters.band[1])))

    return coloured(rng, (len(MUSCLES), length), parameters.rate, gain).T


def disturbance(rng: np.random.Generator, source: Source, parameters: Parameters) -> Array:
    """Amplifier noise, mains hum and baseline wander (T, 8) in µV."""
    times = source.times(parameters.rate)
    count = len(SITES)
    noise = parameters.floor * rng.standard_normal((len(times), count))
    level = parameters.hum * np.exp(0.5 * generator(source.session, "hum").standard_normal(count))
    phase = 2 * np.pi * rng.random()
    cycle = 2 * np.pi * parameters.mains * times[:, None] + phase
    hum = level * (np.sin(cycle) + 0.2 * np.sin(3 * cycle))
    slow = coloured(rng, (count, len(times)), parameters.rate, lambda f: (f < 2.0) / (f + 0.3), 4.0)
    return np.asarray(noise + hum + parameters.wander * slow.T)


def emg(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 8) float32 µV at 1000 Hz; channels are SITES."""
    rng = generator(source.id, "emg")
    times = source.times(parameters.rate)
    envelope = stretched(activation(source, parameters), times)
    active = envelope * interference(rng, len(times), parameters)
    mixed = active @ placement(source, parameters)
    return quantised(mixed + disturbance(rng, source, parameters), parameters.quantum)
