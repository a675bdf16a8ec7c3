"""The gate: no published result reaches a table unless it fits the project of today.

What a result says of itself is believed nowhere. Its place says whose it is; the project says which
tasks, variants, folds, metrics, data and code there are, and what the test recordings of a fold
are; the metrics say what a measurement can be. What does not fit is refused with its reason, alone:
nothing here depends on another result but which of two results of one job counts, the newer.

A result that fits may still be a lie. Only running it again shows that, see `verify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmark import registry
from benchmark.core import CHANCE, Array, Corpus, Isolation, Metric, Signal, Task
from benchmark.data import corpus_index
from benchmark.data.corpus_index import Expected
from benchmark.registry import Entry, chance
from benchmark.results import entry_results
from benchmark.results.entry_results import Contents
from benchmark.results.published import FLOORED, LEFT_OUT, SCORED, STATUSES, PublishedResult, score
from benchmark.results.result import JobResult

ROUNDING = 1e-9  # relative to the scale: what sums of a metric may exceed it by
# What a result may say of its isolation, by kind of entry.
ISOLATIONS: Mapping[str, tuple[str, ...]] = {
    "baseline": (Isolation.BUBBLEWRAP, Isolation.UNSHARE, Isolation.PROCESS),
    "submission": (Isolation.BUBBLEWRAP, Isolation.UNSHARE, Isolation.PROCESS),
    "predictions": (Isolation.PREDICTIONS_ONLY,),
    CHANCE: (Isolation.FROM_TARGETS,),
}
OTHER_CODE = "produced by other code than today's: run it again"


class _Unfit(Exception):
    """Why a result gets no row, in a few words."""


@dataclass(frozen=True)
class Refused:
    """A published result without a row; what it says of itself is empty where it cannot be read."""

    entry: str  # beside whose file it lies
    where: str  # file and line, from the root of the project
    reason: str
    task: str = ""
    split: str = ""
    variant: str = ""


@dataclass(frozen=True)
class Admitted:
    """The results that make the tables, the others, and what is known of each task and split."""

    results: tuple[PublishedResult, ...]
    refused: tuple[Refused, ...]
    expected: Mapping[tuple[str, str], Expected]


@dataclass(frozen=True)
class Project:
    """What results are held against."""

    root: Path
    tasks: Mapping[str, Task]
    corpora: Mapping[str, Corpus]
    entries: Mapping[str, Entry]

    @cached_property
    def expected(self) -> Mapping[tuple[str, str], Expected]:
        """What is known of each task and split whose corpus has an index."""
        found = {}
        for name, task in self.tasks.items():
            for split in task.splits:
                corpus = self.corpora.get(split.partition(".")[0])
                known = corpus and corpus_index.expected(self.root, name, task, split, corpus)
                if known:
                    found[name, split] = known
        return found

    @cached_property
    def _codes(self) -> dict[tuple[str, str, str], str]:
        return {}

    def code(self, owner: str, variant: str, task: str) -> str:
        """Today's digest of the code of an entry's variant with the metrics of a task."""
        key = owner, variant, task
        if key not in self._codes:
            ids = [metric.id for metric in self.tasks[task].metrics]
            self._codes[key] = (
                chance.code(ids)
                if owner == CHANCE
                else self.entries[owner].code_digest(variant, ids)
            )
        return self._codes[key]


def read_project(root: Path) -> Project:
    """Tasks, corpora and entries of a project."""
    return Project(root, registry.tasks(root), registry.corpora(), registry.entries(root).found)


def admit(project: Project) -> Admitted:
    """Read every published result of a project, and tell those that fit from the others."""
    good: list[PublishedResult] = []
    refused: list[Refused] = []
    files = {name: entry.results for name, entry in project.entries.items()}
    for owner, path in (*files.items(), (CHANCE, chance.results(project.root))):
        fit, unfit = admit_file(project, owner, path)
        good += fit
        refused += unfit
    return Admitted(tuple(good), tuple(refused), project.expected)


def admit_file(
    project: Project, owner: str, path: Path
) -> tuple[list[PublishedResult], list[Refused]]:
    """The results beside one entry that fit, in the order of their jobs, and those that do not."""
    return admit_contents(project, owner, entry_results.read(path))


def admit_contents(
    project: Project, owner: str, contents: Contents
) -> tuple[list[PublishedResult], list[Refused]]:
    """The same of what was read."""
    refused = [
        Refused(owner, _shown(project.root, problem.where), problem.reason)
        for problem in contents.problems
    ]
    fit = []
    for result in contents.results:
        if reason := unfit(project, owner, result):
            refused.append(_refused(project.root, owner, result, reason))
        else:
            fit.append(result)
    single: dict[tuple[str, str, str, str, int], PublishedResult] = {}
    for result in sorted(fit, key=lambda r: (r.head.finished, r.digest)):
        if older := single.get(result.slot):
            newer = _shown(project.root, result.where)
            same = "the same" if older.digest == result.digest else "another"
            reason = f"{same} result of this job stands in {newer}, which counts"
            refused.append(_refused(project.root, owner, older, reason))
        single[result.slot] = result
    return [single[slot] for slot in sorted(single)], refused


def _refused(root: Path, owner: str, result: PublishedResult, reason: str) -> Refused:
    head = result.head
    where = _shown(root, result.where)
    return Refused(owner, where, reason, head.task, head.split, head.variant)


def _shown(root: Path, where: str) -> str:
    return where.removeprefix(f"{root}/")


def unfit(project: Project, owner: str, result: PublishedResult) -> str:
    """Why a result that lies beside the entry `owner` gets no row; empty where it gets one."""
    try:
        expected = _fits_project(project, owner, result.head)
        if result.head.status != "good":
            return f"{result.head.status}: {result.head.reason}"
        _has_cost(result.head, project, owner)
        if result.head.aggregated:
            _is_aggregated(result)
        else:
            _is_of_recordings(result, expected)
        task = project.tasks[result.head.task]
        target = project.corpora[result.job.corpus].signals[task.target]
        for metric in task.metrics:
            _is_measured(metric, result, target)
        _has_scores(task, result)
    except _Unfit as error:
        return str(error)
    return ""


def _fits_project(project: Project, owner: str, head: JobResult) -> Expected:
    """What today's project expects of a result of its task, split and fold."""
    if head.entry != owner:
        raise _Unfit(f"it is named after another entry, {head.entry}")
    task = project.tasks.get(head.task)
    entry = project.entries.get(owner)
    if task is None:
        raise _Unfit(f"there is no task {head.task} today")
    if entry is not None and head.task not in entry.tasks:
        raise _Unfit("its entry does not do this task today")
    if head.split not in task.splits:
        raise _Unfit(f"its task has no split {head.split} today")
    if head.variant not in (entry.variants if entry else ("default",)):
        raise _Unfit(f"its entry has no variant {head.variant} today")
    expected = project.expected.get((head.task, head.split))
    if expected is None:
        raise _Unfit("the project has no list of the recordings of its corpus")
    if head.data != expected.data:
        raise _Unfit("evaluated on other data than today's")
    if head.fold not in expected.test:
        raise _Unfit("its split has no such fold today")
    if head.metrics != tuple(metric.id for metric in task.metrics):
        raise _Unfit("scored with other metrics or metric versions than today's")
    if head.code != project.code(owner, head.variant, head.task):
        raise _Unfit(OTHER_CODE)
    if "fast" in head.setup:
        raise _Unfit("computed less exactly, with SILENTBENCH_FAST")
    if head.isolation not in ISOLATIONS[entry.kind if entry else CHANCE]:
        raise _Unfit(f"its isolation, {head.isolation or 'none'}, is not one of such an entry")
    return expected


