"""Names of files with fields in braces, such as `{speaker}/{session}/{text}_{take:[0-9]+}.wav`."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from benchmark.core import UserError

# {name}, or {name:regular expression}, in which braces may stand in pairs
FIELD = re.compile(r"\{([a-z_]+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
Fields = Mapping[str, str]


def files_below(folder: Path, ignore: Sequence[str] = ()) -> dict[str, Path]:
    """All files below a folder but hidden ones, by relative path, the ending in lower case."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith("."))
        for name in sorted(n for n in names if not n.startswith(".")):
            path = Path(place, name)
            relative = path.relative_to(folder)
            if any(relative.match(pattern) for pattern in ignore):
                continue
            if path.exists() and not path.is_file():
                raise UserError(f"{path}: expected a file, found a pipe or a device; remove it")
            key = unicodedata.normalize("NFC", relative.as_posix())
            key = key.removesuffix(path.suffix) + path.suffix.lower()
            if key in found:
                raise UserError(f"{path}: the same name as {found[key]}, but for letter case")
            found[key] = path
    return found


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts take 9 before take 10."""
    return [(int(n), "") if n else (0, text) for n, text in re.findall(r"([0-9]+)|([^0-9]+)", name)]


def fields_of(pattern: str, name: str) -> dict[str, str] | None:
    """The fields of a path; UserError where it can be read in two ways."""
    most, least = (_expression(pattern, greedy).fullmatch(name) for greedy in (True, False))
    if most is None or least is None:
        return None
    if most.groupdict() != least.groupdict():
        raise UserError(
            f"{name} can be read as {most.groupdict()} and as {least.groupdict()}; say in"
            f" {pattern!r} what a field holds, such as {{take:[0-9]+}}"
        )
    return most.groupdict()


@lru_cache(maxsize=64)
def _expression(pattern: str, greedy: bool) -> re.Pattern[str]:
    parts, at, seen = [], 0, set()
    for field in FIELD.finditer(pattern):
        parts.append(re.escape(pattern[at : field.start()]))
        name, said = field[1], field[2] or ("[^/]+" if greedy else "[^/]+?")
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{said})")
        seen.add(name)
        at = field.end()
    try:
        return re.compile("".join(parts) + re.escape(pattern[at:]))
    except re.error as error:
        raise UserError(f"path {pattern!r}: not an expression: {error}") from error


def filled(pattern: str, fields: Fields) -> str:
    def value(field: re.Match[str]) -> str:
        if field[1] not in fields:
            raise UserError(f"path {pattern!r}: there is no field {field[1]}")
        return fields[field[1]]

    return FIELD.sub(value, pattern)
