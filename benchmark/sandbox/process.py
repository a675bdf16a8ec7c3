"""Run an untrusted command as a child process with limits that are enforced from outside.

The child gets a clean environment, a session of its own and one thread for linear algebra. It is
watched from outside (`watch.py`), and at the end the whole process tree is killed. What the child
may see and reach is up to `backends.py`.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from benchmark.core import MachineFault
from benchmark.sandbox import cgroup, holdings, usage
from benchmark.sandbox.watch import Watch
from benchmark.worker import window
from benchmark.worker.limits import ONE_THREAD, Limits

_MARK = "SILENTBENCH_TREE"
LOCALE = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
EXIT_SECONDS = 1.0  # from the end of its output to its own
KILL_SECONDS = 10.0  # then what cannot be killed is left alone: it hangs in the kernel
LOG_FIRST, LOG_LAST = 1_000_000, 65_536  # bytes of its standard error that are kept
# The sentences of a job that exceeded a limit which another run may raise, see `is_raised`.
TOOK_LONGER = re.compile(r"took longer than (\S+) s")
USED_MORE = re.compile(r"used more than ([\d,]+) MB of memory")
RAISED = 1.00001  # times the limit before, of which the sentence has six digits


def is_raised(reason: str, limits: Limits) -> bool:
    """Whether `limits` grant more of what a job lacked that ended for this reason."""
    for sentence, now in ((TOOK_LONGER, limits.seconds), (USED_MORE, limits.memory_mb)):
        if match := sentence.fullmatch(reason):
            before = match[1].replace(",", "")
            with contextlib.suppress(ValueError):  # an entry's own words
                return now > float(before) * RAISED
    return False


class Child:
    """A command with pipes to its standard input and output, and a window of memory.

    `log` keeps its standard error.

    Of a long standard error the log keeps the beginning and the end. When a limit is exceeded the
    whole tree is killed and `stopped` says which one: readers of the child then meet end of file.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        log: Path,
        limits: Limits,
        environment: Mapping[str, str],
        written: Mapping[Path, Path] | None = None,
    ) -> None:
        """`written`: the folders that it may fill -> where it finds them itself."""
        self._log = log
        self._status: int | None = None  # of its exit, once it has been ended
        self._mark = uuid.uuid4().hex
        folders = holdings.Folders(written or {})
        self._group = cgroup.new(limits)
        with window.made() as shared:
            self._process = subprocess.Popen(
                [str(part) for part in (self._group.within(command) if self._group else command)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env={
                    **_clean_environment(),
                    **environment,
                    _MARK: self._mark,
                    window.VARIABLE: str(shared),
                },
                start_new_session=True,
                bufsize=0,
                pass_fds=[shared],
            )
            self.window = window.Window(shared)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.to: IO[bytes] = self._process.stdin
        self.out: IO[bytes] = self._process.stdout
        self._logger = threading.Thread(
            target=_keep_ends, args=(self._process.stderr, log), daemon=True
        )
        self._logger.start()
        self._watch = Watch(self._process, limits, folders, self._group)
        self._watch.start(self._kill_all)

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

    @property
    def stopped(self) -> str:
        """Which limit it exceeded; empty where it kept all."""
        return self._watch.stopped

    @property
    def timed_out(self) -> bool:
        return self._watch.timed_out

    @property
    def peak_mb(self) -> float:
        """The most memory that it used at once, in MiB."""
        return self._watch.peak_mb

    def begin(self) -> None:
        """Start its clock, which stands still until then; the other limits hold from the start."""
        self._watch.begin()

    def cpu_seconds(self) -> float:
        """CPU seconds of the whole tree so far, of what has ended too; after `end`, all of them."""
        self._watch.look()
        return self._watch.cpu_seconds()

    def end(self) -> int:
        """Kill whatever is left of the tree and return the exit status of its root."""
        if self._status is not None:
            return self._status
        self._watch.finish()
        self._status, left = self._kill_all()
        # A process that is left may hold the pipe open for ever.
        self._logger.join(KILL_SECONDS)
        if left:
            with self._log.open("a", encoding="utf-8") as log:
                pids = ", ".join(map(str, left))
                log.write(f"\n[not ended {KILL_SECONDS:g} s after SIGKILL: process {pids}]\n")
        self._watch.close()
        if self._group:
            self._group.remove()
        return self._status

    def was_killed(self) -> bool:
        """Whether it was ended by a SIGKILL that was not ours, such as of a lack of memory.

        MachineFault where it was ours because it could not be watched any more.
        """
        deadline = time.monotonic() + EXIT_SECONDS
        while self._process.returncode is None and not self._has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        self._watch.look()  # at what it used, which is gone once it was waited for
        status = self._process.wait()
        if self._watch.failure:
            raise MachineFault(f"the watcher of the model failed: {self._watch.failure}")
        # An isolation back end reports a signal as a shell does.
        return not self.stopped and status in (-signal.SIGKILL, 128 + signal.SIGKILL)

    def _has_ended(self) -> bool:
        """Whether its root has; it is not waited for."""
        wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._process.pid, wanted) is not None
        except ChildProcessError:  # the watcher waited for it
            return True

    def _kill_all(self) -> tuple[int, list[int]]:
        """Exit status of the root, and the processes that are still there after KILL_SECONDS.

        These hang in the kernel, on a file system or a driver, and waiting longer ends no job.
        """
        deadline, pause = time.monotonic() + KILL_SECONDS, 0.001
        if self._group:
            self._group.kill()
        # The root last: as long as it lives, no other process can be given its number.
        for process in self._watch.look():
            if process.pid != self._process.pid:
                _signal(process.pid, signal.SIGKILL)
        if self._process.poll() is None:
            self._process.kill()
        try:
            status = self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        while left := self._left():
            for pid in left:
                _signal(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.5)
        return status, sorted(left)

    def _left(self) -> set[int]:
        """Its living processes, wherever they moved to; some may have given away the mark."""
        seen = {process.pid for process in self._watch.tree if usage.is_alive(process)}
        return {*usage.marked(f"{_MARK}={self._mark}".encode()), *seen}


def _keep_ends(pipe: IO[bytes], path: Path) -> None:
    """Write the first LOG_FIRST bytes as they come, and the last LOG_LAST ones at the end."""
    first, last, passed = LOG_FIRST, b"", 0
    path.write_bytes(b"")
    with pipe, path.open("ab", 0) as log:  # to its end, wherever that is
        while piece := pipe.read(65_536):
            log.write(piece[:first])
            piece, first = piece[first:], max(0, first - len(piece))
            kept = (last + piece)[-LOG_LAST:]
            passed += len(last) + len(piece) - len(kept)
            last = kept
        if passed:
            log.write(f"\n[{passed:,} bytes left out]\n".encode())
        log.write(last)


def _clean_environment() -> dict[str, str]:
    """What a program needs to run, without what a person keeps in their shell.

    The locale is the same everywhere: a model may read its own files by it.
    """
    kept = ("PATH", "TMPDIR", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
    here = {k: os.environ[k] for k in kept if k in os.environ}
    return {**here, **ONE_THREAD, **LOCALE}


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
