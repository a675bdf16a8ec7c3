"""Twelve articulator coordinates, loudness and pitch at 50 Hz: the layout of SPARC.

SPARC (Cho et al. 2024, arXiv 2406.12998) gives these fourteen numbers at 50 Hz, estimated from
sound; here they are read off the vocal tract model, so positions are in millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.io.sparc import CHANNELS
from benchmark.corpora.simulated.sensors.source import Source, loudness, quantised, sampled


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 50  # Hz
    passband: float = 0.4  # of the rate: trajectories keep what is below 20 Hz
    quantum: float = 2.0**-8  # mm for positions; loudness has no unit
    pitch_quantum: float = 2.0**-6  # Hz


PARAMETERS = Parameters()
UNITS = ("mm",) * 12 + ("1", "Hz")
SIGNALS = {
    "articulation": Signal("mm", "float32", PARAMETERS.rate, (14,), CHANNELS, UNITS),
    "voicing": Signal("0 or 1", "uint8", PARAMETERS.rate),
}


def articulation(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 14) float32 at 50 Hz: six points x, y in mm, loudness, F0 in Hz, voiced or not."""
    times = source.times(parameters.rate)
    points = source.points.reshape(-1, 12)
    moves = sampled(points, times, parameters.rate, parameters.passband)
    pitch = sampled(source.f0[:, None], times, parameters.rate, parameters.passband)
    loud = loudness(source, parameters.rate)[:, None]
    return np.concatenate(
        [
            quantised(moves, parameters.quantum),
            quantised(loud, parameters.quantum),
            quantised(pitch, parameters.pitch_quantum),
        ],
        axis=1,
    )


def voicing(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T,) uint8 at 50 Hz: 1 where the vocal folds vibrate, for metrics over voiced frames."""
    index = np.round(source.times(parameters.rate) * 100).astype(np.int64)
    return source.voiced[np.minimum(index, len(source.voiced) - 1)].astype(np.uint8)
