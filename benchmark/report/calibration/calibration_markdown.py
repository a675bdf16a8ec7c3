"""A calibration curve as Markdown, whole or narrow."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.report.calibration import calibration_section
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

    With `columns` the table has its first columns only, and is for narrow pages.
    """
    task = snapshot.task(curve.made[0])
    heads = calibration_section.heads(curve)[:columns]
    whole = [
        [
            (name_cell if columns is None else short_name_cell)(snapshot, task, line.last),
            *calibration_section.cells(snapshot, curve, line),
        ]
        for line in shown
    ]
    rows = [cells[:columns] for cells in whole]
    return [
        f"### {calibration_section.heading(snapshot, curve)}",
        "",
        calibration_section.about(snapshot, curve, "`"),
        "",
        f"![{escaped(calibration_section.caption(snapshot, curve))}]({plot})",
        "",
        f"**{calibration_section.columns(snapshot, curve)}**",
        "",
        *markdown_table(heads, rows, range(1, len(heads))),
        "",
        escaped(calibration_section.note(curve)),
        "",
    ]
