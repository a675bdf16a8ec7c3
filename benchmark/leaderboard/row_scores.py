"""The score of one row by one metric, with its confidence interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric
from benchmark.leaderboard.tables import NO_DRAWS, MeasuredSeeds, Score, TestSet
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
    sums, names = _summed(test, statistics, counted)
    with np.errstate(all="ignore"):
        by_seed = metric.reduce(sums.sum(axis=1))
        by_unit = metric.reduce(sums).mean(axis=0)
        value = float(by_seed.mean())
        if not np.isfinite(value):
            return replace(nothing, undefined=NO_VALUE)
        draws = bootstrap.resampled_or_nan(sums, metric.reduce) if len(names) > 1 else NO_DRAWS
    low, high, undefined = _interval(metric, draws, value, len(names))
    return replace(
        nothing,
        value=value,
        low=low,
        high=high,
        sd_seeds=float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else None,
        by_unit={n: float(v) for n, v in zip(names, by_unit, strict=True) if np.isfinite(v)},
        draws=draws,
        units=names,
        undefined=undefined,
    )


def _interval(
    metric: Metric, draws: Array, value: float, units: int
) -> tuple[float | None, float | None, str]:
    """Both ends, and why there are none."""
    defined = draws[np.isfinite(draws)]
    if not draws.size:
        return None, None, ""
    if len(defined) < (1 - MOST_UNDEFINED) * len(draws):
        return None, None, NO_INTERVAL
    return *bootstrap.interval(defined, value, units, scale=metric.scale), ""


def _summed(
    test: TestSet, statistics: Array, counted: NDArray[np.bool_]
) -> tuple[bootstrap.Floats, tuple[str, ...]]:
    """Sums (seeds, units, k) over the units that have a recording that counts, and their names."""
    seeds, _, width = statistics.shape
    if not counted.all():
        statistics = np.where(counted[:, :, None], statistics, 0.0)
    cells = (test.owners[:, None] * width + np.arange(width)).ravel()
    sums = np.zeros((seeds, test.n_units * width))
    for into, of_seed in zip(sums, statistics, strict=True):
        into[:] = np.bincount(cells, weights=of_seed.ravel(), minlength=sums.shape[1])
    present = np.zeros(test.n_units, dtype=bool)
    present[test.owners[counted.any(axis=0)]] = True
    names = tuple(name for name, there in zip(test.unit_names, present, strict=True) if there)
    return sums.reshape(seeds, test.n_units, width)[:, present], names
