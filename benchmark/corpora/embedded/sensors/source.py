"""What every sensor of the embedded corpus starts from, and the rules that they share.

Lengths: a sensor of rate r gives T = round(duration * r) samples, halves upwards, and sample k is
taken at k / r seconds. Randomness: one PCG64 generator a recording and sensor, seeded from a
SHA-256 of their names. Results: whole multiples of a quantum that is a power of two, computed in
float64, so that another machine's last bit disappears in the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import AUDIO_RATE

FRAME_RATE = 100  # Hz, of the trajectories


@dataclass(frozen=True, eq=False)
class Speaker:
    """What is the same in all recordings of one speaker; lengths in mm, x forward, y upward."""

    id: str
    rest: Array  # (6, 2) mean position of the points
    spread: Array  # (6, 2) standard deviation of the points
    tongue: Array  # (37, 2) mean tongue surface, from the root to the tip
    palate: Array  # (M, 2) hard palate and upper incisors
    pitch: tuple[float, float]  # mean and standard deviation of log2 F0 in voiced frames


@dataclass(frozen=True, eq=False)
class Source:
    """One recording of the vocal tract model: N frames at 100 Hz and 160 N samples of sound."""

    id: str
    session: str
    speaker: Speaker
    points: Array  # (N, 6, 2) float64 mm, in the order of io.sparc.POINTS
    tongue: Array  # (N, 37, 2) float64 mm
    f0: Array  # (N,) float64 Hz
    voiced: Array  # (N,) bool
    audio: Array  # (160 N,) float64 in [-1, 1)

    def length(self, rate: float) -> int:
        """Number of samples at `rate` Hz: round(duration * rate), halves upwards."""
        return int(Fraction(len(self.points), FRAME_RATE) * Fraction(rate) + Fraction(1, 2))

    def times(self, rate: float) -> Array:
        return np.arange(self.length(rate)) / rate


def quantised(values: Array, quantum: float) -> Array:
    """Round to multiples of `quantum` on an int16 grid; values beyond it saturate. float32."""
    grid = np.clip(np.round(values / quantum), -32768, 32767)
    return (grid * quantum).astype(np.float32)


def sampled(frames: Array, times: Array, rate: float, keep: float = 0.4, reach: int = 12) -> Array:
    """Read 100 Hz `frames` (N, ...) at `times` in s: a Hann-windowed sinc that passes keep * rate.

    The first and last frames are held beyond the ends. Weights add up to one.
    """
    cutoff = min(1.0, 2 * keep * rate / FRAME_RATE)
    place = np.asarray(times) * FRAME_RATE
    index = np.floor(place).astype(np.int64)[:, None] + np.arange(1 - reach, reach + 1)
    lag = place[:, None] - index
    weights = np.sinc(cutoff * lag) * np.cos(np.pi * np.clip(lag / (2 * reach), -0.5, 0.5)) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    held = np.clip(index, 0, len(frames) - 1)
    flat = frames.reshape(len(frames), -1)
    out = np.einsum("tk,tkd->td", weights, flat[held])
    return np.asarray(out.reshape(len(place), *frames.shape[1:]))


def delayed(frames: Array, seconds: float) -> Array:
    """Move 100 Hz `frames` (N, ...) later by `seconds` (earlier if negative), holding the ends."""
    place = np.clip(np.arange(len(frames)) - seconds * FRAME_RATE, 0, len(frames) - 1)
    before = np.floor(place).astype(np.int64)
    after = np.minimum(before + 1, len(frames) - 1)
    part = (place - before).reshape(-1, *[1] * (frames.ndim - 1))
    return np.asarray(frames[before] * (1 - part) + frames[after] * part)


def stretched(frames: Array, times: Array) -> Array:
    """Read 100 Hz `frames` (N, C) at `times` by straight lines, which keep what is non-negative."""
    grid = np.arange(len(frames)) / FRAME_RATE
    return np.stack([np.interp(times, grid, column) for column in frames.T], axis=1)


def standard(source: Source) -> Array:
    """Point positions (N, 12) as x, y of each point, in the speaker's standard deviations."""
    z = (source.points - source.speaker.rest) / source.speaker.spread
    return np.asarray(z.reshape(len(z), 12))


def speed(frames: Array) -> Array:
    """Time derivative (N, ...) a second of 100 Hz `frames`, by central differences."""
    return np.asarray(np.gradient(frames, 1 / FRAME_RATE, axis=0))


def loudness(source: Source, rate: int) -> Array:
    """Mean |audio| of blocks of 1 / rate s centred on k / rate, over the recording's deviation.

    The definition of SPARC (Cho et al. 2024, arXiv 2406.12998): blocks of the z-scored waveform.
    """
    block = AUDIO_RATE // rate
    centred = source.audio - source.audio.mean()
    magnitude = np.abs(centred) / max(float(centred.std()), 1e-6)
    padded = np.pad(magnitude, (block // 2, block))
    count = source.length(rate)
    return np.asarray(padded[: count * block].reshape(count, block).mean(axis=1))


def tone(source: Source) -> Array:
    """F0 (N,) in speaker's deviations of log2 F0, from the mean; unvoiced frames are included."""
    mean, deviation = source.speaker.pitch
    return np.asarray((np.log2(np.maximum(source.f0, 20.0)) - mean) / deviation)
