"""Tiers instead of ranks, and how often a row comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Array, Metric
from benchmark.leaderboard.tables import NOTHING, Score, Table
from benchmark.results import bootstrap, significance

SIGNIFICANT = 0.05


def ranked(table: Table, metric: Metric) -> Table:
    """The table with tiers and chances for its rows, best first, by that metric.

    A tier ends at the first row that its best differs from: sign flips of what is paired by unit,
    adjusted for all pairs of the table.
    """
    known = [row for row in table.rows if row.scores[metric.id].value is not None]
    scores = [row.scores[metric.id] for row in known]
    units = set.intersection(*(set(score.by_unit) for score in scores)) if scores else set()
    if len(known) < 2 or len(units) < 2:
        return table
    values = np.array([[score.by_unit[unit] for score in scores] for unit in sorted(units)])
    tiers = dict(zip((row.name for row in known), _tiers(values), strict=True))
    firsts = dict(zip((row.name for row in known), _firsts(metric, scores), strict=True))
    rows = (
        replace(row, tier=tiers.get(row.name, 0), first=firsts.get(row.name)) for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def _tiers(values: Array) -> list[int]:
    """The tier of each row from its scores (units, rows), best row first."""
    count = values.shape[1]
    one, other = np.triu_indices(count, 1)
    p = np.ones((count, count))
    p[one, other] = significance.step_down(values[:, one] - values[:, other])
    tiers, head = [1], 0
    for place in range(1, count):
        ends = p[head, place] <= SIGNIFICANT
        head = place if ends else head
        tiers.append(tiers[-1] + int(ends))
    return tiers


def _firsts(metric: Metric, scores: Sequence[Score]) -> list[float | None]:
    """The share of draws in which each row is the best; rows that tie there share the draw."""
    shapes = {score.draws.shape for score in scores}
    if len(shapes) > 1 or NOTHING.shape in shapes:
        return [None] * len(scores)
    drawn = np.array([bootstrap.stretched(s.draws, s.value or 0.0, len(s.by_unit)) for s in scores])
    best = drawn.max(axis=0) if metric.better == "higher" else drawn.min(axis=0)
    leads = drawn == best
    return [float(share) for share in (leads / leads.sum(axis=0)).mean(axis=1)]
