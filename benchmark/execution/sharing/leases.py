"""Who is at work on a job, for all who share a working folder: no job is done twice at once.

A lease is a small file beside the results, made in one step that fails where it is there already.
Its owner counts up in it while at work. Nobody's clock is trusted: a lease is stale when another
machine has not seen it count for STALE seconds of its own time, or, on the machine of its owner, as
soon as that process has ended. Nothing locks, so nothing can stay locked.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmark import storage
from benchmark.core import Job

HEARTBEAT = 5.0  # seconds from one count to the next
UNREADABLE = "(a lease that cannot be read)"
STALE = 60.0  # seconds without a count after which an owner is taken for dead

_seen: dict[Path, tuple[str, float]] = {}  # what a foreign lease said last, and since when


def path_of(runs: Path, job: Job) -> Path:
    """Where the lease of a job lies."""
    return runs / "leases" / job.key


@dataclass
class Lease:
    """A job that is ours until the context ends."""

    path: Path
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    count: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def content(self) -> bytes:
        return json.dumps({"owner": self.owner, "count": self.count, **ourselves()}).encode()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._heartbeat, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()  # or it might count once more after the end
        with contextlib.suppress(OSError):  # then it becomes stale
            if _owner(self.path) == self.owner:
                self.path.unlink(missing_ok=True)

    def _heartbeat(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            with contextlib.suppress(OSError):  # a disk that is full or away: tried again
                if _owner(self.path) not in ("", self.owner):
                    return  # somebody took us for dead; what we leave is whole all the same
                self.count += 1
                storage.write_whole(self.path, self.content())


def acquire(runs: Path, job: Job) -> Lease | None:
    """Lease a job; None where somebody living has it."""
    lease = Lease(path_of(runs, job))
    if storage.write_first(lease.path, lease.content()):
        return lease
    try:
        content = _read(lease.path)
    except OSError:
        return None  # a disk that fails us says nothing of its owner
    if not _is_stale(lease.path, content):
        return None
    _remove(lease.path, str(content.get("owner", "")))
    return lease if storage.write_first(lease.path, lease.content()) else None


def holder(runs: Path, job: Job) -> str:
    """The machine that is at work on a job, or nothing."""
    path = path_of(runs, job)
    try:
        content = _read(path)
    except OSError:
        return UNREADABLE
    return "" if not content or _is_stale(path, content) else str(content.get("host", ""))


def at_work(runs: Path, jobs: Iterable[Job]) -> list[tuple[Job, str]]:
    """Those of the jobs that a machine is at work on, with its name."""
    leased = [job for job in jobs if path_of(runs, job).exists()]
    return [(job, host) for job in leased if (host := holder(runs, job))]


def _remove(path: Path, owner: str) -> None:
    """Take a stale lease away, and nobody else's that came in its place meanwhile."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, aside)
        try:
            ours = _owner(aside) == owner
        except OSError:
            ours = False
        if not ours:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()


def _is_stale(path: Path, content: dict[str, Any]) -> bool:
    """Whether nobody is behind a lease that says this."""
    if not content:
        return True  # gone meanwhile, or no lease: those are written whole
    mine = ourselves()
    if content.get("boot") == mine["boot"]:
        return not lives(content)
    now, words = time.monotonic(), json.dumps(content)
    before, since = _seen.get(path, ("", now))
    if before != words:
        _seen[path] = words, now
        return False
    return now - since > STALE


def lives(content: dict[str, Any]) -> bool:
    """Whether the process of this machine is still there that says this of itself."""
    return _started(int(content.get("process", 0))) == content.get("started")


def ourselves() -> dict[str, Any]:
    """This process, its machine, and since when both run; `boot` is the same for all of it."""
    process = os.getpid()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    names = {"host": os.uname().nodename, "boot": boot + os.readlink("/proc/self/ns/pid")}
    return {**names, "process": process, "started": _started(process)}


def _owner(path: Path) -> str:
    return str(_read(path).get("owner", ""))


def _read(path: Path) -> dict[str, Any]:
    """What a lease says; nothing where there is none. OSError where it cannot be read."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _started(process: int) -> str:
    """When a process began, in ticks since the machine did; nothing where none lives."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]  # dead, and not yet buried
    except (OSError, IndexError):
        return ""
