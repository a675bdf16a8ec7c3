"""Mel-cepstral distortion between mel cepstra (frames, coefficients), in dB.

    MCD = (10 / ln 10) sqrt(2) mean over frames of |c - c'|, without c0

(Kubichek 1993.) Column 0 is c0, the level, and never counts. The analysis that gives the cepstra
(order, warping of the frequency axis, frame shift) belongs to the target signal, which both sides
share, and figures compare only where it is the same.

MCD compares frame by frame. MCD_DTW aligns the two first, by dynamic time warping with the
Euclidean distance of the same coefficients (see `_warp`), and takes the mean over the pairs of the
path; it is blind to timing and, for equal lengths, never above MCD, so both are worth showing.

No upper end, 0 for equal cepstra. Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import as_declared, finite
from benchmark.metrics._mean import one, reduce_mean
from benchmark.metrics.speech._warp import dtw

DECIBELS = 10 / np.log(10) * np.sqrt(2)


def mcd(target: Array, prediction: Array) -> float:
    """MCD in dB of two mel cepstra (frames, coefficients), frame by frame.

    Raises ValueError for unequal lengths or orders, other than two axes, no frames, nothing beside
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
    return one(value)


MCD = Metric(
    id="mcd.no_dtw@1",
    title="MCD",
    unit="dB",
    tolerance=0.05,
    better="lower",
    measure=partial(_measure, score=mcd),
    reduce=reduce_mean,
    definition="(10 / ln 10) sqrt(2) |c - c'| of mel cepstra without c0, mean over frames",
    source="Kubichek 1993",
    scale=(0.0, None),
    degenerate="the mean cepstrum of the training targets comes near the best constant",
)
MCD_DTW = Metric(
    id="mcd.dtw@1",
    title="MCD-DTW",
    unit="dB",
    tolerance=0.05,
    better="lower",
    measure=partial(_measure, score=mcd_dtw),
    reduce=reduce_mean,
    definition="MCD after exact dynamic time warping, mean over the pairs of the path",
    source="Kubichek 1993; Sakoe & Chiba 1978",
    scale=(0.0, None),
    degenerate="timing is forgiven: the right sounds at the wrong times score well",
)
