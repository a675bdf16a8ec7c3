"""What an engine is given and gives back, and how one job is done wherever it lands.

The unit of work is one fresh process that leaves one whole result, so a killed process loses one
job. Engines only decide where and when.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmark import registry, storage
from benchmark.core import Job
from benchmark.execution import leases
from benchmark.results import aggregation
from benchmark.results.result import JobResult, Status, now, read_result
from benchmark.sandbox.workspace import Order

PACKAGE = Path(__file__).resolve().parent.parent.parent
ASSUMED_MB = 1000  # of a job that was never measured
AGAIN = 1.0  # seconds until a job that somebody else has is looked at again
HELD = "somebody else is at work on it"
LOST = "its process ended without a result"


@dataclass(frozen=True)
class Work:
    """A job with what is known of its needs from earlier results."""

    order: Order
    seconds: float | None = None
    memory_mb: float = ASSUMED_MB
    gpu: bool = False  # whether it could use one

    @property
    def job(self) -> Job:
        return self.order.job


@dataclass(frozen=True)
class Done:
    """How a job ended; without a result, why."""

    job: Job
    result: JobResult | None
    reason: str = field(default="")


Engine = Callable[[Iterable[Work]], Iterator[Done]]


def perform(
    work: Work,
    may_start: Callable[[], None] = lambda: None,
    variables: Mapping[str, str] | None = None,
) -> Done:
    """Do one job in a process of its own, unless it is done or somebody else does it.

    The process makes itself ready at once and goes on when `may_start` returns.
    """
    job, runs = work.job, work.order.runs
    if result := read_result(runs, job):
        return Done(job, result)
    claim = leases.take(runs, job)
    if claim is None:
        return Done(job, None, HELD)
    with claim:
        if result := read_result(runs, job):
            return Done(job, result)  # it was done while we took the claim
        _judge(work.order, may_start, variables or {})
    result = read_result(runs, job)
    return Done(job, result, "" if result else LOST)


def patiently(work: Work) -> Done:
    """Do one job; where somebody else is at it, wait until it is done or given up."""
    done = perform(work)
    while done.result is None and done.reason == HELD:
        time.sleep(AGAIN)
        done = perform(work)
    return done


def write_off(work: Work, status: Status, reason: str) -> JobResult:
    """Leave a result that says why a job has none of its own; one that came meanwhile stays."""
    order = work.order
    task = registry.pick("task", work.job.task, registry.tasks(order.root))
    result = JobResult(
        **asdict(work.job),
        metrics=tuple(metric.id for metric in task.metrics),
        status=status,
        reason=reason,
        finished=now(),
    )
    if order.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(order.runs))
    result = result.sealed()
    storage.write_first(order.runs / "results" / work.job.key, result.dump().encode() + b"\n")
    return read_result(order.runs, work.job) or result


def _judge(order: Order, may_start: Callable[[], None], variables: Mapping[str, str]) -> None:
    log = order.log.with_suffix(".judge.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "benchmark.evaluation.evaluator",
        order.dump(),
        str(os.getpid()),
    ]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            cwd=PACKAGE,
            env={**os.environ, **variables},
        ) as judge,
    ):
        may_start()
        assert judge.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended already
            judge.stdin.close()
