"""A calibration curve as Markdown, whole or narrow."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.calibration import calibration_section
from benchmark.report.markdown import table_parts
from benchmark.report.markdown.markdown_table import escaped, markdown_table
from benchmark.report.markdown.table_parts import name_cell, short_name_cell


def lines(
    snapshot: Snapshot,
    curve: CalibrationCurve,
    shown: Sequence[Line],
    plot: str,
    columns: int | None = None,
) -> list[str]:
    """Heading, plot and table of a curve with some of its lines; `plot` is where that lies.

    With `columns` the table has its first columns only, without intervals of scores: for narrow
    pages.
    """
    task = snapshot.task(curve.made[0])
    heads = calibration_section.heads(curve)
    cell = name_cell if columns is None else short_name_cell
    rows = [
        table_parts.narrow(
            heads,
            [
                cell(snapshot, task, line.last),
                *calibration_section.cells(snapshot, curve, line),
            ],
            columns,
        )
        for line in shown
    ]
    note = calibration_section.note(curve)
    return [
        f"### {calibration_section.heading(snapshot, curve)}",
        "",
        calibration_section.about(snapshot, curve, "`"),
        "",
        f"![{escaped(calibration_section.caption(snapshot, curve))}]({plot})",
        "",
        f"**{calibration_section.columns(snapshot, curve)}**",
        "",
        *markdown_table(table_parts.narrow_heads(heads, columns), rows, range(1, len(heads))),
        "",
        escaped(note if columns is None else f"{table_parts.INTERVALS} {note}"),
        "",
    ]
