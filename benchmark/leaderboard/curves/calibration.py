"""Scores against how much of a new speaker or session trains: calibration curves.

The points of a curve are the tables of splits that differ in the amount of calibration alone. They
are one curve only if all of them test the same recordings in the same folds, by what the splits
list; else the curve is refused, with the reason, and its tables stay single tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmark.core import Calibration, Metric, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import ranking
from benchmark.leaderboard.tables import Gain, Row, Score, Table, title
from benchmark.results import significance

Key = tuple[str, str]  # task, split
Name = tuple[str, str]  # entry, variant


@dataclass(frozen=True)
class Line:
    """One entry at all amounts; None where it has no row."""

    rows: tuple[Row | None, ...]
    gain: Gain | None = None  # of the last amount over the first; no p where its units are others

    @property
    def last(self) -> Row:
        """Its row at the largest amount that it has."""
        return next(row for row in reversed(self.rows) if row is not None)

    def scores(self, metric: Metric) -> tuple[Score | None, ...]:
        return tuple(None if row is None else row.scores[metric.id] for row in self.rows)


@dataclass(frozen=True)
class CalibrationCurve:
    """One task on the splits of one corpus, by rising amount; the first metric of the task."""

    task: str
    name: str  # of the splits, without the amount: corpus.new_session_repetitions
    calibration: Calibration  # of the first amount
    amounts: tuple[float, ...]
    splits: tuple[str, ...]
    tables: tuple[Table | None, ...]  # None where an amount has no results
    aggregated: bool
    lines: tuple[Line, ...] = ()  # the best at the last amount first
    refused: str = ""  # why it is no curve

    @property
    def made(self) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if table is not None)

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last amount with results."""
        there = [index for index, table in enumerate(self.tables) if table is not None]
        return there[0], there[-1]


def curves(
    displayed: Sequence[Table], expected: Mapping[Key, Expected], task_of: Callable[[Table], Task]
) -> list[CalibrationCurve]:
    """The curves of all tables, by task and name; amounts that a task lists count without results.

    Splits of one curve have names that are equal but for the amount; names without the amount in
    them belong together if corpus, unit and group are the same.
    """
    groups: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for (task, split), known in expected.items():
        if known.calibration is not None:
            groups[task, stem(split, known.calibration)].append((known.calibration.amount, split))
    tables = {table.key: table for table in displayed}
    made = []
    for (task, name), points in sorted(groups.items()):
        points.sort()
        for aggregated in (False, True):
            of = tuple(tables.get((task, split, aggregated)) for _, split in points)
            if len(points) > 1 and any(of):
                amounts, splits = zip(*points, strict=True)
                calibration = expected[task, splits[0]].calibration
                assert calibration is not None
                curve = CalibrationCurve(task, name, calibration, amounts, splits, of, aggregated)
                made.append(_whole(curve, expected, task_of(curve.made[0])))
    return made


def stem(split: str, calibration: Calibration) -> str:
    """The name that the splits of one curve share: that of a split, without its amount."""
    corpus, _, name = split.partition(".")
    amount = f"{calibration.amount:g}".replace(".", "p")
    parts = name.split("_")
    if amount not in parts:
        return f"{corpus}.new_{calibration.of}_{calibration.unit}"
    parts.remove(amount)
    return f"{corpus}.{'_'.join(parts)}"


def _whole(
    curve: CalibrationCurve, expected: Mapping[Key, Expected], task: Task
) -> CalibrationCurve:
    """The curve with its lines, or the reason why it is none."""
    if refused := _refused(curve, expected):
        return replace(curve, refused=refused)
    by_name: dict[Name, list[Row | None]] = {}
    for index, table in enumerate(curve.tables):
        for row in table.rows if table else ():
            by_name.setdefault(row.name, [None] * len(curve.amounts))[index] = row
    metric = task.metrics[0]
    lines = [Line(tuple(rows)) for rows in by_name.values()]
    lines = _with_gains(lines, metric, curve.ends)
    lines.sort(key=lambda line: _order(line, metric, curve.ends[1]))
    return replace(curve, lines=tuple(lines))


def _refused(curve: CalibrationCurve, expected: Mapping[Key, Expected]) -> str:
    """Why the splits are no curve: unlike kinds of calibration, an amount twice, other tests."""
    first = curve.splits[0]
    one = expected[curve.task, first]
    for before, split in zip(curve.splits, curve.splits[1:], strict=False):
        other = expected[curve.task, split]
        assert one.calibration is not None
        assert other.calibration is not None
        if replace(other.calibration, amount=one.calibration.amount) != one.calibration:
            return f"{first} and {split} do not calibrate to the same, by the same unit"
        if curve.amounts[curve.splits.index(split)] == curve.amounts[curve.splits.index(before)]:
            return f"{before} and {split} have the same amount"
        if other.listed != one.listed:
            return f"{first} and {split} do not test the same recordings in the same folds"
    return ""


def _order(line: Line, metric: Metric, index: int) -> tuple[float, str]:
    """The best at one amount first, then what has no score there; ties by name."""
    row = line.rows[index]
    value = None if row is None else row.scores[metric.id].value
    name = title(*line.last.name)
    if value is None:
        return np.inf, name
    return (-value if metric.better == "higher" else value), name


def _with_gains(lines: Sequence[Line], metric: Metric, ends: tuple[int, int]) -> list[Line]:
    """The lines with their gain, where both ends have it of the same units and seeds."""
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
