"""Words by nearest template: mel cepstra, and exact distances by dynamic time warping (DTW)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.signal import get_window

Array = NDArray[Any]

RATE_HZ, HOP, WINDOW, FFT = 16000, 160, 400, 512
MELS, CEPSTRA = 26, 13


def _mel_bank() -> Array:
    """Triangular filters (MELS, FFT // 2 + 1) from 100 to 7600 Hz, equal steps in mel."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (100.0, 7600.0))
    mel_edges = np.linspace(low, high, MELS + 2)
    edges = 700 * (10 ** (mel_edges / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


def mfcc(wave: Array) -> Array:
    """Cepstra c1.. and their differences, (frames, 24), mean removed; 100 frames a second."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * get_window("hamming", WINDOW), FFT)) ** 2
    mel = power @ _mel_bank().T
    logs = np.log(np.maximum(mel, mel.max() * 1e-5))
    cepstra = dct(logs, norm="ortho")[:, 1:CEPSTRA]
    cepstra = cepstra - cepstra.mean(axis=0)
    return np.hstack([cepstra, 2 * np.gradient(cepstra, axis=0)]).astype(np.float32)


def dtw(test: Array, templates: Array, lengths: Array) -> Array:
    """Exact DTW distances (batch,) of (n, c) to padded templates (batch, m, c).

    Steps (1, 0), (0, 1), (1, 1), divided by the sum of both lengths; anti-diagonals at once.
    """
    batch, m, _ = templates.shape
    n = len(test)
    squares = np.sum(test**2, 1)[:, None, None] + np.sum(templates**2, 2).T[None]
    cross = np.einsum("nc,bmc->nmb", test, templates, optimize=True)
    cost = np.sqrt(np.maximum(squares - 2 * cross, 0.0))
    far = np.full((n + 1, batch), np.inf, dtype=cost.dtype)
    before, last, result = far.copy(), far.copy(), np.zeros(batch)
    before[0] = 0.0  # the corner before both beginnings
    rows = np.arange(n)
    for k in range(n + m - 1):
        i = rows[max(0, k - m + 1) : k + 1]
        now = far.copy()
        best = np.minimum(np.minimum(last[i + 1], last[i]), before[i])
        now[i + 1] = cost[i, k - i] + best
        ended = lengths == k - n + 2
        result[ended] = now[n, ended]
        before, last = last, now
    return np.asarray(result / (n + lengths))


def word_distances(waves: list[Array]) -> Array:
    """DTW distances (N, N) between all words; the diagonal is infinite."""
    features = [mfcc(w) for w in waves]
    lengths = np.array([len(f) for f in features])
    padded = np.zeros((len(features), lengths.max(), features[0].shape[1]), dtype=np.float32)
    for row, feature in zip(padded, features, strict=True):
        row[: len(feature)] = feature
    result = np.array([dtw(f, padded, lengths) for f in features])
    np.fill_diagonal(result, np.inf)
    return result


def nearest(distances: Array, texts: Array, allowed: Array, tests: Array) -> Array:
    """Which of the ``tests`` rows have their own text in the nearest ``allowed`` template."""
    masked = np.where(allowed, distances, np.inf)[tests]
    return np.asarray(texts[masked.argmin(axis=1)] == texts[tests])
