"""The published results of an entry: one file beside it, one result a line, kept in git."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError
from benchmark.results.result import JobResult, parse


def merge(path: Path, results: Iterable[JobResult]) -> bool:
    """Put results into the file; those of other jobs stay. True if the file changed."""
    merged = {_slot(result): result for result in [*published(path), *results]}
    lines = [merged[slot].dump() for slot in sorted(merged)]
    content = "\n".join(["[", *([",\n".join(lines)] if lines else []), "]", ""]).encode()
    if path.exists() and path.read_bytes() == content:
        return False
    storage.write_whole(path, content)
    return True


def _slot(result: JobResult) -> tuple[str, str, str, str, int]:
    """What a newer result takes the place of: the same job, whatever its digests were."""
    return result.task, result.split, result.fold, result.variant, result.seed


def published(path: Path) -> list[JobResult]:
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
