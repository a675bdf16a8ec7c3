"""Arguments and options that name something: one spelling for all commands."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer
from typer.models import ArgumentInfo, OptionInfo

from benchmark.cli.named import known
from benchmark.cli.options import Names, as_called


def _argument(shown: str, help: str, complete: known.Complete) -> ArgumentInfo:
    declared = typer.Argument(metavar=shown, help=help, autocompletion=complete)
    return cast(ArgumentInfo, declared)


def _option(shown: str, help: str, complete: known.Complete, **more: Any) -> OptionInfo:
    declared = typer.Option(metavar=shown, help=help, autocompletion=complete, **more)
    return cast(OptionInfo, declared)


def an_entry(help: str, shown: str = "ENTRY") -> ArgumentInfo:
    """An argument that is an entry, of which a command needs to say more."""
    return _argument(shown, help, known.entries)


def a_task(help: str) -> OptionInfo:
    return _option("TASK", help, known.tasks)


def a_corpus(help: str) -> OptionInfo:
    return _option("CORPUS", help, known.corpora)


def a_split(help: str, **more: Any) -> OptionInfo:
    return _option("SPLIT", help, known.splits, **more)


CorpusName = Annotated[
    str, _argument("CORPUS", as_called("See `silentbench data list`."), known.corpora)
]
TaskName = Annotated[str, _argument("TASK", "A task.", known.tasks)]
TaskOrEntry = Annotated[
    str, _argument("NAME", "A task, or an entry that has results.", known.tasks_and_entries)
]
OnlyEntries = Annotated[Names, an_entry("Only these entries; none: all.")]
OnlyTasks = Annotated[Names, a_task("Only this task; may be repeated.")]
OnlyCorpora = Annotated[Names, a_corpus("Only this corpus; may be repeated.")]
OnlySplits = Annotated[Names, a_split("Only this split; may be repeated.")]
# The spelling of before for ENTRY.
EntryOption = Annotated[Names, typer.Option("--entry", help="The same as ENTRY.", hidden=True)]
