"""How names and figures stand in a table of a terminal."""

from __future__ import annotations

from rich.table import Table as Lines
from rich.text import Text

from benchmark.core import Metric, Task
from benchmark.leaderboard.tables import Row, Score, Table, is_oracle, is_trivial
from benchmark.plain_text import plain
from benchmark.report import formatting, scale


def standing(task: Task, row: Row) -> str:
    """What follows the name of a row that is no entry like others, or shows nothing."""
    if is_oracle(row.entry):
        return " (oracle)"
    if is_trivial(task, row):
        return " (trivial)"
    return f" ({scale.NOT_ABOVE_SHORT})" if scale.standing(task, row) else ""


def normalised(score: Score) -> str:
    """Without its interval."""
    return (
        formatting.NONE if score.normalised is None else formatting.percent(score.normalised.value)
    )


def seconds(row: Row) -> str:
    """How long the entry trained, all folds of one seed."""
    return formatting.NONE if row.fit_seconds is None else f"{row.fit_seconds:.0f} s"


def titled(task: Task, table: Table) -> Lines:
    """An empty table with its title; titles of metrics alone may be folded."""
    said = f"{task.title}, {table.split}{table.part}"
    return Lines(title=text(said), title_justify="left", caption_justify="left")


def head(metric: Metric) -> str:
    return formatting.short_head(metric)


def text(said: str) -> Text:
    """Text of others as text: no mark-up of the library, nothing that a terminal obeys."""
    return Text(plain(said))
