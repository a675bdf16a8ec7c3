"""Where a row stands on the scale from the best trivial baseline to the best oracle, in words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.core import Metric, Task
from benchmark.leaderboard.tables import Row, Score, Table, is_oracle, is_trivial
from benchmark.report import formatting

ORACLE = "oracle"
NOT_ABOVE = "not above the best trivial baseline"
NOT_ABOVE_SHORT = "not above trivial"  # the same where there is little room
NOT_BETTER = "\N{DAGGER}"  # after a score
ABOUT_NOT_BETTER = "by this metric not better than the best trivial baseline"


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
    text = " ".join(filter(None, (formatting.about_tiers(table), about_dagger(task, table))))
    known = (row.scores[first].normalised for row in table.rows)
    ends = next((normalised.ends for normalised in known if normalised), None)
    if ends is None:
        return text
    one = ends.one or "the best possible value"
    return (
        f"{text} Normalised score: 0% is {ends.zero} ({ends.zero_score:.3f}),"
        f" 100% {'the oracle ' * bool(ends.one)}{one} ({ends.one_score:.3f})."
    )


def about_dagger(task: Task, table: Table, entry: str = "") -> str:
    """What the mark after a score means; empty where no row of the table, or of the entry, has it.

    The first metric has none: whether its score is above is said beside the name.
    """
    rows = [row for row in table.rows if entry in ("", row.entry)]
    if any(not_better(task, table, row, metric) for row in rows for metric in task.metrics[1:]):
        return f"{NOT_BETTER}: {ABOUT_NOT_BETTER}."
    return ""


def not_better(task: Task, table: Table, row: Row, metric: Metric) -> bool:
    """Whether a row that ought to be is not better than the best trivial baseline of its table."""
    if is_trivial(task, row) or is_oracle(row.entry):
        return False
    trivial = _values(metric, [other for other in table.rows if is_trivial(task, other)])
    own = _values(metric, [row])
    return bool(own and trivial) and own[0] <= max(trivial)


def _values(metric: Metric, rows: Sequence[Row]) -> list[float]:
    """The scores that rows have, higher ones being better."""
    sign = 1.0 if metric.better == "higher" else -1.0
    scores: list[Score] = [row.scores[metric.id] for row in rows]
    return [sign * score.value for score in scores if score.value is not None]


def dagger(task: Task, table: Table, row: Row, metric: Metric) -> str:
    """What stands after a score that is not better than it ought to be; else nothing."""
    return NOT_BETTER if not_better(task, table, row, metric) else ""
