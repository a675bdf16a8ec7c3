"""The timing pass: each job that has a good result once more, alone on one core, for its costs.

Jobs that run side by side share caches, memory and power, so their times say as much of the others.
Here nothing else of the working folder runs on this machine. The result stays what it was, but for
its costs; where the predictions are not those that are kept, it stays as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from benchmark import storage
from benchmark.core import Job, Paths
from benchmark.execution import runner
from benchmark.execution.job import MACHINE, run_job_when_free
from benchmark.execution.plan import Plan
from benchmark.results.result import JobResult, now, read_result
from benchmark.sandbox.request import JobRequest, RunConfig

OTHER = "its predictions are not those that are kept, so its costs stay untimed"


def is_to_be_timed(result: JobResult | None) -> bool:
    """Whether it is a good result whose costs were measured beside other jobs."""
    return (
        result is not None
        and result.status == "good"
        and result.cost is not None
        and not result.cost.timed
    )


def time_all(
    paths: Paths, chosen: Plan, config: RunConfig, tell: Callable[[str], None]
) -> dict[Job, str]:
    """Time the jobs of a plan one after the other; why one has no such costs, by job."""
    jobs = [job for job in chosen.jobs if is_to_be_timed(read_result(paths.runs, job))]
    plain = replace(config, shuffle=False)
    requests = runner.requests_of(paths, chosen, jobs, plain, 1, {}, ())
    unready: dict[tuple[str, str], str] = {}
    untimed: dict[Job, str] = {}
    for request in runner.with_folds(paths, chosen, requests, unready, tell, True):
        if kept := read_result(paths.runs, request.job):
            why = _time(replace(request, timing=True), kept)
            tell(f"timed {request.job.key}" + (f": {why}" if why else ""))
            untimed |= {request.job: why} if why else {}
    return untimed | {
        job: unready[job.task, job.split] for job in jobs if (job.task, job.split) in unready
    }


def _time(request: JobRequest, kept: JobResult) -> str:
    """Write the costs of a job that is run alone; or why there are none."""
    request.result.unlink(missing_ok=True)
    core = max(os.sched_getaffinity(0))
    outcome = run_job_when_free(request, cores=(core,))
    if outcome.result is None:
        return outcome.reason.removeprefix(MACHINE)
    if outcome.result.status != "good":
        return outcome.result.reason
    cost = outcome.result.cost
    if cost is None or _answers(outcome.result) != _answers(kept):
        return OTHER
    fresh = {item.recording: item for item in outcome.result.items}
    items = tuple(
        item.model_copy(update={"seconds": fresh[item.recording].seconds}) for item in kept.items
    )
    update = {"cost": cost.model_copy(update={"timed": True}), "items": items, "finished": now()}
    place = request.paths.runs / "results" / request.job.key
    storage.write_whole(place, kept.model_copy(update=update).sealed().dump().encode() + b"\n")
    request.result.unlink(missing_ok=True)
    return ""


def _answers(result: JobResult) -> list[tuple[object, ...]]:
    return [(item.recording, item.prediction, item.measurements) for item in result.items]
