"""Pearson's r of columns over time, and what a constant column means for a recording.

Source: the definition; equals scipy.stats.pearsonr of each column. No epsilon anywhere, so the
unit does not matter; a constant column is found on the raw input, since rounding of a mean leaves
a residue that correlates with anything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Undefined
from benchmark.metrics._check import finite, shapes

MIN_FRAMES = 10  # below, r is mostly an accident of few points


def per_channel(prediction: Array, target: Array) -> NDArray[np.float64]:
    """r over time of each column of (time, channels); NaN where either column is constant.

    Raises ValueError for unequal shapes, other than two axes, fewer than 2 frames, NaN, infinity.
    """
    prediction, target = shapes(prediction, target, 2)
    if len(target) < 2:
        raise ValueError(f"expected at least 2 frames, got {len(target)}")
    x, x_moves = _centred(prediction, "prediction")
    y, y_moves = _centred(target, "target")
    power = np.sqrt((x * x).sum(axis=0)) * np.sqrt((y * y).sum(axis=0))
    r = np.full(target.shape[1], np.nan)
    np.divide((x * y).sum(axis=0), power, out=r, where=x_moves & y_moves)
    return np.asarray(np.clip(r, -1.0, 1.0))


def moves(x: Array) -> NDArray[np.bool_]:
    """Which columns of (time, channels) are not constant."""
    return np.asarray(x.max(axis=0) != x.min(axis=0))


def of_recording(
    prediction: Array, target: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """r of each channel and whether it counts (1.0 or 0.0), both (channels,).

    A channel whose target is constant has no r for anyone: r 0, not counted. A channel where only
    the prediction is constant counts -1, the floor. Raises Undefined where nothing can be counted
    or nothing was predicted, and for fewer than MIN_FRAMES frames.
    """
    r = per_channel(prediction, target)
    if len(target) < MIN_FRAMES:
        raise Undefined(f"target: fewer than {MIN_FRAMES} frames")
    counted = moves(target)
    if not counted.any():
        raise Undefined("target: constant")
    if not moves(prediction)[counted].any():
        raise Undefined("constant prediction")
    r = np.where(counted, np.where(np.isnan(r), -1.0, r), 0.0)
    return r, counted.astype(np.float64)


def _centred(x: Array, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each column without its mean, scaled by a power of two so that no square over- or underflows.

    And which columns are not constant. The mean is taken off twice: the first one is rounded where
    the offset is large. Raises ValueError for NaN and infinity, which reach the extremes.
    """
    low, high = (extreme.astype(np.float64) for extreme in (x.min(axis=0), x.max(axis=0)))
    finite(low, name)
    finite(high, name)
    exponent = np.frexp(np.maximum(-low, high))[1]
    centred = np.ldexp(x.astype(np.float64, copy=False), -exponent)
    centred -= centred.sum(axis=0) / len(x)
    centred -= centred.sum(axis=0) / len(x)
    return centred, low != high
