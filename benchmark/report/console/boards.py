"""Boards for a terminal: rows of several entries by the metric that ranks, or by all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich.table import Table as Lines

from benchmark.core import Task
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, order, title
from benchmark.report import formatting
from benchmark.report.console import figures


def ranking(snapshot: Snapshot, table: Table, here: Row | None = None) -> Lines:
    """The board of one split, best first: a line for each entry, by the metric that ranks.

    `here` is a row that is not published, such as of a run that has just ended; it stands among the
    others by its score.
    """
    task = snapshot.task(table)
    first = task.metrics[0]
    lines = figures.titled(task, table)
    lines.add_column("tier", justify="right")
    lines.add_column("entry", overflow="fold")
    lines.add_column(figures.head(first), justify="right", no_wrap=True)
    lines.add_column("norm.", justify="right")
    lines.add_column("fit", justify="right")
    displayed = snapshot.displayed(table)
    if not any(row.tier for row in displayed.rows):
        lines.caption = figures.text(formatting.about_tiers(displayed))
    ranked = [*displayed.rows]
    if here is not None:
        ranked = sorted([here, *ranked], key=lambda row: order(first, row))
    for row in (*ranked, *displayed.oracles):
        score = row.scores[first.id]
        cells = (
            formatting.tier(row),
            f"{title(*row.name)}{' (here)' if row is here else figures.standing(task, row)}",
            formatting.score(score),
            figures.normalised(score),
            figures.seconds(row),
        )
        lines.add_row(*map(figures.text, cells), style="bold" if row is here else None)
    return lines


def standings(rows: Sequence[tuple[Task, Table, Row]]) -> list[Lines]:
    """Where rows of several tables stand, by task: score, normalised score, tier, time."""
    by_task: dict[str, list[tuple[Task, Table, Row]]] = defaultdict(list)
    for each in rows:
        by_task[each[1].task].append(each)
    return [_standings(name, of_task) for name, of_task in by_task.items()]


def _standings(name: str, rows: Sequence[tuple[Task, Table, Row]]) -> Lines:
    """The rows of one task; smoke runs and miniatures have no normalised scores and no tiers."""
    titles = dict.fromkeys(figures.head(task.metrics[0]) for task, _, _ in rows)
    lines = Lines(title=figures.text(f"{name}: {', '.join(titles)}"), title_justify="left")
    lines.add_column("split", overflow="fold")
    lines.add_column("entry", overflow="fold")
    lines.add_column("score [95% CI]", justify="right", no_wrap=True)
    placed = any(row.scores[task.metrics[0].id].normalised for task, _, row in rows)
    if placed:
        lines.add_column("norm.", justify="right")
        lines.add_column("tier", justify="right")
    lines.add_column("fit", justify="right")
    for task, table, row in rows:
        score = row.scores[task.metrics[0].id]
        cells = (
            table.split,
            f"{title(*row.name)}{figures.standing(task, row)}",
            formatting.score(score),
            *((figures.normalised(score), formatting.tier(row)) if placed else ()),
            figures.seconds(row),
        )
        lines.add_row(*map(figures.text, cells))
    return lines


def brief(table: Table, task: Task) -> Lines:
    """A line for each row, without intervals: for scores that are not published."""
    lines = figures.titled(task, table)
    lines.add_column("entry", overflow="fold")
    for metric in task.metrics:
        lines.add_column(figures.head(metric), justify="right")
    for row in (*table.rows, *table.oracles):
        values = (formatting.value(row.scores[metric.id]) for metric in task.metrics)
        lines.add_row(figures.text(title(row.entry, row.variant)), *values)
    return lines
