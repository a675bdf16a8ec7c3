"""Speech as a short-time spectrum and back: Hann window of 512 samples, hop 128, at 16 kHz."""

from __future__ import annotations

import numpy as np
from _nouns import Array

WINDOW, HOP = 512, 128
BINS = WINDOW // 2 + 1
LOUDEST = 1.0  # of a gain: enhancement takes away, it adds nothing


def _hann() -> Array:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def frame_count(samples: int) -> int:
    """Frames of a signal; frame k is centred on sample 128 k and the last one covers the end."""
    return -(-samples // HOP) + 1


def stft(x: Array) -> Array:
    """(samples,) -> (frames, 257) complex; beyond its ends the signal is silent."""
    frames = frame_count(len(x))
    padded = np.zeros((frames - 1) * HOP + WINDOW)
    padded[WINDOW // 2 : WINDOW // 2 + len(x)] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.fft.rfft(windows * _hann(), axis=1)


def istft(spectrum: Array, samples: int) -> Array:
    """The signal (samples,) float32 whose `stft` is nearest to (frames, 257) in least squares."""
    window = _hann()
    parts = np.fft.irfft(spectrum, WINDOW, axis=1) * window
    total = np.zeros((len(spectrum) - 1) * HOP + WINDOW)
    weight = np.zeros_like(total)
    for start, part in zip(range(0, len(total), HOP), parts, strict=False):
        total[start : start + WINDOW] += part
        weight[start : start + WINDOW] += window**2
    inside = slice(WINDOW // 2, WINDOW // 2 + samples)
    return (total[inside] / np.maximum(weight[inside], 1e-8)).astype(np.float32)


def log_magnitude(spectrum: Array) -> Array:
    """Natural log of the magnitude, float32; the constant lies below the noise of any recording."""
    return np.log(np.abs(spectrum) + 1e-2).astype(np.float32)


def filtered(noisy: Array, gain: Array, softest: float) -> Array:
    """(samples,) noisy speech through a gain (frames, 257), its phase kept."""
    bounded = np.clip(gain, softest, LOUDEST)
    return istft(stft(noisy) * bounded, len(noisy))
