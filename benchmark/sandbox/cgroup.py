"""A control group of its own for a job, where the system lets us make one (cgroup v2).

There the kernel itself counts all memory of a job and ends it as a whole, between two looks of the
watcher too. That needs a part of the tree of groups that is delegated to us with the controllers
of memory and of processes, such as by

    systemd-run --user --scope -p Delegate=yes silentbench run ...

Where there is none, `new` returns None and the watcher alone counts. A group that hands controllers
to groups below it may hold no process, so whoever is in the delegated group moves to one below.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.worker.limits import MEGABYTE, Limits

JUDGE, JOB = "silentbench-judge", "silentbench-job"
CONTROLLERS = {"memory", "pids"}
ROUNDS = 10  # until all processes have moved, of which some start others meanwhile
REMOVE_SECONDS = 1.0
_number = itertools.count()
# Joins the group, then becomes the command.
JOIN = 'echo 0 > "$0" && exec "$@"'


@dataclass(frozen=True)
class Group:
    folder: Path

    def within(self, command: Sequence[str | Path]) -> list[str | Path]:
        """The command line that runs `command` in this group, from its first process on."""
        return ["/bin/sh", "-c", JOIN, self.folder / "cgroup.procs", *command]

    def cpu_seconds(self) -> float:
        return _value(self.folder / "cpu.stat", "usage_usec") / 1e6

    def ran_out(self) -> bool:
        """Whether the kernel killed it for want of memory."""
        return _value(self.folder / "memory.events", "oom_kill") > 0

    def kill(self) -> None:
        """All of it at once, those too that are being started."""
        with contextlib.suppress(FileNotFoundError):  # before Linux 5.14
            (self.folder / "cgroup.kill").write_text("1", "utf-8")

    def remove(self) -> None:
        """Once all have ended, which the kernel may notice a little later.

        What they left in its caches is let go first: see `view/caches.py`.
        """
        with contextlib.suppress(OSError):  # before Linux 5.19, or not all of it can go
            used = (self.folder / "memory.current").read_bytes()
            (self.folder / "memory.reclaim").write_bytes(used)
        deadline = time.monotonic() + REMOVE_SECONDS
        while not _removed(self.folder) and time.monotonic() < deadline:
            time.sleep(0.001)


def new(limits: Limits) -> Group | None:
    """A new group with these limits; None where this system grants none."""
    if (parent := _parent(os.getpid())) is None:
        return None
    folder = parent / f"{JOB}-{os.getpid()}-{next(_number)}"
    try:
        folder.mkdir()
        (folder / "memory.max").write_text(str(limits.memory_mb * MEGABYTE), "utf-8")
        (folder / "memory.oom.group").write_text("1", "utf-8")
        (folder / "pids.max").write_text(str(limits.processes), "utf-8")
        if (folder / "memory.swap.max").exists():  # where the system has swap
            (folder / "memory.swap.max").write_text("0", "utf-8")
    except OSError:
        _removed(folder)
        return None
    return Group(folder)


@functools.lru_cache(maxsize=1)
def _parent(_pid: int) -> Path | None:
    """The group that those of jobs are made in, ready for that."""
    with contextlib.suppress(OSError):
        if (own := _own()) and _is_delegated(own):
            _hand_down(own)
            _tidy(own)
            return own
    return None


def _own() -> Path | None:
    """The group of this process, or the one above where it was moved down from there."""
    groups, mounts = (
        Path(f"/proc/self/{name}").read_text("utf-8") for name in ("cgroup", "mountinfo")
    )
    own = next((line[3:] for line in groups.splitlines() if line.startswith("0::")), None)
    for line in mounts.splitlines() if own else ():
        before, _, kind = line.partition(" - ")
        root, place = before.split()[3:5]
        if own and kind.startswith("cgroup2 ") and Path(own).is_relative_to(root):
            folder = place / Path(own).relative_to(root)
            return folder.parent if folder.name == JUDGE else folder
    return None


def _is_delegated(folder: Path) -> bool:
    """Whether it is ours to change; root may write anywhere, so it is told by a mark of systemd."""
    if CONTROLLERS.difference((folder / "cgroup.controllers").read_text("utf-8").split()):
        return False
    if os.geteuid() != 0:
        return all(os.access(folder / n, os.W_OK) for n in ("", "cgroup.procs"))
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            return os.getxattr(folder, name) == b"1"
    return False


def _hand_down(folder: Path) -> None:
    """Have it give its controllers to groups below; its own processes go there as well."""
    control = folder / "cgroup.subtree_control"
    if not CONTROLLERS.difference(control.read_text("utf-8").split()):
        return
    judge = folder / JUDGE
    judge.mkdir(exist_ok=True)
    for _ in range(ROUNDS):
        for pid in (folder / "cgroup.procs").read_text("utf-8").split():
            with contextlib.suppress(ProcessLookupError):
                (judge / "cgroup.procs").write_text(pid, "utf-8")
        with contextlib.suppress(OSError):  # busy: another process came meanwhile
            control.write_text(" ".join(f"+{name}" for name in sorted(CONTROLLERS)), "utf-8")
            return
    raise OSError(f"{folder}: its processes cannot be moved")


def _tidy(folder: Path) -> None:
    """Remove groups of jobs whose judge was killed."""
    for group in folder.glob(f"{JOB}-*"):
        if not Path("/proc", group.name.split("-")[2]).exists():
            _removed(group)


def _removed(folder: Path) -> bool:
    with contextlib.suppress(OSError):  # some process is still in it
        folder.rmdir()
    return not folder.exists()


def _value(file: Path, name: str) -> int:
    """A number of a file that has lines `name number`; 0 where it has none."""
    with contextlib.suppress(FileNotFoundError):
        for line in file.read_text("utf-8").splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0
