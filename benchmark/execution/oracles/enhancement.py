"""Noisy speech and the clean one it holds -> what a filter that keeps the phase can make of it.

Short-time spectra of a Hann window of 32 ms every 8 ms, as in most enhancement by gains.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmark.core import Array

WINDOW, OVERLAP = 0.032, 0.75  # seconds, and what neighbouring windows share
SOFTEST, LOUDEST = 0.01, 1.0  # of a gain: it takes away by 40 dB at most, and adds nothing
SMALL = 1e-9


def magnitude(noisy: Array, clean: Array, rate: float) -> Array:
    """(samples,) float64 with the magnitudes of the clean speech and the phase of the noisy."""
    heard, wanted = _spectrum(noisy, rate), _spectrum(clean, rate)
    return _sound(np.abs(wanted) * heard / (np.abs(heard) + SMALL), rate, len(noisy))


def gain(noisy: Array, clean: Array, rate: float) -> Array:
    """(samples,) float64: of all real gains within the limits, the nearest in each frame and band.

    The gain of least squares is the share of the clean spectrum that has the phase of the noisy.
    """
    heard, wanted = _spectrum(noisy, rate), _spectrum(clean, rate)
    found = (wanted * heard.conj()).real / (np.abs(heard) ** 2 + SMALL**2)
    return _sound(np.clip(found, SOFTEST, LOUDEST) * heard, rate, len(noisy))


def _windows(rate: float) -> dict[str, Any]:
    length = round(WINDOW * rate)
    return {"window": "hann", "nperseg": length, "noverlap": round(OVERLAP * length)}


def _spectrum(sound: Array, rate: float) -> Array:
    from scipy.signal import stft

    windows = _windows(rate)
    missing = max(0, windows["nperseg"] - len(sound))  # of a sound that is shorter than a window
    return np.asarray(stft(np.pad(np.asarray(sound, np.float64), (0, missing)), **windows)[2])


def _sound(spectrum: Array, rate: float, samples: int) -> Array:
    """The end is filled up with silence where the last window is not whole."""
    from scipy.signal import istft

    made = np.asarray(istft(spectrum, **_windows(rate))[1])[:samples]
    return np.pad(made, (0, samples - len(made)))
