"""What the processes of a tree use: memory, processor time and threads, as `/proc` shows it.

`psutil` is not enough: it reads every process of the machine to find a tree, which takes 10 ms on
one with 600 processes; it does not see page tables, and no memory of a process whose first thread
has ended while others go on. One look at three processes takes less than 1 ms.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
THREAD_BYTES = 32 * 1024  # of the kernel: a stack and its own notes
_FIELD = re.compile(rb"^(VmHWM|Rss\w+|VmPTE|VmSwap|HugetlbPages|Threads):\s*(\d+)", re.MULTILINE)
_SHARES = (b"Pss", b"SwapPss", b"Pss_Shmem")
_SHARE = re.compile(rb"^(" + b"|".join(_SHARES) + rb"):\s*(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Process:
    """One process at one look; memory in bytes."""

    pid: int
    started: int  # clock ticks after the machine, so that a number used again is another process
    thread: int  # one that shows its memory: the first, unless that has ended; 0: all have
    threads: int
    resident: int  # of its own, swapped out too, and of files
    shared: int  # resident, of files that lie in memory (tmpfs)
    kernel: int  # page tables, threads, huge pages
    peak: int  # the most that was ever resident
    cpu: float  # seconds, with those of its ended children
    of_children: float  # seconds of ended children alone


def look(root: int) -> list[Process]:
    """A process and its descendants; one whose parent has ended is found by its mark instead."""
    return [process for pid in _tree_of(root) if (process := _process(pid)) is not None]


def _tree_of(root: int) -> Iterator[int]:
    pending = [root]
    while pending:
        pid = pending.pop()
        yield pid
        for thread in threads_of(pid):
            with contextlib.suppress(OSError):
                pending += map(int, read(f"/proc/{pid}/task/{thread}/children").split())


def threads_of(pid: int) -> list[str]:
    """Of a process; none of one that has ended."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def read(path: str) -> bytes:
    """The bytes of a file of `/proc`, in a third of the time that `open` takes."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pieces = [os.read(descriptor, 65_536)]
        while pieces[-1]:
            pieces.append(os.read(descriptor, 65_536))
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _process(pid: int) -> Process | None:
    try:
        line = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        found, thread = _fields(read(f"/proc/{pid}/status")), pid
        if b"RssAnon" not in found:
            found, thread = _other_thread(pid, found)
    except OSError:  # it ended meanwhile
        return None
    own, children = sum(map(int, line[11:13])), sum(map(int, line[13:15]))
    threads = found.get(b"Threads", 1)

    def size(*names: bytes) -> int:
        return 1024 * sum(found.get(name, 0) for name in names)

    return Process(
        pid=pid,
        started=int(line[19]),
        thread=thread,
        threads=threads,
        resident=size(b"RssAnon", b"RssFile", b"VmSwap"),
        shared=size(b"RssShmem"),
        kernel=size(b"VmPTE", b"HugetlbPages") + threads * THREAD_BYTES,
        peak=size(b"VmHWM"),
        cpu=(own + children) / TICKS,
        of_children=children / TICKS,
    )


def _other_thread(pid: int, found: dict[bytes, int]) -> tuple[dict[bytes, int], int]:
    """What a thread shows that goes on after the first one has ended; 0 where there is none."""
    for name in threads_of(pid):
        with contextlib.suppress(OSError):
            other = _fields(read(f"/proc/{pid}/task/{name}/status"))
            if b"RssAnon" in other:
                return other, int(name)
    return found, 0


def _fields(status: bytes) -> dict[bytes, int]:
    return {name: int(number) for name, number in _FIELD.findall(status)}


def is_alive(process: Process) -> bool:
    """Whether it, or any thread of it, goes on: one that was only not waited for does not."""
    now = _process(process.pid)
    if now is None or now.started != process.started:
        return False
    return any(_goes_on(process.pid, thread) for thread in threads_of(process.pid))


def _goes_on(pid: int, thread: str) -> bool:
    with contextlib.suppress(OSError):
        stat = read(f"/proc/{pid}/task/{thread}/stat")
        return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    return False


def most_bytes(tree: Sequence[Process], tmpfs: int = 0) -> int:
    """Their memory, where what several share counts for each of them: more than there is.

    `tmpfs` is what their file systems in memory hold, mapped by a process or not.
    """
    return tmpfs + sum(p.resident + p.shared + p.kernel for p in tree)


def least_bytes(tree: Sequence[Process], tmpfs: int = 0) -> int:
    """Their memory if they share with each other all that they can: less than there is."""
    own = max((p.resident for p in tree), default=0)
    return own + max([tmpfs, *(p.shared for p in tree)]) + sum(p.kernel for p in tree)


def proportional_bytes(tree: Sequence[Process], tmpfs: int = 0) -> int:
    """Their memory, where what n processes share counts 1/n for each (PSS). Slow to read.

    A process that lets nobody read its memory map counts with all that is resident.
    """
    total = shared = 0
    for process in tree:
        total += process.kernel
        if not process.thread:
            continue
        try:
            found = dict(_SHARE.findall(read(f"/proc/{process.thread}/smaps_rollup")))
            own, swapped, files = (1024 * int(found.get(name, 0)) for name in _SHARES)
            total, shared = total + own + swapped - files, shared + files
        except PermissionError:
            total, shared = total + process.resident, shared + process.shared
        except OSError:  # it ended meanwhile
            continue
    # Files in memory that are mapped lie in a tmpfs, which counts them already.
    return total + max(shared, tmpfs)


class Cpu:
    """CPU seconds of a tree of processes that is looked at from time to time.

    The time of an ended child is its parent's once that has waited for it. Where nobody waits, as
    with a parent that ignores SIGCHLD, what the last look found is kept.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lost = self._missing = 0.0
        self._seen: dict[tuple[int, int], Process] = {}

    def look(self, tree: Sequence[Process]) -> None:
        """Add what these processes, all that there are, used since the last look."""
        now = {(p.pid, p.started): p for p in tree}
        gone = sum(p.cpu for key, p in self._seen.items() if key not in now)
        same = now.keys() & self._seen.keys()
        inherited = sum(now[key].of_children - self._seen[key].of_children for key in same)
        # A parent is looked at before its children: it may have waited for one in between.
        late = max(0.0, inherited - gone)
        self._lost += max(0.0, self._missing - late)
        self._missing = max(0.0, gone - inherited)
        self._seen = now
        self.seconds = max(self.seconds, sum(p.cpu for p in tree) + self._lost)


def marked(mark: bytes) -> list[int]:
    """The living processes with this in their environment, whichever parent they moved to."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _has(name, mark)]


def _has(pid: str, mark: bytes) -> bool:
    try:
        return mark in read(f"/proc/{pid}/environ")
    except ProcessLookupError:  # its first thread has ended; others may go on
        for thread in threads_of(int(pid)):
            with contextlib.suppress(OSError):
                return mark in read(f"/proc/{thread}/environ")
    except OSError:  # it ended, or belongs to somebody else
        pass
    return False
