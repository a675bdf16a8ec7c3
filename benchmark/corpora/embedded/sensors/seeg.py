"""Depth-electrode EEG at 1024 Hz: a 1/f background and high-gamma power that follows speech.

About 15 % of the contacts carry 70-170 Hz noise whose amplitude is a softplus of a mixture of a
few features of articulation and sound, each contact with a latency of its own: negative ones plan,
positive ones listen. The rate, the band and the range of contact counts are those of the
SingleWordProductionDutch corpus (Verwoert et al. 2022, Sci. Data 9: 434); the 1/f slope follows
Miller et al. 2009, PLoS Comput. Biol. 5: e1000609 in round numbers. Simplified: no spikes, no
anatomy, no low-frequency evoked responses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.embedded.sensors.source import (
    Source,
    delayed,
    loudness,
    quantised,
    speed,
    standard,
    stretched,
    tone,
)
from benchmark.corpora.noise import coloured, generator

CONTACTS = {"t1": 127, "t2": 115, "t3": 60, "t4": 104, "t5": 54, "t6": 117, "t7": 122, "t8": 96}


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 1024  # Hz
    active: float = 0.15  # part of the contacts that speech drives
    features: int = 3  # that drive one contact, besides loudness
    latency: tuple[float, float] = (-0.15, 0.1)  # s, earliest and latest
    band: tuple[float, float] = (70.0, 170.0)  # Hz, high gamma
    response: float = 9.0  # microvolts rms of high gamma at one deviation of drive
    background: float = 45.0  # microvolts rms of each contact's own 1/f noise
    shared: float = 25.0  # microvolts rms of 1/f noise common to all: the reference
    knee: float = 1.0  # Hz, below it the background is flat
    slope: float = 1.2  # amplitude falls as 1 / f ** slope
    hum: float = 4.0  # microvolts of the 50 Hz mains
    quantum: float = 2.0**-6  # microvolts


PARAMETERS = Parameters()
SIGNALS = {"seeg": Signal("µV", "float32", PARAMETERS.rate, (None,))}


def features(source: Source) -> Array:
    """What can drive a contact, (N, 27) at 100 Hz, about unit variance; the first is loudness."""
    loud = np.log(loudness(source, 100) + 0.05)
    loud = (loud - loud.mean()) / max(float(loud.std()), 1e-6)
    z = standard(source)
    voice = 2 * source.voiced.astype(np.float64) - 1
    return np.column_stack([loud, voice, tone(source), z, speed(z) / 10])


def tuning(source: Source, parameters: Parameters = PARAMETERS) -> tuple[Array, Array, Array]:
    """Active contacts (A,), their weights (27, A) and latencies (A,) in s: fixed for a speaker."""
    rng = generator(source.speaker.id, "seeg")
    total = CONTACTS[source.speaker.id]
    count = round(parameters.active * total)
    active = np.sort(rng.permutation(total)[:count])
    weights = np.zeros((27, count))
    for column in range(count):
        chosen = 1 + rng.permutation(26)[: parameters.features]
        weights[chosen, column] = rng.choice([-1.0, 1.0], parameters.features)
        weights[0, column] = rng.uniform(0.3, 1.2)
    return active, weights / 1.5, rng.uniform(*parameters.latency, count)


def drive(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """High-gamma amplitude (N, A) at 100 Hz of the active contacts, non-negative, no unit."""
    _, weights, latency = tuning(source, parameters)
    soft = np.logaddexp(0, 2 * (features(source) @ weights) - 1) / 2
    moved = [delayed(soft[:, k], late) for k, late in enumerate(latency)]
    return np.stack(moved, axis=1)


def seeg(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, contacts) float32 µV at 1024 Hz; CONTACTS says how many the speaker has."""
    rng = generator(source.id, "seeg")
    times = source.times(parameters.rate)
    total, (low, high) = CONTACTS[source.speaker.id], parameters.band

    def falling(f: Array) -> Array:
        return np.asarray(1 / (f + parameters.knee) ** parameters.slope)

    noise = coloured(rng, (total + 1, len(times)), parameters.rate, falling)
    field = parameters.background * noise[1:] + parameters.shared * noise[0]
    share = generator(source.session, "seeg").uniform(0.5, 1.5, (total, 1))
    field += parameters.hum * share * np.sin(2 * np.pi * 50 * times + 2 * np.pi * rng.random())
    active, _, _ = tuning(source, parameters)
    gamma = coloured(
        rng, (len(active), len(times)), parameters.rate, lambda f: 1.0 * ((f >= low) & (f <= high))
    )
    field[active] += parameters.response * gamma * stretched(drive(source, parameters), times).T
    return quantised(field.T, parameters.quantum)
