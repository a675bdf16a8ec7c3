"""One test, trained on several kinds of recordings: what a model keeps where they differ.

Splits of a corpus whose names are `TEST_from_SOURCE`, such as `silent_from_voiced`, and that test
the same recordings in the same folds, by what they list, are one transfer; a corpus declares what
those of another name test and train on. Each further source is compared with the first one, in the
order of the task's splits, by the metric that ranks.

Where that compares frame with frame, the metrics that align an answer in time or by words stand
beside it: a transfer is about takes of another pace, which a frame counts as an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core import Corpus, Metric, Task
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard.curves import side_by_side
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.tables import Gain, Table
from benchmark.registry.declarations import FROM


@dataclass(frozen=True)
class Transfer:
    """One task on the splits of one corpus that test the same; gains by the task's first metric."""

    task: str
    name: str  # of what is tested: corpus.silent
    sources: tuple[str, ...]  # what trains, as in the names of the splits
    tables: tuple[Table | None, ...]  # None where a source has no results
    aggregated: bool
    lines: tuple[Line, ...]  # the best by the last source with results first
    gains: tuple[tuple[Gain | None, ...], ...]  # of each line: each further source over the first
    beside: tuple[Metric, ...] = ()  # further metrics, those that align

    @property
    def made(self) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if table is not None)


def transfers(
    displayed: Sequence[Table],
    expected: Mapping[tuple[str, str], Expected],
    tasks: Mapping[str, Task],
    corpora: Mapping[str, Corpus],
    task_of: Callable[[Table], Task],
) -> list[Transfer]:
    """All transfers with results of two sources or more, by task and name."""
    groups: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)  # splits by source
    for name, task in tasks.items():
        for split in task.splits:
            test, source = parts(split, corpora)
            if source and (name, split) in expected:
                groups[name, test][source] = split
    tables = {table.key: table for table in displayed}
    made = []
    for (task_name, test), by_source in sorted(groups.items()):
        sources, splits = list(by_source), list(by_source.values())
        if any(
            expected[task_name, split].listed != expected[task_name, splits[0]].listed
            for split in splits
        ):
            continue
        for aggregated in (False, True):
            found = tuple(tables.get((task_name, split, aggregated)) for split in splits)
            if sum(table is not None for table in found) > 1:
                made.append(_whole(task_name, test, sources, found, task_of))
    return made


def parts(split: str, corpora: Mapping[str, Corpus]) -> tuple[str, str]:
    """What a split tests, as corpus.silent, and what trains; the latter is empty of no transfer."""
    corpus, _, name = split.partition(".")
    declared = corpora[corpus].transfers if corpus in corpora else {}
    test, source = declared.get(name) or name.partition(FROM)[::2]
    return f"{corpus}.{test}", source


def _whole(
    task: str,
    test: str,
    sources: Sequence[str],
    tables: tuple[Table | None, ...],
    task_of: Callable[[Table], Task],
) -> Transfer:
    there = [index for index, table in enumerate(tables) if table is not None]
    one = tables[there[0]]
    assert one is not None
    metric, *others = task_of(one).metrics
    lines = side_by_side.best_first(side_by_side.of_tables(tables), metric, there[-1])
    by_source = [
        [line.gain for line in side_by_side.with_gains(lines, metric, 0, index)]
        for index in range(1, len(sources))
    ]
    gains = tuple(zip(*by_source, strict=True))
    beside = tuple(other for other in others if other.aligns and not metric.aligns)
    return Transfer(task, test, tuple(sources), tables, one.aggregated, tuple(lines), gains, beside)
