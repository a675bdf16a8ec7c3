"""A leaderboard snapshot -> docs/results/<task>.md: every row, variant and breakdown.

Recorded corpora stand before simulated ones, and a list of them at the top.

The same snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from benchmark.core import Task
from benchmark.leaderboard import breakdowns
from benchmark.leaderboard.curves import settings
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table
from benchmark.registry import reported_figures
from benchmark.registry.reported_figures import Reported
from benchmark.report import (
    by_corpus,
    formatting,
    glossary,
    learning_section,
    oracle_notes,
    scale,
)
from benchmark.report.by_corpus import Part
from benchmark.report.calibration import calibration_markdown, calibration_section
from benchmark.report.markdown import breakdown_tables
from benchmark.report.markdown.markdown_table import anchor, escaped, folded, markdown_table
from benchmark.report.markdown.table_parts import first_score, heading, name_cell, table_title
from benchmark.report.sealed import sealed_table
from benchmark.report.transfer import transfer_markdown, transfer_section

NOTE = "Made by `silentbench leaderboard` from the results beside the entries; do not edit."
VARIANTS = "Variants of entries"
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
    curves = calibration_section.of_task(snapshot, name)
    parts = by_corpus.parts(snapshot, name, curves, snapshot.transfers)
    variants = _variants(snapshot, [table for part in parts for table in _all(part)])
    inputs = ", ".join(task.inputs)
    lines = [f"# {task.title}", "", NOTE, "", f"`{name}`: {inputs} → {task.target}.", ""]
    lines += _contents(snapshot, parts, bool(variants))
    notes = [f"- {note}" for note in glossary.notes((*glossary.KEY, *glossary.DETAILS))]
    notes += ["", "All terms: [glossary](../glossary.md).", ""]
    lines += folded("How to read the tables", notes)
    for sentence in calibration_section.refused(snapshot):
        lines += [escaped(sentence) + ".", ""] if sentence.startswith(f"{name} on ") else []
    for part in parts:
        lines += [f"## {part.title}", ""]
        for curve in part.curves:
            lines += _calibration(snapshot, curve)
        for one in part.transfers:
            lines += transfer_markdown.lines(snapshot, one, range(len(one.lines)))
            lines += _folded(snapshot, one.made)
        for table in part.single:
            lines += _single(snapshot, table)
    lines += [f"## {VARIANTS}", "", *variants] if variants else []
    return "\n".join(lines).rstrip() + "\n"


def _all(part: Part) -> list[Table]:
    """The tables of a corpus by their names."""
    return sorted((*part.single, *part.together), key=lambda table: table.key)


def _contents(snapshot: Snapshot, parts: Sequence[Part], variants: bool) -> list[str]:
    """A line for each corpus, and below it one for each table that is shown by itself."""
    lines = []
    for part in parts:
        lines.append(f"- {_link(part.title, part.title)}: {part.about}")
        titles = [calibration_section.heading(snapshot, curve) for curve in part.curves]
        titles += [transfer_section.heading(snapshot, one) for one in part.transfers]
        titles += [table_title(snapshot, table) for table in part.single]
        lines += [f"  - {_link(title.partition(', ')[2], title)}" for title in titles]
    return [*lines, *([f"- {_link(VARIANTS, VARIANTS)}"] if variants else []), ""]


def _link(text: str, heading: str) -> str:
    return f"[{escaped(text)}](#{anchor(heading)})"


def _single(snapshot: Snapshot, table: Table) -> list[str]:
    """A table by itself, and what is told of it; what breaks it down is folded."""
    displayed = snapshot.displayed(table)
    lines = [*heading(snapshot, displayed), *_whole(snapshot, displayed)]
    lines += _notes(snapshot, displayed)
    lines += sealed_table.lines(snapshot, displayed)
    lines += _gains(snapshot, displayed)
    lines += breakdown_tables.of_table(snapshot, displayed)
    lines += learning_section.lines(snapshot.task(displayed).metrics[0], displayed)
    for reported in reported_figures.beside(snapshot.reported, table.task, table.split):
        lines += _published(reported)
    return lines


def _variants(snapshot: Snapshot, tables: Sequence[Table]) -> list[str]:
    """The variants of every entry, in the order of the tables."""
    return [line for entry in snapshot.entries for line in _ablation(snapshot, tables, entry)]


def _calibration(snapshot: Snapshot, curve: CalibrationCurve) -> list[str]:
    """The table and the plot of a curve; the tables of its single splits, folded."""
    lines = calibration_markdown.lines(
        snapshot, curve, curve.lines, PurePosixPath(calibration_section.path(curve)).name
    )
    return [*lines, *_folded(snapshot, curve.made)]


def _folded(snapshot: Snapshot, tables: Sequence[Table]) -> list[str]:
    """The tables of single splits that are shown together above."""
    lines = []
    for table in tables:
        about = f"{table.split}{table.part}: all metrics, costs, notes"
        notes = _notes(snapshot, table)
        lines += folded(about, [*heading(snapshot, table), *_whole(snapshot, table), *notes])
        lines += sealed_table.under_a_name(snapshot, table)
    return lines


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


def _notes(snapshot: Snapshot, table: Table) -> list[str]:
    notes = oracle_notes.notes(snapshot, table) + formatting.notes(snapshot.task(table), table)
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
            lines += breakdown_tables.of_breakdown(breakdown)
        metric = task.metrics[0]
        variants = {entry: snapshot.entries[entry].variants}
        for curve in settings.curves(part, metric, variants):
            lines += breakdown_tables.of_curve(curve, metric)
    return lines


def _published(table: Reported) -> list[str]:
    rows = [[escaped(str(cell)) for cell in row] for row in table.rows]
    heads = list(map(escaped, table.columns))
    about = f"**Reported figures, not reproduced here** ({escaped(table.source)}):"
    return [about, "", *markdown_table(heads, rows, range(1, len(heads))), ""]
