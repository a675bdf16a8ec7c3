"""Mel-cepstral distortion between mel cepstra (frames, coefficients), in dB.

    MCD = (10 / ln 10) sqrt(2) mean over frames of |c - c'|, without c0

(Kubichek 1993.) Column 0 is c0, the level, and never counts. The analysis that gives the cepstra
(order, warping of the frequency axis, frame shift) belongs to the target signal, which both sides
share, and figures compare only where it is the same.

MCD compares frame by frame. MCD_DTW aligns the two first, by dynamic time warping with the
Euclidean distance of the same coefficients, and takes the mean over the pairs of the path; it is
insensitive to timing and, for equal lengths, never above MCD, so report both. The path goes
from the first pair of frames to the last in steps (1, 0), (0, 1) and (1, 1) and costs the sum of
the distances of its pairs, both ends included (Sakoe & Chiba 1978, symmetric form without weights).
Of equally cheap paths the one with the fewest pairs is taken, so that the order of the two
sequences does not matter.

MCD_LOG_MEL and MCD_LOG_MEL_DTW take log-mel spectrograms (frames, bands), ln, and make cepstra of
order 24 of them by the cosine transform of the B bands,

    c_m = 2/B sum_b y_b cos(pi m (b + 1/2) / B)    so that y_b = c_0 / 2 + sum_m c_m cos(...)

for m = 1 .. 24. So MCD is the root mean square difference in dB of the spectra smoothed along
frequency, without the level. Of all bands and with the level it would be the log-spectral distance,
which hardly differs from the root of `mel_mse.mean@1` and is no metric of its own here. Figures
compare neither with those of cepstra by WORLD or SPTK nor between front ends. More than 24 bands
are needed. The warped form is for targets that are another take, such as those of silent speech.

No upper end, 0 for equal cepstra. Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._measurement import (
    as_declared,
    channel_count,
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
)

FAR = np.iinfo(np.int64).max
DECIBELS = 10 / np.log(10) * np.sqrt(2)
ORDER = 24  # of cepstra from log-mel spectrograms


def mcd(target: Array, prediction: Array) -> float:
    """MCD in dB of two mel cepstra (frames, coefficients), frame by frame.

    Raises ValueError for unequal lengths or orders, other than two axes, no frames, nothing but
    c0, NaN or infinity.
    """
    c, other = _coefficients(target, prediction)
    if len(c) != len(other):
        raise ValueError(f"expected {len(c)} frames as the target has, got {len(other)}")
    with np.errstate(over="ignore"):
        return float(DECIBELS * np.sqrt(np.square(c - other).sum(axis=1)).mean())


def mcd_dtw(target: Array, prediction: Array) -> float:
    """MCD in dB after exact dynamic time warping; lengths may differ, else errors as for `mcd`."""
    with np.errstate(over="ignore"):
        cost, pairs = dtw(*_coefficients(target, prediction))
    return float(DECIBELS * cost / pairs)


def dtw(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[float, int]:
    """Cost of the cheapest path through u (n, k) and v (m, k), and how many pairs it has.

    The cost is infinite where a distance is too large for float64. Cells of one antidiagonal do
    not depend on each other and are computed together. Each carries the length of its path along
    with the cost, so that nothing has to be traced back: memory grows with the sum of the lengths,
    not with their product.
    """
    n, m = len(u), len(v)
    v = v[::-1]  # so that an antidiagonal is a stretch of both
    # Cell i stands for (i - 1, diagonal - i + 1); cell 0 and all that is not reached cost infinity.
    before, cost = np.full((2, n + 1), np.inf)
    length_before, length = np.zeros((2, n + 1), np.int64)
    before[0] = 0.0  # where a path starts
    for diagonal in range(n + m - 1):
        low, high = max(0, diagonal - m + 1), min(diagonal, n - 1) + 1
        shift = m - 1 - diagonal
        apart = u[low:high] - v[low + shift : high + shift]
        here, up = slice(low + 1, high + 1), slice(low, high)
        steps = before[up], cost[up], cost[here]
        lengths = length_before[up], length[up], length[here]
        best = np.minimum(np.minimum(steps[0], steps[1]), steps[2])
        fewest = np.minimum.reduce(
            [np.where(step == best, cells, FAR) for step, cells in zip(steps, lengths, strict=True)]
        )
        following, following_length = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
        following[here] = best + np.sqrt(np.einsum("ij,ij->i", apart, apart))
        following_length[here] = fewest + 1
        before, cost = cost, following
        length_before, length = length, following_length
    return float(cost[n]), int(length[n])


def cepstra(mel: Array) -> NDArray[np.float64]:
    """c_0 to c_24 (frames, 25) of ln mel magnitudes (frames, bands), as the module says.

    Raises ValueError for other than two axes, 24 bands or fewer, and what is no real number.
    """
    mel = np.asarray(mel)
    if mel.dtype.kind not in "iuf" or mel.ndim != 2 or mel.shape[1] <= ORDER:
        raise ValueError(
            f"expected real (frames, more than {ORDER} bands), got {mel.dtype} {mel.shape}"
        )
    return np.asarray(mel @ _cosines(mel.shape[1]))


@lru_cache(maxsize=2)
def _cosines(bands: int) -> NDArray[np.float64]:
    """(bands, ORDER + 1) of the cosine transform."""
    places = (np.arange(bands)[:, None] + 0.5) / bands
    return np.asarray(2 / bands * np.cos(np.pi * places * np.arange(ORDER + 1)))


def _has_bands(target: Signal) -> bool:
    return target.unit == "ln" and channel_count(target) > ORDER


def _of_mel(target: Array, prediction: Array, score: Callable[[Array, Array], float]) -> float:
    finite(np.asarray(prediction), "prediction")
    with np.errstate(over="ignore", invalid="ignore"):
        c, other = cepstra(target), cepstra(prediction)
    return score(c, other) if np.isfinite(other).all() else np.inf


def _coefficients(
    target: Array, prediction: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both without c0."""
    c, other = np.asarray(target), np.asarray(prediction)
    for name, cepstra in (("target", c), ("prediction", other)):
        if cepstra.dtype.kind not in "iuf":
            raise ValueError(f"{name}: expected real numbers, got dtype {cepstra.dtype}")
        if cepstra.ndim != 2 or len(cepstra) == 0 or cepstra.shape[1] < 2:
            raise ValueError(
                f"{name}: expected (frames, c0 and more coefficients), got shape {cepstra.shape}"
            )
        finite(cepstra, name)
    if c.shape[1] != other.shape[1]:
        raise ValueError(f"expected {c.shape[1]} coefficients, got {other.shape[1]}")
    return c[:, 1:].astype(np.float64), other[:, 1:].astype(np.float64)


