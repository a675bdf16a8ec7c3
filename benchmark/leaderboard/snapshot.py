"""A leaderboard snapshot: all that pages show, read once from a project."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from benchmark import registry
from benchmark.core import Corpus, Task
from benchmark.data import splits
from benchmark.data.splits import Audit
from benchmark.leaderboard import build, gate, ranking, verification
from benchmark.leaderboard.gate import Refused
from benchmark.leaderboard.tables import Row, Table
from benchmark.leaderboard.verification import Records
from benchmark.registry import Entry, chance, reported_figures
from benchmark.registry.reported_figures import Reported
from benchmark.results import entry_results
from benchmark.results.published import PublishedResult


@dataclass(frozen=True)
class Snapshot:
    """The tables hold every variant of every entry; `displayed` gives the rows of one to show."""

    tables: Sequence[Table]
    tasks: Mapping[str, Task]
    corpora: Mapping[str, Corpus]
    entries: Mapping[str, Entry]
    reported: Sequence[Reported] = ()  # figures from publications
    audits: Mapping[str, Audit] = field(default_factory=dict)  # by task and split
    refused: Sequence[Refused] = ()  # published results without a row
    verified: Records = field(default_factory=dict)  # what somebody has reproduced

    @cached_property
    def defaults(self) -> dict[str, str]:
        """The variant that represents each entry."""
        return {name: entry.default for name, entry in self.entries.items()}

    @cached_property
    def _displayed(self) -> dict[tuple[str, str, bool], Table]:
        return {table.key: self._default_variants(table) for table in self.tables}

    def displayed(self, table: Table) -> Table:
        """The rows that represent their entries, with tiers."""
        return self._displayed[table.key]

    def _default_variants(self, table: Table) -> Table:
        rows = (r for r in table.rows if self.defaults.get(r.entry, r.variant) == r.variant)
        return self.ranked(replace(table, rows=tuple(rows)))

    def ranked(self, table: Table) -> Table:
        """The table with tiers by every metric, and P(best) by the first."""
        return ranking.ranked(table, self.tasks[table.task])

    def ablation(self, table: Table, entry: str) -> Table:
        """The variants of one entry, ranked among themselves by the seeds that all of them have."""
        task = self.tasks[table.task]
        return ranking.ranked(build.ablation(table, task, entry), task)

    def audit(self, table: Table) -> Audit | None:
        """The leakage audit of a table's data; None where there is none of these data."""
        audit = self.audits.get(f"{table.task} {table.split}")
        return audit if audit and audit.data == table.data else None

    def brings_weights(self, row: Row) -> bool:
        """Whether the entry of a row may have been trained before it was run."""
        return row.entry in self.entries and self.entries[row.entry].brings_weights

    def corpus(self, table: Table) -> Corpus:
        return self.corpora[table.split.partition(".")[0]]


def read(root: Path) -> Snapshot:
    """The results of a project as tables; UserError for a project that does not fit its schema."""
    project = gate.read_project(root)
    with _garbage_collector_paused():
        admitted = gate.admit(project)
        tables = build.tables(admitted, project.tasks)
    return Snapshot(
        tables=tables,
        tasks=project.tasks,
        corpora=project.corpora,
        entries=project.entries,
        reported=reported_figures.tables(root / "baselines" / "published.toml"),
        audits=splits.audits(root / "tasks" / "splits"),
        refused=admitted.refused,
        verified=verification.read(root),
    )


def results(root: Path) -> list[PublishedResult]:
    """All results in the project that can be read, whether they fit it or not."""
    paths = [entry.results for entry in registry.entries(root).found.values()]
    with _garbage_collector_paused():
        return [
            r for path in (*paths, chance.results(root)) for r in entry_results.read(path).results
        ]


@contextmanager
def _garbage_collector_paused() -> Iterator[None]:
    """Results hold no cycles; looking for some in all of them takes longer than reading them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
