"""What the end of a job in Slurm says: of the job, at a limit of its own, or of a machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmark.execution.job import LOST, MACHINE, JobOutcome, record_failure
from benchmark.results.result import Status, read_result
from benchmark.sandbox.request import JobRequest

# What ends a job in the queue. Its own limits say something of the job, all else of the machine.
LIMITS: Mapping[str, Status] = {"OUT_OF_MEMORY": "failed", "TIMEOUT": "timed out"}
ENDED = {
    *LIMITS,
    *("NODE_FAIL", "BOOT_FAIL", "CANCELLED", "DEADLINE", "PREEMPTED", "REVOKED"),
    *("COMPLETED", "FAILED"),
}
QUEUE_REASON = "the queue ended it: "
QUEUE_ENDED = MACHINE + QUEUE_REASON
WORKERS = 2  # of a job that is probed, one after the other, each with the limit of the job


def lost(request: JobRequest, state: str, minutes: int = 0, memory_mb: int = 0) -> JobOutcome:
    """A job that left the queue in this state, without a result.

    `minutes` and `memory_mb` are what the user asked for, 0: what the job may use.
    """
    if result := read_result(request.paths.runs, request.job):
        return JobOutcome(request.job, result)
    if state in LIMITS:
        if less := _less_than_allowed(request, state, minutes, memory_mb):
            return JobOutcome(request.job, None, f"{QUEUE_ENDED}{state}: {less}")
        reason = QUEUE_REASON + state
        return JobOutcome(request.job, record_failure(request, LIMITS[state], reason))
    if state in ("COMPLETED", "FAILED", ""):
        said = reason_file(request)
        return JobOutcome(request.job, None, said.read_text("utf-8") if said.exists() else LOST)
    return JobOutcome(request.job, None, QUEUE_ENDED + state)


def _less_than_allowed(request: JobRequest, state: str, minutes: int, memory_mb: int) -> str:
    """What the queue gave a job less of than the job may use, if it did."""
    limits = request.config.limits
    if state != "OUT_OF_MEMORY":
        less = minutes and minutes * 60 < WORKERS * limits.seconds
        return "--minutes are fewer than twice its --timeout" if less else ""
    sized = request.seconds is not None and not memory_mb
    if sized and request.memory_mb < limits.memory_mb:
        return f"earlier results needed {request.memory_mb:.0f} MB at most: give it --memory"
    return ""


def reason_file(request: JobRequest) -> Path:
    """The file of why a job has no result, as its task on a node knows it."""
    return request.log.with_suffix(".reason.txt")


def lives(state: str | None) -> bool:
    """Whether the queue will do more about it; what it has forgotten is over."""
    return state is not None and state not in ENDED
