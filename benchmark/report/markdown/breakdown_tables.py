"""Tables below a table of results: scores by parts of the data, confusions, scores by a setting."""

from __future__ import annotations

from benchmark.core import Metric
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.breakdowns import Breakdown, Confusion
from benchmark.leaderboard.curves.settings import Curve
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.report import formatting
from benchmark.report.markdown.markdown_table import escaped, folded, markdown_table


def of_table(snapshot: Snapshot, table: Table) -> list[str]:
    """All breakdowns of a table, and the confusions of its best row, each folded."""
    task, corpus = snapshot.task(table), snapshot.corpus(table)
    lines: list[str] = []
    for breakdown in breakdowns.of_table(table, task, corpus):
        lines += of_breakdown(breakdown)
    for matrix in breakdowns.confusions(table, task, corpus.signals[task.target])[:1]:
        lines += _confusion(matrix)
    return lines


def of_breakdown(breakdown: Breakdown) -> list[str]:
    """A column for each part of the data, folded."""
    rows = [
        [escaped(name), *(formatting.of_breakdown(breakdown, value) for value in values)]
        for name, values in breakdown.rows.items()
    ]
    heads = [escaped(breakdown.row_head), *map(escaped, breakdown.groups)]
    table = markdown_table(heads, rows, range(1, len(heads)))
    return folded(formatting.about_breakdown(breakdown), [*table, ""])


def _confusion(matrix: Confusion) -> list[str]:
    rows = [
        [escaped(label), *(f"{count:.0f}" for count in counts)]
        for label, counts in zip(matrix.labels, matrix.counts, strict=True)
    ]
    heads = ["reference \\ predicted", *map(escaped, matrix.labels)]
    table = markdown_table(heads, rows, range(1, len(heads)))
    return folded(f"Confusion matrix of {matrix.row}, all seeds", [*table, ""])


def of_curve(curve: Curve, metric: Metric) -> list[str]:
    """A line for each value of a setting."""
    rows = [
        [f"{number:g}", escaped(variant), formatting.score(score)]
        for number, variant, score in curve.points
    ]
    heads = [escaped(curve.setting), "variant", formatting.short_head(metric)]
    return [*markdown_table(heads, rows, right=[0, 2]), ""]
