"""Scores on a scale that tasks share: 0 is the best trivial baseline, 1 the best possible value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmark.core import Task
from benchmark.leaderboard.tables import NormalisedScore, Row, Score, is_trivial
from benchmark.results import bootstrap


def with_normalised_scores(task: Task, rows: Sequence[Row]) -> list[Row]:
    """The rows with the normalised scores of a table, where it has both ends of the scale."""
    scores = [dict(row.scores) for row in rows]
    for metric in task.metrics:
        higher = metric.better == "higher"
        best_value = metric.scale[1 if higher else 0]
        trivial = [
            row.scores[metric.id]
            for row in rows
            if is_trivial(task, row) and row.scores[metric.id].value is not None
        ]
        if best_value is None or not trivial:
            continue
        zero = (max if higher else min)(trivial, key=lambda score: score.value or 0.0)
        for of_row in scores:
            score = of_row[metric.id]
            of_row[metric.id] = replace(score, normalised=_normalised(score, zero, best_value))
    return [replace(row, scores=of_row) for row, of_row in zip(rows, scores, strict=True)]


def _normalised(score: Score, zero: Score, best_value: float) -> NormalisedScore | None:
    """Zero is resampled with the score, so that what the two have in common cancels."""
    if score.value is None or zero.value is None or zero.value == best_value:
        return None
    if score.draws.shape != zero.draws.shape or not score.draws.size:
        return None
    length = best_value - zero.draws
    if (length * (best_value - zero.value) <= 0).any():  # no scale where zero reaches the best
        return None
    value = (score.value - zero.value) / (best_value - zero.value)
    draws = (score.draws - zero.draws) / length
    low, high = bootstrap.interval(draws, value, len(score.by_unit))
    return NormalisedScore(value, low, min(high, 1.0))
