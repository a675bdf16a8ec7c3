"""The verbs that show results: leaderboard, site, show, compare, diff."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmark import registry, storage
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    Names,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Corpus, Paths, Split, UserError
from benchmark.data import folds, leakage, nuisance, splits
from benchmark.execution import plan
from benchmark.leaderboard import history, snapshot
from benchmark.leaderboard.comparison import pairs
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.registry import project
from benchmark.report import (
    console,
    export,
    formatting,
    glossary,
    leaderboard_page,
    metrics_page,
    refused_page,
    task_page,
)
from benchmark.report.calibration import calibration_section
from benchmark.report.site import pages as site_pages
from benchmark.report.site import sample_gallery
from benchmark.results import diff
from benchmark.results.result import JobResult

LEADERBOARD = ROOT / "leaderboard.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
METRICS = ROOT / "docs" / "metrics.md"
MAX_PAIRS = 3  # pairs of results that `diff` shows in detail


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, name, example in (
        (write_leaderboard, "leaderboard", "leaderboard --check"),
        (build_site, "site", "site"),
        (show, "show", "show emg_to_articulation"),
        (compare, "compare", "compare emg2ema ridge --task emg_to_articulation"),
        (show_differences, "diff", "diff old/ridge.json baselines/ridge.json"),
        (audit_splits, "audit", "audit --task emg_to_text"),
    ):
        app.command(name, epilog=as_example(example))(verb)


def write_leaderboard(
    check: Annotated[
        bool, typer.Option("--check", help="Only check whether the pages are up to date.")
    ] = False,
    at: Annotated[
        str,
        typer.Option(
            help="Reproduce an older leaderboard, by tag, branch or commit, below runs/at."
        ),
    ] = "",
    own: Annotated[
        bool,
        typer.Option("--own", help="Of corpora of your own, from the working folder, into it."),
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write leaderboard.md, docs/results and docs/glossary.md, or check them."""
    with one_sentence(runs, data):
        if own:
            _write_own(Paths(ROOT, data.resolve(), runs.resolve()))
            return
        if at:
            path, same = history.at(ROOT, at, runs / "at")
            say(f"{path}: {'identical to' if same else 'DIFFERS from'} the committed page")
            return
        current = snapshot.read(ROOT)
        for line in refused_page.lines(current.refused):
            say(f"no row: {line}")
        for line in calibration_section.refused(current):
            say(line)
        write(pages(current), check)


def _write_own(paths: Paths) -> None:
    """The board of the user's own corpora: its pages below runs/board, its tables here."""
    board = snapshot.read_own(paths)
    for line in refused_page.lines(board.refused):
        say(f"no row: {line}")
    for line in calibration_section.refused(board):
        say(line)
    if not board.tables:
        raise UserError(
            f"{paths.runs}: no results on a corpus of your own: use `silentbench run --corpus NAME`"
        )
    folder = paths.runs / "board"
    written = pages(board)
    write({folder / path.relative_to(ROOT): text for path, text in written.items()}, check=False)
    for curve in board.calibration_curves:
        if not curve.refused:
            Console().print(console.calibration(board, curve))
    for table in board.single(board.tables):
        Console().print(console.brief(board.displayed(table), board.task(table)))
    say(f"wrote {folder / LEADERBOARD.name}")


def pages(leaderboard: Snapshot) -> dict[Path, str]:
    """leaderboard.md, the glossary, and a page for each task, by their paths."""
    tasks = {ROOT / task_page.path(n): text for n, text in task_page.pages(leaderboard).items()}
    plots = {ROOT / path: svg for path, svg in task_page.plots(leaderboard).items()}
    return {
        LEADERBOARD: leaderboard_page.page(leaderboard),
        GLOSSARY: glossary.page(),
        ROOT / refused_page.PATH: refused_page.page(leaderboard.refused),
        **tasks,
        **plots,
    }


def write_pages() -> Snapshot:
    """Write all pages that show results; what they show."""
    leaderboard = snapshot.read(ROOT)
    metrics = metrics_page.page(leaderboard.tasks, leaderboard.tables)
    write({**pages(leaderboard), METRICS: metrics}, check=False)
    return leaderboard


