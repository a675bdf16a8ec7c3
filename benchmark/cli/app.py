"""The command line as a whole: every group of commands registers itself here."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Annotated

import typer

from benchmark import __version__
from benchmark.cli import (
    audit,
    data,
    entries,
    leaderboard,
    listing,
    predictions,
    privacy,
    run,
    verify,
)
from benchmark.cli.kept import predicting, training
from benchmark.cli.listening import listen, ratings
from benchmark.cli.options import as_example, say
from benchmark.cli.own import corpora, plugins
from benchmark.cli.results import demo, show
from benchmark.cli.running import rescore
from benchmark.cli.seal import score as seal
from benchmark.plain_text import print_anything

app = typer.Typer(
    cls=plugins.Program,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        say(f"SilentBench {__version__}")
        raise typer.Exit


@app.callback()
def prepare(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Benchmark silent speech decoding."""
    del version
    sys.excepthook = show_fault
    print_anything()


def show_fault(kind: type[BaseException], fault: BaseException, at: TracebackType | None) -> None:
    """Print a fault of the program with its traceback, in which texts of others stand as text."""
    for piece in traceback.format_exception(kind, fault, at):
        for line in piece.rstrip("\n").split("\n"):
            say(line, error=True)


for group in (
    *(listing, run, rescore, leaderboard, audit, show, demo, listen, ratings),
    *(entries, predictions, verify, data, privacy, seal),
):
    group.register(app)
corpora.register(data.app)
for verb, example in ((training.train, training.EXAMPLE), (predicting.predict, predicting.EXAMPLE)):
    app.command(epilog=as_example(example))(verb)
