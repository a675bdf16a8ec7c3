"""Are the fields of a declared task or corpus what they must be? Python itself does not look.

Every problem is a UserError: the file, the field, what was expected, what was found.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.core import Corpus, Task, UserError
from benchmark.plain_text import plain

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
FROM = "_from_"  # between what a split tests and what trains, in its name
NAMED = "letters, digits, _ and -, with a letter first, 60 at most"


def check_task(path: Path, task: Task) -> None:
    """UserError for a field of another type, without metrics, and for names twice or not there."""
    check_fields(path, task)
    if unknown := [name for name in task.full if name not in task.splits]:
        raise UserError(f"{path}: full: expected some of its splits, found {unknown[0]!r}")
    listed = {"inputs": task.inputs, "splits": task.splits, "metrics": [m.id for m in task.metrics]}
    for field, names in listed.items():
        if twice := _twice(names):
            raise UserError(f"{path}: {field}: {plain(repr(twice))} is named twice")
    for field in ("inputs", "metrics"):
        if not getattr(task, field):
            raise UserError(f"{path}: {field}: expected at least one, found none")


def check_corpus(path: Path, corpus: Corpus) -> None:
    """UserError for a field of another type, and for names that cannot be those of files."""
    check_fields(path, corpus)
    for what, names in (("name", (corpus.name,)), ("splits", corpus.splits)):
        for name in names:
            if not NAME.fullmatch(name):
                raise UserError(f"{path}: {what}: expected {NAMED}, found {plain(repr(name))}")
    for name, rule in corpus.splits.items():
        if strange := [task for task in rule.tasks if task not in corpus.tasks]:
            raise UserError(
                f"{path}: splits: {name}: tasks: expected some of {', '.join(corpus.tasks)}, found "
                f"{plain(repr(strange[0]))}"
            )
    _check_transfers(path, corpus)
    if unknown := [name for name in corpus.noiseless if name not in corpus.signals]:
        found = plain(repr(unknown[0]))
        raise UserError(f"{path}: noiseless: expected some of its signals, found {found}")
    if twice := _twice(corpus.tasks):
        raise UserError(f"{path}: tasks: {plain(repr(twice))} is named twice")
    if not corpus.signals:
        raise UserError(f"{path}: signals: expected at least one, found none")
    if not corpus.licence.strip():
        raise UserError(f"{path}: licence: say who may use the recordings, such as 'private'")


def _check_transfers(path: Path, corpus: Corpus) -> None:
    """UserError for a transfer of a split it has not got, without names, or of one split alone.

    The splits of a corpus of the package lie in files; there the names alone are looked at.
    """
    where = f"{path}: transfers"
    for split, pair in corpus.transfers.items():
        for name in pair:
            if not NAME.fullmatch(name):
                raise UserError(f"{where}: {plain(split)}: expected {NAMED}, found {name!r}")
        if corpus.splits and split not in corpus.splits:
            known = ", ".join(corpus.splits)
            raise UserError(f"{where}: expected some of {known}, found {plain(repr(split))}")
    by_pair: dict[tuple[str, str], str] = {}
    for split in (*corpus.splits, *corpus.transfers):
        test, _, source = split.partition(FROM)
        pair = corpus.transfers.get(split, (test, source))
        if pair[1] and by_pair.setdefault(pair, split) != split:
            both = f"{by_pair[pair]} and {split}"
            raise UserError(f"{where}: {both} are the same: {pair[0]} from {pair[1]}")
    tests = [test for test, _ in by_pair]
    for split, (test, _) in corpus.transfers.items():
        if corpus.splits and tests.count(test) < 2:
            raise UserError(
                f"{where}: {split}: expected another split that tests {test!r}, found none"
            )


def _twice(names: Iterable[str]) -> str:
    """The first name that is there more than once; empty where there is none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def check_fields(path: Path, declared: Any, within: str = "") -> None:
    """Hold every field of a dataclass, and of those that it holds, against its annotation."""
    hints = typing.get_type_hints(type(declared))
    for field in dataclasses.fields(declared):
        value = getattr(declared, field.name)
        if not _is(value, hints[field.name]):
            found = plain(repr(value), 100)
            raise UserError(
                f"{path}: {within}{field.name}: expected {_name(hints[field.name])}, found {found}"
            )
        for name, part in _parts(value):
            check_fields(path, part, f"{within}{': '.join([field.name, *name])}: ")


def _parts(value: object) -> Iterator[tuple[list[str], Any]]:
    """The dataclasses that a field holds, by key or place; one that a mapping has by its key."""
    held: Iterable[tuple[list[str], object]] = [([], value)]
    if isinstance(value, Mapping):
        held = [([plain(str(key))], each) for key, each in value.items()]
    elif isinstance(value, tuple):
        held = [([str(place)], each) for place, each in enumerate(value)]
    yield from ((name, each) for name, each in held if dataclasses.is_dataclass(each))


def missing_signal(task: Task, corpus: Corpus) -> str:
    """The end of a sentence that begins with the task: which signal the corpus has not got."""
    beside = {signal for metric in task.on(corpus).metrics for signal in metric.auxiliary}
    for name in (*task.inputs, task.target, *task.privileged, *sorted(beside)):
        if name not in corpus.signals:
            return f"needs the signal {name!r}, and {corpus.name} has {', '.join(corpus.signals)}"
    return ""


def _is(value: object, kind: Any) -> bool:
    """Whether a value is of the type of an annotation of `core`; what is not known passes."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_is(value, each) for each in of)
    if origin is typing.Literal:
        return value in of
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        each = [of[0]] * len(value) if of[1:] == (Ellipsis,) else of
        return len(value) == len(each) and all(map(_is, value, each))
    if origin in (Callable, Mapping):
        if not isinstance(value, origin):
            return False
        items: Iterable[tuple[object, object]] = value.items() if origin is Mapping else ()
        return all(_is(k, of[0]) and _is(v, of[1]) for k, v in items)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) if isinstance(kind, type) else True


def _name(kind: Any) -> str:
    """An annotation in the words of a user."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and of[1:] == (Ellipsis,):
        example = ', such as ("emg",)' if of[0] is str else ""
        return f"a tuple of {_name(of[0])}{example}"
    if origin is Mapping:
        return f"a dict from {_name(of[0])} to {_name(of[1])}"
    if origin is Callable:
        return "a function"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_name, of))
    if kind is type(None):
        return "None"
    return str(getattr(kind, "__name__", kind))
