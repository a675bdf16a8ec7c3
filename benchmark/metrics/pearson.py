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

POOLED is another quantity under its own id: r of each channel over all frames of all recordings
together, then the mean over channels. It also counts how well the recordings' levels are met, so a
prediction of nothing but levels scores high where they differ; it never stands for the first one.
Statistics: per channel [n, sum x, sum y, sum x^2, sum y^2, sum x y] of prediction x and target y;
sums of squares lose digits when a channel's mean is many times its spread (a mean of 1e6 spreads
costs 1e-4 of r). A channel whose target is constant is left out; one that only the prediction holds
constant counts -1. It is defined for any finite recording; with nothing to count it is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import as_declared, channel_count, pair
from benchmark.metrics._correlation import of_recording, per_channel
from benchmark.metrics._mean import one, reduce_mean

__all__ = ["PER_RECORDING", "POOLED", "mean_over_recordings", "per_channel", "pooled"]


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


def pooled(predictions: Sequence[Array], targets: Sequence[Array]) -> NDArray[np.float64]:
    """r of each channel over the frames of all recordings together: (channels,); see POOLED."""
    if len(predictions) != len(targets) or not len(targets):
        raise ValueError(f"{len(targets)} targets but {len(predictions)} predictions")
    for x, y in zip(predictions, targets, strict=True):
        pair(x, y, 2)
    return per_channel(np.concatenate(predictions), np.concatenate(targets))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    """(time, channels) twice -> the statistics above; Undefined as in `of_recording`."""
    r, counted = of_recording(prediction, target)
    as_declared(target, signal)
    mean = r.sum() / counted.sum()
    return one(mean, r, counted) if channel_count(signal) else one(mean)


def _floor(signal: Signal) -> Array:
    channels = channel_count(signal)
    return one(-1.0, np.full(channels, -1.0), np.ones(channels))


def _measure_pooled(prediction: Array, target: Array, signal: Signal) -> Array:
    x, y = pair(prediction, target, 2)
    as_declared(target, signal)
    with np.errstate(over="ignore"):
        sums = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y]).sum(axis=1)
    if not np.isfinite(sums).all():
        raise Undefined("prediction too large to be squared")
    return np.asarray(sums.ravel())


def _reduce_pooled(sums: Array) -> Array:
    sums = np.asarray(sums, dtype=np.float64)
    n, x, y, xx, yy, xy = np.moveaxis(sums.reshape(*sums.shape[:-1], 6, -1), -2, 0)
    # Below rounding of the sums, a spread is none.
    flat_x, flat_y = (v - m * m / n <= 1e-12 * v for v, m in ((xx, x), (yy, y)))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (xy - x * y / n) / np.sqrt((xx - x * x / n) * (yy - y * y / n))
        r = np.where(flat_x, -1.0, np.clip(r, -1.0, 1.0))
        return np.asarray(np.where(flat_y, 0.0, r).sum(axis=-1) / (~flat_y).sum(axis=-1))


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
    parts=_parts,
    worst=_floor,
    definition="mean over channels of Pearson's r over time, then mean over recordings",
    source="scipy.stats.pearsonr; github.com/lee-jhwn/IS25-emg-ema",
    scale=(-1.0, 1.0),
)
POOLED = Metric(
    id="pearson.pooled@1",
    title="Pearson r, pooled",
    unit="",
    better="higher",
    measure=_measure_pooled,
    reduce=_reduce_pooled,
    definition="mean over channels of Pearson's r over the frames of all recordings together",
    source="the definition; another quantity than the mean over recordings",
    scale=(-1.0, 1.0),
    degenerate="the right level of each recording, without any movement",
)
