"""Which rows could change places if every training were twice as long, as far as losses tell.

A training still improves at its end if its best epoch is the last one, or if more than LEAST of the
whole fall of its loss came in the last fifth of its epochs; a row does if most of its trainings do.
The extrapolation is simple on purpose: the fall of the second half of the epochs comes once more.
It is more than a loss that levels off would still fall, so it errs towards naming a pair.

Only the lower of two neighbours has to improve for them to change places. What its score gains can
be told where the loss is the metric itself, which results do not say: it is taken for it where the
lowest loss lies within the interval of a score that is better when lower. Other losses are in a
unit of their own, and what they do to a score is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Literal

from benchmark.core import Metric
from benchmark.leaderboard.curves import learning
from benchmark.leaderboard.ranking import gain
from benchmark.leaderboard.tables import Row, Table

LAST, LEAST = 5, 0.01  # one part in so many epochs; share of the whole fall


@dataclass(frozen=True)
class Improving:
    """A row whose training had not come to its end; losses are means over folds and seeds."""

    row: Row
    lowest: float
    repeated: float  # if the fall of the second half came once more
    in_unit: bool  # of the metric


@dataclass(frozen=True)
class Longer:
    """What twice the budget could do to a table; pairs are neighbours, the better row first."""

    improving: tuple[Improving, ...]
    swaps: tuple[tuple[Row, Row], ...]
    unknown: tuple[tuple[Row, Row], ...]  # the second improves by a loss in a unit of its own


def of_table(metric: Metric, table: Table) -> Longer | None:
    """By the metric that ranks; None where no row of the table reports its losses."""
    losses = {row.name: learning.losses(row) for row in table.rows}
    if not any(losses.values()):
        return None
    found = {row.name: _improving(metric, row, losses[row.name]) for row in table.rows}
    said = [
        (above, below, _change(metric, above, below, found[above.name], one))
        for above, below in pairwise(table.rows)
        if (one := found[below.name])
    ]
    return Longer(
        tuple(one for one in found.values() if one),
        tuple((above, below) for above, below, change in said if change == "swap"),
        tuple((above, below) for above, below, change in said if change == "unknown"),
    )


def still_improving(losses: Sequence[float]) -> bool:
    """Whether a training (losses by epoch, two at least) had not come to its end."""
    first, lowest = losses[0], min(losses)
    if lowest >= first:
        return False
    before = min(losses[: -max(1, len(losses) // LAST)])
    return lowest not in losses[:-1] or before - lowest > LEAST * (first - lowest)


def second_half(losses: Sequence[float]) -> float:
    """How far the lowest loss is below that of the first half of the epochs; 0 at least."""
    return min(losses[: (len(losses) + 1) // 2]) - min(losses)


def _improving(metric: Metric, row: Row, trainings: Sequence[Sequence[float]]) -> Improving | None:
    going_on = [still_improving(losses) for losses in trainings]
    if 2 * sum(going_on) <= len(going_on):
        return None
    lowest = fmean(map(min, trainings))
    repeated = lowest - fmean(map(second_half, trainings))
    score = row.scores[metric.id]
    known = metric.better == "lower" and score.low is not None and score.high is not None
    in_unit = known and (score.low or 0.0) <= lowest <= (score.high or 0.0)
    return Improving(row, lowest, repeated, in_unit)


def _change(
    metric: Metric, above: Row, below: Row, other: Improving | None, one: Improving
) -> Literal["swap", "unknown", "none"]:
    """What becomes of two neighbours of which the lower one improves."""
    score, better = below.scores[metric.id], above.scores[metric.id]
    if score.value is None or better.value is None:
        return "none"
    if not one.in_unit:
        return "unknown"
    paired = gain(score, better)
    margin = (paired.high - paired.low) / 2 if paired else 0.0
    between = score.value - better.value - (one.lowest - one.repeated)
    if between > margin:  # also if the upper one gained nothing
        return "none"
    if other and not other.in_unit:
        return "unknown"
    between += other.lowest - other.repeated if other else 0.0
    return "swap" if between <= margin else "none"
