"""The score of one row by one metric, with its confidence interval."""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric
from benchmark.leaderboard.tables import NO_DRAWS, MeasuredSeeds, Score, TestSet
from benchmark.results import bootstrap
from benchmark.results.published import FLOORED, LEFT_OUT


def score(metric: Metric, test: TestSet, measured: MeasuredSeeds) -> Score:
    """Mean over seeds of the reduced sum over recordings, and the interval over units.

    A recording that is left out counts for nobody. Where no prediction could be scored there is no
    value.
    """
    counted = (measured.status != LEFT_OUT).any(axis=0)
    recordings = int(counted.sum())
    if not recordings or (measured.status == FLOORED)[:, counted].all():
        return Score(None, None, None, recordings, measured.reasons)
    units = [unit for unit, counts in zip(test.units, counted, strict=True) if counts]
    per_seed = [bootstrap.summed(of[counted], units) for of in measured.statistics]
    names, sums = per_seed[0][1], np.stack([each for each, _ in per_seed])  # (seeds, units, k)
    value = bootstrap.score(sums, metric.reduce)
    by_unit = metric.reduce(sums).mean(axis=0)
    draws, low, high = NO_DRAWS, None, None
    if len(names) > 1:
        draws = bootstrap.resampled(sums, metric.reduce)
        low, high = bootstrap.interval(draws, value, len(names), scale=metric.scale)
    return Score(
        value=value,
        low=low,
        high=high,
        recordings=recordings,
        unscorable=measured.reasons,
        sd_seeds=_deviation(metric.reduce(sums.sum(axis=1))),
        by_unit={n: float(v) for n, v in zip(names, by_unit, strict=True) if np.isfinite(v)},
        draws=draws,
    )


def _deviation(scores: Array) -> float | None:
    """Standard deviation of the scores of seeds (n,); None for one seed."""
    return float(np.std(scores, ddof=1)) if len(scores) > 1 else None