def _measure(
    prediction: Array, target: Array, signal: Signal, score: Callable[[Array, Array], float]
) -> Array:
    value = score(target, prediction)
    as_declared(target, signal)
    if not np.isfinite(value):
        raise Undefined("prediction too large to be squared")
    return mean_statistics(value)


MCD = Metric(
    id="mcd.no_dtw@1",
    title="MCD",
    unit="dB",
    tolerance=0.05,
    better="lower",
    measure=partial(_measure, score=mcd),
    reduce=reduce_mean,
    plausible=plausible_mean,
    definition="(10 / ln 10) sqrt(2) |c - c'| of mel cepstra without c0, mean over frames",
    source="Kubichek 1993",
    scale=(0.0, None),
    degenerate="the mean cepstrum of the training targets comes near the best constant",
)
MCD_DTW = replace(
    MCD,
    id="mcd.dtw@1",
    title="MCD-DTW",
    measure=partial(_measure, score=mcd_dtw),
    definition="MCD after exact dynamic time warping, mean over the pairs of the path",
    source="Kubichek 1993; Sakoe & Chiba 1978",
    degenerate="timing is forgiven: the right sounds at the wrong times score well",
    aligns=True,
)
MCD_LOG_MEL = replace(
    MCD,
    id="mcd.log_mel@1",
    title="MCD (log mel)",
    measure=partial(_measure, score=partial(_of_mel, score=mcd)),
    definition="MCD of cepstra of order 24 by the cosine transform of the log-mel spectrogram",
    source="Kubichek 1993; the transform is DCT-II",
    fits=_has_bands,
    degenerate="the mean course of the training targets, stretched",
)
MCD_LOG_MEL_DTW = replace(
    MCD_DTW,
    id="mcd.log_mel_dtw@1",
    title="MCD-DTW (log mel)",
    measure=partial(_measure, score=partial(_of_mel, score=mcd_dtw)),
    definition="the same after exact dynamic time warping, mean over the pairs of the path",
    fits=_has_bands,
    degenerate="timing is forgiven: the right sounds at the wrong times score well, and so does any"
    " sentence",
)
