"""The published results of an entry: one file beside it, one result a line, kept in git."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError
from benchmark.results.result import JobResult, parse


def merge(path: Path, results: Iterable[JobResult]) -> bool:
    """Put results into the file; True if the file changed.

    A result takes the place of an older one of its slot, whatever their digests; others stay.
    """
    merged = {result.slot: result for result in [*read(path), *results]}
    lines = [merged[slot].dump() for slot in sorted(merged)]
    content = "\n".join(["[", *([",\n".join(lines)] if lines else []), "]", ""]).encode()
    if path.exists() and path.read_bytes() == content:
        return False
    storage.write_whole(path, content)
    return True


def read(path: Path) -> list[JobResult]:
    """The results beside an entry; UserError names file and line of a bad one."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    if len(lines) < 2 or lines[0] != "[" or lines[-1] != "]":
        raise UserError(f"{path}: expected one result a line between [ and ]")
    return [
        parse(line.removesuffix(","), Path(f"{path}:{number}"))
        for number, line in enumerate(lines[1:-1], start=2)
    ]
