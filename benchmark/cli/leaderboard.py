"""The verb `leaderboard`: the pages that show results, written or checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType

from benchmark import storage
from benchmark.cli.options import (
    ROOT,
    Data,
    Json,
    Quiet,
    RunsToRead,
    as_example,
    check_folder,
    one_sentence,
    say,
    say_json,
)
from benchmark.core import Paths, UserError
from benchmark.leaderboard import history, snapshot
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.registry import project
from benchmark.report import (
    console,
    glossary,
    leaderboard_page,
    metrics_page,
    readme_table,
    refused_page,
    task_page,
)
from benchmark.report.calibration import calibration_section
from benchmark.report.suite import suite_page

LEADERBOARD = ROOT / "leaderboard.md"
GLOSSARY = ROOT / "docs" / "glossary.md"
METRICS = ROOT / "docs" / "metrics.md"


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command("leaderboard", epilog=as_example("leaderboard --check"))(write_leaderboard)


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
    runs: RunsToRead = ROOT / "runs",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write leaderboard.md, docs/results, docs/glossary.md and docs/suite.md, or check them."""
    with one_sentence(runs, data):
        if own or at:
            check_folder("--runs", runs)
        if own:
            _write_own(Paths(ROOT, data.resolve(), runs.resolve()), quiet, as_json)
            return
        if at:
            path, same = history.at(ROOT, at, runs / "at")
            if as_json:
                say_json({"page": str(path), "identical": same})
                return
            say(f"{path}: {'identical to' if same else 'DIFFERS from'} the committed page")
            return
        current = snapshot.read(ROOT)
        _tell_refused(current, as_json)
        texts = {**pages(current), **_readme(current)}
        write(texts, check)
        if as_json:
            say_json(_written(current, texts))


def _tell_refused(board: Snapshot, as_json: bool) -> None:
    """Name on the terminal what has no row, and curves that cannot be drawn."""
    if not as_json:
        for line in refused_page.lines(board.refused):
            say(f"no row: {line}")
        for line in calibration_section.refused(board):
            say(line)


def _written(board: Snapshot, texts: Iterable[Path]) -> dict[str, Any]:
    """What the pages show, for `--json`: their paths, the tables by size, what has no row."""
    tables = [
        {
            "task": t.task,
            "split": t.split,
            "aggregated": t.aggregated,
            "rows": len(board.displayed(t).rows),
        }
        for t in board.tables
    ]
    written = [project.shown(ROOT, path) for path in texts]
    refused = [asdict(one) for one in board.refused]
    curves = calibration_section.refused(board)
    return {"pages": written, "tables": tables, "no_row": refused, "no_curve": curves}


def _write_own(paths: Paths, quiet: bool, as_json: bool) -> None:
    """The board of the user's own corpora: its pages below runs/board, its tables here."""
    board = snapshot.read_own(paths)
    _tell_refused(board, as_json)
    if not board.tables:
        raise UserError(
            f"{paths.runs}: no results on a corpus of your own: use `silentbench run --corpus NAME`"
        )
    folder = paths.runs / "board"
    texts = {folder / path.relative_to(ROOT): text for path, text in pages(board).items()}
    write(texts, check=False)
    if as_json:
        say_json(_written(board, texts))
        return
    for table in () if quiet else _shown(board):
        Console().print(table)
    say(f"wrote {folder / LEADERBOARD.name}")


def _shown(board: Snapshot) -> Iterator[RenderableType]:
    """The board for a terminal."""
    for curve in board.calibration_curves:
        if not curve.refused:
            yield console.calibration(board, curve)
    for one in board.transfers:
        yield console.transfer(board, one)
    for table in board.single(board.tables):
        yield console.brief(board.displayed(table), board.task(table))


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
    return {path: readme_table.readme(path.read_text("utf-8"), leaderboard)}


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
