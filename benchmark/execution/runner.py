"""The main path: leave out the jobs that are done, make the others ready, run them, publish."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmark import storage
from benchmark.core import Job, Paths, UserError
from benchmark.data import folds
from benchmark.execution.estimates import Estimates
from benchmark.execution.executors import Engine, Work
from benchmark.execution.executors.debug import ISOLATION as UNKEPT
from benchmark.execution.executors.debug import debug
from benchmark.execution.job import ASSUMED_MB
from benchmark.execution.plan import Plan
from benchmark.results import aggregation
from benchmark.results.files import merge
from benchmark.results.result import KILLED, JobResult, read_result
from benchmark.sandbox import backends
from benchmark.sandbox.workspace import Order
from benchmark.worker.limits import Limits


@dataclass(frozen=True)
class Conditions:
    """Under which every job of a run stands."""

    limits: Limits = field(default_factory=Limits)
    isolation: backends.Backend = field(default_factory=backends.strongest)
    shuffle: bool = False
    aggregates: bool = False
    audit: bool = False


@dataclass
class Summary:
    """How a run ended: jobs by state, with the reason of each that has no good result."""

    planned: int
    good: int = 0
    found_done: int = 0
    bad: dict[str, list[str]] = field(default_factory=dict)  # state -> "job: reason"
    unkept: list[JobResult] = field(default_factory=list)  # of an engine that leaves no result

    @property
    def ok(self) -> bool:
        return self.good == self.planned


def run(
    place: Paths,
    chosen: Plan,
    engine: Engine,
    conditions: Conditions,
    retry_failed: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    seen: Callable[[Job, JobResult | None], None] = lambda _job, _result: None,
    cores: int = 1,
) -> Summary:
    """Run every job that has no result, and count how all of them ended.

    Where there are fewer jobs than `cores`, a judge measures in several processes.
    """
    summary = Summary(len(chosen.jobs))
    todo = []
    for job in chosen.jobs:
        result = None if engine is debug else read_result(place.runs, job)
        if result is not None and _again(result, retry_failed):
            (place.runs / "results" / job.key).unlink(missing_ok=True)
            result = None
        if result is not None and conditions.aggregates and not result.aggregated:
            result = aggregation.aggregated(result, aggregation.salt(place.runs)).sealed()
            storage.write_whole(place.runs / "results" / job.key, result.dump().encode() + b"\n")
        if result is None:
            todo.append(job)
        else:
            summary.found_done += 1
            _count(summary, job, result)
            seen(job, result)
    works = _works(place, chosen, todo, conditions, max(1, cores // max(1, len(todo))))
    unready: dict[tuple[str, str], str] = {}
    for done in engine(_ready(place, chosen, works, unready, tell)):
        _count(summary, done.job, done.result, done.reason)
        if done.result is not None and done.result.isolation == UNKEPT:
            summary.unkept.append(done.result)
        seen(done.job, done.result)
    for job in todo:
        if reason := unready.get((job.task, job.split)):
            summary.bad.setdefault("missing", []).append(f"{job.key}: {reason}")
            seen(job, None)
    for jobs in summary.bad.values():
        jobs.sort()  # they ended in an order of their own
    return summary


def _again(result: JobResult, retry_failed: bool) -> bool:
    """Whether a job that has a result is run all the same."""
    return result.status != "good" and (retry_failed or result.reason == KILLED)


def first(place: Paths, chosen: Plan, most: int, retry_failed: bool, again: bool) -> Plan:
    """A plan of the first `most` jobs that are to be done, and of those that are; 0: of all.

    `again`: what is done counts as to be done, and is not looked at.
    """
    if not most:
        return chosen
    kept, left = [], most
    for job in chosen.jobs:
        result = None if again else read_result(place.runs, job)
        if result is None or _again(result, retry_failed):
            left -= 1
            if left < 0:
                continue
        kept.append(job)
    return replace(chosen, jobs=tuple(kept))


def _works(
    place: Paths, chosen: Plan, jobs: Iterable[Job], conditions: Conditions, processes: int
) -> list[Work]:
    """Jobs with their needs; the longest first, before them those of which nothing is known."""
    estimates = Estimates(chosen.entries.values())
    works = []
    for job in jobs:
        need = estimates.of(job)
        order = Order(
            place.root, place.runs, place.data, job, **vars(conditions), processes=processes
        )
        gpu = any(name.startswith("torch") for name in chosen.entries[job.entry].dependencies)
        works.append(Work(order, need.seconds, need.memory_mb or ASSUMED_MB, gpu))
    return sorted(works, key=lambda work: -(work.seconds or float("inf")))


def _ready(
    place: Paths,
    chosen: Plan,
    works: Iterable[Work],
    unready: dict[tuple[str, str], str],
    tell: Callable[[str], None],
) -> Iterator[Work]:
    """Make each job's fold folder before handing it over; a bad corpus stops only its own jobs."""
    for work in works:
        job = work.job
        source = job.task, job.split
        if source not in unready:
            try:
                task, split, corpus = chosen.sources[source]
                folds.prepare(place.runs, place.data, job.task, task, split, corpus, tell)
                yield work
            except UserError as error:
                unready[source] = str(error)


def _count(summary: Summary, job: Job, result: JobResult | None, lost: str = "") -> None:
    if result is not None and result.status == "good":
        summary.good += 1
        return
    state = result.status if result else "missing"
    reason = result.reason if result else lost
    summary.bad.setdefault(state, []).append(f"{job.key}: {reason}")


def publish(place: Paths, chosen: Plan) -> list[Path]:
    """Merge the results of a plan into the files beside their entries; return what changed.

    What was scored on a miniature of a corpus stays where it is.
    """
    fresh: dict[Path, list[JobResult]] = defaultdict(list)
    for job in chosen.jobs:
        if chosen.sources[job.task, job.split][2].miniature:
            continue
        if result := read_result(place.runs, job):
            fresh[chosen.entries[job.entry].results].append(result)
    return [path for path, results in fresh.items() if merge(path, results)]


def states(summary: Summary) -> dict[str, int]:
    """Jobs by state, for a line or for JSON."""
    bad = Counter({state: len(jobs) for state, jobs in summary.bad.items()})
    return {"planned": summary.planned, "good": summary.good, **bad}
