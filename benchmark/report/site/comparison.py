"""What the page of a task needs to compare two to four rows of a table, without a server."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from benchmark.core import Signal, Task
from benchmark.leaderboard.comparison import pairs
from benchmark.leaderboard.tables import Row, Table, is_trivial, title
from benchmark.report import formatting, glossary
from benchmark.report.plots.looks import DEFAULT, Looks

MOST_ROWS = 20  # of a table, so 190 pairs; the best trivial baseline is one of them
HEADS = {  # of the first columns, and what they mean where the glossary has no word on them
    "metric": "What is measured",
    "difference": "The first entry less the second",
}
MOST_UNITS = 80  # that are drawn: a dot of each for each row


def data(task: Task, target: Signal, table: Table, looks: Looks) -> dict[str, Any]:
    """Scores, scores by unit and paired differences of the first rows; empty below two rows.

    A pair is named by the indices of its rows, the one that ranks higher first.
    """
    first = task.metrics[0].id
    scored = [row for row in table.rows if row.scores[first].value is not None]
    trivial = [row for row in scored if is_trivial(task, row)][:1]
    kept = [row for row in scored if not is_trivial(task, row)][: MOST_ROWS - 1] + trivial
    rows = [row for row in scored if row in kept]
    if len(rows) < 2:
        return {}
    units = sorted({unit for row in rows for unit in row.scores[first].by_unit})
    units = units if len(units) <= MOST_UNITS else []
    return {
        "metrics": [formatting.head(metric, target) for metric in task.metrics],
        "about": [f"{metric.definition} ({metric.id})" for metric in task.metrics],
        "heads": {name: glossary.definition(name) or text for name, text in HEADS.items()},
        "unit": table.unit,
        "units": units,
        "rows": [_row(task, row, units, looks) for row in rows],
        "pairs": {
            f"{a} {b}": _pair(task, rows[a], rows[b]) for a, b in combinations(range(len(rows)), 2)
        },
    }


def _row(task: Task, row: Row, units: list[str], looks: Looks) -> dict[str, Any]:
    look, by_unit = looks.get(row.entry, DEFAULT), row.scores[task.metrics[0].id].by_unit
    dots = [round(by_unit[unit], 4) if unit in by_unit else None for unit in units]
    return {
        "name": title(*row.name),
        "colour": look.colour,
        "shape": look.shape,
        "scores": [formatting.score(row.scores[metric.id]) for metric in task.metrics],
        "dots": dots,
    }


def _pair(task: Task, one: Row, other: Row) -> list[list[str]]:
    """Difference with its interval, and p, by each metric."""
    return [
        [formatting.gain(each.gain), formatting.p(each.gain)]
        for each in pairs.differences(task, one, other)
    ]
