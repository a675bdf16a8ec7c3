"""Scores on a scale that tasks share: 0 is the best trivial baseline, 1 the best possible value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Task
from benchmark.leaderboard.ranking import alike, drawn
from benchmark.leaderboard.tables import NormalisedScore, Row, Score, is_trivial
from benchmark.results import bootstrap


def with_normalised_scores(task: Task, rows: Sequence[Row]) -> list[Row]:
    """The rows with the normalised scores of a table, where it has both ends of the scale."""
    scores = [dict(row.scores) for row in rows]
    for metric in task.metrics:
        higher = metric.better == "higher"
        best_value = metric.scale[1 if higher else 0]
        known = [row for row in rows if row.scores[metric.id].draws.size]
        regular = alike(known, task, metric, drawn)  # whose draws are of the same units
        trivial = [row.scores[metric.id] for row in regular if is_trivial(task, row)]
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
    if not score.draws.size or drawn(score) != drawn(zero):
        return None
    defined = np.isfinite(zero.draws)
    length = best_value - zero.draws[defined]
    if (length * (best_value - zero.value) <= 0).any():  # no scale where zero reaches the best
        return None
    value = (score.value - zero.value) / (best_value - zero.value)
    draws = (score.draws - zero.draws)[defined] / length
    low, high = bootstrap.ends(draws, value, max(score.correction, zero.correction))
    return NormalisedScore(value, low, min(high, 1.0))
