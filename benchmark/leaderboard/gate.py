"""The gate: no published result reaches a table unless it fits the project of today.

What a result says of itself is believed nowhere. Its place says whose it is; the project says which
tasks, variants, folds, metrics, data and code there are, and what the test recordings of a fold
are; the metrics say what a measurement can be. What does not fit is refused with its reason, alone.
Two things depend on another result: of two results of one job the newer counts, and the chance
level, which belongs to the project, tells which recordings have a target without a value.

A result that fits may still be a lie. Only running it again shows that, see `verify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmark import registry
from benchmark.core import CHANCE, Corpus, Isolation, Task, UserError
from benchmark.data import corpus_index
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import fitness
from benchmark.leaderboard.fitness import LeftOut, Unfit
from benchmark.registry import Entry, modules
from benchmark.registry.from_answers import chance, oracles
from benchmark.registry.project import shown
from benchmark.results import entry_results
from benchmark.results.entry_results import Contents
from benchmark.results.published import PublishedResult
from benchmark.results.result import JobResult
from benchmark.worker.model import LONGEST_CURVE

# Of a cost that is not 0, whatever its unit: quotients of two costs are finite.
LEAST_COST, LARGEST_COST = 1e-12, 1e18
LARGEST_LOSS = 1e100  # of a learning curve: differences and quotients of two are finite
LONGEST_MS = 1e9  # that a model can look ahead
# What a result may say of its isolation, by kind of entry.
ISOLATIONS: Mapping[str, tuple[str, ...]] = {
    "baseline": (Isolation.BUBBLEWRAP, Isolation.UNSHARE, Isolation.PROCESS),
    "submission": (Isolation.BUBBLEWRAP, Isolation.UNSHARE, Isolation.PROCESS),
    "predictions": (Isolation.PREDICTIONS_ONLY,),
    CHANCE: (Isolation.FROM_TARGETS,),
}
OTHER_CODE = "produced by other code than today's: run it again"


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
    problems: tuple[str, ...] = ()  # of what is in the place of an entry and is none
    broken: tuple[str, ...] = ()  # tasks and corpora that cannot be imported

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
    def _codes(self) -> dict[tuple[str, str, tuple[str, ...]], str]:
        return {}

    def task(self, name: str, split: str) -> Task:
        """A task with the metrics that the corpus of a split is scored by."""
        return self.tasks[name].on(self.corpora[split.partition(".")[0]])

    def code(self, owner: str, variant: str, task: str, split: str) -> str:
        """Today's digest of an entry's variant with the metrics that a split is scored by."""
        metrics = self.task(task, split).metrics
        key = owner, variant, tuple(metric.id for metric in metrics)
        if key not in self._codes:
            if owner == CHANCE:
                self._codes[key] = chance.code(metrics)
            elif owner in oracles.ORACLES:
                self._codes[key] = oracles.code(owner, metrics)
            else:
                self._codes[key] = self.entries[owner].code_digest(variant, key[2])
        return self._codes[key]

    @cached_property
    def chance_level(self) -> Contents:
        """What the files of the chance level hold: other results are held against them."""
        return entry_results.read(chance.results(self.root))

    @cached_property
    def left_out(self) -> Mapping[tuple[str, str, str, str], LeftOut]:
        """By task, split, fold and metric: recordings whose target has no value, as chance has it.

        Where chance is there with recordings and aggregated, the recordings count.
        """
        found: dict[tuple[str, str, str, str], LeftOut] = {}
        for result in sorted(self.chance_level.results, key=lambda r: not r.head.aggregated):
            if not unfit(self, CHANCE, result):
                for metric in result.head.metrics:
                    found[*result.slot[:3], metric] = fitness.left_out(result, metric)
        return found

    def results(self, owner: str) -> Path:
        """The file of results beside an entry, or of an oracle."""
        made = owner in oracles.ORACLES
        return oracles.results(self.root, owner) if made else self.entries[owner].results


def read_project(root: Path) -> Project:
    """Tasks, corpora and entries of a project."""
    entries, tasks = registry.entries(root), registry.read_tasks(root)
    # Those of a user stand on no page.
    broken = (*tasks.problems, *modules.read_corpora().problems)
    found = tasks.found, registry.corpora(), entries.found
    return Project(root, *found, entries.problems, broken)


def admit(project: Project) -> Admitted:
    """Read every published result of a project, and tell those that fit from the others."""
    good: list[PublishedResult] = []
    refused: list[Refused] = []
    for owner in (*project.entries, CHANCE, *oracles.ORACLES):
        fit, unfit = admit_beside(project, owner)
        good += fit
        refused += unfit
    for problem in project.problems:
        where, _, reason = shown(project.root, problem).partition(": ")
        refused.append(Refused("", where, f"not an entry: {reason}"))
    for problem in project.broken:
        where, _, reason = shown(project.root, problem).partition(": ")
        refused.append(Refused("", where, f"left out: {reason}"))
    return Admitted(tuple(good), tuple(refused), project.expected)


def admit_beside(project: Project, owner: str) -> tuple[list[PublishedResult], list[Refused]]:
    """The results beside one entry that fit, in the order of their jobs, and those that do not."""
    if owner == CHANCE:
        return admit_contents(project, owner, project.chance_level)
    return admit_contents(project, owner, entry_results.read(project.results(owner)))


def admit_contents(
    project: Project, owner: str, contents: Contents
) -> tuple[list[PublishedResult], list[Refused]]:
    """The same of what was read."""
    refused = [
        Refused(owner, shown(project.root, problem.where), problem.reason)
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
            newer = shown(project.root, result.where)
            same = "the same" if older.digest == result.digest else "another"
            reason = f"{same} result of this job stands in {newer}, which counts"
            refused.append(_refused(project.root, owner, older, reason))
        single[result.slot] = result
    return [single[slot] for slot in sorted(single)], refused


def _refused(root: Path, owner: str, result: PublishedResult, reason: str) -> Refused:
    head = result.head
    where = shown(root, result.where)
    return Refused(owner, where, reason, head.task, head.split, head.variant)


def unfit(project: Project, owner: str, result: PublishedResult) -> str:
    """Why a result that lies beside the entry `owner` gets no row; empty where it gets one."""
    try:
        expected = _fits_project(project, owner, result.head)
        if result.head.status != "good":
            return f"{result.head.status}: {result.head.reason}"
        _has_cost(result.head, project, owner)
        task = project.task(result.head.task, result.head.split)
        target = project.corpora[result.job.corpus].signals[task.target]
        fitness.check(result, task, target, expected.test[result.head.fold])
        _keeps_its_claims(result.head, owner in project.entries and project.entries[owner].causal)
        if owner != CHANCE:
            _leaves_out_what_chance_does(result.head, project, result)
    except Unfit as error:
        return str(error)
    except (UserError, OSError) as error:  # its entry has just changed, or cannot be read
        return f"its entry cannot be read: {error}"
    return ""


def _fits_project(project: Project, owner: str, head: JobResult) -> Expected:
    """What today's project expects of a result of its task, split and fold."""
    if head.entry != owner:
        raise Unfit(f"it is named after another entry, {head.entry}")
    task = project.tasks.get(head.task)
    entry = project.entries.get(owner)
    if task is None:
        raise Unfit(f"there is no task {head.task} today")
    if entry is not None and head.task not in entry.tasks:
        raise Unfit("its entry does not do this task today")
    if head.split not in task.splits:
        raise Unfit(f"its task has no split {head.split} today")
    if head.variant not in (entry.variants if entry else ("default",)):
        raise Unfit(f"its entry has no variant {head.variant} today")
    expected = project.expected.get((head.task, head.split))
    if expected is None:
        raise Unfit("the project has no list of the recordings of its corpus")
    corpus = project.corpora[head.split.partition(".")[0]]
    if owner in oracles.ORACLES and owner not in oracles.of(task, corpus):
        raise Unfit("its task or corpus has no such oracle today")
    if head.data != expected.data:
        raise Unfit("evaluated on other data than today's")
    if head.fold not in expected.test:
        raise Unfit("its split has no such fold today")
    asked = project.task(head.task, head.split).metrics
    if head.metrics != tuple(metric.id for metric in asked):
        raise Unfit("scored with other metrics or metric versions than today's")
    if head.code != project.code(owner, head.variant, head.task, head.split):
        raise Unfit(OTHER_CODE)
    if "fast" in head.setup:
        raise Unfit("computed less exactly, with SILENTBENCH_FAST")
    if head.isolation not in ISOLATIONS[entry.kind if entry else CHANCE]:
        raise Unfit(f"its isolation, {head.isolation or 'none'}, is not one of such an entry")
    return expected


