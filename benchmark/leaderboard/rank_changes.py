"""Which rows of a table changed their rank, such as after a metric got a new version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from benchmark.core import Array, Metric, Task
from benchmark.leaderboard.tables import title
from benchmark.results.published import PublishedResult
from benchmark.results.scores import reduced

Ranks = dict[tuple[str, str], list[str]]  # by task and split: rows, best first


def ranks(results: Iterable[PublishedResult], tasks: Mapping[str, Task]) -> Ranks:
    """Rows by their mean over seeds of the task's first metric, whatever its version."""
    sums: dict[tuple[str, str, str, str, int], list[Array]] = defaultdict(list)
    for result in results:
        head = result.head
        if head.status == "good" and head.task in tasks:
            name = _same_stem(tasks[head.task].metrics[0].id, result.recordings.measured)
            if name is not None:
                key = head.task, head.split, head.entry, head.variant, head.seed
                sums[key].append(result.recordings.measured[name].statistics.sum(axis=0))
    scores: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(dict)
    for (task, split, entry, variant, _), parts in sums.items():
        if len({len(part) for part in parts}) == 1:
            value = reduced(tasks[task].metrics[0], np.sum(parts, axis=0))
            scores[task, split].setdefault(title(entry, variant), []).append(value)
    return {
        table: _ordered(tasks[table[0]].metrics[0], rows) for table, rows in sorted(scores.items())
    }


def _same_stem(metric: str, available: Iterable[str]) -> str | None:
    """The id among those available that is the metric in some version."""
    return next((name for name in available if _stem(name) == _stem(metric)), None)


def _ordered(metric: Metric, rows: Mapping[str, list[float]]) -> list[str]:
    sign = -1.0 if metric.better == "higher" else 1.0
    means = {name: sign * float(np.mean(values)) for name, values in rows.items()}
    return sorted(means, key=lambda name: (not np.isfinite(means[name]), means[name], name))


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
