"""Tiers of statistically tied rows, and the probability of each row to be the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Array, Metric
from benchmark.leaderboard.tables import NO_DRAWS, Score, Table
from benchmark.results import bootstrap, significance

SIGNIFICANT = 0.05


def ranked(table: Table, metric: Metric) -> Table:
    """The table with `tier` and `p_best` of its rows (best first) by that metric.

    A new tier starts at the first row that is significantly worse than the best row of the tier:
    paired sign-flip test over units, adjusted for all pairs of the table (Westfall-Young). The
    table stays as it is with fewer than two scored rows or two units that they share.
    """
    known = [row for row in table.rows if row.scores[metric.id].value is not None]
    scores = [row.scores[metric.id] for row in known]
    units = set.intersection(*(set(score.by_unit) for score in scores)) if scores else set()
    if len(known) < 2 or len(units) < 2:
        return table
    values = np.array([[score.by_unit[unit] for score in scores] for unit in sorted(units)])
    tiers = dict(zip((row.name for row in known), _tiers(values), strict=True))
    p_best = dict(zip((row.name for row in known), _p_best(metric, scores), strict=True))
    rows = (
        replace(row, tier=tiers.get(row.name, 0), p_best=p_best.get(row.name)) for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def _tiers(values: Array) -> list[int]:
    """The tier of each row from its scores (units, rows), best row first."""
    count = values.shape[1]
    first, second = np.triu_indices(count, 1)
    p = np.ones((count, count))
    p[first, second] = significance.step_down(values[:, first] - values[:, second])
    tiers, best = [1], 0
    for row in range(1, count):
        worse = p[best, row] <= SIGNIFICANT
        best = row if worse else best
        tiers.append(tiers[-1] + int(worse))
    return tiers


def _p_best(metric: Metric, scores: Sequence[Score]) -> list[float | None]:
    """Share of bootstrap resamples in which each row is the best; tied rows share a resample."""
    shapes = {score.draws.shape for score in scores}
    if len(shapes) > 1 or NO_DRAWS.shape in shapes:
        return [None] * len(scores)
    drawn = np.array([bootstrap.corrected(s.draws, s.value or 0.0, len(s.by_unit)) for s in scores])
    best = drawn.max(axis=0) if metric.better == "higher" else drawn.min(axis=0)
    leads = drawn == best
    return [float(share) for share in (leads / leads.sum(axis=0)).mean(axis=1)]
