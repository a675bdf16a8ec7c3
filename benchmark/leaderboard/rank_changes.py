"""Which rows of a table changed their rank, such as after a metric got a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from benchmark.core import Task
from benchmark.leaderboard import build
from benchmark.leaderboard.tables import title
from benchmark.results.result import JobResult

Ranks = dict[tuple[str, str], list[str]]  # by task and split: rows, best first


def ranks(results: Iterable[JobResult], tasks: Mapping[str, Task]) -> Ranks:
    """Rows of every table in the order of its first metric, whatever its version."""
    reduced = [r for result in results if (r := _first_metric_only(result, tasks)) is not None]
    unversioned = {
        name: replace(task, metrics=(replace(task.metrics[0], id=_stem(task.metrics[0].id)),))
        for name, task in tasks.items()
    }
    return {
        (table.task, table.split): [title(*row.name) for row in table.rows]
        for table in build.tables(reduced, unversioned)
    }


def _first_metric_only(result: JobResult, tasks: Mapping[str, Task]) -> JobResult | None:
    """The result with the measurements of its task's first metric only, without the version."""
    if result.task not in tasks:
        return None
    stem = _stem(tasks[result.task].metrics[0].id)
    name = next((name for name in result.metrics if _stem(name) == stem), None)
    if name is None:
        return None
    items = tuple(
        item.model_copy(update={"measurements": {stem: item.measurements[name]}})
        for item in result.items
    )
    return result.model_copy(update={"metrics": (stem,), "items": items})


def _stem(name: str) -> str:
    return name.partition("@")[0]


def moves(before: Ranks, after: Ranks) -> list[str]:
    """A line for each row whose rank changed, and for each that was added or removed."""
    lines = []
    for table, rows in after.items():
        old = {row: rank for rank, row in enumerate(before.get(table, ()), start=1)}
        new = {row: rank for rank, row in enumerate(rows, start=1)}
        for row in sorted(old.keys() | new.keys(), key=lambda r: (new.get(r, 10**6), r)):
            if old.get(row) != new.get(row):
                where = f"{table[0]} on {table[1]}: {row}"
                lines.append(f"{where} {old.get(row, '–')} -> {new.get(row, '–')}")
    return lines
