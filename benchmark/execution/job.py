"""What an executor is given and gives back, and how one job is run wherever it lands.

The unit of work is one fresh process that leaves one whole result, so a killed process loses one
job. Executors only decide where and when.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmark import registry, storage
from benchmark.core import Job
from benchmark.execution import leases
from benchmark.results import aggregation
from benchmark.results.result import JobResult, Status, now, read_result
from benchmark.sandbox.request import JobRequest

PACKAGE = Path(__file__).resolve().parent.parent.parent
AGAIN = 1.0  # seconds until a job that somebody else has is looked at again
LEASED = "somebody else is at work on it"
LOST = "its process ended without a result"


@dataclass(frozen=True)
class JobOutcome:
    """How a job ended; without a result, why."""

    job: Job
    result: JobResult | None
    reason: str = ""


@dataclass(frozen=True)
class Executor:
    """Where jobs run: `run` takes requests one by one and yields outcomes in any order."""

    run: Callable[[Iterable[JobRequest]], Iterator[JobOutcome]]
    keeps_results: bool = True  # False: outcomes are shown and never written


def run_job(
    request: JobRequest,
    may_start: Callable[[], None] = lambda: None,
    variables: Mapping[str, str] | None = None,
) -> JobOutcome:
    """Run one job in a process of its own, unless it is done or somebody else runs it.

    The process makes itself ready at once and goes on when `may_start` returns.
    """
    job, runs = request.job, request.paths.runs
    if result := read_result(runs, job):
        return JobOutcome(job, result)
    lease = leases.acquire(runs, job)
    if lease is None:
        return JobOutcome(job, None, LEASED)
    with lease:
        if result := read_result(runs, job):
            return JobOutcome(job, result)  # it was done while we took the lease
        _run_evaluator(request, may_start, variables or {})
    result = read_result(runs, job)
    return JobOutcome(job, result, "" if result else LOST)


def run_job_when_free(request: JobRequest) -> JobOutcome:
    """Run one job; where somebody else runs it, wait until it is done or given up."""
    outcome = run_job(request)
    while outcome.result is None and outcome.reason == LEASED:
        time.sleep(AGAIN)
        outcome = run_job(request)
    return outcome


def record_failure(request: JobRequest, status: Status, reason: str) -> JobResult:
    """Leave a result that says why a job has none of its own; one that came meanwhile stays."""
    job, paths = request.job, request.paths
    task = registry.task(paths.root, job.task)
    result = JobResult(
        **asdict(job),
        metrics=tuple(metric.id for metric in task.metrics),
        status=status,
        reason=reason,
        finished=now(),
    )
    if request.config.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(paths.runs))
    result = result.sealed()
    storage.write_first(request.result, result.dump().encode() + b"\n")
    return read_result(paths.runs, job) or result


def _run_evaluator(
    request: JobRequest, may_start: Callable[[], None], variables: Mapping[str, str]
) -> None:
    log = request.log.with_suffix(".evaluator.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "benchmark.evaluation.evaluator"),
        *(request.dump(), str(os.getpid())),
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
        ) as evaluator,
    ):
        may_start()
        assert evaluator.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended already
            evaluator.stdin.close()
