"""Where a row stands on the scale from the best trivial baseline to the best oracle, in words."""

from __future__ import annotations

from benchmark.core import Task
from benchmark.leaderboard.tables import Row, Table, is_oracle, is_trivial
from benchmark.report import formatting

ORACLE = "oracle"
NOT_ABOVE = "not above the best trivial baseline"


def standing(task: Task, row: Row) -> list[str]:
    """What stands beside the name of a row: what kind of row it is, or that it shows nothing."""
    if is_oracle(row.entry):
        return [ORACLE]
    if is_trivial(task, row):
        return [formatting.TRIVIAL]
    return [NOT_ABOVE] if row.above_trivial is False else []


def about(task: Task, table: Table) -> str:
    """How the rows of a table were compared, and which ends its normalised scores have."""
    first = task.metrics[0].id
    known = (row.scores[first].normalised for row in table.rows)
    ends = next((normalised.ends for normalised in known if normalised), None)
    text = formatting.about_tiers(table)
    if ends is None:
        return text
    one = ends.one or "the best possible value"
    return (
        f"{text} Normalised score: 0% is {ends.zero} ({ends.zero_score:.3f}),"
        f" 100% {'the oracle ' * bool(ends.one)}{one} ({ends.one_score:.3f})."
    )
