"""Resource usage of a process tree: its members, their memory, and what they have written.

Memory comes from psutil. The tree does not: `psutil.Process.children(recursive=True)` reads every
process of the machine, which on one with 600 processes takes 10 ms, 20 times a second for each job;
`/proc/PID/task/*/children` takes 0.1 ms whatever else runs there. psutil knows no peak memory of a
process and no open files without a name.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import psutil


def tree_of(root: int) -> list[psutil.Process]:
    """A process and its descendants; one whose parent has ended is found by its mark instead."""
    tree, pending = [], [root]
    while pending:
        pid = pending.pop()
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            tree.append(psutil.Process(pid))
        for task in _listed(Path(f"/proc/{pid}/task")):
            with contextlib.suppress(OSError):
                pending += map(int, (task / "children").read_text().split())
    return tree


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process ended meanwhile
        return []


def resident_bytes(tree: Sequence[psutil.Process]) -> int:
    """Resident memory (RSS) of all; what several share counts for each of them."""
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def proportional_bytes(tree: Sequence[psutil.Process]) -> int:
    """Proportional memory (PSS) of all: what n processes share counts 1/n for each. Slow to read.

    A process that lets nobody read its memory map counts with its RSS.
    """
    total = 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except psutil.AccessDenied:
            total += resident_bytes([process])
        except psutil.NoSuchProcess:  # it ended meanwhile
            continue
    return total


def peak_mb(process: psutil.Process) -> float:
    """Largest RSS that a process ever had, in MiB; 0 where it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


class Cpu:
    """CPU seconds of a tree of processes that is looked at from time to time.

    The time of an ended child is its parent's once that has waited for it. Where nobody waits, as
    with a parent that ignores SIGCHLD, what the last look found is kept.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lost = 0.0
        self._seen: dict[psutil.Process, tuple[float, float]] = {}  # all, of ended children

    def look(self, tree: Sequence[psutil.Process]) -> None:
        """Add what these processes, all that there are, used since the last look."""
        now = {}
        for process in tree:
            with contextlib.suppress(psutil.Error):
                spent = process.cpu_times()
                children = spent.children_user + spent.children_system
                now[process] = spent.user + spent.system + children, children
        gone = sum(used for process, (used, _) in self._seen.items() if process not in now)
        seen = self._seen
        inherited = sum(now[p][1] - seen[p][1] for p in now.keys() & seen.keys())
        self._lost += max(0.0, gone - inherited)
        self._seen = now
        self.seconds = max(self.seconds, sum(used for used, _ in now.values()) + self._lost)


def folder_bytes(folders: Sequence[Path]) -> float:
    """Bytes on disk below folders, 4 kB for each name; infinite where a folder cannot be read."""
    total = 0
    pending: list[str | Path] = list(folders)
    while pending:  # without recursion, since they may be nested deeply
        try:
            with os.scandir(pending.pop()) as names:
                for entry in names:
                    with contextlib.suppress(FileNotFoundError):
                        total += 4096 + entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError:  # closed, or too deep to have a path: a place to hide files
            return math.inf
    return total


def unlinked_bytes(tree: Sequence[psutil.Process]) -> int:
    """Bytes on disk of files that are open but have no name, such as removed ones and memfds."""
    sizes = {}
    for process in tree:
        for descriptor in _listed(Path(f"/proc/{process.pid}/fd")):
            with contextlib.suppress(OSError):
                file = descriptor.stat()
                if stat.S_ISREG(file.st_mode) and not file.st_nlink:
                    sizes[file.st_dev, file.st_ino] = file.st_blocks * 512
    return sum(sizes.values())
