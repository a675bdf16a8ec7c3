"""The verbs that write pages and audit splits: leaderboard, site, audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from benchmark import registry, storage
from benchmark.cli.options import (
    ROOT,
    All,
    Data,
    Names,
    Runs,
    as_example,
    one_sentence,
    say,
    say_some,
)
from benchmark.core import Corpus, Paths, Split, UserError
from benchmark.data import folds, leakage, nuisance, splits
from benchmark.execution import plan
from benchmark.leaderboard import history, snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.plain_text import plain
from benchmark.registry import project
from benchmark.report import (
    console,
    formatting,
    glossary,
    leaderboard_page,
    metrics_page,
    refused_page,
    task_page,
)
from benchmark.report.calibration import calibration_section
from benchmark.report.site import pages as site_pages
from benchmark.report.site import sample_gallery, task_examples
from benchmark.report.suite import suite_page

LEADERBOARD = ROOT / "leaderboard.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
METRICS = ROOT / "docs" / "metrics.md"


def register(app: typer.Typer) -> None:
    """Make these functions verbs of the command line."""
    for verb, name, example in (
        (write_leaderboard, "leaderboard", "leaderboard --check"),
        (build_site, "site", "site"),
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
    """Write leaderboard.md, docs/results, docs/glossary.md and docs/suite.md, or check them."""
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
        write({**pages(current), **_readme(current)}, check)


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
    for one in board.transfers:
        Console().print(console.transfer(board, one))
    for table in board.single(board.tables):
        Console().print(console.brief(board.displayed(table), board.task(table)))
    say(f"wrote {folder / LEADERBOARD.name}")


def pages(leaderboard: Snapshot) -> dict[Path, str]:
    """leaderboard.md, the glossary, the suite, and a page for each task, by their paths."""
    tasks = {ROOT / task_page.path(n): text for n, text in task_page.pages(leaderboard).items()}
    plots = {ROOT / path: svg for path, svg in calibration_section.plots(leaderboard).items()}
    return {
        LEADERBOARD: leaderboard_page.page(leaderboard),
        GLOSSARY: glossary.page(),
        ROOT / suite_page.PATH: suite_page.page(ROOT, leaderboard.tasks, leaderboard.corpora),
        ROOT / refused_page.PATH: refused_page.page(leaderboard.refused),
        **tasks,
        **plots,
    }


def _readme(leaderboard: Snapshot) -> dict[Path, str]:
    """README.md of the project with the best entries of today; that of a user is left alone."""
    path = ROOT / "README.md"
    if project.CHECKOUT is None or not path.is_file():
        return {}
    return {path: leaderboard_page.readme(path.read_text("utf-8"), leaderboard)}


def write_pages() -> Snapshot:
    """Write all pages that show results; what they show."""
    leaderboard = snapshot.read(ROOT)
    metrics = metrics_page.page(leaderboard.tasks, leaderboard.tables)
    write({**pages(leaderboard), **_readme(leaderboard), METRICS: metrics}, check=False)
    return leaderboard


def write(texts: dict[Path, str], check: bool, by: str = "silentbench leaderboard") -> None:
    """Write generated pages, by their paths; with `check` a UserError for one that would change.

    `by` is the command that writes them.
    """
    for path, text in texts.items():
        if not check:
            storage.write_whole(path, text.encode())
        elif not path.exists() or path.read_text("utf-8") != text:
            raise UserError(f"{path.name} is out of date; to write it: {by}")


def build_site(
    examples: Annotated[
        bool,
        typer.Option(
            "--examples/--no-examples",
            "--cards/--no-cards",
            help="Include pages of example predictions (plots, audio).",
        ),
    ] = True,
    best: Annotated[
        bool,
        typer.Option("--best", help="Pages of example predictions of the best entries only."),
    ] = False,
    everything: All = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
) -> None:
    """Write the static site, and all results as CSV, Parquet and JSON, into runs/site."""
    with one_sentence(runs, data):
        leaderboard = snapshot.read(ROOT)
        paths = Paths(ROOT, data.resolve(), runs.resolve())
        folder = paths.runs / "site"
        links: site_pages.Links = {}
        shown: task_examples.Examples = {}
        if best and not examples:
            raise UserError("--best is a choice of examples: leave it out with --no-examples")
        if examples:
            told: list[str] = []
            with Console(stderr=True).status("Examples ...") as status:

                def tell(line: str) -> None:
                    told.append(line)
                    status.update(escape(plain(line)))

                links = sample_gallery.build(leaderboard, paths, folder, tell, best)
                shown = task_examples.build(leaderboard, paths, folder, tell)
            missing = [line for line in told if line.startswith("no ")]
            say(f"{len(told) - len(missing)} pages of examples are new, {len(missing)} missing")
            say_some(missing, everything)
        site_pages.write(leaderboard, folder, links, ROOT, shown)
        count = sum(path.is_file() for path in folder.rglob("*"))
        say(f"{count} files; open {folder / 'index.html'}")


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
