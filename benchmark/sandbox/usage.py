"""What a tree of processes uses: who belongs to it, its memory, and what it has written."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import stat
from collections.abc import Sequence
from pathlib import Path

_PAGE = resource.getpagesize()


def tree_of(root: int) -> list[int]:
    """A process and all that descend from it; what has left its parents is found by its mark."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in _listed(Path(f"/proc/{pid}/task")):
            with contextlib.suppress(OSError):  # it ended meanwhile
                waiting += map(int, (task / "children").read_text().split())
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process ended meanwhile
        return []


def resident(tree: Sequence[int]) -> int:
    """Bytes of memory, counted again for each process that shares them."""
    total = 0
    for pid in tree:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def shared_once(tree: Sequence[int]) -> int:
    """Bytes of memory, of shared ones a process's part; takes long for much memory."""
    total = 0
    for pid in tree:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except PermissionError:  # it does not let anybody look: all of it counts
            total += resident([pid])
        except OSError:  # it ended meanwhile
            continue
    return total


def peak_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def size(folders: Sequence[Path]) -> float:
    """Bytes that lie in folders, 4 kB for each name in them; infinite where nobody can look."""
    total = 0
    waiting: list[str | Path] = list(folders)
    while waiting:  # without recursion, since they may be nested deeply
        try:
            with os.scandir(waiting.pop()) as names:
                for entry in names:
                    with contextlib.suppress(FileNotFoundError):
                        total += 4096 + entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError:  # closed, or too deep to have a name: the way to hide something
            return math.inf
    return total


def nameless(tree: Sequence[int]) -> int:
    """Bytes of open files that lie in no folder any more, or never did."""
    found = {}
    for pid in tree:
        for descriptor in _listed(Path(f"/proc/{pid}/fd")):
            with contextlib.suppress(OSError):
                file = descriptor.stat()
                if stat.S_ISREG(file.st_mode) and not file.st_nlink:
                    found[file.st_dev, file.st_ino] = file.st_blocks * 512
    return sum(found.values())