def write(texts: dict[Path, str], check: bool) -> None:
    """Write generated pages, by their paths; with `check` a UserError for one that would change."""
    for path, text in texts.items():
        if not check:
            storage.write_whole(path, text.encode())
        elif not path.exists() or path.read_text("utf-8") != text:
            raise UserError(f"{path.name} is out of date: write it by leaving out --check")


def build_site(
    examples: Annotated[
        bool,
        typer.Option(
            "--examples/--no-examples",
            "--cards/--no-cards",
            help="Include pages of example predictions (plots, audio).",
        ),
    ] = True,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write the static site, and all results as CSV, Parquet and JSON, into runs/site."""
    with one_sentence(runs, data):
        leaderboard = snapshot.read(ROOT)
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        folder = paths.runs / "site"
        links = sample_gallery.build(leaderboard, paths, folder, say) if examples else {}
        written = site_pages.write(leaderboard, folder, links)
        say(f"{len(written)} files; open {folder / 'index.html'}")


def show(
    name: Annotated[str, typer.Argument(help="A task, or an entry that has results.")],
    split: Annotated[Names, typer.Option(help="Only this split; may be repeated.")] = [],  # noqa: B006
    own: Annotated[
        bool, typer.Option("--own", help="Results on corpora of your own, instead.")
    ] = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
) -> None:
    """Print the board of a task, or one entry's results: every variant on every split."""
    with one_sentence():
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        board = snapshot.read_own(paths) if own else snapshot.read(ROOT)
        for each in split:
            registry.pick("split with results", each, {t.split: None for t in board.tables})
        if split:
            board = replace(board, tables=[t for t in board.tables if t.split in split])
        with_rows = {row.entry: None for table in board.tables for row in table.rows}
        with_tables = {table.task: None for table in board.tables}
        registry.pick("task or entry with results", name, {**with_tables, **with_rows})
        if as_json:
            say_json(_rows(board, name))
            return
        if name in with_tables:
            tables = [t for t in board.tables if t.task == name]
            shown = [console.ranking(board, table) for table in board.single(tables)]
            shown += [
                console.calibration(board, curve)
                for curve in board.calibration_curves
                if curve.made[0].task == name and not curve.refused
            ]
        else:
            shown = console.entry_tables(board, name)
        for table in shown:
            Console().print(table)


def _rows(board: Snapshot, name: str) -> list[dict[str, Any]]:
    """The rows of a task or of an entry."""
    return [
        {"task": table.task, "split": table.split, **row.model_dump()}
        for table in export.results(board).tables
        for row in table.rows
        if name in (table.task, row.entry)
    ]


def compare(
    one: Annotated[str, typer.Argument(help="An entry with results, or ENTRY:VARIANT.")],
    other: Annotated[str, typer.Argument(help="The entry to compare it with.")],
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Compare two entries by every metric: paired difference, interval and p."""
    with one_sentence():
        board = snapshot.read(ROOT)
        for name in task:
            registry.pick("task", name, board.tasks)
        rows = {row.entry: None for table in board.tables for row in table.rows}
        for name in (one, other):
            registry.pick("entry with a row", name.partition(":")[0], rows)
        found = [
            (table, pair)
            for table in board.tables
            if not task or table.task in task
            if (pair := _pair(board, table, one, other))
        ]
        if not found:
            raise UserError(f"{one} and {other} have no table in common: see `show {one}`")
        if as_json:
            said = [_as_json(table, pair, one, other) for table, pair in found]
            say_json(said)
            return
        for table, pair in found:
            Console().print(console.comparison((one, other), board.task(table), table, pair))


def _pair(board: Snapshot, table: Table, one: str, other: str) -> list[pairs.Difference]:
    """What two rows of a table differ by; nothing where it has not both."""
    first, second = (pairs.row_of(board, table, name) for name in (one, other))
    if first is None or second is None:
        return []
    return pairs.differences(board.task(table), first, second)


def _as_json(
    table: Table, differences: list[pairs.Difference], one: str, other: str
) -> dict[str, Any]:
    metrics = {
        each.metric.id: {
            "scores": each.scores,
            "difference": None if each.gain is None else asdict(each.gain),
            "better": None if each.better is None else (one, other)[each.better],
            "units": each.units,
        }
        for each in differences
    }
    return {"task": table.task, "split": table.split, "unit": table.unit, "metrics": metrics}


def show_differences(
    one: Annotated[str, typer.Argument(help="A result, a file of published results, or an entry.")],
    other: Annotated[str, typer.Argument(help="The same, to compare it with.")],
) -> None:
    """Show what two results differ in, the likeliest cause of different scores first."""
    with one_sentence():
        tasks = registry.known_tasks(ROOT)
        settings = {n: e.variants for n, e in registry.entries(ROOT).found.items()}
        pairs = diff.pairs(diff.load(ROOT, one), diff.load(ROOT, other))
        compared = [(pair, diff.differences(*pair, settings)) for pair in pairs]
        terminal = Console(soft_wrap=True)
        for what, count in Counter(d.what for _, differ in compared for d in differ).items():
            if len(compared) > 1:
                say(f"{count} of {len(compared)} pairs differ in: {what}")
        shown = [pair for pair in compared if pair[1]][:MAX_PAIRS] or compared[:1]
        for (first, second), differ in shown:
            _tell_predictions(first, second)
            if first.task in tasks:
                for name, a, b in diff.scores(tasks[first.task], first, second):
                    say(f"    {name}: {a:.6g} and {b:.6g}")
            if differ:
                terminal.print(console.differences(differ))
            else:
                say("    no other difference")


def _tell_predictions(first: JobResult, second: JobResult) -> None:
    where = f"{first.task} {first.split} {first.fold} {first.variant} seed {first.seed}"
    both, same = diff.same_predictions(first, second, ROOT / "runs" / "predictions")
    say(f"{where}: {same} of {both} predictions are identical")
    if both and same == both:
        say("    the models behaved the same; only scoring can differ")


def audit_splits(
    task: Annotated[Names, typer.Option(help="Only this task; may be repeated.")] = [],  # noqa: B006
    corpus: Annotated[Names, typer.Option(help="Only this corpus; may be repeated.")] = [],  # noqa: B006
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Audit splits: what test recordings share with training data, and what nuisance cues tell."""
    with one_sentence(runs, data):
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        corpora, tasks = registry.corpora(), registry.known_tasks(ROOT)
        for name in corpus:
            folds.find(registry.pick_corpus(name, corpora), paths.data)
        for name in task:
            registry.pick("task", name, tasks)
        found = [(name, *plan.every_source(paths, name, corpus, corpora)) for name in task or tasks]
        if not any(sources for _, sources, _ in found):
            notes = dict.fromkeys(note for _, _, notes in found for note in notes)
            raise UserError(f"no split to audit has its corpus here. {' '.join(notes)}")
        for note in dict.fromkeys(note for _, _, notes in found for note in notes):
            say(note)
        passed = True
        for name, sources, _ in found:
            for split, source in sources.values():
                try:
                    passed &= _audit(paths, name, split, source)
                except UserError as error:  # the other splits are audited all the same
                    say(f"{name} on {split.name}: not audited: {error}")
                    passed = False
    raise typer.Exit(0 if passed else 1)


def _audit(paths: Paths, name: str, split: Split, source: Corpus) -> bool:
    """Audit one split for one task, print and store what is found; False where it leaks."""
    task = registry.task(ROOT, name)
    folds.prepare(paths.runs, paths.data, name, task, split, source, say)
    digest = folds.data_digest(name, task, split, source)
    entries = registry.entries(ROOT).found.values()
    context = max((entry.context for entry in entries if name in entry.tasks), default=0.0)
    findings = list(leakage.audit(paths, split, digest, context))
    audit = leakage.summary(findings, digest)
    say(f"{name} on {split.name}: {formatting.audited(audit)}")
    for line in (*leakage.lines(findings), nuisance.line(nuisance.told(paths, split, digest))):
        if line:
            say(f"    {line}")
    if not source.miniature:
        place = registry.split_file(ROOT, split.name).with_name(splits.AUDITS)
        file = project.own(ROOT, project.current(place))
        audits = {**splits.audits(file.parent), f"{name} {split.name}": audit}
        content = {key: each.model_dump() for key, each in sorted(audits.items())}
        storage.write_json(file, content)
    return not set(audit.leaks) - set(split.leaks)
