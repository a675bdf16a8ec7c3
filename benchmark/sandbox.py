"""Run somebody's command as a child that cannot outlive its time.

Isolation here is that of a process: a clean environment, its own session, one thread for linear
algebra, a wall-time limit, and the end of the whole tree. Namespaces belong in this file too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ISOLATION = "process"
_MARK = "SILENTBENCH_TREE"
_PR_SET_PDEATHSIG = 1
# On busy cores, two threads for linear algebra are many times slower than one.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


class Child:
    """A command with pipes to its standard input and output; its errors go to a file.

    After `limit_seconds` the whole tree is killed and `timed_out` is True: whoever reads from the
    child then meets the end of the file.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        errors: Path,
        limit_seconds: float,
        environment: Mapping[str, str],
    ) -> None:
        self.timed_out = False
        self._mark = uuid.uuid4().hex
        with errors.open("wb") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={**_clean_environment(), **environment, _MARK: self._mark},
                start_new_session=True,
                bufsize=0,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.to: IO[bytes] = self._process.stdin
        self.out: IO[bytes] = self._process.stdout
        self._timer = threading.Timer(limit_seconds, self._time_is_up)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self.to.close()
        self.out.close()

    def end(self) -> int:
        """Kill whatever is left of the tree and return the exit status of its root."""
        self._timer.cancel()
        # The root last: as long as it lives, no other process can be given its number.
        for pid in _marked(self._mark):
            if pid != self._process.pid:
                _kill(pid)
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        while left := _marked(self._mark):
            for pid in left:
                _kill(pid)
        return status

    def _time_is_up(self) -> None:
        self.timed_out = True
        self.end()


def _clean_environment() -> dict[str, str]:
    """What a program needs to run, without what a person keeps in their shell."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
    return {**{k: os.environ[k] for k in kept if k in os.environ}, **ONE_THREAD}


def _marked(mark: str) -> list[int]:
    """The live processes that inherited the mark, whichever session or parent they moved to."""
    needle = f"{_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
