"""Speech as a short-time spectrum and back: Blackman window of 512 samples, hop 128, at 16 kHz."""

from __future__ import annotations

import numpy as np
from _nouns import Array

WINDOW, HOP = 512, 128
BINS = WINDOW // 2 + 1
WEAKEST = 0.1  # of the full sum of windows: where there is less the signal fades

PERIODIC = np.blackman(WINDOW + 1)[:-1]  # shifted windows sum to the same everywhere
SYMMETRIC = np.blackman(WINDOW)


def stft(x: Array, window: Array = PERIODIC) -> Array:
    """(samples,) -> (frames, 257) complex; frames lie inside the signal."""
    windows = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    return np.fft.rfft(windows * window, axis=1)


def istft(spectrum: Array, window: Array = PERIODIC) -> Array:
    """The signal whose `stft` is nearest in least squares; it fades where windows hardly reach."""
    total = np.zeros((len(spectrum) - 1) * HOP + WINDOW)
    weight = np.zeros_like(total)
    for frame, part in enumerate(np.fft.irfft(spectrum, WINDOW, axis=1)):
        place = slice(frame * HOP, frame * HOP + WINDOW)
        total[place] += part * window
        weight[place] += window**2
    return total / np.maximum(weight, WEAKEST * (window**2).sum() / HOP)
