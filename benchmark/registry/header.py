"""What entries say of themselves: the PEP 723 header of a module, the manifest of predictions."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
)

from benchmark.core import CHANCE, ORACLE, UserError
from benchmark.plain_text import plain
from benchmark.registry import titles
from benchmark.registry.source import header_lines, source_text

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
RESERVED = (CHANCE,)  # no entry may be called that
MOST_DOTS = 300  # in a line: a key of thousands of names takes hundreds of MB
DEEPEST = 20  # tables and lists in each other
LARGEST_HEADER = 16_384  # characters: parsing some takes the square of their length
EVERY = "*"  # among `tasks`: each that is there, also one that comes later
ARROW = "->"  # among `tasks`: "emg -> mel" is each task from these inputs to this target


def _printable(text: str) -> str:
    if plain(text, len(text)) != text:
        raise ValueError("only printable characters on one line, please")
    return text


def _called(text: str) -> str:
    """Of titles, names of people, and licences."""
    if problem := titles.problem(text):
        raise ValueError(problem)
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("name it with a-z, 0-9 and _ only")
    return text


def _choice(text: str) -> str:
    """What `tasks` may hold: the name of a task, `INPUT, INPUT -> TARGET`, or `*`."""
    inputs, target = signals(text) or ((), text)
    if text != EVERY and not all(map(_NAME.fullmatch, (*inputs, target))):
        raise ValueError(f'expected the name of a task, "INPUT {ARROW} TARGET" or "{EVERY}"')
    return text


def _choices(tasks: list[str]) -> list[str]:
    if EVERY in tasks and len(tasks) > 1:
        raise ValueError(f'"{EVERY}" is every task: write it alone')
    return tasks


def signals(choice: str) -> tuple[tuple[str, ...], str] | None:
    """Inputs and target of a choice such as "noisy, emg -> clean"; None where it is a name."""
    inputs, arrow, target = choice.partition(ARROW)
    return (tuple(n.strip() for n in inputs.split(",")), target.strip()) if arrow else None


Line = Annotated[str, Field(max_length=300), AfterValidator(_printable)]
Called = Annotated[Line, AfterValidator(_called)]
Name = Annotated[str, AfterValidator(_name)]
Choice = Annotated[str, AfterValidator(_choice)]
Licence = Annotated[Called, Field(validation_alias=AliasChoices("licence", "license"))]
Settings = dict[Annotated[str, AfterValidator(_printable)], JsonValue]


class Header(BaseModel):
    """What stands in `[tool.silentbench]` of an entry."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    title: Annotated[Called, Field(min_length=1, max_length=100)]
    tasks: Annotated[list[Choice], Field(min_length=1), AfterValidator(_choices)]
    licence: Licence
    authors: list[Called] = []
    citation: Line = ""
    causal: bool = False
    context: Annotated[float, Field(ge=0)] = 0.0
    trained_on: Annotated[Line, Field(alias="trained-on")] = "the training part of the task"
    suite: Literal["main", "full"] = "main"
    variants: Annotated[dict[Name, Settings], Field(min_length=1)] = {"default": {}}


class Manifest(BaseModel):
    """Who made predictions, from what, and for which data."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Annotated[Called, Field(min_length=1, max_length=100)]
    authors: list[Called] = []
    licence: Licence
    citation: Line = ""
    trained_on: Line = "the training part of the task"
    task: Name
    data: Annotated[dict[str, str], Field(min_length=1)]  # split -> digest


def read(path: Path) -> tuple[Header, tuple[str, ...]]:
    """The header of an entry's file and its dependencies; UserError says what to fix."""
    header_text = _header_text(source_text(path))
    if not header_text:
        raise UserError(f"{path}: has no header; start from submissions/_template.py")
    if len(header_text) > LARGEST_HEADER:
        raise UserError(f"{path}: the header is longer than {LARGEST_HEADER:,} characters")
    if any(line.count(".") > MOST_DOTS for line in header_text.split("\n")):
        raise UserError(f"{path}: in the header, a line has more than {MOST_DOTS} dots")
    try:
        raw = tomllib.loads(header_text)
    except (ValueError, RecursionError) as error:  # such as a number of 5,000 digits
        raise UserError(f"{path}: the header is not TOML: {error}") from error
    if problem := _too_much(raw):
        raise UserError(f"{path}: in the header, {problem}")
    return _header(path, raw), _dependencies(path, raw)


def _too_much(raw: Mapping[str, Any]) -> str:
    """What no header needs, and what programs that read it would choke on."""
    waiting: list[tuple[object, int]] = [(raw, 0)]
    for value, depth in waiting:
        if depth > DEEPEST:
            return f"tables and lists stand in each other more than {DEEPEST} deep"
        if isinstance(value, dict):
            waiting += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            return "a whole number has more than 64 bits"
        elif isinstance(value, float) and not math.isfinite(value):
            return "a number is infinite or none"
    return ""


def check_name(path: Path, name: str) -> None:
    """UserError unless it is a name that a path and a table can hold."""
    if name in RESERVED:
        raise UserError(f"{path}: the leaderboard has a row called {name} already")
    if name.startswith(ORACLE):
        raise UserError(
            f"{path}: expected a name that does not begin with {ORACLE!r}, found {name}: oracles"
            " are made by the project from the answers"
        )
    if not _NAME.fullmatch(name):
        raise UserError(f"{path}: name the entry with a-z, 0-9 and _ only")


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; UserError says what to fix."""
    try:
        return Manifest.model_validate_json(source_text(path))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise UserError(f"{path}: {_quoted(field)}: {first['msg']}") from error


def _header_text(text: str) -> str:
    """What PEP 723 calls the content of the block `script`; nothing where there is none."""
    lines = text.split("\n")
    start, stop = header_lines(lines)
    return "\n".join(line[2:] for line in lines[start + 1 : max(start, stop - 1)])


def _header(path: Path, raw: Mapping[str, Any]) -> Header:
    tool = raw.get("tool")
    if not isinstance(tool, dict) or "silentbench" not in tool:
        raise UserError(f"{path}: the header lacks 'silentbench': a table [tool.silentbench]")
    try:
        return Header.model_validate(tool["silentbench"])
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        if first["type"] == "missing":
            raise UserError(f"{path}: the header lacks {field!r}") from error
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{path}: in the header, {_quoted(field)}: {reason}") from error


def _dependencies(path: Path, raw: Mapping[str, Any]) -> tuple[str, ...]:
    names = raw.get("dependencies", [])
    if not isinstance(names, list) or not all(
        isinstance(name, str) and name.isprintable() for name in names
    ):
        raise UserError(f"{path}: in the header, dependencies: expected a list of names")
    return tuple(names)


def _quoted(text: str) -> str:
    """Somebody else's text in a sentence of ours: no terminal obeys it."""
    return repr(text[:60])
