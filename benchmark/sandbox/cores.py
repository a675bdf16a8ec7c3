"""Cores of this machine for jobs: each has its own, as far as there are enough."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

Cores = tuple[int, ...]  # numbers of cores; none: all that the process may use


def shares(count: int) -> list[Cores]:
    """So many disjoint sets of equal size of the cores that this process may use.

    Where there are fewer cores than sets, all sets are empty: nobody has a core for itself.
    """
    mine = sorted(os.sched_getaffinity(0))
    each = len(mine) // count
    return [tuple(mine[i * each : (i + 1) * each]) for i in range(count)]


def pin(process: int, cores: Cores) -> None:
    """Have a process, all below it and their threads use these cores only, and what they start.

    None of them may be starting anything meanwhile: a thread hands down what it had before. What
    this process may not pin, such as another user's, stays as it is.
    """
    for thread in _threads(process):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.sched_setaffinity(thread, cores)


def _threads(process: int) -> Iterator[int]:
    """The threads of a process, and then those of all below it."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it has just ended
            fields = (path / "stat").read_text("utf-8").rpartition(")")[2].split()
            children[int(fields[1])].append(int(path.name))
    waiting = [process]
    while waiting:
        parent = waiting.pop(0)
        waiting += children[parent]
        with contextlib.suppress(OSError):
            yield from [int(path.name) for path in Path(f"/proc/{parent}/task").iterdir()]
