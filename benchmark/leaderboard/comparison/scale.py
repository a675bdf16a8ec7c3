"""Normalised scores: where each row stands between the best trivial baseline and the best oracle.

On the scale that tasks share, 0 is the best trivial baseline and 1 the best oracle, of those that
the input limits if a task has such, or the best possible value where there is none. The ends are
resampled with each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Metric, Task
from benchmark.leaderboard.ranking import alike, drawn, gain
from benchmark.leaderboard.tables import (
    Ends,
    NormalisedScore,
    Row,
    Score,
    is_oracle,
    is_trivial,
    title,
)
from benchmark.registry.from_answers.oracles import ends
from benchmark.results import bootstrap


def with_normalised_scores(
    task: Task, rows: Sequence[Row], oracles: Sequence[Row] = ()
) -> list[Row]:
    """Rows, then oracles, with normalised scores where a table has both ends of the scale.

    Also whether each row is above the best trivial baseline, see `Row.above_trivial`.
    """
    every = [*rows, *oracles]
    names = ends([*task.oracles, *(row.entry for row in oracles)])
    known = [row for row in oracles if row.entry in names]
    scores = [dict(row.scores) for row in every]
    for metric in task.metrics:
        zero = _best(metric, _trivial(task, rows, metric))
        if zero is None:
            continue
        one = _best(metric, [row for row in known if _leads(metric, row, zero)])
        for of_row in scores:
            normalised = _normalised(of_row[metric.id], metric, zero, one)
            of_row[metric.id] = replace(of_row[metric.id], normalised=normalised)
    first = task.metrics[0]
    floor = _best(first, _trivial(task, rows, first))
    return [
        replace(row, scores=of_row, above_trivial=_above(task, row, floor))
        for row, of_row in zip(every, scores, strict=True)
    ]


def _trivial(task: Task, rows: Sequence[Row], metric: Metric) -> list[Row]:
    """The trivial baselines whose draws are of the same units as those of most rows."""
    scored = [row for row in rows if row.scores[metric.id].value is not None]
    drawn_ones = [row for row in scored if row.scores[metric.id].draws.size]
    regular = alike(drawn_ones or scored, task, metric, drawn)
    return [row for row in regular if is_trivial(task, row)]


def _best(metric: Metric, rows: Sequence[Row]) -> Row | None:
    """Of rows that all have a score, the first of the best ones."""
    sign = -1.0 if metric.better == "higher" else 1.0
    return min(rows, key=lambda row: sign * (row.scores[metric.id].value or 0.0), default=None)


def _leads(metric: Metric, row: Row, zero: Row) -> bool:
    """Whether an oracle is better than the best trivial baseline in every resample."""
    score, other = row.scores[metric.id], zero.scores[metric.id]
    if score.value is None or not score.draws.size or drawn(score) != drawn(other):
        return False
    sign, defined = (1.0 if metric.better == "higher" else -1.0), np.isfinite(other.draws)
    return bool((sign * (score.draws - other.draws)[defined] > 0).all())


def _above(task: Task, row: Row, floor: Row | None) -> bool | None:
    """Where the two cannot be resampled together, their scores alone are compared."""
    metric = task.metrics[0]
    if floor is None or is_trivial(task, row) or is_oracle(row.entry):
        return None
    score, other = row.scores[metric.id], floor.scores[metric.id]
    if score.value is None or other.value is None:
        return False
    found, higher = gain(score, other), metric.better == "higher"
    if found is None:
        return score.value > other.value if higher else score.value < other.value
    return found.low > 0 if higher else found.high < 0


def _normalised(
    score: Score, metric: Metric, zero_row: Row, one_row: Row | None
) -> NormalisedScore | None:
    """The ends are resampled with the score, so that what they have in common cancels."""
    zero, best = zero_row.scores[metric.id], metric.scale[metric.better == "higher"]
    one = one_row.scores[metric.id] if one_row else None
    end = one.value if one else best
    if score.value is None or zero.value is None or end is None or zero.value == end:
        return None
    if not score.draws.size or drawn(score) != drawn(zero):
        return None
    defined = np.isfinite(zero.draws)
    length = (one.draws[defined] if one else end) - zero.draws[defined]
    if (length * (end - zero.value) <= 0).any():  # no scale where zero reaches the best
        return None
    value = (score.value - zero.value) / (end - zero.value)
    draws = (score.draws - zero.draws)[defined] / length
    low, high = bootstrap.ends(draws, value, max(score.correction, zero.correction))
    ends = Ends(title(*zero_row.name), zero.value, title(*one_row.name) if one_row else "", end)
    return NormalisedScore(value, low, high if one_row else min(high, 1.0), ends)
