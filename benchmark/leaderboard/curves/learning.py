"""Validation loss against epochs and processor time: whether training had come to its end.

Losses of two entries have no common scale, so each is shown as what is left of its own fall: 1 at
the first epoch, 0 at its lowest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmark.leaderboard.tables import Row, Table
from benchmark.results.result import Cost

MOST_POINTS = 30  # of a curve that is drawn


@dataclass(frozen=True)
class LearningCurve:
    """How the trainings of one row went; means are over its folds and seeds."""

    entry: str
    variant: str
    epochs: float  # mean
    best_epoch: float  # mean of that with the lowest loss, counted from 1
    first_half: float | None  # share of the fall that the first half of the epochs had reached
    cpu_seconds: float | None  # mean of a training; None where one was not measured
    # Epoch, processor seconds until its end, what is left of the fall: of the first fold and seed.
    # The seconds are those of the whole training, shared out evenly: no epoch is timed alone.
    points: tuple[tuple[int, float | None, float], ...]


def curves(table: Table) -> list[LearningCurve]:
    """Of every row whose results all report a loss of at least two epochs, in its order."""
    made = (_curve(row) for row in table.rows)
    return [curve for curve in made if curve is not None]


def losses(row: Row) -> list[tuple[float, ...]]:
    """Of each training of a row, by epoch; empty where not all report two epochs at least."""
    return [cost.curve for cost in _costs(row)]


def _costs(row: Row) -> list[Cost]:
    costs = [result.head.cost for result in row.results]
    known = [cost for cost in costs if cost is not None and len(cost.curve) > 1]
    return known if len(known) == len(costs) else []


def _curve(row: Row) -> LearningCurve | None:
    if not (known := _costs(row)):
        return None
    seconds = [cost.fit_cpu_seconds for cost in known]
    timed = [each for each in seconds if each is not None]
    halves = [half for cost in known if (half := _first_half(cost.curve)) is not None]
    return LearningCurve(
        row.entry,
        row.variant,
        fmean(len(cost.curve) for cost in known),
        fmean(1 + cost.curve.index(min(cost.curve)) for cost in known),
        fmean(halves) if halves else None,
        fmean(timed) if len(timed) == len(seconds) else None,
        _points(known[0]),
    )


def _first_half(losses: Sequence[float]) -> float | None:
    """How much of the fall the first half had reached; None where the loss never fell."""
    first, lowest = losses[0], min(losses)
    half = min(losses[: (len(losses) + 1) // 2])
    return (first - half) / (first - lowest) if first > lowest else None


def _points(cost: Cost) -> tuple[tuple[int, float | None, float], ...]:
    losses, count = cost.curve, len(cost.curve)
    lowest = min(losses)
    fall = losses[0] - lowest
    step = -(-count // MOST_POINTS)
    kept = sorted({*range(0, count, step), count - 1})
    seconds = cost.fit_cpu_seconds
    return tuple(
        (
            index + 1,
            None if seconds is None else seconds * (index + 1) / count,
            (losses[index] - lowest) / fall if fall > 0 else 0.0,
        )
        for index in kept
    )
