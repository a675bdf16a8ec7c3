"""What several verbs of the command line share: their options, and how they say a mistake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmark import registry
from benchmark.core import UserError
from benchmark.sandbox import backends

ROOT = Path(__file__).resolve().parents[2]

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="SILENTBENCH_DATA",
        help="Folder that holds the corpora.",
        show_default="data beside this program",
    ),
]
Runs = Annotated[
    Path, typer.Option(help="Working folder.", show_default="runs beside this program")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Isolation = Annotated[str, typer.Option(help="auto, or one of bubblewrap, unshare, process.")]
Names = list[str]


@contextmanager
def one_sentence() -> Iterator[None]:
    """Show a mistake that someone can mend as a sentence; everything else keeps its traceback."""
    try:
        yield
    except UserError as error:
        said = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error))
        Console(stderr=True, soft_wrap=True).print(f"error: {said}", style="red", markup=False)
        raise typer.Exit(2) from None


def walls_called(name: str) -> backends.Backend:
    """The strongest that there is, or the one that is asked for."""
    if name == "auto":
        return backends.strongest()
    kind = registry.pick("value of --isolation", name, {kind: kind for kind in backends.BACKENDS})
    if not backends.is_available(kind):
        raise UserError(f"this machine cannot isolate by {kind}; leave it to --isolation auto")
    return kind


def memory_mb(workers: int) -> int:
    """Each job's share of four fifths of the memory."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(0.8 * there / workers / 2**20)
