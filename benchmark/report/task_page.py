"""A leaderboard snapshot -> docs/results/<task>.md: every row, variant and breakdown.

The same snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from benchmark.core import Metric, Task
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.breakdowns import Breakdown, Confusion
from benchmark.leaderboard.curves import settings
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.settings import Curve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.registry import reported_figures
from benchmark.registry.reported_figures import Reported
from benchmark.report import formatting, glossary, learning_section, scale
from benchmark.report.calibration import calibration_section
from benchmark.report.markdown_table import escaped, markdown_table, two_lines
from benchmark.report.plots import amounts
from benchmark.report.sealed import sealed_table
from benchmark.report.transfer import transfer_section

NOTE = "Made by `run_benchmark.py leaderboard` from the results beside the entries; do not edit."
Cells = Sequence[str]


def path(task: str) -> str:
    """Where the page of a task lies, from the root of the project."""
    return f"docs/results/{task}.md"


def pages(snapshot: Snapshot) -> dict[str, str]:
    """The page of every task that has a table, by the name of the task."""
    names = sorted({table.task for table in snapshot.tables})
    return {name: _page(snapshot, name) for name in names}


def _page(snapshot: Snapshot, name: str) -> str:
    task = snapshot.tasks[name]
    inputs = ", ".join(task.inputs)
    lines = [f"# {task.title}", "", NOTE, "", f"`{name}`: {inputs} → {task.target}.", ""]
    lines += [f"- {note}" for note in glossary.notes((*glossary.KEY, *glossary.DETAILS))]
    lines += ["", "All terms: [glossary](../glossary.md).", ""]
    for curve in calibration_section.of_task(snapshot, name):
        lines += _calibration(snapshot, curve)
    for sentence in calibration_section.refused(snapshot):
        lines += [escaped(sentence) + ".", ""] if sentence.startswith(f"{name} on ") else []
    for one in snapshot.transfers:
        if one.task == name:
            lines += [*transfer(snapshot, one, range(len(one.lines))), *_folded(snapshot, one.made)]
    tables = [table for table in snapshot.tables if table.task == name]
    for table in snapshot.single(tables):
        displayed = snapshot.displayed(table)
        lines += [*heading(snapshot, displayed), *_whole(snapshot, displayed)]
        lines += _notes(snapshot.task(displayed), displayed)
        lines += sealed_table.lines(snapshot, displayed)
        lines += _gains(snapshot, displayed)
        lines += _breakdowns(snapshot, displayed)
        lines += learning_section.lines(displayed)
        for reported in reported_figures.beside(snapshot.reported, name, table.split):
            lines += _published(reported)
    for entry in snapshot.entries:
        lines += _ablation(snapshot, tables, entry)
    return "\n".join(lines).rstrip() + "\n"


def _calibration(snapshot: Snapshot, curve: CalibrationCurve) -> list[str]:
    """The table and the plot of a curve; the tables of its single splits, folded."""
    lines = calibration(
        snapshot, curve, curve.lines, PurePosixPath(calibration_section.path(curve)).name
    )
    return [*lines, *_folded(snapshot, curve.made)]


def _folded(snapshot: Snapshot, tables: Sequence[Table]) -> list[str]:
    """The tables of single splits that are shown together above."""
    lines = []
    for table in tables:
        about = f"{table.split}{table.part}: all metrics, costs, notes"
        notes = _notes(snapshot.task(table), table)
        folded = [*heading(snapshot, table), *_whole(snapshot, table), *notes]
        lines += [f"<details><summary>{about}</summary>", "", *folded, "</details>", ""]
    return lines


def transfer(
    snapshot: Snapshot, one: Transfer, shown: Iterable[int], columns: int | None = None
) -> list[str]:
    """Heading and table of a transfer with some of its lines, by their places.

    With `columns` the table has its first columns only, and is for narrow pages.
    """
    task, heads = snapshot.task(one.made[0]), transfer_section.heads(one)[:columns]
    cell = name_cell if columns is None else short_name_cell
    rows = [
        [
            cell(snapshot, task, one.lines[index].last),
            *transfer_section.cells(snapshot, one, index),
        ][:columns]
        for index in shown
    ]
    return [
        f"### {transfer_section.heading(snapshot, one)}",
        "",
        transfer_section.about(snapshot, one, "`"),
        "",
        f"**{transfer_section.columns(snapshot, one)}**",
        "",
        *markdown_table(heads, rows, range(1, len(heads))),
        "",
        escaped(transfer_section.note(snapshot, one)),
        "",
    ]


def calibration(
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


def plots(snapshot: Snapshot) -> dict[str, str]:
    """The plots that pages show, as files of their own, by path from the root of the project."""
    return {
        calibration_section.path(curve): amounts.alone(calibration_section.plot(snapshot, curve))
        for curve in snapshot.calibration_curves
        if not curve.refused
    }


def heading(snapshot: Snapshot, table: Table) -> list[str]:
    """The heading of a table, and the sentence on its data."""
    task, corpus = snapshot.task(table), snapshot.corpus(table)
    _, _, split = table.split.partition(".")
    lines = [f"### {task.title}: {corpus.name}, {split.replace('_', ' ')}{table.part}", ""]
    return [*lines, formatting.about(table, corpus, snapshot.audit(table), "`"), ""]


def _whole(snapshot: Snapshot, table: Table) -> list[str]:
    """Every row with every interval, and below them the oracles."""
    task = snapshot.task(table)
    target = snapshot.corpus(table).signals[task.target]
    heads = ["tier", "entry", *(formatting.head(m, target) for m in task.metrics)]
    heads += ["normalised score", "P(best)", "SD (seeds)", "n seeds"]
    heads += ["parameters", "fit time [s]", "real-time factor", "causal", "verified"]
    cells = [_cells(snapshot, task, table, row) for row in (*table.rows, *table.oracles)]
    numbers = {*range(len(heads))} - {1}
    return [*markdown_table(heads, cells, numbers), "", scale.about(task, table), ""]


def first_score(row: Row, metric: Metric) -> str:
    """The score that rows are ranked by, in bold for the rows of the first tier."""
    text = formatting.score(row.scores[metric.id])
    return f"**{text}**" if row.tier == 1 else text


def _cells(snapshot: Snapshot, task: Task, table: Table, row: Row) -> Cells:
    target = snapshot.corpus(table).signals[task.target]
    first = row.scores[task.metrics[0].id]
    return [
        formatting.tier(row),
        name_cell(snapshot, task, row),
        first_score(row, task.metrics[0]),
        *(
            formatting.score_and_tier(row.scores[m.id]) + scale.dagger(task, table, row, m)
            for m in task.metrics[1:]
        ),
        formatting.normalised(first.normalised),
        formatting.p_best(row),
        formatting.sd_seeds(first),
        str(row.n_seeds),
        formatting.parameters(row),
        formatting.fit_time(row),
        formatting.factor(row),
        formatting.causal(row, target),
        formatting.verified(row, snapshot.verified),
    ]


def name_cell(snapshot: Snapshot, task: Task, row: Row) -> str:
    """The name of a row, marked by where it stands, its isolation, as bringing weights."""
    name = title(*row.name)
    marks = scale.standing(task, row) + formatting.marks(row, snapshot.brings_weights(row))
    return " ".join([name, *(f"*{mark}*" for mark in marks)])


def short_name_cell(snapshot: Snapshot, task: Task, row: Row) -> str:
    """The same for a narrow column: at most two lines."""
    name = name_cell(snapshot, task, row)
    return two_lines(name.replace(f"*{scale.NOT_ABOVE}*", f"*{scale.NOT_ABOVE_SHORT}*"))


def _notes(task: Task, table: Table) -> list[str]:
    notes = formatting.notes(task, table)
    return [*(f"- {escaped(note)}" for note in notes), *([""] if notes else [])]


def _gains(snapshot: Snapshot, table: Table) -> list[str]:
    """What each row gains over the unprocessed input by every metric; empty without that row."""
    task = snapshot.task(table)
    target = snapshot.corpus(table).signals[task.target]
    rows = []
    for row in (*table.rows, *table.oracles):
        gains = [row.scores[metric.id].gain for metric in task.metrics]
        if any(gains):
            rows.append([name_cell(snapshot, task, row), *map(formatting.gain, gains)])
    if not rows:
        return []
    heads = ["entry", *(formatting.head(metric, target) for metric in task.metrics)]
    about = f"**{formatting.about_gains(task)}**"
    return [about, "", *markdown_table(heads, rows, range(1, len(heads))), ""]


def _breakdowns(snapshot: Snapshot, table: Table) -> list[str]:
    task, corpus = snapshot.task(table), snapshot.corpus(table)
    lines: list[str] = []
    for breakdown in breakdowns.of_table(table, task, corpus):
        lines += _breakdown(breakdown)
    for matrix in breakdowns.confusions(table, task, corpus.signals[task.target])[:1]:
        lines += _confusion(matrix)
    return lines


def _breakdown(breakdown: Breakdown) -> list[str]:
    rows = [
        [escaped(name), *(formatting.of_breakdown(breakdown, value) for value in values)]
        for name, values in breakdown.rows.items()
    ]
    heads = [escaped(breakdown.row_head), *map(escaped, breakdown.groups)]
    about = f"**{formatting.about_breakdown(breakdown, escaped)}**"
    return [about, "", *markdown_table(heads, rows, range(1, len(heads))), ""]


def _confusion(matrix: Confusion) -> list[str]:
    rows = [
        [escaped(label), *(f"{count:.0f}" for count in counts)]
        for label, counts in zip(matrix.labels, matrix.counts, strict=True)
    ]
    heads = ["reference \\ predicted", *map(escaped, matrix.labels)]
    about = f"**Confusion matrix of {escaped(matrix.row)}**, all seeds"
    return [about, "", *markdown_table(heads, rows, range(1, len(heads))), ""]


def _ablation(snapshot: Snapshot, tables: Sequence[Table], entry: str) -> list[str]:
    """Every variant of one entry."""
    parts = [snapshot.ablation(table, entry) for table in tables]
    parts = [part for part in parts if len(part.rows) > 1]
    if not parts:
        return []
    lines = [f"### Variants of {escaped(snapshot.entries[entry].title)}: `{entry}`", ""]
    for part in parts:
        lines += [f"`{part.task}` on `{part.split}`{part.part}:", ""]
        lines += _whole(snapshot, part)
        task = snapshot.tasks[part.task]
        for breakdown in breakdowns.of_ablation(part, task, snapshot.corpus(part)):
            lines += _breakdown(breakdown)
        metric = task.metrics[0]
        variants = {entry: snapshot.entries[entry].variants}
        for curve in settings.curves(part, metric, variants):
            lines += _curve(curve, metric)
    return lines


def _curve(curve: Curve, metric: Metric) -> list[str]:
    rows = [
        [f"{number:g}", escaped(variant), formatting.score(score)]
        for number, variant, score in curve.points
    ]
    head = f"{metric.title}{formatting.NBSP}{formatting.arrow(metric)}"
    return [*markdown_table([escaped(curve.setting), "variant", head], rows, right=[0, 2]), ""]


def _published(table: Reported) -> list[str]:
    rows = [[escaped(str(cell)) for cell in row] for row in table.rows]
    heads = list(map(escaped, table.columns))
    about = f"**Reported figures, not reproduced here** ({escaped(table.source)}):"
    return [about, "", *markdown_table(heads, rows, range(1, len(heads))), ""]
