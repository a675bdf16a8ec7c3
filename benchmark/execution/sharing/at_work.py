"""Which jobs of a working folder run on this machine right now: none beside one it may not meet.

    runs/at_work/<machine>/<process>-<unique>.json

A job enters when its model is about to start, and leaves when its evaluator has ended; of a process
that is gone, nothing stays. Looking and entering is one step, since only who holds a certain socket
may do it: an abstract one, which ends with its process and needs no folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import MachineFault
from benchmark.data import conflicts
from benchmark.execution.sharing import leases
from benchmark.sandbox.request import JobRequest

LOOK = 0.05  # seconds from one look at those at work to the next
LONGEST_STEP = 20.0  # seconds that looking and entering may take somebody else


@dataclass(frozen=True)
class Work:
    """What tells whether two jobs may run at the same time."""

    corpus: str
    fold: Path  # its folder
    alone: bool = False  # beside no other job of this machine

    @classmethod
    def of(cls, request: JobRequest, alone: bool = False) -> Work:
        return cls(request.job.corpus, request.fold.resolve(), alone)

    def may_meet(self, other: Work) -> bool:
        """Whether both may run at the same time."""
        if self.alone or other.alone:
            return False
        return not conflicts.conflict((self.corpus, other.corpus), (self.fold, other.fold))


def is_kept_waiting(runs: Path, work: Work) -> bool:
    """Whether another process runs a job now that this one may not meet."""
    found = _living(_folder(runs)).values()
    return any(
        said.get("process") != os.getpid() and not work.may_meet(_work(said)) for said in found
    )


@contextmanager
def entered(runs: Path, work: Work) -> Iterator[None]:
    """Run something as this work, once nothing runs that it may not meet."""
    folder = _folder(runs)
    path = folder / f"{os.getpid()}-{uuid.uuid4().hex}.json"
    said = {**leases.ourselves(), "corpus": work.corpus, "fold": str(work.fold)}
    while not _enter(folder, path, work, {**said, "alone": work.alone}):
        time.sleep(LOOK)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # nobody is kept waiting by it once we have ended
            path.unlink(missing_ok=True)


def _enter(folder: Path, path: Path, work: Work, said: dict[str, Any]) -> bool:
    with _step(folder):
        if not all(work.may_meet(_work(other)) for other in _living(folder).values()):
            return False
        storage.write_whole(path, json.dumps(said).encode())
    return True


@contextmanager
def _step(folder: Path) -> Iterator[None]:
    """What is done within is done by one process of this machine at a time."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
    deadline = time.monotonic() + LONGEST_STEP
    with socket.socket(socket.AF_UNIX) as lock:
        while True:
            try:
                lock.bind(f"\0silentbench-{name}")
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            if time.monotonic() > deadline:
                raise MachineFault(f"another process keeps the list of running jobs in {folder}")
            time.sleep(0.001)
        yield


def _folder(runs: Path) -> Path:
    machine = hashlib.sha256(leases.ourselves()["boot"].encode()).hexdigest()[:16]
    return runs.resolve() / "at_work" / machine


def _living(folder: Path) -> dict[Path, dict[str, Any]]:
    """What those at work say of themselves; the files of processes that are gone are removed."""
    found = {}
    for path in folder.glob("[!.]*.json"):
        with contextlib.suppress(FileNotFoundError):  # it has just left
            said = json.loads(path.read_bytes())
            if leases.lives(said):
                found[path] = said
            else:
                path.unlink(missing_ok=True)
    return found


def _work(said: dict[str, Any]) -> Work:
    return Work(said["corpus"], Path(said["fold"]), said["alone"])
