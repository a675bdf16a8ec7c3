"""The rows of one entry on several tables side by side, and what it gains from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmark.core import Metric
from benchmark.leaderboard import ranking
from benchmark.leaderboard.tables import Gain, Row, Score, Table, title
from benchmark.results import significance

Name = tuple[str, str]  # entry, variant


@dataclass(frozen=True)
class Line:
    """One entry on all tables; None where it has no row."""

    rows: tuple[Row | None, ...]
    gain: Gain | None = None  # of a later table over the first; no p where its units are others

    @property
    def last(self) -> Row:
        """Its row on the last table that has one."""
        return next(row for row in reversed(self.rows) if row is not None)

    def scores(self, metric: Metric) -> tuple[Score | None, ...]:
        return tuple(None if row is None else row.scores[metric.id] for row in self.rows)


def of_tables(tables: Sequence[Table | None]) -> list[Line]:
    """A line for each entry and variant; None is a table without results."""
    by_name: dict[Name, list[Row | None]] = {}
    for index, table in enumerate(tables):
        for row in table.rows if table else ():
            by_name.setdefault(row.name, [None] * len(tables))[index] = row
    return [Line(tuple(rows)) for rows in by_name.values()]


def best_first(lines: Sequence[Line], metric: Metric, index: int) -> list[Line]:
    """The lines by their score on one table, then those without one; ties by name."""
    return sorted(lines, key=lambda line: _order(line, metric, index))


def with_gains(lines: Sequence[Line], metric: Metric, first: int, last: int) -> list[Line]:
    """The lines with their gain on table `last` over table `first`, where there is one.

    Both must have a score of the same seeds. p is adjusted for all lines with the same units.
    """
    ends = first, last
    gains = {n: gain for n, line in enumerate(lines) if (gain := _gain(line, metric, ends))}
    by_unit = {n: _differences(lines[n], metric, ends) for n in gains}
    units = max(
        ({frozenset(d) for d in by_unit.values()}),
        key=lambda u: (sum(frozenset(d) == u for d in by_unit.values()), len(u), sorted(u)),
        default=frozenset[str](),
    )
    alike = [n for n in gains if by_unit[n].keys() == units]
    if alike and len(units) > 1:
        table = np.array([[by_unit[n][unit] for n in alike] for unit in sorted(units)])
        for n, p in zip(alike, significance.step_down(table), strict=True):
            gains[n] = replace(gains[n], p=float(p))
    return [replace(line, gain=gains.get(n)) for n, line in enumerate(lines)]


def _gain(line: Line, metric: Metric, ends: tuple[int, int]) -> Gain | None:
    first, last = (line.rows[index] for index in ends)
    if first is None or last is None or ends[0] == ends[1] or _seeds(first) != _seeds(last):
        return None
    return ranking.gain(last.scores[metric.id], first.scores[metric.id])


def _differences(line: Line, metric: Metric, ends: tuple[int, int]) -> dict[str, float]:
    """By unit, of those that both ends have a score of."""
    first, last = (line.rows[index] for index in ends)
    assert first is not None
    assert last is not None
    before, after = (row.scores[metric.id].by_unit for row in (first, last))
    return {unit: after[unit] - before[unit] for unit in before.keys() & after.keys()}


def _seeds(row: Row) -> set[int]:
    return {result.head.seed for result in row.results}


def _order(line: Line, metric: Metric, index: int) -> tuple[float, str]:
    """The best at one amount first, then what has no score there; ties by name."""
    row = line.rows[index]
    value = None if row is None else row.scores[metric.id].value
    name = title(*line.last.name)
    if value is None:
        return np.inf, name
    return (-value if metric.better == "higher" else value), name
