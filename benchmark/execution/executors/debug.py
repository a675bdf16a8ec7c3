"""In this process, so that breakpoints work: no sandbox, no limits, no result.

A model's methods are called as a worker would call them, and what it predicts is validated and
scored by the evaluator's own code. The outcome is shown and not kept: nobody can say what such a
model has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from benchmark.evaluation.evaluator import evaluate_in_process
from benchmark.execution.job import Executor, JobOutcome, check_dependencies, or_fault
from benchmark.sandbox.request import JobRequest


def debug_executor() -> Executor:
    """One job after the other, in the calling process; what a model raises is raised."""
    return Executor(_run, keeps_results=False)


def _run(requests: Iterable[JobRequest]) -> Iterator[JobOutcome]:
    for request in requests:
        yield or_fault(request, partial(_outcome, request))


def _outcome(request: JobRequest) -> JobOutcome:
    check_dependencies(request)
    return JobOutcome(request.job, evaluate_in_process(request))
