"""This machine: so many jobs at once, the longest first, as memory, GPUs and answers allow.

Jobs whose folds hold each other's answers never run at the same time: while one of a fold is at
work, jobs of the same fold go first, and others when those are done.

One thread more than jobs may run: it makes the next job's processes ready meanwhile, so that
starting interpreters costs no time between two jobs. Nothing of an entry runs in them until then.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from benchmark.execution.job import (
    AGAIN,
    LATER,
    Executor,
    JobOutcome,
    MayStart,
    run_job,
    run_job_when_free,
)
from benchmark.execution.sharing.at_work import Work
from benchmark.results import environment
from benchmark.sandbox import cores as core_shares
from benchmark.sandbox.cores import Cores
from benchmark.sandbox.request import JobRequest

RunJob = Callable[[JobRequest, MayStart, Mapping[str, str]], JobOutcome]
PART = 0.8  # of the memory that is free when a run starts


def local_executor(
    workers: int, gpus: int = 0, memory_mb: float = 0, run_job: RunJob = run_job
) -> Executor:
    """`workers` jobs at once; `memory_mb` that they may need together, 0 for most of what is free.

    Each has cores of its own, where there are enough; with `gpus`, each job that could use one has
    one for itself, by CUDA_VISIBLE_DEVICES.
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


@dataclass(frozen=True)
class _Taken:
    """A job of a thread, with what it holds besides a slot."""

    request: JobRequest
    work: Work
    gpu: int | None


class _Scheduler:
    """The queue of jobs that threads take from, and what is in use."""

    def __init__(self, workers: int, gpus: int, memory_mb: float, run_job: RunJob) -> None:
        self._run_job, self._memory_mb = run_job, memory_mb
        self._waiting: list[tuple[float, JobRequest, Work]] = []  # not before that moment
        self._gpus = list(range(gpus)) if gpus else None
        self._taken: list[_Taken] = []
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
            moment = time.monotonic() + delay if delay else 0.0
            self._waiting.append((moment, request, Work.of(request)))
            self._waiting.sort(key=lambda waiting: -_length(waiting[1]))
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
            held = _Slot(self._slots, taken.work, taken.request.processes)
            try:
                done = self._run_job(taken.request, held.acquire, _variables(taken.gpu))
            except BaseException as error:  # noqa: BLE001
                # Raised again where results are read, in the thread that asked for them.
                self._done.put(error)
            else:
                if done.result is None and done.reason in LATER:
                    self.submit(taken.request, AGAIN)
                else:
                    self._done.put(done)
            finally:
                held.release()
                self._give_back(taken)

    def _take(self) -> _Taken | None:
        """The longest job that fits now, with its GPU; None when all is over."""
        with self._news:
            while not self._closed:
                if (index := self._next()) is not None:
                    _, request, work = self._waiting.pop(index)
                    gpu = self._gpus.pop(0) if self._gpus and request.gpu else None
                    self._taken.append(_Taken(request, work, gpu))
                    return self._taken[-1]
                self._news.wait(AGAIN if self._waiting else None)
        return None

    def _next(self) -> int | None:
        """The place in the queue of the job to be taken now.

        One that may run beside all that were taken, else one that may run beside all that run; if
        there is none either, one is made ready for when those that run have ended.
        """
        now, running = time.monotonic(), self._slots.running()
        fits = [
            (index, work)
            for index, (moment, request, work) in enumerate(self._waiting)
            if moment <= now and self._fits(request)
        ]
        taken = [held.work for held in self._taken]
        for others in (taken, running) if running else (taken,):
            for index, work in fits:
                if all(map(work.may_meet, others)):
                    return index
        return fits[0][0] if fits and len(taken) == len(running) else None

    def _fits(self, request: JobRequest) -> bool:
        if request.gpu and self._gpus is not None and not self._gpus:
            return False
        # One that needs more than there is runs alone: its own limit will stop it.
        used = sum(held.request.memory_mb for held in self._taken)
        return not self._taken or used + request.memory_mb <= self._memory_mb

    def _give_back(self, taken: _Taken) -> None:
        with self._news:
            self._taken = [held for held in self._taken if held is not taken]
            if taken.gpu is not None and self._gpus is not None:
                self._gpus.append(taken.gpu)
            self._news.notify_all()


class _Slots:
    """Slots with their cores, in order of asking: what is ready first starts first.

    Who may not run beside what runs lets others go first.
    """

    def __init__(self, count: int) -> None:
        self._count, self._free = count, deque(core_shares.shares(count))
        self._asking: list[_Slot] = []
        self._running: list[Work] = []
        self._news = threading.Condition()

    def running(self) -> list[Work]:
        with self._news:
            return list(self._running)

    def acquire(self, slot: _Slot) -> list[Cores]:
        """As many slots as it needs."""
        with self._news:
            self._asking.append(slot)
            self._news.wait_for(lambda: self._first() is slot)
            self._asking.remove(slot)
            self._running.append(slot.work)
            self._news.notify_all()
            return [self._free.popleft() for _ in range(self._needs(slot))]

    def release(self, slot: _Slot, held: list[Cores]) -> None:
        with self._news:
            self._free.extend(held)
            self._running.remove(slot.work)
            self._news.notify_all()

    def _first(self) -> _Slot | None:
        """Who of those that ask may start now."""
        may = (s for s in self._asking if all(map(s.work.may_meet, self._running)))
        first = next(may, None)
        return first if first and len(self._free) >= self._needs(first) else None

    def _needs(self, slot: _Slot) -> int:
        return min(slot.processes, self._count)


class _Slot:
    """What a job asks for, and what it holds from when it was given that until it is released."""

    def __init__(self, slots: _Slots, work: Work, processes: int) -> None:
        self.work, self.processes = work, processes
        self._slots = slots
        self._held: list[Cores] | None = None

    def acquire(self) -> Cores:
        self._held = self._slots.acquire(self)
        return tuple(core for share in self._held for core in share)

    def release(self) -> None:
        if self._held is not None:
            self._slots.release(self, self._held)


def _length(request: JobRequest) -> float:
    """Seconds that a job may take; an unknown one goes first."""
    return float("inf") if request.seconds is None else request.seconds


def _variables(gpu: int | None) -> dict[str, str]:
    return {} if gpu is None else {"CUDA_VISIBLE_DEVICES": str(gpu)}
