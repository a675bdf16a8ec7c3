"""Explained variance and concordance of trajectories: agreement that includes offset and scale.

Pearson's r forgives a wrong offset and a wrong scale; these do not. For channel c of recording i,
with moments over its time steps (means, so that each recording weighs the same):

    mse_ic = mean_t (x_tc - y_tc)^2    var_ic = variance of y_c    cov_ic = covariance of x_c, y_c

    R2_c  = 1 - sum_i mse_ic / sum_i var_ic
    CCC_c = 2 sum_i cov_ic / sum_i (mse_ic + 2 cov_ic)

x being the prediction and y the target. The denominator of CCC is the variance of both plus the
squared difference of their means (Lin 1989), so for one recording the two are the usual R2
(scikit-learn's r2_score) and CCC. The score is the mean over channels. Sums over recordings and not
a mean of their values: R2 has no lower end, and one recording in which a channel hardly moves would
decide. Variances are taken within a recording, so that resting positions, which differ from talker
to talker, explain nothing.

A channel whose target is constant in a recording adds its error and no variance to the sums; one
whose target is constant in all of them is left out. A recording of fewer than 10 frames, or in
which no target moves, is left out. Defined for every finite prediction short of those too large to
be squared: a constant one has CCC 0 and R2 of at most 0.

Statistics: [moving channels, 1, mse_1 .. mse_C, var_1 .. var_C, cov_1 .. cov_C], in squared units
of each channel. Both need a target that declares its number of channels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import as_declared, channel_count, mean_statistics, pair
from benchmark.metrics.pearson import MIN_FRAMES, moves

Floats = NDArray[np.float64]
ROUNDED = 1e-5  # relative: published statistics have the digits of float32


def moments(prediction: Array, target: Array) -> tuple[Floats, Floats, Floats]:
    """Squared error, variance of the target, and covariance of each channel of (time, channels).

    Each (channels,), a mean over time steps; exactly 0 where what should move is constant. Raises
    ValueError for unequal shapes, other than two axes, no frames, NaN or infinity.
    """
    x, y = pair(prediction, target, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.square(x - y).mean(axis=0)
        x, y = (side - side.mean(axis=0) for side in (x, y))
        variance = np.where(moves(np.asarray(target)), np.square(y).mean(axis=0), 0.0)
        both = (variance > 0) & moves(np.asarray(prediction))
        covariance = np.where(both, (x * y).mean(axis=0), 0.0)
    return error, variance, covariance


def r2(error: Array, variance: Array, covariance: Array) -> Floats:  # noqa: ARG001
    """R2 of sums of `moments`, each (..., channels); NaN where no target moves."""
    return _ratio(variance - error, variance, variance > 0)


def ccc(error: Array, variance: Array, covariance: Array) -> Floats:
    """CCC of sums of `moments`, each (..., channels); NaN where no target moves."""
    return np.clip(_ratio(2 * covariance, error + 2 * covariance, variance > 0), -1.0, 1.0)


def _ratio(above: Array, below: Array, known: Array) -> Floats:
    return np.asarray(np.where(known, above / np.where(known, below, 1.0), np.nan))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    """(time, channels) twice -> the statistics above; Undefined as the module says."""
    found = np.concatenate(moments(prediction, target))
    as_declared(target, signal)
    if not _has_channels(signal):
        raise ValueError("expected a signal that declares its number of channels")
    if len(target) < MIN_FRAMES:
        raise UndefinedTarget(f"fewer than {MIN_FRAMES} frames")
    moving = float(np.count_nonzero(moves(np.asarray(target))))
    if not moving:
        raise UndefinedTarget("constant")
    if not np.isfinite(found).all():
        raise Undefined("prediction too large to be squared")
    return mean_statistics(moving, found)


def _has_channels(target: Signal) -> bool:
    return channel_count(target) > 0


def _by_channel(sums: Array) -> list[Floats]:
    """Sums (..., 2 + 3 C) -> error, variance, covariance, each (..., C)."""
    return np.split(np.asarray(sums, dtype=np.float64)[..., 2:], 3, axis=-1)


def _mean(values: Floats) -> Floats:
    """Mean over the channels (..., C) that have a value; NaN where none has."""
    known: Array = np.logical_not(np.isnan(values))
    total = np.where(known, values, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    return _ratio(total, count, count > 0)


def _plausible(statistics: Array, signal: Signal) -> NDArray[np.bool_]:
    """Which rows (n, k) can be those of one recording: by Cauchy and Schwarz, up to rounding."""
    channels = channel_count(signal)
    if not channels or statistics.shape[1] != 2 + 3 * channels:
        return np.zeros(len(statistics), bool)
    finite = np.asarray(np.isfinite(statistics).all(axis=1))
    known = np.where(finite[:, None], statistics, 0.0)
    error, variance, covariance = _by_channel(known)
    with np.errstate(over="ignore", invalid="ignore"):
        # Variance of the prediction and squared difference of means.
        other = error + 2 * covariance - variance
        slack = ROUNDED * (error + np.abs(variance) + np.abs(covariance))
        fits = np.square(covariance) <= variance * (other + slack) * (1 + ROUNDED)
    fits &= error >= 0
    count = known[:, 0]
    fit_count = (count >= 0) & (count <= channels) & (count == np.rint(count))
    return np.asarray(finite & (known[:, 1] == 1.0) & fit_count & fits.all(axis=1))


def _parts(sums: Array, of: Callable[..., Floats]) -> Floats:
    """Sums (..., 2 + 3 C) -> `of` each channel (..., C)."""
    return of(*_by_channel(sums))


def _reduce(sums: Array, of: Callable[..., Floats]) -> Floats:
    return _mean(_parts(sums, of))


R2 = Metric(
    id="r2.by_channel@1",
    title="R²",
    unit="",
    better="higher",
    measure=_measure,
    reduce=partial(_reduce, of=r2),
    plausible=_plausible,
    parts=partial(_parts, of=r2),
    definition="1 - mean squared error by variance of the target within recordings, both summed"
    " over recordings, mean over channels",
    source="the definition; scikit-learn's r2_score for one recording",
    scale=(None, 1.0),
    fits=_has_channels,
)
CCC = replace(
    R2,
    id="ccc.by_channel@1",
    title="CCC",
    reduce=partial(_reduce, of=ccc),
    parts=partial(_parts, of=ccc),
    definition="twice the covariance by the variances of both and the squared difference of means,"
    " each summed over recordings, mean over channels",
    source="Lin 1989, Biometrics 45",
    scale=(-1.0, 1.0),
    degenerate="another recording's answer, stretched, where recordings take a like course",
)
