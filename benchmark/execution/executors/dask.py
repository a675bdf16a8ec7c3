"""Dask: a scheduler that somebody runs, or a cluster of this machine's own.

Each job is one task; what a worker process does is start an evaluator and wait. A worker that dies
or is cut off loses its job, which is named and done by the next run: start the scheduler with
`distributed.scheduler.allowed-failures` 0, or it gives such a job to three more workers. Leases
(leases.py) see to it that a worker which was only cut off and resumes runs no job beside another.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from benchmark.core import UserError
from benchmark.execution.job import MACHINE, Executor, JobOutcome, run_job_when_free
from benchmark.results.result import read_result
from benchmark.sandbox.request import JobRequest

CONNECT = "20s"
ALLOWED = "distributed.scheduler.allowed-failures"  # workers that may die of one task
GPU = "GPU"  # what workers with one are started with: dask worker --resources "GPU=1"


def dask_executor(address: str = "", workers: int = 1, gpus: int = 0) -> Executor:
    """Jobs on the scheduler at `address`, or on `workers` processes of this machine.

    With `gpus`, jobs that can use a GPU go only to workers that have the resource GPU. UserError
    where Dask is not installed, no scheduler with workers is at `address`, or GPUs are asked for
    that nobody counts.
    """
    if gpus and not address:
        raise UserError(
            "Dask counts GPUs by its workers' resource GPU: name a --scheduler, or use "
            "--executor local"
        )
    distributed = _library("distributed")
    if address:  # asked now, before data are prepared for a run that nobody can do
        with ExitStack() as stack:
            client = stack.enter_context(_client(stack, distributed, address, workers))
            _expect_workers(client, address, bool(gpus))

    def run(requests: Iterable[JobRequest]) -> Iterator[JobOutcome]:
        with ExitStack() as stack:
            client = stack.enter_context(_client(stack, distributed, address, workers))
            _expect_workers(client, address, bool(gpus))
            waiting: dict[Any, JobRequest] = {}
            ended = distributed.as_completed()
            for request in requests:
                # Never more than run at once: what waits on a worker would die with it.
                while waiting and len(waiting) >= sum(client.ncores().values()):
                    future = next(ended)
                    yield _done(waiting.pop(future), future)
                future = client.submit(
                    _do,
                    request.dump(),
                    key=f"{request.job.key}",
                    pure=False,
                    retries=0,
                    resources={GPU: 1} if gpus and request.gpu else None,
                )
                waiting[future] = request
                ended.add(future)
            while waiting:
                future = next(ended)
                yield _done(waiting.pop(future), future)

    return Executor(run)


def _library(name: str) -> Any:  # untyped
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(f"{name} is not installed: pip install 'silentbench[dask]'") from error


def _client(stack: ExitStack, distributed: Any, address: str, workers: int) -> Any:
    if address:
        try:
            return distributed.Client(address, timeout=CONNECT)
        except OSError as error:
            raise UserError(f"no Dask scheduler answers at {address}") from error
    stack.enter_context(_library("dask").config.set({ALLOWED: 0}))
    cluster = distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None
    )
    return distributed.Client(stack.enter_context(cluster))


def _expect_workers(client: Any, address: str, gpu: bool) -> None:
    """UserError where no worker could do what will be asked: it would wait for ever."""
    there = client.scheduler_info(n_workers=-1)["workers"].values()
    if not there or (gpu and not any(worker["resources"].get(GPU) for worker in there)):
        which = "with the resource GPU " if gpu else ""
        raise UserError(f"no worker {which}is at {address}: start one and run it again")


def _do(request: str) -> str:
    """On a worker: do one job and say why it has no result, if it has none."""
    return run_job_when_free(JobRequest.parse(request)).reason


def _done(request: JobRequest, future: Any) -> JobOutcome:
    error = future.exception()
    result = read_result(request.paths.runs, request.job)
    if result is not None:
        return JobOutcome(request.job, result)
    if error is None:
        return JobOutcome(request.job, None, future.result())
    return JobOutcome(request.job, None, f"{MACHINE}its worker ended: {type(error).__name__}")
