"""A leaderboard snapshot -> leaderboard.md. The same snapshot gives the same bytes.

Short enough to be read on a code host: the best entry of each task, average ranks across tasks, and
the top of each table. All rows, variants and breakdowns are on the pages of the tasks.
"""

from __future__ import annotations

from benchmark.core import CHANCE, NUISANCE
from benchmark.leaderboard import across_tasks
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table, is_trivial, leaders, title
from benchmark.report import formatting, glossary, refused_page, scale, task_page
from benchmark.report.calibration import calibration_section
from benchmark.report.markdown_table import markdown_table
from benchmark.report.sealed import sealed_table

TOP = 5  # rows of a table, beside its best trivial baseline, nuisance and chance


def page(snapshot: Snapshot) -> str:
    """leaderboard.md: recorded corpora first, simulated ones apart."""
    lines = ["# SilentBench leaderboard", "", task_page.NOTE, ""]
    lines += [*_summary(snapshot), *_calibration(snapshot), *_across(snapshot)]
    for synthetic, heading in ((False, "Recorded corpora"), (True, "Simulated speakers")):
        tables = snapshot.single(snapshot.tables)
        tables = [t for t in tables if snapshot.corpus(t).synthetic is synthetic]
        if tables:
            lines += [f"## {heading}", ""]
        for table in tables:
            lines += _top(snapshot, snapshot.displayed(table))
    lines += ["## How to read the tables", ""]
    lines += [f"- {note}" for note in glossary.notes(glossary.KEY)]
    lines += ["", "All terms: [glossary](docs/glossary.md)."]
    number = len(snapshot.refused)
    if number:
        about = formatting.count(number, "published result")
        lines += ["", f"[{about} without a row, with reasons]({refused_page.PATH})."]
    return "\n".join(lines).rstrip() + "\n"


def _summary(snapshot: Snapshot) -> list[str]:
    """A line for each table: its best entry, and the best trivial baseline."""
    heads = ["task", "split", "metric", "best entry", "score [95% CI]", "normalised score"]
    heads += ["best trivial baseline"]
    rows = []
    for table in map(snapshot.displayed, snapshot.single(snapshot.tables)):
        task = snapshot.task(table)
        tier = leaders(task, table)
        if not tier:
            continue
        metric = task.metrics[0]
        best, tied = tier[0], formatting.tied(tier)
        trivial = next((row for row in table.rows if is_trivial(task, row)), None)
        rows.append(
            [
                f"[{task.title}]({task_page.path(table.task)})",
                f"`{table.split}`{table.part}",
                f"{metric.title}{formatting.NBSP}{formatting.arrow(metric)}",
                task_page.name_cell(snapshot, task, best) + (f", {tied}" if tied else ""),
                formatting.score(best.scores[metric.id]),
                formatting.normalised(best.scores[metric.id].normalised),
                formatting.NONE
                if trivial is None
                else f"{title(*trivial.name)} {formatting.value(trivial.scores[metric.id])}",
            ]
        )
    return [*markdown_table(heads, rows, right=[5]), ""] if rows else []


def _calibration(snapshot: Snapshot) -> list[str]:
    """How much of a new speaker or session a model needs: the top of each curve, and its plot."""
    lines = []
    for curve in snapshot.calibration_curves:
        if curve.refused:
            continue
        task = snapshot.task(curve.made[0])
        entries = [line for line in curve.lines if not is_trivial(task, line.last)][:TOP]
        trivial = [line for line in curve.lines if is_trivial(task, line.last)]
        named = [line for line in trivial if line.last.entry in (NUISANCE, CHANCE)]
        shown = [line for line in curve.lines if line in [*entries, *trivial[:1], *named]]
        plot = calibration_section.path(curve)
        lines += task_page.calibration(snapshot, curve, shown, plot)
        lines[-2] += (
            f" [All rows, and the tables of the single splits]({task_page.path(curve.task)})."
        )
    return ["## Calibration to a new speaker or session", "", *lines] if lines else []


def _across(snapshot: Snapshot) -> list[str]:
    tables = [snapshot.displayed(table) for table in snapshot.tables]
    ranking = across_tasks.compare(tables, snapshot.tasks, snapshot.defaults)
    if ranking is None:
        return []
    mark = f" *{formatting.TRIVIAL}*"
    rows = [
        [entry + (mark if entry in ranking.trivial_baselines else ""), f"{rank:.2f}"]
        for entry, rank in ranking.average_ranks.items()
    ]
    table = markdown_table(["entry", "average rank"], rows, right=[1])
    return ["## Across tasks", "", *table, "", formatting.across(ranking), ""]


def _top(snapshot: Snapshot, table: Table) -> list[str]:
    """The best rows of one table, what knows nothing or the answers, and a link to the rest."""
    task = snapshot.task(table)
    target = snapshot.corpus(table).signals[task.target]
    entries = [row for row in table.rows if not is_trivial(task, row)]
    trivial = [row for row in table.rows if is_trivial(task, row)][:1]
    trivial += [row for row in table.rows if row.entry in (NUISANCE, CHANCE)]
    rows = [row for row in table.rows if row in entries[:TOP] or row in trivial]
    first, *others = task.metrics
    gains = any(row.scores[first.id].gain for row in rows)  # in all rows of a task, or in none
    heads = ["tier", "entry", formatting.head(first, target), *(["gain"] * gains)]
    heads += ["normalised score"]
    heads += [formatting.head(metric, target) for metric in others]
    heads += ["n seeds", "parameters", "real-time factor", "causal", "verified"]
    cells = [
        [
            formatting.tier(row),
            task_page.name_cell(snapshot, task, row),
            f"**{formatting.score(row.scores[first.id])}**",
            *([formatting.gain(row.scores[first.id].gain)] * gains),
            formatting.normalised(row.scores[first.id].normalised),
            *(formatting.value_and_tier(row.scores[metric.id]) for metric in others),
            str(row.n_seeds),
            formatting.parameters(row),
            formatting.factor(row),
            formatting.causal(row, target),
            formatting.verified(row, snapshot.verified),
        ]
        for row in (*rows, *table.oracles)
    ]
    numbers = {*range(len(heads))} - {1}
    lines = [*task_page.heading(snapshot, table), *markdown_table(heads, cells, numbers), ""]
    hidden = len(table.rows) - len(rows)
    rest = f"{formatting.count(hidden, 'more row')}, intervals" if hidden else "Intervals"
    link = f"[{rest}, variants and breakdowns]({task_page.path(table.task)})"
    lines += [f"{scale.about(task, table)} {link}.", ""]
    return [*lines, *sealed_table.lines(snapshot, table)]
