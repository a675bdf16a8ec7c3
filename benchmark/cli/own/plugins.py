"""The option `--plugins` of every command: a folder with corpora of the user's own.

It only sets a variable, which every process that a command starts inherits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer
from typer.core import TyperGroup

from benchmark.cli.options import Names, one_sentence
from benchmark.core import UserError
from benchmark.registry.own_corpora import VARIABLE


def use(folders: list[str]) -> None:
    """Make these folders known to this process and to those that it starts."""
    with one_sentence():
        for folder in folders or ():
            if not Path(folder).expanduser().is_dir():
                raise UserError(f"--plugins {folder}: expected a folder, found none")
    if folders:
        named = [str(Path(folder).expanduser().resolve()) for folder in folders]
        before = [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
        os.environ[VARIABLE] = os.pathsep.join(dict.fromkeys([*named, *before]))


# What the help shows for a value, in place of the names of Python's types.
SHOWN = {bool: "", int: "N", float: "N", str: "NAME", list: "NAME", Path: "PATH"}


class Program(TyperGroup):
    """A group of commands that all have the option, before the command's name and after it.

    Their help names values in a word, which leaves the explanations the room.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        option = _option()
        for command in (self, *_all(self.commands)):
            command.params.append(option)
            command.get_params = partial(_shortened, command.get_params)


def _shortened(listed: Callable[[Any], list[Any]], context: Any) -> list[Any]:
    """The parameters of a command, with those that the library adds, such as `--help`."""
    parameters = listed(context)
    for parameter in parameters:
        _shorten(parameter)
    return parameters


def _all(commands: Any) -> list[Any]:
    """Commands by name, and those of the groups among them."""
    inner = [_all(getattr(command, "commands", {})) for command in commands.values()]
    return [*commands.values(), *(command for found in inner for command in found)]


def _shorten(parameter: Any) -> None:
    if parameter.param_type_name == "argument":  # whose name says it
        parameter.display_type_rich = lambda ctx: None  # noqa: ARG005
    elif parameter.metavar is None:
        # Of the library's newer versions; older ones show the names of types.
        annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
        kind: Any = get_origin(annotation) or annotation
        parameter.metavar = SHOWN.get(kind)


def _option() -> Any:
    """As typer itself makes it, which keeps its own options to itself."""
    app = typer.Typer()

    @app.command()
    def _declared(
        plugins: Annotated[
            Names,
            typer.Option(
                "--plugins",
                callback=use,
                metavar="DIR",
                help=f"Folder with corpora of your own, besides corpora/ (or by {VARIABLE}).",
            ),
        ] = [],  # noqa: B006
    ) -> None:
        del plugins

    [option] = [p for p in typer.main.get_command(app).params if p.name == "plugins"]
    option.expose_value = False
    return option
