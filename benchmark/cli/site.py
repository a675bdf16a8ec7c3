"""The verb `site`: the static site, with plots, examples and exports."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column

from benchmark.cli.options import (
    ROOT,
    All,
    Data,
    Json,
    Runs,
    as_example,
    one_sentence,
    say,
    say_json,
    say_some,
)
from benchmark.core import Paths, UserError
from benchmark.leaderboard import snapshot
from benchmark.plain_text import plain
from benchmark.report.site import pages as site_pages
from benchmark.report.site import sample_gallery, task_examples


def register(app: typer.Typer) -> None:
    """Make this function a verb of the command line."""
    app.command("site", epilog=as_example("site"))(build_site)


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
    guide: Annotated[
        str,
        typer.Option(
            "--guide",
            metavar="FOLDER",
            help="Link to the documents that mkdocs writes into this folder below runs/site; "
            "the site then has no copy of its own.",
        ),
    ] = "",
    everything: All = False,
    data: Data = ROOT / "data",
    runs: Runs = ROOT / "runs",
    as_json: Json = False,
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
        told: list[str] = []
        if examples:
            with _bar() as bar:
                task = bar.add_task("Examples ...", total=None)

                def tell(line: str) -> None:
                    told.append(line)
                    bar.update(task, description=plain(line))

                def step(done: int, planned: int) -> None:
                    bar.update(task, completed=done, total=planned)

                links = sample_gallery.build(leaderboard, paths, folder, tell, best, step)
                shown = task_examples.build(leaderboard, paths, folder, tell)
        missing = [line for line in told if line.startswith("no ")]
        if examples and not as_json:
            say(f"{len(told) - len(missing)} pages of examples are new, {len(missing)} missing")
            say_some(missing, everything)
        site_pages.write(leaderboard, folder, links, ROOT, shown, guide)
        count = sum(path.is_file() for path in folder.rglob("*"))
        if as_json:
            pages = {"new_examples": len(told) - len(missing), "missing_examples": missing}
            say_json({"page": str(folder / "index.html"), "files": count, **pages})
        else:
            say(f"{count} files; open {folder / 'index.html'}")


def _bar() -> Progress:
    """Pages of examples that are done, on a terminal alone."""
    console = Console(stderr=True)
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        MofNCompleteColumn(table_column=Column(min_width=7)),
        BarColumn(20, table_column=Column(min_width=20)),
        TextColumn("{task.description}", markup=False, table_column=rest),
        console=console,
        expand=True,
        transient=True,
        disable=not console.is_terminal,
    )