def _has_cost(head: JobResult, project: Project, owner: str) -> None:
    """Code that ran here took time; nobody timed anything else."""
    timed = owner != CHANCE and project.entries[owner].kind != "predictions"
    if timed != (head.cost is not None):
        raise _Unfit("it has no costs" if timed else "it has costs, and nobody timed it")
    if head.cost is not None:
        numbers = head.cost.model_dump(exclude={"curve"}).values()
        if any(number is not None and not 0 <= number < 2**63 for number in numbers):
            raise _Unfit("a cost that no job can have")


def _is_of_recordings(result: PublishedResult, expected: Expected) -> None:
    test = expected.test[result.head.fold]
    if test is None:
        raise _Unfit("its corpus is confidential: only aggregated results are published")
    of = result.recordings
    if of.names != tuple(recording.id for recording in test):
        raise _Unfit("its recordings are not the test recordings of its fold, each once")
    if (of.speakers, of.sessions) != (
        tuple(recording.speaker for recording in test),
        tuple(recording.session for recording in test),
    ):
        raise _Unfit("its speakers or sessions are not those of the corpus")
    if result.head.outcomes != _outcomes(result):
        raise _Unfit("its counts of outcomes are not those of its recordings")


def _outcomes(result: PublishedResult) -> dict[str, dict[str, int]]:
    found = {}
    for metric, measured in result.recordings.measured.items():
        counts: Counter[str] = Counter()
        for index, status in enumerate(measured.status.tolist()):
            name = STATUSES[status] if status < len(STATUSES) else "unknown"
            reason = measured.reason(index)
            counts[f"{name}: {reason}" if reason else name] += 1
        found[metric] = dict(counts)
    return found


