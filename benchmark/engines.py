"""Where jobs run. An engine takes jobs as they come and gives results back as they are done.

The unit of work is one fresh process that leaves one whole record, so a killed process loses one
job; engines only decide where and how many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from benchmark.core import Job
from benchmark.record import Record

Done = tuple[Job, Record | None]  # None: the process ended without a record
Engine = Callable[[Iterable[Job], Callable[[Job], Record | None]], Iterator[Done]]


def local(workers: int) -> Engine:
    """This machine, `workers` jobs at once; each thread only waits for its job's process."""

    def engine(jobs: Iterable[Job], do: Callable[[Job], Record | None]) -> Iterator[Done]:
        pool = ThreadPoolExecutor(workers)
        try:
            waiting: set[Future[Done]] = set()
            # Jobs are made ready while earlier ones run, so they are handed over one by one.
            for job in jobs:
                waiting.add(pool.submit(_pair, do, job))
                done = {future for future in waiting if future.done()}
                waiting -= done
                for future in done:
                    yield future.result()
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    return engine


def here(jobs: Iterable[Job], do: Callable[[Job], Record | None]) -> Iterator[Done]:
    """One job after the other, in the calling thread: for looking closely."""
    for job in jobs:
        yield job, do(job)


def _pair(do: Callable[[Job], Record | None], job: Job) -> Done:
    return job, do(job)
