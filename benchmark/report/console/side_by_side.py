"""Calibration curves and transfers for a terminal: an entry on several splits in one line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Lines

from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import title
from benchmark.report.calibration import calibration_section
from benchmark.report.console import figures
from benchmark.report.transfer import transfer_section

LONGEST_NAME = 18  # characters of an entry that stay on one line


def calibration(snapshot: Snapshot, curve: CalibrationCurve) -> Lines:
    """A line for each entry, a column for each amount."""
    about, note = calibration_section.heading(snapshot, curve), calibration_section.note(curve)
    rows = [(line, calibration_section.cells(snapshot, curve, line)) for line in curve.lines]
    *heads, last = calibration_section.heads(curve)
    seeds = {cells[-1] for _, cells in rows}
    if len(seeds) > 1:  # else it is said once: five amounts leave no room for the column
        return _side_by_side(about, note, [*heads, last], rows)
    note += f" {last}: {', '.join(seeds)}."
    return _side_by_side(about, note, heads, [(line, cells[:-1]) for line, cells in rows])


def transfer(snapshot: Snapshot, one: Transfer) -> Lines:
    """A line for each entry, a column for each kind of recordings that trained."""
    about, note = transfer_section.heading(snapshot, one), transfer_section.note(snapshot, one)
    rows = [
        (line, transfer_section.cells(snapshot, one, index)) for index, line in enumerate(one.lines)
    ]
    return _side_by_side(about, note, transfer_section.heads(one), rows)


def _side_by_side(
    about: str, note: str, heads: Sequence[str], rows: Sequence[tuple[Line, Sequence[str]]]
) -> Lines:
    """Without intervals, for which 80 columns have no room."""
    lines = Lines(title=figures.text(about), title_justify="left", caption_justify="left")
    lines.caption = figures.text(f"{note} Intervals are on the page of the task.")
    first, *others = heads
    names = [title(*line.last.name) for line, _ in rows]
    whole = min(LONGEST_NAME, max(map(len, names), default=0))
    lines.add_column(first, overflow="fold", min_width=whole)
    for head in others:
        lines.add_column(_without_interval(head), justify="right", overflow="fold")
    for name, (_, cells) in zip(names, rows, strict=True):
        lines.add_row(figures.text(name), *(figures.text(_without_interval(c)) for c in cells))
    return lines


def _without_interval(cell: str) -> str:
    return cell.partition(" [")[0]
