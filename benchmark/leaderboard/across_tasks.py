"""Entries across tasks: average ranks, and how far apart they must be to mean anything.

Scores of different metrics are never averaged, ranks are. A block is one task on one corpus, by the
first split that the task lists for it, since splits of one corpus share recordings. An undefined
score ranks last.

**The rule for missing tasks:** systems, each by its default variant, join in the order of how many
blocks they have, as long as all that have joined share blocks of five tasks. Ranks are taken over
the shared blocks, and only where three systems have joined: by fewer tasks, or with trivial
baselines alone, they inform nobody. Trivial baselines are shown that have all of these blocks; who
is not compared is named with the number of blocks it has.

Friedman's test asks whether all rank alike; two average ranks differ significantly where they are
further apart than the critical difference of Nemenyi's test (Demsar 2006, JMLR 7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Metric, Task
from benchmark.leaderboard.tables import Row, Table, is_trivial
from benchmark.results import significance

MIN_ENTRIES = 3  # that are no trivial baselines
MIN_TASKS = 5  # that all of them share
ALPHA = 0.05


@dataclass(frozen=True)
class AcrossTasks:
    """`average_ranks` over `blocks`, best first; `groups` are index ranges, both ends included."""

    blocks: tuple[str, ...]  # task on split
    average_ranks: Mapping[str, float]  # by entry
    trivial_baselines: frozenset[str]
    friedman_p: float
    critical_difference: float
    groups: tuple[tuple[int, int], ...]  # largest ranges without a significant difference
    not_compared: Mapping[str, int]  # entry -> blocks it has


def compare(
    tables: Sequence[Table], tasks: Mapping[str, Task], defaults: Mapping[str, str]
) -> AcrossTasks | None:
    """Ranks over all tables; `defaults` are the variants that represent entries, by entry.

    None where fewer than three entries that are no trivial baselines share five tasks.
    """
    blocks = _blocks(tables, tasks)
    rows = {
        block: {r.entry: r for r in table.rows if defaults.get(r.entry, r.variant) == r.variant}
        for block, table in blocks.items()
    }
    count = Counter(entry for by_entry in rows.values() for entry in by_entry)
    trivial = {
        entry
        for block, by_entry in rows.items()
        for entry, row in by_entry.items()
        if is_trivial(tasks[blocks[block].task], row)
    }
    systems = sorted(count.keys() - trivial, key=lambda entry: (-count[entry], entry))
    shared = [*blocks]
    compared: list[str] = []
    for entry in systems:
        left = [block for block in shared if entry in rows[block]]
        if len({blocks[block].task for block in left}) >= MIN_TASKS:
            shared, compared = left, [*compared, entry]
    if len(compared) < MIN_ENTRIES:
        return None
    compared += sorted(e for e in trivial if all(e in rows[block] for block in shared))
    values = np.array(
        [_values(tasks[blocks[b].task].metrics[0], [rows[b][e] for e in compared]) for b in shared]
    )
    average = significance.average_ranks(values, higher_is_better=True)
    order = sorted(range(len(compared)), key=lambda index: (average[index], compared[index]))
    ranks = {compared[index]: float(average[index]) for index in order}
    difference = significance.nemenyi_distance(len(compared), len(shared), ALPHA)
    return AcrossTasks(
        blocks=tuple(shared),
        average_ranks=ranks,
        trivial_baselines=frozenset(trivial & ranks.keys()),
        friedman_p=significance.friedman(values),
        critical_difference=difference,
        groups=_groups(list(ranks.values()), difference),
        not_compared={entry: n for entry, n in sorted(count.items()) if entry not in ranks},
    )


def _blocks(tables: Sequence[Table], tasks: Mapping[str, Task]) -> dict[str, Table]:
    """One table for each task and corpus, by name."""
    first: dict[tuple[str, str], Table] = {}
    for table in sorted(tables, key=lambda t: (t.task, _index(tasks[t.task], t.split), t.split)):
        first.setdefault((table.task, table.split.partition(".")[0]), table)
    return {f"{table.task} on {table.split}": table for table in first.values()}


def _index(task: Task, split: str) -> int:
    return task.splits.index(split) if split in task.splits else len(task.splits)


def _values(metric: Metric, rows: Sequence[Row]) -> Array:
    """Scores (rows,) of which more is better; what is undefined lies below all of them."""
    sign = 1.0 if metric.better == "higher" else -1.0
    scores = [row.scores[metric.id].value for row in rows]
    known = [sign * value for value in scores if value is not None]
    below = min(known, default=0.0) - 1.0
    return np.array([below if value is None else sign * value for value in scores])


def _groups(ranks: Sequence[float], difference: float) -> tuple[tuple[int, int], ...]:
    """Of sorted ranks, each longest range whose ends are no further apart than the difference."""
    groups: list[tuple[int, int]] = []
    for start, rank in enumerate(ranks):
        end = max(index for index, other in enumerate(ranks) if other - rank <= difference)
        if end > start and (not groups or end > groups[-1][1]):
            groups.append((start, end))
    return tuple(groups)
