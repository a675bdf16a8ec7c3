"""Root mean square error of trajectories, in the unit of the target.

    rmse = sqrt(mean over time steps t and channels c of (x_tc - y_tc)^2)

for one recording (time, channels); the score is the mean over recordings. Only channels that carry
the signal's main unit count: millimetres and hertz have no common mean. Statistics:
[rmse, 1, mse_1 .. mse_C], the last being each channel's mean squared error over time, absent when
`signal.frame` leaves the number of channels open. Always defined for finite numbers, short of
those too large to be squared; there is no worst score.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._measurement import (
    as_declared,
    channel_count,
    mean_parts,
    mean_statistics,
    pair,
    plausible_mean,
    reduce_mean,
)


def squared_errors(prediction: Array, target: Array) -> NDArray[np.float64]:
    """Mean squared error over time of each channel of (time, channels), in squared target units.

    Raises ValueError for unequal shapes, other than two axes, no frames, NaN or infinity.
    """
    prediction, target = pair(prediction, target, 2)
    with np.errstate(over="ignore"):
        return np.asarray(np.square(prediction - target).mean(axis=0))


def rmse(prediction: Array, target: Array) -> float:
    """Root of the mean over time and channels, in target units; raises as `squared_errors`."""
    return float(np.sqrt(squared_errors(prediction, target).mean()))


def _of_main_unit(signal: Signal, channels: int) -> NDArray[np.bool_]:
    units = signal.units or (signal.unit,) * channels
    return np.asarray(np.array(units) == signal.unit)


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    errors = squared_errors(prediction, target)
    as_declared(target, signal)
    value = np.sqrt(errors[_of_main_unit(signal, len(errors))].mean())
    if not np.isfinite(value):
        raise Undefined("prediction too large to be squared")
    return mean_statistics(value, errors) if channel_count(signal) else mean_statistics(value)


def _parts(sums: Array) -> Array:
    return np.asarray(np.sqrt(mean_parts(sums)))


RMSE = Metric(
    id="rmse.per_recording@1",
    title="RMSE",
    unit=None,
    better="lower",
    measure=_measure,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=channel_count),
    parts=_parts,
    definition="root of the mean squared difference over time and channels, mean over recordings",
    source="the definition",
    scale=(0.0, None),
    degenerate="the mean of the training targets is the best constant",
)
