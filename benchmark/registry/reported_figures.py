"""What publications report of the systems that baselines rebuild; nobody has measured it here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError


@dataclass(frozen=True)
class Reported:
    """A table from the publication of a system, whose figures nobody has measured here."""

    entry: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def tables(path: Path) -> list[Reported]:
    """Read `published.toml`: [[table]] with entry, source, columns, rows; none without the file."""
    if not path.exists():
        return []
    try:
        raw = tomllib.loads(storage.read_text(path))["table"]
        found = [
            Reported(t["entry"], t["source"], tuple(t["columns"]), tuple(map(tuple, t["rows"])))
            for t in raw
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path.name}: not tables of published figures ({error!r})") from error
    for table in found:
        if any(len(row) != len(table.columns) for row in table.rows):
            raise UserError(f"{path.name}: {table.entry} has a row of another length")
    return found
