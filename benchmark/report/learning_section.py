"""Learning curves on pages: how long each entry trained, and what twice as long could change."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.core import Metric
from benchmark.leaderboard.curves import learning, longer
from benchmark.leaderboard.curves.learning import LearningCurve
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report import formatting
from benchmark.report.markdown.markdown_table import escaped, folded, markdown_table

TITLE = "Learning curves"
ABOUT = (
    "Learning curves: validation loss as entries report it, means over folds and seeds; CPU time is"
    " that of a training. First half: how much of the fall from the first epoch to the lowest loss"
    " the first half of the epochs had reached. The nearer to 100%, the less a longer training can"
    " change the order of the table."
)
IMPROVING = (
    f"its best epoch is the last, or more than {longer.LEAST:.0%} of the fall came in the last"
    f" {1 / longer.LAST:.0%} of the epochs"
)
EXTRAPOLATED = "of the lowest loss, what it would be if the fall of the second half came once more"
HEADS = ["entry", "epochs", "best epoch", "CPU time [s]", "first half"]


def cells(curve: LearningCurve) -> list[str]:
    """The cells of a row under `HEADS`."""
    half, seconds = curve.first_half, curve.cpu_seconds
    return [
        title(curve.entry, curve.variant),
        f"{curve.epochs:.3g}",
        f"{curve.best_epoch:.3g}",
        formatting.NONE if seconds is None else f"{seconds:.3g}",
        formatting.NONE if half is None else f"{half:.0%}",
    ]


def values(curve: LearningCurve) -> list[float | None]:
    """What the cells behind the name are sorted by."""
    return [curve.epochs, curve.best_epoch, curve.cpu_seconds, curve.first_half]


def doubled(metric: Metric, table: Table) -> str:
    """What a table would be with twice the budget; empty where no entry reports its losses."""
    found = longer.of_table(metric, table)
    if found is None:
        return ""
    named = [
        f"{_name(one.row)} ({one.lowest:.3g}, then {one.repeated:.3g})" for one in found.improving
    ]
    said = [
        f"Twice the budget: still improving at the end ({IMPROVING}; {EXTRAPOLATED}):"
        f" {', '.join(named) or 'no entry'}",
    ]
    if found.swaps or not found.unknown:
        said.append(f"Neighbours that could change places: {_pairs(found.swaps) or 'no pair'}")
    if found.unknown:
        said.append(
            "Whether the second passes the first cannot be told, since the loss is not in the unit"
            f" of the score: {_pairs(found.unknown)}; no other neighbours change places"
        )
    return ". ".join(said) + ". Nothing is said of entries that report no losses."


def _pairs(pairs: Sequence[tuple[Row, Row]]) -> str:
    return "; ".join(f"{_name(above)} and {_name(below)}" for above, below in pairs)


def _name(row: Row) -> str:
    return title(*row.name)


def lines(metric: Metric, table: Table) -> list[str]:
    """The section of a table in Markdown, by the metric that ranks.

    Empty where no entry reports its losses.
    """
    rows = [cells(curve) for curve in learning.curves(table)]
    if not rows:
        return []
    rows = [[escaped(name), *rest] for name, *rest in rows]
    shown = markdown_table(HEADS, rows, range(1, len(HEADS)))
    return folded(TITLE, [ABOUT, "", *shown, "", escaped(doubled(metric, table)), ""])
