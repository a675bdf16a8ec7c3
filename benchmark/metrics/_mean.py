"""Metrics whose score is the plain mean of one value a recording: statistics [value, 1, ...]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array


def one(value: float, *more: Array) -> NDArray[np.float64]:
    """Statistics of one recording: its value, the count 1, then values for breakdowns."""
    return np.concatenate([[value, 1.0], *more]).astype(np.float64)


def reduce_mean(sums: Array) -> NDArray[np.float64]:
    """Sums of statistics (..., k) to means (...); each recording weighs the same."""
    sums = np.asarray(sums, dtype=np.float64)
    return np.asarray(sums[..., 0] / sums[..., 1])


def mean_parts(sums: Array) -> NDArray[np.float64]:
    """Sums (..., 2 + n) of statistics whose further values are means of n channels to (..., n)."""
    sums = np.asarray(sums, dtype=np.float64)
    return np.asarray(sums[..., 2:] / sums[..., 1:2])
