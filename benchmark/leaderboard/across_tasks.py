"""Entries across tasks: average ranks, and how far apart they must be to mean anything.

Scores of different metrics are never averaged, ranks are. A block is one task on one corpus, by the
first split that the task lists for it, since splits of one corpus share recordings. **The rule for
missing tasks:** compared is every entry with a row in more than half of all blocks, by its default
variant; ranks are taken over the blocks where each of these has a row. Entries that are not
compared are named with the number of blocks they have. An undefined score ranks last.

Ranks of one system among trivial baselines inform nobody, so there are none until at least three
other entries are compared.

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
MIN_BLOCKS = 3
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

    None where fewer than three non-trivial entries share three blocks.
    """
    blocks = _blocks(tables, tasks)
    rows = {
        block: {r.entry: r for r in table.rows if defaults.get(r.entry, r.variant) == r.variant}
        for block, table in blocks.items()
    }
    count = Counter(entry for by_entry in rows.values() for entry in by_entry)
    compared = sorted(entry for entry, n in count.items() if 2 * n > len(blocks))
    shared = [block for block, by_entry in rows.items() if by_entry.keys() >= set(compared)]
    trivial = {
        entry
        for block in shared
        for entry, row in rows[block].items()
        if is_trivial(tasks[blocks[block].task], row)
    }
    if len(set(compared) - trivial) < MIN_ENTRIES or len(shared) < MIN_BLOCKS:
        return None
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
