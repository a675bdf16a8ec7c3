"""Scores against how much of a new speaker or session trains: calibration curves.

The points of a curve are the tables of splits that differ in the amount of calibration alone. They
are one curve only if all of them test the same recordings in the same folds, by what the splits
list; else the curve is refused, with the reason, and its tables stay single tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.core import Calibration, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard.curves import side_by_side
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.tables import Table

Key = tuple[str, str]  # task, split


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
    metric, (first, last) = task.metrics[0], curve.ends
    found = side_by_side.best_first(side_by_side.of_tables(curve.tables), metric, last)
    return replace(curve, lines=tuple(side_by_side.with_gains(found, metric, first, last)))


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
