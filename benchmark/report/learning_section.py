"""Learning curves on pages: how long each entry trained, and how much its last epochs gained."""

from __future__ import annotations

from benchmark.leaderboard.curves import learning
from benchmark.leaderboard.curves.learning import LearningCurve
from benchmark.leaderboard.tables import Table, title
from benchmark.report import formatting
from benchmark.report.markdown.markdown_table import escaped, markdown_table

ABOUT = (
    "Learning curves: validation loss as entries report it, means over folds and seeds; CPU time is"
    " that of a training. First half: how much of the fall from the first epoch to the lowest loss"
    " the first half of the epochs had reached. The nearer to 100%, the less a longer training can"
    " change the order of the table."
)
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


def lines(table: Table) -> list[str]:
    """The section of a table in Markdown; empty where no entry reports its losses."""
    rows = [cells(curve) for curve in learning.curves(table)]
    if not rows:
        return []
    rows = [[escaped(name), *rest] for name, *rest in rows]
    return [ABOUT, "", *markdown_table(HEADS, rows, range(1, len(HEADS))), ""]
