"""Pearson's correlation of trajectories, such as articulator positions.

For channel c of one recording, over its time steps t:

    r_c = sum_t (x_tc - mean x_c) (y_tc - mean y_c)
          / sqrt(sum_t (x_tc - mean x_c)^2  sum_t (y_tc - mean y_c)^2)

The recording's value is the mean of r_c over channels, the score the mean over recordings, all
equally weighted: pooling recordings would measure their resting positions instead. No unit, from
-1 to 1, no Fisher transform; neither offset nor scale of a channel matters. Recordings need 10
frames. A channel whose target is constant is left out of that recording and its validity is 0; a
channel that only the prediction holds constant counts -1.

Statistics: [mean r, 1, r_1 .. r_C, valid_1 .. valid_C], r 0 where not valid, so the sum of r_c
divided by the sum of valid_c is the mean r of channel c. Only the first two are there when
`signal.frame` leaves the number of channels open. Source: scipy.stats.pearsonr; mean over channels
and recordings as in github.com/lee-jhwn/IS25-emg-ema.

No epsilon anywhere, so the unit does not matter. A constant column is found on the raw input, since
rounding of a mean leaves a residue that correlates with anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    as_declared,
    channel_count,
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)

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
    the prediction is constant counts -1, the worst score. Raises Undefined where no channel counts,
    where all that count have a constant prediction, and for fewer than MIN_FRAMES frames.
    """
    r = per_channel(prediction, target)
    if len(target) < MIN_FRAMES:
        raise UndefinedTarget(f"fewer than {MIN_FRAMES} frames")
    counted = moves(target)
    if not counted.any():
        raise UndefinedTarget("constant")
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


def mean_over_recordings(
    predictions: Sequence[Array], targets: Sequence[Array]
) -> NDArray[np.float64]:
    """`per_channel` of each pair of recordings, averaged without weights: (channels,).

    NaN for a channel that is constant in any recording. Raises ValueError as `per_channel`, for
    unequal numbers of recordings, and for none.
    """
    if len(predictions) != len(targets) or not len(targets):
        raise ValueError(f"{len(targets)} targets but {len(predictions)} predictions")
    r = [per_channel(x, y) for x, y in zip(predictions, targets, strict=True)]
    if len({len(channels) for channels in r}) > 1:
        raise ValueError("recordings with different numbers of channels")
    return np.asarray(np.mean(r, axis=0))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    """(time, channels) twice -> the statistics above; Undefined as in `of_recording`."""
    r, counted = of_recording(prediction, target)
    as_declared(target, signal)
    mean = r.sum() / counted.sum()
    return mean_statistics(mean, r, counted) if channel_count(signal) else mean_statistics(mean)


def _worst(signal: Signal) -> Array:
    channels = channel_count(signal)
    return mean_statistics(-1.0, np.full(channels, -1.0), np.ones(channels))


def _parts(sums: Array) -> Array:
    """Mean r of each channel over the recordings in which it counts."""
    r, counted = np.split(np.asarray(sums, dtype=np.float64)[..., 2:], 2, axis=-1)
    return np.asarray(np.where(counted > 0, r / np.where(counted > 0, counted, 1.0), np.nan))


PER_RECORDING = Metric(
    id="pearson.per_recording@1",
    title="Pearson r",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=lambda signal: 2 * channel_count(signal)),
    parts=_parts,
    worst=_worst,
    definition="mean over channels of Pearson's r over time, then mean over recordings",
    source="scipy.stats.pearsonr; github.com/lee-jhwn/IS25-emg-ema",
    scale=(-1.0, 1.0),
    degenerate="the mean course of the training targets, stretched to the length asked for and"
    " however small",
)