def _is_aggregated(result: PublishedResult) -> None:
    of = result.recordings
    if len(set(of.names)) != len(of.names):
        raise _Unfit("a group stands in it twice")
    if of.predictions.any():
        raise _Unfit("it is said to be aggregated and names single predictions")
    if not all(_printable(texts) for texts in (of.names, of.speakers, of.sessions)):
        raise _Unfit("the name of a group cannot be shown")
    counts = result.head.outcomes
    if counts.keys() != of.measured.keys() or any(
        n < 0 for by in counts.values() for n in by.values()
    ):
        raise _Unfit("its counts of outcomes are not by its metrics")


def _printable(texts: Iterable[str]) -> bool:
    return all(text.isprintable() and len(text) < 200 for text in texts)


def _is_measured(metric: Metric, result: PublishedResult, target: Signal) -> None:
    measured = result.recordings.measured[metric.id]
    if (measured.status > LEFT_OUT).any():
        raise _Unfit(f"{metric.id}: a status that there is not")
    if not _printable(measured.reasons) and not all(map(str.isprintable, measured.reasons)):
        raise _Unfit(f"{metric.id}: a reason that cannot be shown")
    rows = measured.statistics[measured.counted]
    if not np.isfinite(measured.statistics).all():
        raise _Unfit(f"{metric.id}: holds NaN or infinity")
    if measured.statistics[~measured.counted].any():
        raise _Unfit(f"{metric.id}: what is left out has statistics")
    if not result.head.aggregated:
        _is_plausible(metric, measured.statistics, measured.status, target)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        values = metric.reduce(rows) if rows.size else np.empty(0)
    low, high = metric.scale
    known = values[np.isfinite(values)]
    if low is not None and (known < low - ROUNDING * max(1.0, abs(low))).any():
        raise _Unfit(f"{metric.id}: {known.min():.4g} lies below its scale, which begins at {low}")
    if high is not None and (known > high + ROUNDING * max(1.0, abs(high))).any():
        raise _Unfit(f"{metric.id}: {known.max():.4g} lies above its scale, which ends at {high}")


def _is_plausible(metric: Metric, statistics: Array, status: Array, target: Signal) -> None:
    """Statistics of single recordings: of one that is floored, exactly the worst ones."""
    floored = statistics[status == FLOORED]
    if len(floored):
        worst = metric.worst(target) if metric.worst else None
        if worst is None or len(worst) != floored.shape[1] or (floored != worst).any():
            raise _Unfit(f"{metric.id}: an unscorable prediction without the worst score")
    scored = statistics[status == SCORED]
    if metric.plausible and not metric.plausible(scored, target).all():
        raise _Unfit(f"{metric.id}: statistics that no measurement of one recording has")


def _has_scores(task: Task, result: PublishedResult) -> None:
    """The scores that the line shows to people are those of its recordings."""
    claimed = result.claimed
    if claimed is None:
        return
    for metric in task.metrics:
        value, shown = score(metric, result), claimed.get(metric.id)
        if (value is None) != (shown is None) or (
            value is not None and shown is not None and not np.isclose(value, shown, rtol=1e-9)
        ):
            raise _Unfit(f"{metric.id}: the score of its line is not that of its recordings")


def by_reason(refused: Iterable[Refused]) -> Iterator[tuple[Refused, int]]:
    """One for each entry, variant, task, split and reason, and how many there are of it."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str, str], Refused] = {}
    for each in refused:
        key = each.entry, each.task, each.split, each.variant, each.reason
        counts[key] += 1
        first.setdefault(key, each)
    return ((first[key], counts[key]) for key in sorted(first))
