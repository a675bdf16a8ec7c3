"""One worker from its start to its end: it starts, trains, answers, and what went wrong is named.

What goes wrong before the worker is ready is a fault of the machine, since nothing of the entry has
run by then; what goes wrong afterwards is a `Breach` of the entry.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.core import MachineFault
from benchmark.evaluation.validation import Breach
from benchmark.plain_text import plain
from benchmark.registry import Entry
from benchmark.results.result import KILLED
from benchmark.sandbox import process, workspace
from benchmark.sandbox.request import JobRequest
from benchmark.sandbox.view import caches
from benchmark.worker import protocol

START_SECONDS = 120.0  # for the interpreter and its libraries, from a slow file system


class TimedOut(Breach):
    """The model took longer than its limit."""


@dataclass(frozen=True)
class WorkerRun:
    """A worker that is ready, and its log."""

    child: process.Child
    log: Path

    def wait_until_ready(self) -> None:
        """Return when it has all but the entry; MachineFault where it does not come so far.

        Breach where even this exceeded a limit.
        """
        start = time.monotonic()
        waits = protocol.waits(self.child.out, START_SECONDS)
        if not waits and time.monotonic() - start >= START_SECONDS:
            raise MachineFault(f"the model's process did not start within {START_SECONDS:g} s")
        try:
            protocol.receive(self.child.out)
        except protocol.Broken as error:
            self.child.end()
            if self.child.stopped:
                raise Breach(self.child.stopped) from error
            said = last_line(self.log) or "it said nothing"
            raise MachineFault(f"the model's process could not start: {said}") from error

    def train(self, patience: float = math.inf) -> Training | None:
        """Let it import the entry, make its model and fit it; None where that takes longer."""
        caches.forget_devices()
        self.child.begin()
        before, start = self.child.cpu_seconds(), time.perf_counter()
        protocol.send(self.child.to, {})
        waits = patience == math.inf or protocol.waits(self.child.out, patience)
        if not waits and time.perf_counter() - start >= patience:
            return None
        report = protocol.receive(self.child.out)
        seconds = time.perf_counter() - start
        return Training(report, seconds, self.child.cpu_seconds() - before)

    @contextmanager
    def breaches(self) -> Iterator[None]:
        """Say in a `Breach` why it ended, or what it did; it is ended then."""
        child = self.child
        try:
            yield
        except (protocol.Broken, Breach) as error:
            ended = isinstance(error, protocol.Ended)
            killed = ended and child.was_killed()
            child.end()
            if child.timed_out:
                raise TimedOut(child.stopped) from error
            if child.stopped or isinstance(error, Breach):
                raise Breach(child.stopped or str(error)) from error
            if killed:
                raise Breach(KILLED) from error
            reason = last_line(self.log) if ended else ""
            raise Breach(reason or f"the model's process {error}") from error


@dataclass(frozen=True)
class Training:
    """What a model says of itself, and what it took from the import of the entry on."""

    report: Mapping[str, Any]
    seconds: float
    cpu_seconds: float


@contextmanager
def started(
    request: JobRequest,
    entry: Entry,
    folder: Path,
    log: Path,
    keeping: workspace.Keeping = workspace.RUN,
) -> Iterator[WorkerRun]:
    """A worker that makes itself ready, with checkpoints in `folder`.

    It is ended when the context is left.
    """
    with workspace.worker(request, entry, folder, log, keeping) as child:
        protocol.widen(child.to)
        protocol.widen(child.out)
        yield WorkerRun(child, log)


def last_line(log: Path) -> str:
    """The last line that a worker printed, such as the exception that ended it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().split("\n")
    return plain(lines[-1])
