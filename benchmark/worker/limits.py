"""What one model may use, and the limits that a process can set for itself."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
MEGABYTE = 2**20
# On busy cores, two threads for linear algebra are many times slower than one.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Limits:
    """What one model may use, its children included."""

    seconds: float = 1800.0  # from its start to its end
    memory_mb: int = 16_384  # resident
    processes: int = 512  # and threads
    files: int = 1024  # open at once, each process
    scratch_mb: int = 1024
    kept_mb: int = 8192  # in folders that outlive it


def die_with_parent(parent: int | None = None) -> None:
    """Ask Linux to kill this process when the thread that started it ends.

    With the number of the parent, also where that has ended before it could be asked.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def bind(limits: Limits, own_user: bool = False) -> None:
    """Set the limits that a process can set for itself and for its children, for good.

    `own_user`: the process runs as a user whom it shares with no other job, or in a user namespace
    of its own. Some limits count all that a user has, so they are set only there.
    """
    cpu = int(limits.seconds * len(os.sched_getaffinity(0))) + 1
    size = max(limits.scratch_mb, limits.kept_mb) * MEGABYTE
    most = {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: size,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_CORE: 0,
    }
    if own_user:
        most[resource.RLIMIT_NPROC] = limits.processes
        most[resource.RLIMIT_SIGPENDING] = limits.files  # timers, each of which waits with a signal
    for what, number in most.items():
        _, hard = resource.getrlimit(what)
        allowed = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(what, (allowed, allowed))
