"""The results of one entry for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rich import box
from rich.table import Table as Lines

from benchmark.core import Metric, Task
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table
from benchmark.report import formatting, scale
from benchmark.report.console import figures
from benchmark.report.markdown.markdown_table import two_lines

WIDTH = 79  # of a terminal, without the space before the first column
BESIDE_A_COLUMN = 3  # spaces
LONGEST_HEAD = 11  # of a column that stays on one line
LONGEST_LABEL = 30  # of a row that stays on one line
NOT_ABOVE = scale.NOT_BETTER  # after the name of a row; the words are too long for one line

Column = tuple[str, list[str]]  # head and cells


def entry_tables(snapshot: Snapshot, entry: str) -> list[Lines]:
    """A table for each task and corpus: a row for each variant on each split."""
    groups: dict[tuple[str, str, bool], list[Table]] = defaultdict(list)
    for table in _of_entry(snapshot, entry):
        corpus = table.split.partition(".")[0]
        groups[table.task, corpus, table.aggregated].append(table)
    return [_summary(snapshot.task(tables[0]), tables) for tables in groups.values()]


def entry_details(snapshot: Snapshot, entry: str) -> list[Lines]:
    """A table for each split: every metric of each variant, with its interval."""
    return [_by_metric(snapshot.task(table), table) for table in _of_entry(snapshot, entry)]


def _of_entry(snapshot: Snapshot, entry: str) -> list[Table]:
    """The tables of the variants of an entry, in the order of the tasks and of their splits."""
    ablations = (snapshot.ablation(table, entry) for table in snapshot.tables)
    places = {
        (name, split): place
        for name, task in snapshot.tasks.items()
        for place, split in enumerate(task.splits)
    }
    return sorted(
        (table for table in ablations if table.rows),
        key=lambda table: (table.task, places[table.task, table.split], table.aggregated),
    )


def _summary(task: Task, tables: Sequence[Table]) -> Lines:
    """A row for each variant: the metric that ranks with its interval, and what has room."""
    rows = [row for table in tables for row in table.rows]
    head, labels = _labels(task, tables)
    wide = min(max(map(len, (*(label for label, _ in labels), head))), LONGEST_LABEL)
    columns, left_out = _columns(task, rows, WIDTH - wide - BESIDE_A_COLUMN)
    corpus = tables[0].split.partition(".")[0]
    about = tables[0] if len(tables) == 1 else replace(tables[0], split=corpus)
    lines = figures.titled(task, about)
    lines.box = box.SIMPLE_HEAD
    lines.add_column(head, overflow="fold", width=wide)
    for column in columns:
        lines.add_column(column[0], justify="right", overflow="fold", width=_width(column))
    place = 0
    for label, has_scores in labels:
        cells = [cells[place] for _, cells in columns] if has_scores else []
        lines.add_row(*map(figures.text, (label, *cells)))
        place += has_scores
    lines.caption = figures.text(" ".join(_notes(tables, left_out)))
    return lines


def _labels(task: Task, tables: Sequence[Table]) -> tuple[str, list[tuple[str, bool]]]:
    """The head of the first column and its cells, each with whether scores stand beside it.

    Where several variants are on several splits, those of a split stand under its name.
    """
    several = len({row.variant for table in tables for row in table.rows}) > 1
    if len(tables) > 1 and not several:
        return "split", [
            (_label(task, r, _short(table)), True) for table in tables for r in table.rows
        ]
    if len(tables) == 1:
        return "variant", [(_label(task, row, row.variant), True) for row in tables[0].rows]
    cells = []
    for table in tables:
        cells.append((_short(table), False))
        cells += [(f"  {_label(task, row, row.variant)}", True) for row in table.rows]
    return "split, variant", cells


def _short(table: Table) -> str:
    """The name of a split without its corpus."""
    return table.split.partition(".")[2]


def _columns(task: Task, rows: Sequence[Row], room: int) -> tuple[list[Column], list[Metric]]:
    """The columns that have room, and the metrics that have none."""
    first, *others = task.metrics
    scores = [formatting.score_and_tier(row.scores[first.id]) for row in rows]
    columns = [(figures.head(first), scores)]
    last = [("fit", [figures.seconds(row) for row in rows])]
    if any(row.n_seeds > 1 for row in rows):
        last.insert(0, ("seeds", [str(row.n_seeds) for row in rows]))
    room -= sum(map(_taken, (*columns, *last)))
    left_out = []
    for metric in others:
        values = [formatting.value(row.scores[metric.id]) for row in rows]
        column = (figures.head(metric), values)
        if _taken(column) > room:
            left_out.append(metric)
        else:
            columns.append(column)
            room -= _taken(column)
    return [*columns, *last], left_out


def _label(task: Task, row: Row, name: str) -> str:
    return name + (f" {NOT_ABOVE}" if row.above_trivial is False else figures.standing(task, row))


def _taken(column: Column) -> int:
    return _width(column) + BESIDE_A_COLUMN


def _width(column: Column) -> int:
    """Characters of a column whose head is broken once if it is long."""
    head, cells = column
    parts = [head] if len(head) <= LONGEST_HEAD else two_lines(head).split(" ")
    return max(map(len, (*cells, *parts)))


def _notes(tables: Sequence[Table], left_out: Sequence[Metric]) -> list[str]:
    """What the rows are compared by, and what had no room."""
    notes = []
    if any(row.above_trivial is False for table in tables for row in table.rows):
        notes.append(f"{NOT_ABOVE}: {scale.NOT_ABOVE}.")
    if any(len(table.rows) > 1 for table in tables):
        notes.append("Tiers, in parentheses, are among the variants of a split.")
    by_seeds = [t for t in tables if len(t.rows) > 1 and t.shared_seeds is not None]
    notes += dict.fromkeys(formatting.about_tiers(table) for table in by_seeds)
    if left_out:
        titles = ", ".join(metric.title for metric in left_out)
        notes.append(f"--task {tables[0].task} adds: {titles}.")
    return notes


def _by_metric(task: Task, table: Table) -> Lines:
    """A line for each metric of a variant."""
    lines = figures.titled(task, table)
    if len(table.rows) > 1:
        seeds = f" {formatting.about_tiers(table)}" if table.shared_seeds is not None else ""
        lines.caption = figures.text(f"Tiers, in parentheses, are among these variants.{seeds}")
    lines.add_column("variant", overflow="fold")
    lines.add_column("metric", overflow="fold")
    lines.add_column("score [95% CI]", justify="right", no_wrap=True)
    lines.add_column("norm.", justify="right")
    lines.add_column("seeds", justify="right")
    lines.add_column("fit", justify="right")
    for row in table.rows:
        lines.add_section()
        for metric in task.metrics:
            score = row.scores[metric.id]
            is_first = metric is task.metrics[0]
            cells = (
                f"{row.variant}{figures.standing(task, row)}" if is_first else "",
                figures.head(metric),
                formatting.score_and_tier(score),
                *(
                    (figures.normalised(score), str(row.n_seeds), figures.seconds(row))
                    if is_first
                    else ()
                ),
            )
            lines.add_row(*map(figures.text, cells))
    return lines
