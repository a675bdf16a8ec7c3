"""The main path: leave out the jobs that are done, make the others ready, run them, publish."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmark import prepare, walls
from benchmark.core import Job, UserError
from benchmark.engines import Engine
from benchmark.plan import Place, Plan
from benchmark.publish import merge
from benchmark.record import Record, parse
from benchmark.sandbox import Limits
from benchmark.stage import Order


@dataclass(frozen=True)
class Conditions:
    """Under which every job of a run stands."""

    limits: Limits = field(default_factory=Limits)
    isolation: walls.Kind = field(default_factory=walls.best)
    shuffle: bool = False
    aggregates: bool = False
    audit: bool = False


@dataclass
class Summary:
    """How a run ended: jobs by state, with the reason of each that has no good record."""

    planned: int
    good: int = 0
    found_done: int = 0
    bad: dict[str, list[str]] = field(default_factory=dict)  # state -> "job: reason"

    @property
    def ok(self) -> bool:
        return self.good == self.planned


def run(
    place: Place,
    chosen: Plan,
    engine: Engine,
    conditions: Conditions,
    retry_failed: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    seen: Callable[[Job, Record | None], None] = lambda _job, _record: None,
    cores: int = 1,
) -> Summary:
    """Run every job that has no record, and count how all of them ended.

    Where there are fewer jobs than `cores`, a judge measures in several processes.
    """
    summary = Summary(len(chosen.jobs))
    todo = []
    for job in chosen.jobs:
        record = read_record(place.runs, job)
        if record is None or (retry_failed and record.status != "good"):
            todo.append(job)
        else:
            summary.found_done += 1
            _count(summary, job, record)
            seen(job, record)
    unready: dict[tuple[str, str], str] = {}
    processes = max(1, cores // max(1, len(todo)))

    def do(job: Job) -> Record | None:
        return start_judge(_order(place, job, conditions, processes))

    for job, record in engine(_ready(place, chosen, todo, unready, tell), do):
        _count(summary, job, record)
        seen(job, record)
    for job in todo:
        if reason := unready.get((job.task, job.split)):
            summary.bad.setdefault("missing", []).append(f"{job.key}: {reason}")
            seen(job, None)
    for jobs in summary.bad.values():
        jobs.sort()  # they ended in an order of their own
    return summary


def _ready(
    place: Place,
    chosen: Plan,
    jobs: Iterable[Job],
    unready: dict[tuple[str, str], str],
    tell: Callable[[str], None],
) -> Iterator[Job]:
    """Make each job's fold folder before handing it over; a bad corpus stops only its own jobs."""
    for job in jobs:
        source = job.task, job.split
        if source not in unready:
            try:
                task, split, corpus = chosen.sources[source]
                prepare.prepare(place.runs, place.data, job.task, task, split, corpus, tell)
                yield job
            except UserError as error:
                unready[source] = str(error)


def _count(summary: Summary, job: Job, record: Record | None) -> None:
    if record is not None and record.status == "good":
        summary.good += 1
        return
    state = record.status if record else "missing"
    reason = record.reason if record else "its process ended without a record"
    summary.bad.setdefault(state, []).append(f"{job.key}: {reason}")


def _order(place: Place, job: Job, conditions: Conditions, processes: int) -> Order:
    return Order(place.root, place.runs, place.data, job, **vars(conditions), processes=processes)


def start_judge(order: Order) -> Record | None:
    """Run one job in a process of its own; None when that ended without leaving a record."""
    log = order.log.with_suffix(".judge.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    (order.runs / "records" / order.job.key).unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmark.judge", order.dump(), str(os.getpid())]
    package = Path(__file__).resolve().parent.parent
    with log.open("wb") as file:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=package, check=False
        )
    return read_record(order.runs, order.job)


def read_record(runs: Path, job: Job) -> Record | None:
    """The record of a job, or None; UserError where a file is there but no record."""
    path = runs / "records" / job.key
    return parse(path.read_bytes(), path) if path.exists() else None


def publish(place: Place, chosen: Plan) -> list[Path]:
    """Merge the records of a plan into the files beside their entries; return what changed.

    What was scored on a miniature of a corpus stays where it is.
    """
    fresh: dict[Path, list[Record]] = defaultdict(list)
    for job in chosen.jobs:
        if chosen.sources[job.task, job.split][2].miniature:
            continue
        if record := read_record(place.runs, job):
            fresh[chosen.entries[job.entry].records].append(record)
    return [path for path, records in fresh.items() if merge(path, records)]


def states(summary: Summary) -> dict[str, int]:
    """Jobs by state, for a line or for JSON."""
    bad = Counter({state: len(jobs) for state, jobs in summary.bad.items()})
    return {"planned": summary.planned, "good": summary.good, **bad}
