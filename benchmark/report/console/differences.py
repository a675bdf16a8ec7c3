"""Two entries, or two results, compared for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Lines

from benchmark.core import Task
from benchmark.leaderboard.comparison.pairs import Difference
from benchmark.leaderboard.tables import Table
from benchmark.report import formatting
from benchmark.report.console import figures
from benchmark.results.diff import Difference as ResultDifference


def comparison(
    names: tuple[str, str], task: Task, table: Table, differences: Sequence[Difference]
) -> Lines:
    """A line for each metric: both scores, and what the first has more, with interval and p."""
    lines = figures.titled(task, table)
    lines.add_column("metric", overflow="fold")
    for name in names:
        lines.add_column(figures.text(name), justify="right", overflow="fold")
    lines.add_column("difference [95% CI]", justify="right", no_wrap=True)
    lines.add_column("p", justify="right")
    lines.add_column("n", justify="right")
    for each in differences:
        scores = [formatting.NONE if v is None else f"{v:.3f}" for v in each.scores]
        if each.better is not None:
            scores[each.better] += "*"
        gain = each.gain
        lines.add_row(
            figures.head(each.metric),
            *scores,
            formatting.NONE
            if gain is None
            else f"{gain.value:+.3f} [{gain.low:+.3f},{formatting.NBSP}{gain.high:+.3f}]",
            formatting.NONE if gain is None or gain.p is None else f"{gain.p:.2g}",
            str(each.units),
        )
    lines.caption = figures.text(
        f"*: the better score, significant or not. Paired by {table.unit} (n); p by sign flips, of"
        " each metric alone"
    )
    return lines


def differences(differences: Sequence[ResultDifference]) -> Lines:
    """Differences between two results, the likeliest cause of other scores first."""
    lines = Lines(title="Differences, likeliest cause first", title_justify="left")
    for name in ("difference", "first", "second"):
        lines.add_column(name, overflow="fold")
    for each in differences:
        lines.add_row(figures.text(each.what), figures.text(each.one), figures.text(each.other))
    return lines