def _leaves_out_what_chance_does(
    head: JobResult, project: Project, result: PublishedResult
) -> None:
    """No entry chooses its recordings: the chance level tells which targets have no value."""
    for metric in head.metrics:
        known = project.left_out.get((head.task, head.split, head.fold, metric))
        if not fitness.left_out_alike(result, metric, known):
            raise Unfit(f"{metric}: leaves out other recordings than the chance level does")


def _keeps_its_claims(head: JobResult, causal: bool) -> None:
    """What was probed is what the entry claims."""
    probes = head.probes
    if probes is None:
        return
    numbers = [n for n in (probes.look_ahead_ms, probes.order_change) if n is not None]
    if probes.claims_causal != causal or not all(0 <= n <= LONGEST_MS for n in numbers):
        raise Unfit("its probes are not of the claims of its entry")


def _has_cost(head: JobResult, project: Project, owner: str) -> None:
    """Code that ran here took time; nobody timed anything else."""
    timed = owner in project.entries and project.entries[owner].kind != "predictions"
    if timed != (head.cost is not None):
        raise Unfit("it has no costs" if timed else "it has costs, and nobody timed it")
    if head.cost is not None:
        numbers = head.cost.model_dump(exclude={"curve", "flops", "timed"}).values()
        if not all(n is None or n == 0 or LEAST_COST <= n <= LARGEST_COST for n in numbers):
            raise Unfit("a cost that no job can have")
        curve = head.cost.curve
        if len(curve) > LONGEST_CURVE or any(abs(loss) > LARGEST_LOSS for loss in curve):
            raise Unfit("a learning curve that no job can have")


def by_reason(refused: Iterable[Refused]) -> Iterator[tuple[Refused, int]]:
    """One for each entry, variant, task, split and reason, and how many there are of it."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str, str], Refused] = {}
    for each in refused:
        whose = each.entry or each.where  # what is no entry is known by its place
        key = whose, each.task, each.split, each.variant, each.reason
        counts[key] += 1
        first.setdefault(key, each)
    return ((first[key], counts[key]) for key in sorted(first))
