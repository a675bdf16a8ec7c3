"""What publications report of the systems that baselines rebuild; nobody has measured it here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError


@dataclass(frozen=True)
class Reported:
    """A table from the publication of a system, whose figures nobody has measured here.

    It belongs to one protocol, a task on a split, and is shown beside results of that alone.
    `split` is empty where the project has no split of that protocol: such a table is kept, and
    shown nowhere.
    """

    entry: str  # that rebuilds the system; empty where none does
    task: str
    split: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def tables(path: Path) -> list[Reported]:
    """Read `published.toml`; none without the file.

    [[table]] with task, split, source, columns, rows, and entry where one rebuilds the system.
    """
    if not path.exists():
        return []
    try:
        raw = tomllib.loads(storage.read_text(path))["table"]
        found = [
            Reported(
                t.get("entry", ""),
                t["task"],
                t["split"],
                t["source"],
                tuple(t["columns"]),
                tuple(map(tuple, t["rows"])),
            )
            for t in raw
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path.name}: not tables of published figures ({error!r})") from error
    for table in found:
        if any(len(row) != len(table.columns) for row in table.rows):
            raise UserError(f"{path.name}: {table.source} has a row of another length")
    return found


def beside(reported: Iterable[Reported], task: str, split: str) -> list[Reported]:
    """The tables that were measured by the protocol of a task on a split."""
    return [table for table in reported if (table.task, table.split) == (task, split)]
