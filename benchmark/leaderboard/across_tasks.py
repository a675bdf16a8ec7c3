"""Entries across tasks: average ranks, and how far apart they must be to mean anything.

Scores of unlike metrics are never averaged, ranks are. A block is one task on one corpus, by the
first split that the task lists for it, since splits of one corpus share recordings. **The rule for
missing tasks:** compared is every entry with a row in more than half of all blocks, its first
variant; ranks are taken over the blocks where each of these has a row. Whoever is not compared is
named with the number of blocks it has. An undefined score ranks last.

Friedman's test asks whether all rank alike; two average ranks differ where they are further apart
than Nemenyi's distance (Demsar 2006, JMLR 7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Metric, Task
from benchmark.leaderboard.tables import Row, Table, is_floor
from benchmark.results import significance

FEWEST = 3  # entries and blocks: below, ranks say nothing
ALPHA = 0.05


@dataclass(frozen=True)
class Overall:
    """`ranks` are averages over `blocks`, best first; `groups` are places from and to in them."""

    blocks: tuple[str, ...]  # task on split
    ranks: Mapping[str, float]
    floors: frozenset[str]
    friedman: float  # p
    distance: float
    groups: tuple[tuple[int, int], ...]  # the largest runs of entries that cannot be told apart
    missing: Mapping[str, int]  # entries that are not compared: blocks they have


def compare(
    tables: Sequence[Table], tasks: Mapping[str, Task], defaults: Mapping[str, str]
) -> Overall | None:
    """Ranks over all tables; None where fewer than three entries share three blocks."""
    blocks = _blocks(tables, tasks)
    rows = {
        block: {r.entry: r for r in table.rows if defaults.get(r.entry, r.variant) == r.variant}
        for block, table in blocks.items()
    }
    count = Counter(entry for found in rows.values() for entry in found)
    compared = sorted(entry for entry, n in count.items() if 2 * n > len(blocks))
    shared = [block for block, found in rows.items() if found.keys() >= set(compared)]
    if len(compared) < FEWEST or len(shared) < FEWEST:
        return None
    values = np.array(
        [_values(tasks[blocks[b].task].metrics[0], [rows[b][e] for e in compared]) for b in shared]
    )
    average = significance.average_ranks(values, higher_is_better=True)
    order = sorted(range(len(compared)), key=lambda place: (average[place], compared[place]))
    ranks = {compared[place]: float(average[place]) for place in order}
    distance = significance.nemenyi_distance(len(compared), len(shared), ALPHA)
    floors = {
        entry
        for block in shared
        for entry, row in rows[block].items()
        if is_floor(tasks[blocks[block].task], row)
    }
    return Overall(
        blocks=tuple(shared),
        ranks=ranks,
        floors=frozenset(floors & ranks.keys()),
        friedman=significance.friedman(values),
        distance=distance,
        groups=_groups(list(ranks.values()), distance),
        missing={entry: n for entry, n in sorted(count.items()) if entry not in ranks},
    )


def _blocks(tables: Sequence[Table], tasks: Mapping[str, Task]) -> dict[str, Table]:
    """One table a task and corpus, by name."""
    found: dict[tuple[str, str], Table] = {}
    for table in sorted(tables, key=lambda t: (t.task, _place(tasks[t.task], t.split), t.split)):
        found.setdefault((table.task, table.split.partition(".")[0]), table)
    return {f"{table.task} on {table.split}": table for table in found.values()}


def _place(task: Task, split: str) -> int:
    return task.splits.index(split) if split in task.splits else len(task.splits)


def _values(metric: Metric, rows: Sequence[Row]) -> Array:
    """Scores of which more is better; what is undefined lies below all of them."""
    sign = 1.0 if metric.better == "higher" else -1.0
    scores = [row.scores[metric.id].value for row in rows]
    known = [sign * value for value in scores if value is not None]
    below = min(known, default=0.0) - 1.0
    return np.array([below if value is None else sign * value for value in scores])


def _groups(ranks: Sequence[float], distance: float) -> tuple[tuple[int, int], ...]:
    """Of the sorted ranks, each longest run whose ends are no further apart than the distance."""
    runs: list[tuple[int, int]] = []
    for start, rank in enumerate(ranks):
        end = max(place for place, other in enumerate(ranks) if other - rank <= distance)
        if end > start and (not runs or end > runs[-1][1]):
            runs.append((start, end))
    return tuple(runs)
