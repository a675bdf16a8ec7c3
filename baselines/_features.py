"""Signals become frames: windows, bands, alignment in time and standardisation, with numpy alone.

Everywhere sample k of a signal of rate r is taken at k / r seconds, frame k of a target of rate q
at k / q seconds, and signals are (time, channels).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from _nouns import Array

EMG_BANDS = ((20.0, 60.0), (60.0, 120.0), (120.0, 240.0), (240.0, 450.0))  # Hz
EMG_WINDOW = 0.06  # seconds: shorter ones are noisier, longer ones blur the movement
HIGH_GAMMA = (70.0, 170.0)  # Hz
SEEG_WINDOW = 0.05  # seconds
TINY = 1e-2  # added before logarithms: far below the noise of a recording in microvolts or counts


def mean_around(x: Array, rate: float, frames: int, frame_rate: float, seconds: float) -> Array:
    """Mean of (time, channels) in a window centred on each frame -> (frames, channels) float64.

    Windows are cut at the ends of the signal; past its end they hold its last sample.
    """
    centre = np.arange(frames) / frame_rate * rate
    half = max(seconds * rate / 2, 0.5)
    last = len(x) - 1
    start = np.clip(np.ceil(centre - half), 0, last).astype(int)
    stop = np.clip(np.ceil(centre + half), start + 1, len(x)).astype(int)
    total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0, dtype=np.float64)])
    return (total[stop] - total[start]) / (stop - start)[:, None]


def at_frames(x: Array, rate: float, frames: int, frame_rate: float) -> Array:
    """(time, ...) at `rate`, linearly interpolated -> (frames, ...) float32; ends are held."""
    place = np.clip(np.arange(frames) / frame_rate * rate, 0, len(x) - 1)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(x) - 1)
    part = (place - before).astype(np.float32).reshape(-1, *[1] * (x.ndim - 1))
    return x[before] * (1 - part) + x[after] * part


def band(x: Array, rate: float, low: float, high: float, order: int = 4) -> Array:
    """(time, channels) through the squared response of a Butterworth band-pass, without delay.

    The mirror image follows the signal, so that its period has no jump and any length will do.
    """
    count = len(x)
    spectrum = np.fft.rfft(np.concatenate([x, x[::-1]]), axis=0)
    frequency = np.maximum(np.fft.rfftfreq(2 * count, 1 / rate), 1e-9)
    offset = (frequency - low * high / frequency) / (high - low)
    gain = 1 / (1 + offset ** (2 * order))
    return np.fft.irfft(spectrum * gain[:, None], 2 * count, axis=0)[:count]


def log_power(x: Array, rate: float, frames: int, frame_rate: float, seconds: float) -> Array:
    """Half the log of the mean square around each frame, (frames, channels)."""
    return np.log(np.sqrt(mean_around(np.square(x), rate, frames, frame_rate, seconds)) + TINY)


def emg(x: Array, rate: float, frames: int, frame_rate: float) -> Array:
    """EMG (time, channels) -> (frames, features) float32, those of one kind side by side.

    Log RMS in each band that the rate allows, then the log of the rectified mean above 20 Hz.
    """
    x = np.asarray(x, np.float64) - np.mean(x, axis=0)
    bands = [(low, high) for low, high in EMG_BANDS if high < rate / 2]
    place = rate, frames, frame_rate, EMG_WINDOW
    parts = [log_power(band(x, rate, *edges), *place) for edges in bands]
    wide = band(x, rate, EMG_BANDS[0][0], bands[-1][1])
    parts.append(np.log(mean_around(np.abs(wide), *place) + TINY))
    return np.concatenate(parts, axis=1).astype(np.float32)


def slow(x: Array, rate: float, frames: int, frame_rate: float) -> Array:
    """What EMG filters throw away: level below about 20 Hz, (frames, channels) float32.

    Each channel without its mean, divided by its own standard deviation in this recording: an
    amplifier made for the heart passes mostly this.
    """
    level = mean_around(np.asarray(x, np.float64), rate, frames, frame_rate, 0.04)
    level -= level.mean(axis=0)
    return (level / (level.std(axis=0) + TINY)).astype(np.float32)


def high_gamma(x: Array, rate: float, frames: int, frame_rate: float) -> Array:
    """sEEG (time, contacts) -> log high-gamma RMS around each frame, (frames, contacts) float32."""
    x = band(np.asarray(x, np.float64), rate, *HIGH_GAMMA)
    return log_power(x, rate, frames, frame_rate, SEEG_WINDOW).astype(np.float32)


def own_level(x: Array) -> Array:
    """(frames, features) without the mean of this recording: electrodes differ in gain."""
    return x - x.mean(axis=0)


@dataclass(frozen=True)
class Standard:
    """Mean and standard deviation of each feature over the frames of a training set."""

    mean: Array
    scale: Array

    @classmethod
    def of(cls, arrays: Iterable[Array]) -> Standard:
        """From arrays (frames, features); a constant feature keeps its scale."""
        count, total, squares = 0, np.zeros(1), np.zeros(1)
        for x in arrays:
            count += len(x)
            total = total + x.sum(axis=0, dtype=np.float64)
            squares = squares + np.square(x, dtype=np.float64).sum(axis=0)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
        scale = np.where(deviation > 1e-6, deviation, 1.0)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    @classmethod
    def unchanged(cls) -> Standard:
        """Mean 0 and scale 1, whatever the number of features."""
        return cls(np.zeros(1, np.float32), np.ones(1, np.float32))

    def __call__(self, x: Array) -> Array:
        return np.asarray((x - self.mean) / self.scale, np.float32)

    def undo(self, x: Array) -> Array:
        return np.asarray(x * self.scale + self.mean, np.float32)
