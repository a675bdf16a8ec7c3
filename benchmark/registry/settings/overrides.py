"""Settings of a variant that are changed for a run: `run --set NAME=VALUE`.

What is changed is part of the variant's name, as in `all+emg="none"+fraction=0.5`: values are JSON,
settings in the order of their names, and no declared variant has a + in its name. So results, their
keys and tables say it, and whoever runs a job knows it from the job alone.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.core import UserError
from benchmark.plain_text import plain
from benchmark.registry.modules import pick
from benchmark.registry.settings import signature

MARK = "+"
LONGEST = 200  # characters of all that is changed: it is part of the name of a row
_NAME = re.compile(r"([A-Za-z_]\w*)=", re.ASCII)
_PYTHON = {"True": True, "False": False, "None": None}  # as JSON does not write them


def is_changed(variant: str) -> bool:
    """Whether the name is that of a variant with settings changed for a run."""
    return MARK in variant


def settings(variants: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """What is given to `Model` by a variant, changed or as declared; UserError for another name."""
    declared, mark, rest = name.partition(MARK)
    found = dict(pick("variant", declared, variants))
    while mark:
        known = _NAME.match(rest)
        try:
            value, end = json.JSONDecoder().raw_decode(rest, known.end() if known else len(rest))
        except ValueError:
            known, end = None, 0
        if known is None or rest[end : end + 1] not in ("", MARK):
            raise UserError(f"variant {plain(name)}: expected NAME=VALUE after each {MARK}")
        found[known[1]] = value
        mark, rest = rest[end : end + 1], rest[end + 1 :]
    return found


def changed(
    path: Path, variants: Mapping[str, Mapping[str, Any]], variant: str, given: Sequence[str]
) -> str:
    """The name of a declared variant of the entry at `path` with what `given` changes.

    `given` are texts NAME=VALUE. What has its value already is not changed, so the name may be that
    of the variant itself. UserError for a setting that `Model` has not got, or of another type.
    """
    declared = dict(pick("variant", variant, variants))
    if not given:
        return variant
    kinds, defaults = signature.read(path, variants)
    values: dict[str, Any] = {}
    for text in given:
        name, equals, written = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UserError(f"--set {plain(text)}: expected NAME=VALUE, such as fraction=0.5")
        if name not in kinds:
            near = difflib.get_close_matches(name, kinds, n=1)
            hint = f"; nearest: {near[0]}" if near else ""
            there = f"it has {', '.join(sorted(kinds))}{hint}" if kinds else "it has none"
            raise UserError(f"--set {plain(text)}: no such setting of {_entry(path)}: {there}")
        if name in values:
            raise UserError(f"--set {plain(text)}: {name} is set twice: leave one out")
        values[name] = _value(path, text, written.strip(), kinds[name])
    different = {
        name: value
        for name, value in values.items()
        if not signature.same(value, declared.get(name, defaults.get(name, ...)))
    }
    parts = [f"{name}={_written(different[name])}" for name in sorted(different)]
    if sum(map(len, parts)) > LONGEST:
        raise UserError(
            f"--set: more than {LONGEST} characters, which no name of a row can be: give the entry"
            " a variant of its own in its header"
        )
    return MARK.join([variant, *parts])


def _entry(path: Path) -> str:
    return path.parent.name if path.name == "submission.py" else path.stem


def _written(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _value(path: Path, text: str, written: str, kind: Any) -> Any:
    """A value as it is written on a command line, of a kind; UserError for one of another kind."""
    for value in _readings(written):
        if signature.fits(value, kind):
            return value
    raise UserError(f"--set {plain(text)}: {_entry(path)} expects {signature.called(kind)}")


def _readings(written: str) -> Iterable[Any]:
    """What a text may mean: JSON, a word of Python, itself, or a list without its brackets."""

    def one(part: str) -> Any:
        try:
            return _PYTHON[part] if part in _PYTHON else json.loads(part, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return part

    yield one(written)
    yield written
    yield [one(part.strip()) for part in written.split(",") if part.strip()]


def _no_number(word: str) -> None:
    raise ValueError(word)
