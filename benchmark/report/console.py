"""One entry's results, and what two results differ in, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.table import Table as Lines
from rich.text import Text

from benchmark.core import Task
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting
from benchmark.results.diff import Difference


def of(board: Board, entry: str) -> list[Lines]:
    """A table for each split that the entry has a row on: its variants by every metric."""
    found = []
    for table in board.tables:
        rows = tuple(row for row in table.rows if row.entry == entry)
        if rows:
            mine = board.ranked(replace(table, rows=rows)) if len(rows) > 1 else table
            kept = [row for row in mine.rows if row.entry == entry]
            found.append(_table(board, mine, kept))
    return found


def brief(table: Table, task: Task) -> Lines:
    """A line a row, without intervals: for scores that stand on no page."""
    lines = Lines(title=Text(f"{task.title}, {table.split}"), title_justify="left")
    lines.add_column("entry", overflow="fold")
    for metric in task.metrics:
        lines.add_column(metric.title, justify="right")
    for row in table.rows:
        values = (row.scores[metric.id].value for metric in task.metrics)
        said = ("undefined" if value is None else f"{value:.3f}" for value in values)
        lines.add_row(Text(title(row.entry, row.variant)), *said)
    return lines


def _table(board: Board, table: Table, rows: Sequence[Row]) -> Lines:
    """A line a metric, so that it fits where a line a variant would not."""
    task = board.tasks[table.task]
    target = board.corpus(table).signals[task.target]
    lines = Lines(title=Text(f"{task.title}, {table.split}"), title_justify="left")
    lines.add_column("variant", overflow="fold")
    lines.add_column("metric")
    lines.add_column("score")
    for row in rows:
        first = row.scores[task.metrics[0].id]
        for place, metric in enumerate(task.metrics):
            score = formatting.score(row.scores[metric.id])
            name = row.variant if place == 0 else ""
            lines.add_row(Text(name), Text(formatting.head(metric, target)), score)
        seeds = "" if first.seeds is None else f", seeds ± {first.seeds:.4f}"
        lines.add_row("", "way from the best floor", formatting.way(first.way) + seeds)
        lines.add_row("", "cost", _cost(row), end_section=True)
    return lines


def _cost(row: Row) -> str:
    said = formatting.count(row.runs, "run")
    if row.parameters is not None:
        said += f", {formatting.parameters(row)} parameters"
    if row.fit_seconds is not None:
        said += f", {row.fit_seconds:.0f} s to fit"
    return said


def causes(found: Sequence[Difference]) -> Lines:
    """What differs, likeliest first."""
    lines = Lines(title="What differs, likeliest cause first", title_justify="left")
    for name in ("what", "first", "second"):
        lines.add_column(name, overflow="fold")
    for cause in found:
        lines.add_row(Text(cause.what), Text(cause.one), Text(cause.other))
    return lines
