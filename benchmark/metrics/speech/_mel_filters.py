"""Triangular filters on Slaney's mel scale, each of unit area in Hz.

The scale is linear up to 1000 Hz, 3 mel for 200 Hz, and logarithmic above, 27 mel for a factor of
6.4 (Slaney, Auditory Toolbox, 1998). The corners of the triangles are equally spaced in mel; each
triangle rises from the centre of the one below and falls to the centre of the one above, with
height 2 / (high - low). Equals librosa.filters.mel with its defaults (htk=False, norm="slaney").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KNEE = 1000.0  # Hz
LINEAR = 3 / 200  # mel a Hz, up to the knee
LOG = 27 / np.log(6.4)  # mel a factor of e, above it


def mel_filters(
    rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float
) -> NDArray[np.float64]:
    """Weights (n_mels, n_fft // 2 + 1) of the bins of an FFT of n_fft samples at `rate` Hz.

    Raises ValueError unless 0 <= fmin < fmax <= rate / 2 and there is at least one filter.
    """
    if not 0 <= fmin < fmax <= rate / 2:
        raise ValueError(f"expected 0 <= fmin < fmax <= {rate / 2} Hz, got {fmin} and {fmax}")
    if n_mels < 1:
        raise ValueError(f"expected at least one mel band, got {n_mels}")
    corners = _hertz(np.linspace(_mel(fmin), _mel(fmax), n_mels + 2))
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    sides = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.asarray(np.maximum(sides, 0) * 2 / (high - low))


def _mel(hertz: float) -> float:
    if hertz < KNEE:
        return hertz * LINEAR
    return float(KNEE * LINEAR + LOG * np.log(hertz / KNEE))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = KNEE * LINEAR
    return np.where(mel < knee, mel / LINEAR, KNEE * np.exp((mel - knee) / LOG))
