"""This machine: so many jobs at once, the longest first, as memory and GPUs allow.

One thread more than jobs may run: it makes the next job's processes ready meanwhile, so that
starting interpreters costs no time between two jobs.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from benchmark.execution.job import AGAIN, LEASED, Executor, JobOutcome, run_job, run_job_when_free
from benchmark.results import environment
from benchmark.sandbox.request import JobRequest

RunJob = Callable[[JobRequest, Callable[[], None], Mapping[str, str]], JobOutcome]
PART = 0.8  # of the memory that is free when a run starts


def local_executor(
    workers: int, gpus: int = 0, memory_mb: float = 0, run_job: RunJob = run_job
) -> Executor:
    """`workers` jobs at once; `memory_mb` that they may need together, 0 for most of what is free.

    With `gpus`, each job that could use one has one for itself, by CUDA_VISIBLE_DEVICES.
    """

    def run(requests: Iterable[JobRequest]) -> Iterator[JobOutcome]:
        scheduler = _Scheduler(
            workers, gpus, memory_mb or environment.free_memory_mb() * PART, run_job
        )
        try:
            for request in requests:  # made ready one by one while earlier ones run
                scheduler.submit(request)
                yield from scheduler.finished()
            yield from scheduler.remaining()
        finally:
            scheduler.close()

    return Executor(run)


def serial_executor() -> Executor:
    """One job after the other, in the calling thread."""
    return Executor(lambda requests: map(run_job_when_free, requests))


class _Scheduler:
    """The queue of jobs that threads take from, and what is in use."""

    def __init__(self, workers: int, gpus: int, memory_mb: float, run_job: RunJob) -> None:
        self._run_job, self._memory_mb = run_job, memory_mb
        self._waiting: list[tuple[float, JobRequest]] = []  # not before that moment
        self._gpus = list(range(gpus)) if gpus else None
        self._at_work, self._used_mb = 0, 0.0  # jobs, and the memory that they need
        self._open = 0  # jobs without a result
        self._closed = False
        self._news = threading.Condition()
        self._done: queue.Queue[JobOutcome | BaseException] = queue.Queue()
        self._slots = _Slots(workers)
        self._threads = [threading.Thread(target=self._work) for _ in range(workers + 1)]
        for thread in self._threads:
            thread.start()

    def submit(self, request: JobRequest, delay: float = 0.0) -> None:
        with self._news:
            self._open += not delay
            self._waiting.append((time.monotonic() + delay if delay else 0.0, request))
            self._waiting.sort(key=lambda pair: -_length(pair[1]))
            self._news.notify_all()

    def finished(self) -> Iterator[JobOutcome]:
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._result(block=False)

    def remaining(self) -> Iterator[JobOutcome]:
        while self._open:
            yield self._result(block=True)

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._waiting.clear()
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def _result(self, block: bool) -> JobOutcome:
        found = self._done.get(block)
        if isinstance(found, BaseException):
            raise found
        self._open -= 1
        return found

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            request, gpu = taken
            held = _Slot(self._slots)
            try:
                done = self._run_job(request, held.acquire, _variables(gpu))
            except BaseException as error:  # noqa: BLE001
                # Raised again where results are read, in the thread that asked for them.
                self._done.put(error)
            else:
                if done.result is None and done.reason == LEASED:
                    self.submit(request, AGAIN)
                else:
                    self._done.put(done)
            finally:
                held.release()
                self._give_back(request, gpu)

    def _take(self) -> tuple[JobRequest, int | None] | None:
        """The longest job that fits now, with its GPU; None when all is over."""
        with self._news:
            while not self._closed:
                now = time.monotonic()
                for index, (moment, request) in enumerate(self._waiting):
                    if moment <= now and self._fits(request):
                        del self._waiting[index]
                        self._at_work += 1
                        self._used_mb += request.memory_mb
                        return request, self._gpus.pop(0) if self._gpus and request.gpu else None
                self._news.wait(AGAIN if self._waiting else None)
        return None

    def _fits(self, request: JobRequest) -> bool:
        if request.gpu and self._gpus is not None and not self._gpus:
            return False
        # One that needs more than there is runs alone: its own limit will stop it.
        return not self._at_work or self._used_mb + request.memory_mb <= self._memory_mb

    def _give_back(self, request: JobRequest, gpu: int | None) -> None:
        with self._news:
            self._at_work -= 1
            self._used_mb -= request.memory_mb  # which may end a little beside 0: jobs are counted
            if gpu is not None and self._gpus is not None:
                self._gpus.append(gpu)
            self._news.notify_all()


class _Slots:
    """A semaphore that is fair: what is ready first starts first."""

    def __init__(self, count: int) -> None:
        self._free, self._asking = count, deque[object]()
        self._news = threading.Condition()

    def acquire(self) -> None:
        me = object()
        with self._news:
            self._asking.append(me)
            self._news.wait_for(lambda: self._free > 0 and self._asking[0] is me)
            self._asking.popleft()
            self._free -= 1
            self._news.notify_all()

    def release(self) -> None:
        with self._news:
            self._free += 1
            self._news.notify_all()


class _Slot:
    """One of the slots, from when it was acquired until it is released."""

    def __init__(self, slots: _Slots) -> None:
        self._slots, self._held = slots, False

    def acquire(self) -> None:
        self._slots.acquire()
        self._held = True

    def release(self) -> None:
        if self._held:
            self._slots.release()


def _length(request: JobRequest) -> float:
    """Seconds that a job may take; an unknown one goes first."""
    return float("inf") if request.seconds is None else request.seconds


def _variables(gpu: int | None) -> dict[str, str]:
    return {} if gpu is None else {"CUDA_VISIBLE_DEVICES": str(gpu)}
