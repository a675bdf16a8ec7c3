"""What an executor is given and gives back, and how one job is run wherever it lands.

The unit of work is one fresh process that leaves one whole result, so a killed process loses one
job. Executors only decide where and when.

What is wrong with the machine says nothing of the entry: it leaves no result, and its reason begins
with MACHINE. The evaluator says it by its exit status and the last line of its log.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmark import registry, storage
from benchmark.core import Job, MachineFault, UserError
from benchmark.evaluation import fork_server
from benchmark.execution.sharing import at_work, leases
from benchmark.execution.sharing.at_work import Work
from benchmark.plain_text import plain
from benchmark.registry import requirements
from benchmark.results import aggregation, environment
from benchmark.results.result import JobResult, Status, now, parse, read_result
from benchmark.sandbox.cores import Cores
from benchmark.sandbox.request import JobRequest

AGAIN = 1.0  # seconds until a job that somebody else has is looked at again
STARTS = 2  # of an evaluator that a signal ends, such as of a lack of memory
LEASED = "somebody else is at work on it"
KEPT_WAITING = "somebody else is at work here on a fold that it may not meet"
LATER = (LEASED, KEPT_WAITING)  # reasons to try it again
MACHINE = "this machine: "
LOST = f"{MACHINE}its process ended without a result"


# Returns when there is a slot for a job: the cores that it has, none for all.
MayStart = Callable[[], Cores]


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
    may_start: MayStart = lambda: (),
    variables: Mapping[str, str] | None = None,
) -> JobOutcome:
    """Run one job in a process of its own, unless it is done or somebody else runs it.

    The process makes itself ready at once and goes on when `may_start` returns, on the cores that
    this names, and when nothing runs on this machine that it may not meet. One that a signal ends
    is started again, STARTS times in all.
    """
    return or_fault(request, lambda: _run_leased(request, may_start, variables or {}))


def or_fault(request: JobRequest, do: Callable[[], JobOutcome]) -> JobOutcome:
    """What `do` gives, or what is wrong with the machine."""
    try:
        return do()
    except MachineFault as fault:
        return JobOutcome(request.job, None, f"{MACHINE}{fault}")
    except OSError as error:
        if problem := environment.disk_problem(error, request.paths.runs):
            return JobOutcome(request.job, None, f"{MACHINE}{problem}")
        raise


def check_dependencies(request: JobRequest) -> None:
    """MachineFault where something is not installed that the entry declares."""
    try:
        entry = registry.read_entry(request.entry, request.kind)
    except UserError:
        return  # it was changed meanwhile, which is for the evaluator to say
    if unmet := requirements.first_unmet(entry.dependencies):
        raise MachineFault(f"entry {entry.name} needs {unmet}")


def run_job_when_free(
    request: JobRequest, patience: float = math.inf, cores: Cores = ()
) -> JobOutcome:
    """Run one job; where somebody else runs it, or what it may not meet, wait for the end of that.

    For no longer than `patience` seconds, if it is given. With `cores`, the job runs on these.
    """
    deadline = time.monotonic() + patience
    outcome = run_job(request, lambda: cores)
    while outcome.result is None and outcome.reason in LATER and time.monotonic() < deadline:
        time.sleep(AGAIN)
        outcome = run_job(request, lambda: cores)
    return outcome


def record_failure(request: JobRequest, status: Status, reason: str) -> JobResult:
    """Leave a result that says why a job has none of its own; one that came meanwhile stays."""
    job, paths = request.job, request.paths
    result = JobResult(
        **asdict(job),
        metrics=request.metrics,
        status=status,
        reason=reason,
        finished=now(),
    )
    if request.config.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(paths.runs))
    result = result.sealed()
    storage.write_first(request.result, result.dump().encode() + b"\n")
    return read_result(paths.runs, job) or result


def _run_leased(
    request: JobRequest, may_start: MayStart, variables: Mapping[str, str]
) -> JobOutcome:
    job, runs = request.job, request.paths.runs
    if result := _result(request):
        return JobOutcome(job, result)
    check_dependencies(request)
    work = Work.of(request, alone=request.timing)
    if at_work.is_kept_waiting(runs, work):
        return JobOutcome(job, None, KEPT_WAITING)
    lease = leases.acquire(runs, job)
    if lease is None:
        return JobOutcome(job, None, LEASED)
    with lease:
        if result := _result(request):
            return JobOutcome(job, result)  # it was done while we took the lease
        once = functools.cache(may_start)  # it keeps its slot
        status = _run_evaluator(request, work, once, variables)
        for _ in range(STARTS - 1):
            if status < 0 and not _result(request):
                status = _run_evaluator(request, work, once, variables)
    result = _result(request)
    return JobOutcome(job, result, "" if result else _why(request, status))


def _result(request: JobRequest) -> JobResult | None:
    return parse(request.result.read_bytes(), request.result) if request.result.exists() else None


def _why(request: JobRequest, status: int) -> str:
    """Why an evaluator left no result, by its exit status and its log."""
    if status < 0:
        return f"{LOST}: signal {-status} ended it {STARTS} times"
    with _log(request).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    last = lines[-1] if lines else ""
    if status == os.EX_TEMPFAIL:
        with contextlib.suppress(ValueError, KeyError, TypeError):  # the log had no room for it
            return MACHINE + plain(json.loads(last)["machine_fault"])
    if problem := environment.disk_state(request.paths.runs):
        return f"{MACHINE}{problem}"
    said = f": {plain(last)}" if last else ""
    return f"{LOST}{said}; see {_log(request)}"


def _log(request: JobRequest) -> Path:
    return request.log.with_suffix(".evaluator.log")


def _run_evaluator(
    request: JobRequest, work: Work, may_start: MayStart, variables: Mapping[str, str]
) -> int:
    """Run the evaluator to its end; its exit status, negative for a signal."""
    log = _log(request)
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:

        def begin() -> Cores:
            cores = may_start()
            stack.enter_context(at_work.entered(request.paths.runs, work))
            return cores

        return fork_server.run(request.dump(), log, {**os.environ, **variables}, begin)
