"""A leaderboard snapshot: all that pages show, read once from a project."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from benchmark import registry
from benchmark.core import CHANCE, Corpus, Isolation, Paths, Task, UserError
from benchmark.data import checks, corpus_index, folds, splits
from benchmark.data.corpus_index import Expected
from benchmark.data.installed_split import load_here
from benchmark.data.splits import Audit
from benchmark.leaderboard import build, gate, ranking, verification
from benchmark.leaderboard.curves import calibration, transfer
from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.transfer import Transfer
from benchmark.leaderboard.gate import Refused
from benchmark.leaderboard.sealed import standings
from benchmark.leaderboard.sealed.standings import Standing
from benchmark.leaderboard.tables import Row, Table
from benchmark.leaderboard.verification import Records
from benchmark.registry import Entry, reported_figures
from benchmark.registry.from_answers import chance, oracles
from benchmark.registry.project import find
from benchmark.registry.reported_figures import Reported
from benchmark.results import entry_results
from benchmark.results.published import PublishedResult, from_job
from benchmark.results.result import JobResult, parse


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
    sealed: Mapping[tuple[str, str], Standing] = field(default_factory=dict)  # by task and split
    expected: Mapping[tuple[str, str], Expected] = field(default_factory=dict)  # by task and split

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

    @cached_property
    def calibration_curves(self) -> list[CalibrationCurve]:
        """All of them, those that are refused too."""
        return calibration.curves(list(self._displayed.values()), self.expected, self.task)

    @cached_property
    def transfers(self) -> list[Transfer]:
        """Tables that test the same after training on several kinds of recordings."""
        displayed = list(self._displayed.values())
        return transfer.transfers(displayed, self.expected, self.tasks, self.corpora, self.task)

    @cached_property
    def _together(self) -> set[tuple[str, str, bool]]:
        drawn = (curve.made for curve in self.calibration_curves if not curve.refused)
        beside = (one.made for one in self.transfers)
        return {table.key for made in (*drawn, *beside) for table in made}

    def single(self, tables: Iterable[Table]) -> list[Table]:
        """The tables that are part of no calibration curve or transfer, which show several."""
        return [table for table in tables if table.key not in self._together]

    def ranked(self, table: Table) -> Table:
        """The table with tiers by every metric, and P(best) by the first."""
        return ranking.ranked(table, self.task(table))

    def ablation(self, table: Table, entry: str) -> Table:
        """The variants of one entry, ranked among themselves by the seeds that all of them have."""
        task = self.task(table)
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

    def task(self, table: Table) -> Task:
        """The task of a table with the metrics that its corpus is scored by."""
        return self.tasks[table.task].on(self.corpus(table))


def read(root: Path, of: str = "") -> Snapshot:
    """The results of a project as tables; UserError for a project that does not fit its schema.

    `of`: a task or an entry, for the tables with it alone, which takes less time.
    """
    project = gate.read_project(root)
    with _garbage_collector_paused():
        admitted = gate.admit(project)
        tables = build.tables(admitted, project.tasks, of)
    sealed, unfit = standings.read(project, admitted.results)
    return Snapshot(
        tables=tables,
        tasks=project.tasks,
        corpora=project.corpora,
        entries=project.entries,
        reported=reported_figures.tables(find(root, "baselines/published.toml")),
        audits=splits.audits(find(root, f"tasks/splits/{splits.AUDITS}").parent),
        refused=(*admitted.refused, *unfit),
        verified=verification.read(root),
        sealed=sealed,
        expected=admitted.expected,
    )


def read_own(paths: Paths) -> Snapshot:
    """The same of the user's own corpora, by the results in the working folder.

    Nobody publishes them, so they are not held against what anybody may claim: they count if they
    are about today's data and of today's code.
    """
    project = gate.read_project(paths.root)
    expected: dict[tuple[str, str], Expected] = {}
    refused: list[Refused] = []
    newest: dict[tuple[object, ...], JobResult] = {}
    audits: dict[str, Audit] = {}
    for name, task in project.tasks.items():
        for split in task.splits:
            corpus = project.corpora.get(split.partition(".")[0])
            folder = corpus.locate(paths.data) if corpus and corpus.own else None
            if corpus is None or folder is None:
                continue
            if not registry.split_file(paths.root, split).exists():
                continue  # nobody has used it, and looking at the board is no use of it
            try:
                resolved, held, _ = load_here(paths, split, corpus)
            except UserError as error:  # the other corpora have their board
                refused.append(Refused("", str(corpus.own), str(error), name, split))
                continue
            known = {r.id: r for r in checks.listed(held, folder)}
            data = folds.data_digest(name, task, resolved, held)
            tested = {f: sorted(fold.test) for f, fold in resolved.folds.items()}
            test = {f: tuple(known[i] for i in ids) for f, ids in tested.items()}
            listed = corpus_index.listed(resolved)
            expected[name, split] = Expected(data, test, resolved.calibration, listed)
            audits |= splits.audits(registry.split_file(paths.root, split).parent)
            for path in sorted((paths.runs / "results" / name / split).rglob("*.json")):
                result = parse(path.read_bytes(), path)
                if reason := _why_not(project, result, data):
                    about = result.task, result.split, result.variant
                    refused.append(Refused(result.entry, str(path), reason, *about))
                    continue
                slot = result.entry, *result.slot, result.aggregated
                if slot not in newest or newest[slot].finished <= result.finished:
                    newest[slot] = result
    found = tuple(from_job(result) for result in newest.values())
    admitted = gate.Admitted(found, tuple(refused), expected)
    return Snapshot(
        tables=build.tables(admitted, project.tasks),
        tasks=project.tasks,
        corpora=project.corpora,
        entries=project.entries,
        audits=audits,
        refused=refused,
        expected=expected,
    )


def _why_not(project: gate.Project, result: JobResult, data: str) -> str:
    """Why a result of the working folder has no row; empty where it has one."""
    if result.data != data:
        return "evaluated on other data than today's"
    if result.isolation != Isolation.PREDICTIONS_ONLY:
        if result.entry not in (*project.entries, CHANCE, *oracles.ORACLES):
            return "there is no such entry today"
        if result.code != project.code(result.entry, result.variant, result.task, result.split):
            return gate.OTHER_CODE
    if "fast" in result.setup:
        return "computed less exactly, with SILENTBENCH_FAST"
    return "" if result.status == "good" else f"{result.status}: {result.reason}"


def results(root: Path) -> list[PublishedResult]:
    """All results that can be read, whether they fit the project or not, but those of oracles."""
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
