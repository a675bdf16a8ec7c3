"""One entry's results, and what two results differ in, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Lines
from rich.text import Text

from benchmark.core import Task
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.plain_text import plain
from benchmark.report import formatting
from benchmark.report.calibration import calibration_section
from benchmark.results.diff import Difference


def entry_tables(snapshot: Snapshot, entry: str) -> list[Lines]:
    """A table for each split that the entry has a row on: its variants by every metric."""
    made = []
    for table in snapshot.tables:
        variants = snapshot.ablation(table, entry)
        if variants.rows:
            made.append(_table(snapshot, variants, variants.rows))
    return made


def brief(table: Table, task: Task) -> Lines:
    """A line for each row, without intervals: for scores that are not published."""
    lines = Lines(title=_text(f"{task.title}, {table.split}{table.part}"), title_justify="left")
    lines.add_column("entry", overflow="fold")
    for metric in task.metrics:
        lines.add_column(f"{metric.title} {formatting.arrow(metric)}", justify="right")
    for row in (*table.rows, *table.oracles):
        values = (formatting.value(row.scores[metric.id]) for metric in task.metrics)
        lines.add_row(_text(title(row.entry, row.variant)), *values)
    return lines


def calibration(snapshot: Snapshot, curve: CalibrationCurve) -> Lines:
    """A line for each entry, a column for each amount."""
    about = calibration_section.heading(snapshot, curve)
    lines = Lines(title=_text(about), title_justify="left")
    lines.caption = _text(calibration_section.note(curve))
    first, *others = calibration_section.heads(curve)
    lines.add_column(first, overflow="fold")
    for head in others:
        lines.add_column(head, justify="right")
    for line in curve.lines:
        cells = calibration_section.cells(snapshot, curve, line)
        lines.add_row(_text(title(*line.last.name)), *map(_text, cells))
    return lines


def _table(snapshot: Snapshot, table: Table, rows: Sequence[Row]) -> Lines:
    """A line for each metric, so that it fits where a line for each variant would not."""
    task = snapshot.task(table)
    target = snapshot.corpus(table).signals[task.target]
    lines = Lines(title=_text(f"{task.title}, {table.split}{table.part}"), title_justify="left")
    if table.shared_seeds is not None:
        lines.caption = _text(formatting.about_tiers(table))
    lines.add_column("variant", overflow="fold")
    lines.add_column("metric")
    lines.add_column("score [95% CI]")
    for row in rows:
        first = row.scores[task.metrics[0].id]
        for index, metric in enumerate(task.metrics):
            score = formatting.score_and_tier(row.scores[metric.id])
            name = row.variant if index == 0 else ""
            lines.add_row(_text(name), _text(formatting.head(metric, target)), _text(score))
        lines.add_row("", "normalised score", _text(formatting.normalised(first.normalised)))
        lines.add_row("", "SD (seeds)", formatting.sd_seeds(first))
        lines.add_row("", "cost", _cost(row), end_section=True)
    return lines


def _cost(row: Row) -> str:
    text = formatting.count(row.n_seeds, "seed")
    if row.parameters is not None:
        text += f", {formatting.parameters(row)} parameters"
    if row.fit_seconds is not None:
        text += f", fit time {row.fit_seconds:.0f} s"
    return text


def differences(differences: Sequence[Difference]) -> Lines:
    """Differences between two results, the likeliest cause of other scores first."""
    lines = Lines(title="Differences, likeliest cause first", title_justify="left")
    for name in ("difference", "first", "second"):
        lines.add_column(name, overflow="fold")
    for each in differences:
        lines.add_row(_text(each.what), _text(each.one), _text(each.other))
    return lines


def _text(said: str) -> Text:
    """Text of others as text: no mark-up of the library, nothing that a terminal obeys."""
    return Text(plain(said))
