"""What several commands share: options, and how an error of the user is shown."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.text import Text
from typer.models import OptionInfo

from benchmark import registry
from benchmark.core import MachineFault, UserError
from benchmark.plain_text import LONGEST_LINE, plain, plain_json
from benchmark.registry import project
from benchmark.results import environment
from benchmark.sandbox import backends

ROOT = project.root()
# Hints name the command `silentbench`; whoever calls the script of a checkout reads them so.
COMMAND, SCRIPT = "silentbench", "run_benchmark.py"
CALLED = f"python {SCRIPT}" if Path(sys.argv[0]).name == SCRIPT else COMMAND
DATA_VARIABLE = "SILENTBENCH_DATA"
HINTED = re.compile(rf"(?<![\w/.-]){COMMAND}(?= [a-z])")


def _is_given(parameter: typer.CallbackParam, context: typer.Context) -> bool:
    """Whether a value is the user's, and counts in this call."""
    source = context.get_parameter_source(parameter.name or "")
    return not context.resilient_parsing and source is not None and source.name != "DEFAULT"


def _existing(context: typer.Context, parameter: typer.CallbackParam, data: Path) -> Path:
    """The folder `--data`; UserError, as a sentence, for one that is given and not there."""
    if _is_given(parameter, context) and not data.is_dir():
        source = context.get_parameter_source(parameter.name or "")
        from_shell = source is not None and source.name == "ENVIRONMENT"
        option = DATA_VARIABLE if from_shell else "--data"
        with one_sentence():
            raise UserError(f"{option} {data}: expected a folder, found none")
    return data


def _writable(context: typer.Context, parameter: typer.CallbackParam, runs: Path) -> Path:
    """The folder `--runs`, made where it is given and not there; UserError, as a sentence."""
    if _is_given(parameter, context):
        with one_sentence():
            check_folder("--runs", runs)
    return runs


def _data(help: str, callback: Callable[..., Path] | None = None) -> OptionInfo:
    shown = "data in the project"
    option = typer.Option(
        "--data", envvar=DATA_VARIABLE, help=help, show_default=shown, callback=callback
    )
    return cast(OptionInfo, option)


def _runs(callback: Callable[..., Path] | None = None) -> OptionInfo:
    shown = "runs in the project"
    option = typer.Option(help="Working folder.", show_default=shown, callback=callback)
    return cast(OptionInfo, option)


Data = Annotated[Path, _data("Folder that holds the corpora.")]
DataThere = Annotated[Path, _data("Folder that holds the corpora.", _existing)]
Runs = Annotated[Path, _runs(_writable)]
RunsToRead = Annotated[Path, _runs()]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
IsolationName = Literal["auto", "bubblewrap", "unshare", "process"]
Isolation = Annotated[
    IsolationName,
    typer.Option(
        metavar="NAME",
        help="auto (the strongest sandbox there is), bubblewrap, unshare, or process (no sandbox).",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no table of scores at the end.")]
All = Annotated[bool, typer.Option("--all", help="Print every line, not examples only.")]
Names = list[str]
Settings = Annotated[
    Names,
    typer.Option(
        "--set",
        help="NAME=VALUE: another value of a setting of ENTRY, such as electrodes=0,2,5; may be"
        " repeated.",
    ),
]
EXAMPLES = 5  # of many lines


def as_called(text: str) -> str:
    """A text with its hints, in which the command is named as it was called this time."""
    return text if CALLED == COMMAND else HINTED.sub(CALLED, text)


def as_example(words: str) -> str:
    """The last line of a command's help; `words` follow the name of the program."""
    return as_called(f"Example: {COMMAND} {words}")


def say(line: object = "", *, error: bool = False) -> None:
    """Print one line, on standard error if asked to. Texts of others stand in it as plain text.

    Every command prints by this function or by `say_json`, and tables through `plain`.
    """
    text = plain(as_called(str(line)), LONGEST_LINE)
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def say_some(lines: Sequence[str], everything: bool) -> None:
    """Print the first of many lines and how many more there are; all of them if asked to."""
    shown = lines if everything else lines[:EXAMPLES]
    for line in shown:
        say(line)
    if len(lines) > len(shown):
        say(f"    and {len(lines) - len(shown)} more: --all shows them")


def say_json(value: Any) -> None:
    """Print a value as JSON, plain like any other text; as ASCII where the terminal needs that."""
    text = plain_json(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=1)
    print(text, flush=True)


def say_left_out(entries: registry.Entries) -> None:
    """Name on standard error what stops no command: broken tasks, corpora and entries."""
    for problem in (*registry.left_out(ROOT), *entries.problems):
        say(f"left out: {problem}", error=True)


@contextmanager
def one_sentence(*places: Path) -> Iterator[None]:
    """Show a mistake that the user can fix as a sentence; all else keeps its traceback.

    So is what is wrong with the machine, such as a disk that is full. `places` are the folders that
    a verb writes to beside the project: libraries that write files do not say where they failed.
    """
    try:
        yield
    except UserError as error:
        _tell(str(error))
        raise typer.Exit(2) from None
    except MachineFault as error:
        _tell(str(error))
        raise typer.Exit(1) from None
    except (typer.Exit, typer.Abort):  # which are RuntimeErrors
        raise
    except (OSError, RuntimeError) as error:  # of the second kind are those of soundfile and HDF5
        if not (problem := _problem_of_disk(error, places or (ROOT,))):
            raise
        _tell(problem)
        raise typer.Exit(1) from None


def _problem_of_disk(error: Exception, places: Sequence[Path]) -> str:
    """What is wrong with a disk, as a sentence; empty where an error has another cause."""
    if isinstance(error, OSError):
        if error.filename and (problem := environment.disk_problem(error, places[0])):
            return problem
        if isinstance(error, PermissionError) and error.filename:
            return f"{error.filename}: no permission to read or write it"
        if isinstance(error, NotADirectoryError) and error.filename:
            return f"{error.filename}: what should be a folder on this path is a file"
    states = (environment.disk_state(place) for place in places)
    found = next(filter(None, states), "")
    return found or (
        environment.disk_problem(error, places[0]) if isinstance(error, OSError) else ""
    )


def _tell(text: str) -> None:
    said = Text(f"error: {plain(as_called(text), LONGEST_LINE)}", style="red")
    Console(stderr=True, soft_wrap=True).print(said)


def check_folder(option: str, folder: Path) -> None:
    """Make the folder of an option where there is none; UserError where it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return
        why = environment.disk_state(folder) or "no permission to write there"
    except OSError as error:
        why = environment.disk_problem(error, folder) or f"cannot be made: {error.strerror}"
    raise UserError(f"{option} {folder}: {why}; name another folder")


def backend_for(name: IsolationName) -> backends.Backend:
    """The isolation back end of that name; UserError where this machine has not got it.

    Where it is no sandbox, the terminal says so: this is asked for, and never chosen.
    """
    if name == "auto":
        return backends.strongest()
    if said := backends.problem(name):
        raise UserError(
            f"this machine cannot isolate by {name} ({said}); leave it to --isolation auto"
        )
    if name == "process":
        warning = "warning: no sandbox (--isolation process): entries can read all that you can"
        Console(stderr=True, soft_wrap=True).print(warning, style="yellow", markup=False)
    return name


def memory_mb(workers: int) -> int:
    """Each job's share of four fifths of the memory that this process may use."""
    return int(0.8 * environment.memory_mb() / workers)
