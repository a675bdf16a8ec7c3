"""The paired difference of two rows by every metric: value, interval over units, and p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Metric, Task
from benchmark.leaderboard import ranking
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Gain, Row, Table
from benchmark.results import significance


@dataclass(frozen=True)
class Difference:
    """What the first row has more than the second by one metric."""

    metric: Metric
    scores: tuple[float | None, float | None]
    gain: Gain | None  # None where the rows have no interval over the same units
    units: int  # that both have

    @property
    def better(self) -> int | None:
        """Which row is better, 0 or 1; None where neither is, or one has no score."""
        one, other = self.scores
        if one is None or other is None or one == other:
            return None
        return int((one < other) == (self.metric.better == "higher"))


def differences(task: Task, one: Row, other: Row) -> list[Difference]:
    """One difference for each metric of the task; p by sign flips over the units of both.

    p is of each metric alone: tiers, not this, are adjusted for all rows of a table.
    """
    return [_difference(metric, one, other) for metric in task.metrics]


def _difference(metric: Metric, one: Row, other: Row) -> Difference:
    a, b = one.scores[metric.id], other.scores[metric.id]
    units = sorted(a.by_unit.keys() & b.by_unit.keys())
    gain = ranking.gain(a, b)
    if gain is not None and len(units) > 1:
        first, second = (np.array([score.by_unit[unit] for unit in units]) for score in (a, b))
        gain = Gain(gain.value, gain.low, gain.high, significance.sign_flip(first, second))
    return Difference(metric, (a.value, b.value), gain, len(units))


def row_of(snapshot: Snapshot, table: Table, name: str) -> Row | None:
    """The row of `entry` by its default variant, or of `entry:variant`; None without such a row."""
    entry, _, variant = name.partition(":")
    wanted = entry, variant or snapshot.defaults.get(entry, "default")
    return next((row for row in table.rows if row.name == wanted), None)
