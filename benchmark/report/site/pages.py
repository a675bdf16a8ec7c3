"""A leaderboard snapshot -> a folder of pages that opens from a disk, without server or network.

index.html has the best entry of each table, recorded corpora apart from simulated ones, the ranking
across tasks, and every entry in one table that sorts and filters; a page for each task has its
tables, plots, breakdowns, and what is reported by the same protocol; a page for each entry has its
variants, and what is reported of its system.
The same snapshot gives the same bytes.

With the project's folder, its documents and its commit are there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import CHANCE
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table
from benchmark.registry import Entry, reported_figures
from benchmark.report import by_corpus, export, formatting, glossary, oracle_notes, scale
from benchmark.report.by_corpus import Part
from benchmark.report.calibration import calibration_section
from benchmark.report.plots import looks
from benchmark.report.sealed import sealed_grid
from benchmark.report.site import breakdown_tables, comparison, docs_pages, site_plots, site_tables
from benchmark.report.site.docs_pages import Project
from benchmark.report.site.grid import Grid, slug, with_links
from benchmark.report.site.rendering import assets, markup, render, task_names
from benchmark.report.site.site_plots import Plot
from benchmark.report.site.task_examples import Examples
from benchmark.report.transfer import transfer_section

SIGNALS = {  # as they are written
    "emg": "EMG",
    "seeg": "sEEG",
    "lips": "lip video",
    "noisy": "noisy speech",
    "clean": "clean speech",
    "mel": "mel spectrograms",
    "ultrasound": "tongue ultrasound",
}
Links = Mapping[str, Sequence[tuple[str, str]]]  # by entry: titles and links of its galleries


def write(
    snapshot: Snapshot,
    folder: Path,
    galleries: Links | None = None,
    root: Path | None = None,
    examples: Examples | None = None,
    guide: str = "",
) -> list[Path]:
    """Write every page but the galleries, which are linked to, and the exports.

    `examples` are what the pages of tasks show of single recordings; `root` is the project, whose
    documents become pages too. `guide` is the folder below `folder` where mkdocs writes the same
    documents with navigation and search; every page links to it. Returns the paths. UserError where
    an optional library is missing.
    """
    project = docs_pages.project(root, guide) if root else docs_pages.Project(guide=guide)
    pages = {"index.html": _index(snapshot, project)}
    for task in task_names(snapshot):
        pages[f"{task}.html"] = _task(snapshot, task, project, examples or {})
    for name in _entry_names(snapshot):
        found = (galleries or {}).get(name, ())
        pages[f"entry/{name}.html"] = _entry(snapshot, name, found, project)
    pages |= docs_pages.code(snapshot, _entry_names(snapshot), project)
    if root:
        pages |= docs_pages.documents(snapshot, root, project)
    written = export.write(export.results(snapshot), folder)
    for name, text in {**pages, **assets()}.items():
        storage.write_whole(folder / name, text.encode())
        written.append(folder / name)
    return written


def _entry_names(snapshot: Snapshot) -> list[str]:
    """Every entry that has a row somewhere."""
    return sorted({row.entry for table in snapshot.tables for row in table.rows})


def _index(snapshot: Snapshot, project: Project) -> str:
    displayed = [snapshot.displayed(table) for table in snapshot.tables]
    ranking = across_tasks.compare(displayed, snapshot.tasks, snapshot.defaults)
    across = None
    if ranking is not None:
        plot = site_plots.ranks(ranking, looks.of(snapshot))
        across = {**_figure(plot), "text": formatting.across(ranking)}
    return render(
        "index.html",
        snapshot,
        top="",
        project=project,
        summaries=site_tables.summaries(snapshot, snapshot.single(displayed)),
        curves=[_curve(snapshot, c) for c in calibration_section.telling(snapshot)],
        transfers=[_transfer(snapshot, one) for one in transfer_section.telling(snapshot)],
        across=across,
        every=site_tables.every(snapshot, displayed),
        notes=_notes(),
    )


def _notes() -> list[tuple[str, str]]:
    """Terms and definitions for those who read tables."""
    names = (*glossary.KEY, *glossary.DETAILS)
    return [(name, glossary.definition(name)) for name in names]


def _figure(plot: Plot) -> dict[str, Any]:
    return {"svg": markup(plot.svg), "caption": plot.caption}


def _task(snapshot: Snapshot, name: str, project: Project, examples: Examples) -> str:
    task = snapshot.tasks[name]
    inputs = " and ".join(SIGNALS.get(name, name) for name in task.inputs)
    target = SIGNALS.get(task.target, task.target.replace("_", " "))
    about = f"Predict {target} from {inputs}. Reference: {task.citation}."
    curves, transfers = calibration_section.telling(snapshot), transfer_section.telling(snapshot)
    parts = by_corpus.parts(snapshot, name, curves, transfers)
    return render(
        "task.html",
        snapshot,
        top="",
        project=project,
        metrics=[(m.title, f"{m.definition} ({m.id}, {m.source})") for m in task.metrics],
        here=name,
        title=task.title,
        about=about,
        notes=_notes(),
        parts=[_part(snapshot, part, examples) for part in parts],
    )


def _part(snapshot: Snapshot, part: Part, examples: Examples) -> dict[str, Any]:
    """What the page of a task shows of one corpus."""
    tables = [(table, False) for table in part.single] + [(t, True) for t in part.together]
    return {
        "id": slug("corpus", part.corpus.name),
        "title": part.title,
        "about": part.about,
        "curves": [_curve(snapshot, curve) for curve in part.curves],
        "transfers": [_transfer(snapshot, one) for one in part.transfers],
        "tables": [
            {
                **_section(snapshot, table, folded),
                "folded": folded,
                "examples": examples.get(table.key),
            }
            for table, folded in tables
        ],
    }


def _curve(snapshot: Snapshot, curve: CalibrationCurve) -> dict[str, Any]:
    """What a page shows of a calibration curve."""
    plot = Plot(
        calibration_section.plot(snapshot, curve), calibration_section.caption(snapshot, curve)
    )
    return {
        "task": curve.task,
        "title": calibration_section.heading(snapshot, curve),
        "about": calibration_section.about(snapshot, curve),
        "grid": site_tables.calibration(snapshot, curve),
        "plot": _figure(plot),
        "note": calibration_section.note(curve),
    }


def _transfer(snapshot: Snapshot, one: Transfer) -> dict[str, Any]:
    """What a page shows of a transfer."""
    return {
        "task": one.task,
        "title": transfer_section.heading(snapshot, one),
        "about": transfer_section.about(snapshot, one),
        "grid": site_tables.transfer(snapshot, one),
        "note": transfer_section.note(snapshot, one),
    }


def _section(snapshot: Snapshot, whole: Table, folded: bool) -> dict[str, Any]:
    """What the page of a task shows of one table; less of those in a curve or a transfer."""
    table, task = snapshot.displayed(whole), snapshot.task(whole)
    corpus = snapshot.corpus(whole)
    target, first = corpus.signals[task.target], task.metrics[0]
    rows, id = (*table.rows, *table.oracles), site_tables.anchor(table)
    parts = site_tables.gains(snapshot, task, target, rows)
    found = breakdowns.of_table(table, task, corpus)
    parts += [breakdown_tables.breakdown(one, target) for one in found]
    matrices = breakdowns.confusions(table, task, target)[:1]
    parts += [breakdown_tables.confusion(matrix) for matrix in matrices]
    parts += breakdown_tables.learning_curves(first, table)
    parts = [with_links(part, id) for part in parts]
    seen, plots = looks.of(snapshot), list[Plot]()
    if not folded:
        plots += site_plots.scores(task, target, table, seen)
        plots += site_plots.curves(snapshot, whole, first, seen)
        plots += site_plots.breakdowns(task, target, table, found, seen)
        plots += site_plots.learning_curves(task, table, seen)
    return {
        "id": id,
        "corpus": corpus.name,
        "title": site_tables.split_name(snapshot, table),
        "about": formatting.about(table, corpus, snapshot.audit(table)),
        "grid": site_tables.variants(snapshot, table, rows, "entry/", f"{id}-scores"),
        "tiers": scale.about(task, table),
        "plots": [_figure(plot) for plot in plots],
        "sealed": sealed_grid.section(snapshot, whole),
        "comparison": {} if folded else comparison.data(task, target, table, seen),
        "breakdowns": parts,
        "reported": _reported(snapshot, table),
        "notes": oracle_notes.notes(snapshot, table) + formatting.notes(task, table),
    }


def _entry(
    snapshot: Snapshot, name: str, galleries: Sequence[tuple[str, str]], project: Project
) -> str:
    entry = snapshot.entries.get(name)
    tables = []
    for table in snapshot.tables:
        rows = tuple(row for row in table.rows if row.entry == name)
        if rows:
            tables.append(_entry_section(snapshot, table, rows, name))
    return render(
        "entry.html",
        snapshot,
        top="../",
        project=project,
        has_code=docs_pages.has_code(entry),
        entry=entry or {"title": name},
        facts=_facts(entry) if entry else _removed(name),
        galleries=[{"title": title, "link": link} for title, link in galleries],
        tables=tables,
    )


def _entry_section(
    snapshot: Snapshot, table: Table, rows: tuple[Row, ...], name: str
) -> dict[str, Any]:
    """What the page of an entry shows of one table: its variants, ranked among themselves."""
    task = snapshot.task(table)
    several = len(rows) > 1
    ranked = snapshot.ablation(table, name) if several else snapshot.displayed(table)
    own = [row for row in ranked.rows if row.entry == name]
    compared = ranked if several else table
    plots = site_plots.curves(snapshot, compared, task.metrics[0], looks.of(snapshot), name)
    id = slug(table.task, site_tables.anchor(table))
    return {
        "id": id,
        "title": f"{task.title}: {site_tables.split_name(snapshot, table)}",
        "caption": "All variants" if several else "Scores",
        "grid": site_tables.variants(snapshot, ranked, own or rows, "", f"{id}-scores"),
        "tiers": scale.about(task, ranked) if several else scale.about_dagger(task, ranked, name),
        "whole": f"{table.task}.html#{site_tables.anchor(table)}",
        "plots": [_figure(plot) for plot in plots],
        "reported": _reported(snapshot, table, name),
    }


def _reported(snapshot: Snapshot, table: Table, entry: str = "") -> list[Grid]:
    """What publications report by the protocol of a table; of one system, or of all."""
    found = reported_figures.beside(snapshot.reported, table.task, table.split)
    grids, seen = list[Grid](), Counter[str]()
    for one in found:
        if entry in ("", one.entry):
            publication = one.source.partition(",")[0]
            seen[publication] += 1
            again = str(seen[publication]) if seen[publication] > 1 else ""
            of = slug(table.task, site_tables.anchor(table), publication), again
            grids.append(with_links(site_tables.published(one), *of))
    return grids


def _facts(entry: Entry) -> list[tuple[str, str]]:
    facts = {
        "name": entry.name,
        "kind": entry.kind,
        "authors": ", ".join(entry.authors),
        "licence": entry.licence,
        "citation": entry.citation,
        "trained on": entry.trained_on,
        "claims to be causal": "yes" if entry.causal else "no",
        "variants": ", ".join(entry.variants) if len(entry.variants) > 1 else "",
    }
    return [(name, value) for name, value in facts.items() if value]


def _removed(name: str) -> list[tuple[str, str]]:
    if name == CHANCE:
        return [("kind", formatting.TRIVIAL), ("chance", glossary.definition("chance level"))]
    return [("kind", "removed: the project has results of this entry, but no entry of this name")]
