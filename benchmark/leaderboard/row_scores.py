"""The score of one row by one metric, with its confidence interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric
from benchmark.leaderboard.tables import Grouping, MeasuredSeeds, Score, TestSet
from benchmark.results import bootstrap
from benchmark.results.published import FLOORED, LEFT_OUT

MOST_UNDEFINED = 0.05  # of all draws; with more of them there is no interval
NOTHING_COUNTS = "every recording is left out"
NO_VALUE = "the sums over all recordings have no value"
NO_INTERVAL = "too many bootstrap samples have no value"


def score(metric: Metric, test: TestSet, measured: MeasuredSeeds) -> Score:
    """Mean over seeds of the reduced sum over recordings, and the interval over units.

    A recording that is left out does not count, whatever its statistics. Where no prediction could
    be scored there is no value. Nothing that finite statistics can hold raises: what has no value
    has a reason in `undefined`. ValueError for shapes that do not fit.
    """
    statistics, status = measured.statistics, measured.status
    if status.shape != (len(statistics), len(test.recordings)):
        raise ValueError(f"{len(test.recordings)} recordings, but status {status.shape}")
    counted = status != LEFT_OUT
    any_seed = counted.any(axis=0)
    nothing = Score(None, None, None, int(any_seed.sum()), measured.reasons)
    if not counted.any(axis=1).all():
        return replace(nothing, undefined=NOTHING_COUNTS)
    if (status == FLOORED)[:, any_seed].all():
        return nothing
    statistics = np.where(counted[:, :, None], statistics, 0.0)
    sums, units = _summed(test.by_unit, statistics, any_seed)
    with np.errstate(all="ignore"):
        by_seed = metric.reduce(sums.sum(axis=1))
        by_unit = metric.reduce(sums).mean(axis=0)
        value = float(by_seed.mean())
        if not np.isfinite(value):
            return replace(nothing, undefined=NO_VALUE)
        found = replace(
            nothing,
            value=value,
            sd_seeds=float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else None,
            by_unit={n: float(v) for n, v in zip(units, by_unit, strict=True) if np.isfinite(v)},
        )
        if len(units) < 2:
            return found
        draws, texts, correction = _drawn(metric, test, statistics, any_seed, sums)
    defined = draws[np.isfinite(draws)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(draws):
        return replace(found, undefined=NO_INTERVAL)
    low, high = bootstrap.ends(defined, value, correction, scale=metric.scale)
    single = draws.astype(np.float32)  # close enough for shares, and half of what tables take
    drawn = replace(found, draws=single, units=units, texts=texts, correction=correction)
    return replace(drawn, low=low, high=high)


def _drawn(
    metric: Metric, test: TestSet, statistics: Array, counted: NDArray[np.bool_], sums: Array
) -> tuple[Array, tuple[str, ...], float]:
    """Draws of units, and of texts where they repeat; the texts; the correction of the draws."""
    if test.by_text is not None:
        by_text, texts = _summed(test.by_text, statistics, counted)
        if len(texts) > 1:
            by_cell, _ = _summed(test.by_cell, statistics, counted)
            draws, correction = bootstrap.crossed(sums, by_text, by_cell, metric.reduce)
            return draws, texts, correction
    draws = bootstrap.resampled_or_nan(sums, metric.reduce)
    return draws, (), bootstrap.correction(sums.shape[1])


def _summed(
    grouping: Grouping, statistics: Array, counted: NDArray[np.bool_]
) -> tuple[bootstrap.Floats, tuple[str, ...]]:
    """Sums (seeds, groups, k) over the groups that have a recording that counts; their names."""
    seeds, _, width = statistics.shape
    cells = (grouping.owners[:, None] * width + np.arange(width)).ravel()
    sums = np.zeros((seeds, grouping.n * width))
    for into, of_seed in zip(sums, statistics, strict=True):
        into[:] = np.bincount(cells, weights=of_seed.ravel(), minlength=sums.shape[1])
    sums = sums.reshape(seeds, grouping.n, width)
    present = np.zeros(grouping.n, dtype=bool)
    present[grouping.owners[counted]] = True
    if present.all():
        return sums, grouping.names
    return sums[:, present], tuple(np.array(grouping.names)[present].tolist())
