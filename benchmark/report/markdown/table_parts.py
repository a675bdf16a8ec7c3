"""What stands in Markdown before a table of results, and in the first cells of its rows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.core import Metric, Task
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting, scale
from benchmark.report.markdown.markdown_table import two_lines

INTERVALS = "Intervals of the scores are on the page of the task."  # below a narrow table


def table_title(snapshot: Snapshot, table: Table) -> str:
    """What stands above a table: task, corpus and protocol."""
    corpus, _, split = table.split.partition(".")
    return f"{snapshot.task(table).title}: {corpus}, {split.replace('_', ' ')}{table.part}"


def heading(snapshot: Snapshot, table: Table) -> list[str]:
    """The heading of a table, and the sentence on its data."""
    about = formatting.about(table, snapshot.corpus(table), snapshot.audit(table), "`")
    return [f"### {table_title(snapshot, table)}", "", about, ""]


def name_cell(snapshot: Snapshot, task: Task, row: Row) -> str:
    """The name of a row, marked by where it stands, its isolation, as bringing weights."""
    name = title(*row.name)
    marks = scale.standing(task, row) + formatting.marks(row, snapshot.brings_weights(row))
    return " ".join([name, *(f"*{mark}*" for mark in marks)])


def short_name_cell(snapshot: Snapshot, task: Task, row: Row) -> str:
    """The same for a narrow column: at most two lines."""
    name = name_cell(snapshot, task, row)
    return two_lines(name.replace(f"*{scale.NOT_ABOVE}*", f"*{scale.NOT_ABOVE_SHORT}*"))


def narrow(heads: Sequence[str], cells: Sequence[str], columns: int | None) -> list[str]:
    """The first cells of a row on a narrow page: intervals stand in the columns named for them.

    All cells as they are where no number of columns is given.
    """
    if columns is None:
        return [*cells]
    pairs = zip(heads, cells, strict=True)
    return [c if formatting.CI in head else c.partition(" [")[0] for head, c in pairs][:columns]


def narrow_heads(heads: Sequence[str], columns: int | None) -> list[str]:
    """The first heads on a narrow page, each broken once at most; all as they are without one."""
    if columns is None:
        return [*heads]
    return [two_lines(head).replace("-", "\N{NON-BREAKING HYPHEN}") for head in heads[:columns]]


def first_score(row: Row, metric: Metric) -> str:
    """The score that rows are ranked by, in bold for the rows of the first tier."""
    text = formatting.score(row.scores[metric.id])
    return f"**{text}**" if row.tier == 1 else text
