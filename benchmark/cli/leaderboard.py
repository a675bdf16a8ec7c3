"""The verbs that show results: leaderboard, site, show, diff."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmark import registry, storage
from benchmark.cli.options import ROOT, Data, Json, Names, Runs, one_sentence
from benchmark.core import Paths, UserError
from benchmark.data import folds, splits
from benchmark.data import leakage as auditing
from benchmark.execution import plan
from benchmark.leaderboard import history, snapshot
from benchmark.leaderboard.snapshot import Board
from benchmark.report import (
    console as console_module,
)
from benchmark.report import (
    export,
    formatting,
    markdown,
    metrics_page,
)
from benchmark.report.site import pages as site_pages
from benchmark.report.site import sample_gallery
from benchmark.results import diff
from benchmark.results.result import JobResult

BOARD = ROOT / "leaderboard.md"
METRICS = ROOT / "docs" / "metrics.md"
SHOWN = 3  # pairs of results that `diff` goes into


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, name, example in (
        (write_leaderboard, "leaderboard", "leaderboard --check"),
        (build_site, "site", "site"),
        (show_entry, "show", "show emg2ema"),
        (show_differences, "diff", "diff old/ridge.json baselines/ridge.json"),
        (audit_splits, "audit", "audit --task emg_to_text"),
    ):
        app.command(name, epilog=f"Example: python run_benchmark.py {example}")(verb)


def write_leaderboard(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is current.")] = False,
    at: Annotated[
        str, typer.Option(help="An older state by tag, branch or commit, made again below runs/at.")
    ] = "",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write leaderboard.md and docs/results from the published results, or check them."""
    with one_sentence():
        if at:
            path, same = history.at(ROOT, at, runs / "at")
            print(f"{path}: {'as' if same else 'NOT as'} it was committed")
            return
        write(pages(snapshot.read(ROOT)), check)


def pages(found: Board) -> dict[Path, str]:
    """leaderboard.md and a page for each task."""
    parts = {ROOT / markdown.place(task): text for task, text in markdown.pages(found).items()}
    return {BOARD: markdown.render(found), **parts}


def write_pages() -> None:
    """All pages that show the results, when those have changed."""
    found = snapshot.read(ROOT)
    write({**pages(found), METRICS: metrics_page.page(found.tasks, found.tables)}, check=False)


def write(texts: dict[Path, str], check: bool) -> None:
    """Write pages that the program makes, or only say whether they are current."""
    for path, text in texts.items():
        if not check:
            storage.write_whole(path, text.encode())
        elif not path.exists() or path.read_text() != text:
            raise UserError(f"{path.name} is not what the program would write: leave out --check")


def build_site(
    with_cards: Annotated[
        bool, typer.Option("--cards/--no-cards", help="What entries answered, to look at and hear.")
    ] = True,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write pages that open from a disk, and all results as data, into runs/site."""
    with one_sentence():
        found = snapshot.read(ROOT)
        place = Paths(ROOT, data.resolve(), runs.resolve())
        folder = place.runs / "site"
        links = sample_gallery.build(found, place, folder, print) if with_cards else {}
        written = site_pages.build(found, folder, links)
        print(f"{len(written)} files; open {folder / 'index.html'}")


def show_entry(
    entry: Annotated[str, typer.Argument(help="An entry that has results.")],
    as_json: Json = False,
) -> None:
    """Print one entry's results: every variant on every split."""
    with one_sentence():
        found = snapshot.read(ROOT)
        names = {row.entry: None for table in found.tables for row in table.rows}
        registry.pick("entry with a row", entry, names)
        if as_json:
            print(json.dumps(_rows(found, entry), indent=1, ensure_ascii=False))
            return
        console = Console()
        for table in console_module.of(found, entry):
            console.print(table)


def _rows(found: Board, entry: str) -> list[dict[str, Any]]:
    return [
        {"task": table.task, "split": table.split, **row.model_dump()}
        for table in export.results(found).tables
        for row in table.rows
        if row.entry == entry
    ]


def show_differences(
    one: Annotated[str, typer.Argument(help="A result, a file of published results, or an entry.")],
    other: Annotated[str, typer.Argument(help="The same of what it is to be compared with.")],
) -> None:
    """Say why two results differ, the likeliest cause first."""
    with one_sentence():
        tasks = registry.tasks(ROOT)
        settings = {n: e.variants for n, e in registry.entries(ROOT).found.items()}
        pairs = diff.pairs(diff.load(ROOT, one), diff.load(ROOT, other))
        told = [(pair, diff.differences(*pair, settings)) for pair in pairs]
        console = Console(soft_wrap=True)
        for what, count in Counter(c.what for _, causes in told for c in causes).items():
            if len(told) > 1:
                console.print(f"{count} of {len(told)} pairs differ in: {what}", markup=False)
        shown = [case for case in told if case[1]][:SHOWN] or told[:1]
        for (first, second), causes in shown:
            _tell(console, first, second)
            if first.task in tasks:
                for name, a, b in diff.scores(tasks[first.task], first, second):
                    console.print(f"    {name}: {a:.6g} and {b:.6g}", markup=False)
            console.print(console_module.causes(causes) if causes else "    nothing else differs")


def audit_splits(
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Look for what test recordings share with what a model sees, by name and by content."""
    with one_sentence():
        place = Paths(ROOT, data.resolve(), runs.resolve())
        folder = ROOT / "tasks" / "splits"
        kept, clean = dict(splits.audits(folder)), True
        entries = registry.entries(ROOT).found
        for name in task or registry.tasks(ROOT):
            known = registry.pick("task", name, registry.tasks(ROOT))
            for split, source in plan.sources(place, name, corpus, registry.corpora()).values():
                folds.prepare(place.runs, place.data, name, known, split, source, print)
                digest = folds.data_digest(name, known, split, source)
                context = max((e.context for e in entries.values() if name in e.tasks), default=0.0)
                found = list(auditing.audit(place, split, digest, context))
                made = auditing.summary(found, digest)
                if not source.miniature:
                    kept[f"{name} {split.name}"] = made
                clean &= not made.leaks
                print(f"{name} on {split.name}: {formatting.audited(made)}")
                for line in auditing.lines(found):
                    print(f"    {line}")
        told = {name: made.model_dump() for name, made in sorted(kept.items())}
        storage.write_json(folder / splits.AUDITS, told)
    raise typer.Exit(0 if clean else 1)


def _tell(console: Console, first: JobResult, second: JobResult) -> None:
    where = f"{first.task} {first.split} {first.fold} {first.variant} seed {first.seed}"
    both, same = diff.same_predictions(first, second)
    console.print(f"{where}: {same} of {both} predictions are the same", markup=False)
    if both and same == both:
        console.print("    so the models did the same; only scoring can differ", markup=False)
