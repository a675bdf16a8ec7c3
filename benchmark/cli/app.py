"""The command line as a whole: every module of commands registers its own here.

Most of what a command line takes to start is what it imports, so a call reads the module of its own
verb alone; help and misspelt verbs read all. A shell that asks for names reads none.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated, Any

import typer

from benchmark import __version__
from benchmark.cli.named import completing
from benchmark.plain_text import print_anything

# Verbs and groups of verbs in the order of the help, with the module that registers each.
MODULES = {
    **dict.fromkeys(("list", "metrics"), "listing"),
    "run": "run",
    "rescore": "running.rescore",
    **{verb: verb for verb in ("leaderboard", "site")},
    "audit": "audit",
    **dict.fromkeys(("show", "compare", "diff"), "results.show"),
    "demo": "results.demo",
    "listen": "listening.listen",
    "ratings": "listening.ratings",
    **dict.fromkeys(("new", "check"), "entries"),
    **dict.fromkeys(("contract", "score"), "predictions"),
    "verify": "verify",
    "data": "data.group",
    "verify-private": "privacy",
    "seal": "seal.score",
    "train": "kept.training",
    "predict": "kept.predicting",
}


def program(verb: str = "") -> typer.Typer:
    """The command line: with the verbs of one module where `verb` is one of them, else with all."""
    from benchmark.cli.own import plugins  # here, since a shell that asks for names needs none

    app = typer.Typer(
        cls=plugins.Program,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(prepare)
    wanted = [MODULES[verb]] if verb in MODULES else dict.fromkeys(MODULES.values())
    for name in wanted:
        importlib.import_module(f"benchmark.cli.{name}").register(app)
    return app


def main(words: Sequence[str]) -> None:
    """Run the command line with these words, as a shell gives them."""
    asked = completing.typed(os.environ)
    if asked is None:
        program(_verb(words))(list(words))
        return
    whole = completing.answer(asked, [*MODULES]) or program(_verb(asked))
    whole(prog_name=completing.PROGRAM)


def _verb(words: Sequence[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "")


def __getattr__(name: str) -> Any:
    """`app`: all of it, made when somebody first asks for it."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = program()
    return globals()["app"]


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        _say(f"SilentBench {__version__}")
        raise typer.Exit


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
            _say(line, error=True)


def _say(line: str, *, error: bool = False) -> None:
    from benchmark.cli.options import say

    say(line, error=error)
