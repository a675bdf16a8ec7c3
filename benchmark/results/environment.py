"""The environment of a job, as far as it can change a time or a result.

Also the cores and the memory that a process was given of its machine: a container, a batch queue
or `taskset` often gives less than there is. What counts is the least of the machine, the processor
affinity, the control groups (version 2) and SLURM_CPUS_PER_TASK.
"""

from __future__ import annotations

import errno
import functools
import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmark.registry import project
from benchmark.results import repository
from benchmark.storage import LEAST_FREE

LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "pesq", "pystoi", "jiwer")
MEGABYTE = 2**20
SYSTEM = Path("/")
GPUS = Path("/proc/driver/nvidia/gpus")
# They reach the model and can change which libraries it loads. Their values are paths of this
# machine, so results only say that they were set.
VARIABLES = ("LD_LIBRARY_PATH",)
FULL, READ_ONLY, AWAY = (errno.ENOSPC, errno.EDQUOT), errno.EROFS, (errno.EIO, errno.ESTALE)


def describe(root: Path, gpu: bool = False) -> dict[str, str | int | None]:
    """Versions of libraries, machine and commit; None for what is not installed or not known.

    With `gpu`, for a job that was given one, also the models of the GPUs here.
    """
    found: dict[str, str | int | None] = {
        "python": platform.python_version(),
        **versions(),
        "cpu": _cpu(),
        "cores": cores(),
        "os": f"{platform.system()} {platform.release()}",
        # Of an installed package nobody knows it: a repository at `root` is that of a user.
        "commit": None if project.SHIPPED else repository.commit(root),
    }
    if gpu:
        found["gpu"] = _gpu()
    return found | {name: "set" for name in VARIABLES if os.environ.get(name)}


@functools.cache
def versions() -> Mapping[str, str | None]:
    """Versions of libraries, None for one that is not installed; read once."""
    return {name: _version(name) for name in LIBRARIES}


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _gpu() -> str | None:
    """The names of the GPUs as the driver says them."""
    names = set()
    for path in GPUS.glob("*/information"):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("Model:"):
                names.add(line.partition(":")[2].strip())
    return ", ".join(sorted(names)) or None


def disk_problem(error: OSError, folder: Path) -> str:
    """A sentence on a disk that is full, read-only or fails; empty where the error is another.

    `folder` is what was written to, where the error itself names no file.
    """
    place = Path(error.filename).parent if isinstance(error.filename, str) else folder
    if error.errno in FULL:
        free = shutil.disk_usage(_nearest(place)).free // MEGABYTE
        return f"the disk of {place} is full ({free} MB free): make room, then run it again"
    if error.errno == READ_ONLY:
        return f"{place} lies on a disk that can only be read"
    return f"the disk of {place} fails: {error.strerror}" if error.errno in AWAY else ""


def disk_state(folder: Path) -> str:
    """The same of a disk as it is now, without an error; empty where there is room."""
    place = _nearest(folder)
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return disk_problem(OSError(READ_ONLY, ""), folder)
    full = shutil.disk_usage(place).free < LEAST_FREE
    return disk_problem(OSError(errno.ENOSPC, ""), folder) if full else ""


def _nearest(path: Path) -> Path:
    """The deepest folder on the way there that exists."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def cores(system: Path = SYSTEM) -> int:
    """How many cores the threads of this process may use, at least 1."""
    known = [len(os.sched_getaffinity(0))]
    for group in _groups(system):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if quota.isdecimal() and period.strip().isdecimal():
            known.append(int(quota) // int(period))
    if (asked := os.environ.get("SLURM_CPUS_PER_TASK", "")).isdecimal():
        known.append(int(asked))
    return max(1, min(known))


def memory_mb(system: Path = SYSTEM) -> float:
    """How much memory there is for this process and all others of its control groups, in MB."""
    there = _meminfo(system, "MemTotal")
    limits = [_number(group / "memory.max") / MEGABYTE for group in _groups(system)]
    return min([there, *limits])


def free_memory_mb(system: Path = SYSTEM) -> float:
    """How much of it is free now, or would be if files were dropped from memory, in MB."""
    free = [_meminfo(system, "MemAvailable")]
    for group in _groups(system):
        used = _number(group / "memory.current", 0.0) - _cached(group)
        free.append((_number(group / "memory.max") - used) / MEGABYTE)
    return max(0.0, min(free))


def _groups(system: Path) -> Iterator[Path]:
    """The control group of this process and those that it lies in."""
    root = system / "sys/fs/cgroup"
    for line in _read(system / "proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            group = root / line.removeprefix("0::").strip("/")
            yield from (group, *(parent for parent in group.parents if parent.is_relative_to(root)))


def _cached(group: Path) -> float:
    """Bytes of files that the kernel gives up first."""
    for line in _read(group / "memory.stat").splitlines():
        if line.startswith("inactive_file "):
            return float(line.split()[1])
    return 0.0


def _meminfo(system: Path, name: str) -> float:
    for line in _read(system / "proc/meminfo").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return float("inf")


def _number(path: Path, otherwise: float = float("inf")) -> float:
    """The number in a file; `otherwise` where there is none, such as in "max"."""
    text = _read(path).strip()
    return float(text) if text.isdecimal() else otherwise


def _read(path: Path) -> str:
    """The text of a file of the kernel; nothing where it has none of that name."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
