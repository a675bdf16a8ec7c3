"""Run an untrusted command as a child process with limits that are enforced from outside.

The child gets a clean environment, a session of its own and one thread for linear algebra. A
watcher thread checks time, memory, number of processes and bytes written, and at the end the whole
process tree is killed. What the child may see and reach is up to `backends.py`.
"""

from __future__ import annotations

import contextlib
import math
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

import psutil

from benchmark.sandbox import usage
from benchmark.worker.limits import MEGABYTE, ONE_THREAD, Limits

_MARK = "SILENTBENCH_TREE"
WATCH_SECONDS = 0.05
EXIT_SECONDS = 1.0  # from the end of its output to its own
WRITTEN_SECONDS = 0.5  # between checks of what it wrote, which take longer
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
    """A command with pipes to its standard input and output; `log` keeps its standard error.

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
        written: Sequence[Path] = (),
    ) -> None:
        self.stopped, self.timed_out = "", False
        self.peak_mb = 0.0  # largest RSS of any of its processes, in MiB
        self._limits, self._written, self._log = limits, written, log
        self._status: int | None = None  # of its exit, once it has been ended
        self._mark = uuid.uuid4().hex
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**_clean_environment(), **environment, _MARK: self._mark},
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.to: IO[bytes] = self._process.stdin
        self.out: IO[bytes] = self._process.stdout
        self._ending = threading.Event()
        self._logger = _thread(_keep_ends, self._process.stderr, log)
        self._started, self._spent = math.inf, 0.0
        self._looked, self._cpu = threading.Lock(), usage.Cpu()
        self._watcher = _thread(self._watch)

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

    def pause(self) -> None:
        """Suspend it, and stop its clock: it waits for us."""
        self._spent = time.monotonic() - self._started
        self._started = math.inf
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                process.suspend()

    def begin(self) -> None:
        """Start its clock, which stands still until then; the other limits hold from the start."""
        self._started = time.monotonic() - self._spent
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                process.resume()

    def cpu_seconds(self) -> float:
        """CPU seconds of the whole tree so far, of what has ended too; after `end`, all of them."""
        self._look()
        return self._cpu.seconds

    def end(self) -> int:
        """Kill whatever is left of the tree and return the exit status of its root."""
        if self._status is not None:
            return self._status
        self._ending.set()
        self._watcher.join()
        self._look()
        self._status, left = self._kill_all()
        # A process that is left may hold the pipe open for ever.
        self._logger.join(KILL_SECONDS)
        if left:
            with self._log.open("a") as log:
                pids = ", ".join(map(str, left))
                log.write(f"\n[not ended {KILL_SECONDS:g} s after SIGKILL: process {pids}]\n")
        return self._status

    def was_killed(self) -> bool:
        """Whether it was ended by a SIGKILL that was not ours, such as of a lack of memory."""
        deadline = time.monotonic() + EXIT_SECONDS
        while self._process.returncode is None and not self._has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        self._look()  # at what it used, which is gone once it was waited for
        status = self._process.wait()
        # An isolation back end reports a signal as a shell does.
        return not self.stopped and status in (-signal.SIGKILL, 128 + signal.SIGKILL)

    def _has_ended(self) -> bool:
        """Whether its root has; it is not waited for."""
        wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, wanted) is not None

    def _kill_all(self) -> tuple[int, list[int]]:
        """Exit status of the root, and the processes that are still there after KILL_SECONDS.

        These hang in the kernel, on a file system or a driver, and waiting longer ends no job.
        """
        deadline, pause = time.monotonic() + KILL_SECONDS, 0.001
        # The root last: as long as it lives, no other process can be given its number.
        for process in {*_marked(self._mark), *self._tree()}:
            if process.pid != self._process.pid:
                _kill(process)
        if self._process.poll() is None:
            self._process.kill()
        try:
            status = self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        while left := _marked(self._mark):
            for process in left:
                _kill(process)
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.5)
        return status, sorted(process.pid for process in left)

    def _watch(self) -> None:
        """Check the limits until the end; without a watcher, nothing goes on."""
        checked = time.monotonic()
        try:
            while not self.stopped and not self._ending.wait(WATCH_SECONDS):
                now = time.monotonic()
                self.timed_out = now - self._started > self._limits.seconds
                check_files = now - checked > WRITTEN_SECONDS
                self.stopped = self._exceeded(self.timed_out, check_files)
                if check_files:
                    checked = now
        finally:
            if not self._ending.is_set():
                self._kill_all()

    def _exceeded(self, late: bool, check_files: bool) -> str:
        """A sentence on the limit that it exceeds; empty where it keeps all."""
        limits = self._limits
        if late:
            return f"took longer than {limits.seconds:g} s"
        tree = self._look()
        if len(tree) > limits.processes:
            return f"had more than {limits.processes} processes"
        most = limits.memory_mb * MEGABYTE
        if usage.resident_bytes(tree) > most and usage.proportional_bytes(tree) > most:
            return f"used more than {limits.memory_mb:,} MB of memory"
        if check_files:
            written = usage.folder_bytes(self._written) + usage.unlinked_bytes(tree)
            if written > limits.kept_mb * MEGABYTE:
                return f"wrote more than {limits.kept_mb:,} MB"
        return ""

    def _tree(self) -> list[psutil.Process]:
        """Its processes; none once it was waited for, since its number may then be another's."""
        return usage.tree_of(self._process.pid) if self._process.returncode is None else []

    def _look(self) -> list[psutil.Process]:
        """Its processes, after a note of what they used so far."""
        with self._looked:
            tree = self._tree()
            self.peak_mb = max([self.peak_mb, *map(usage.peak_mb, tree)])
            self._cpu.look(tree)
        return tree


def _thread(do: object, *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=do, args=arguments, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


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
    """What a program needs to run, without what a person keeps in their shell."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
    return {**{k: os.environ[k] for k in kept if k in os.environ}, **ONE_THREAD}


def _marked(mark: str) -> list[psutil.Process]:
    """The live processes that inherited the mark, whichever session or parent they moved to."""
    marked = []
    for pid in psutil.pids():  # not `process_iter`, which keeps processes whose number was reused
        with contextlib.suppress(psutil.Error):  # it ended meanwhile, or belongs to somebody else
            process = psutil.Process(pid)
            if process.environ().get(_MARK) == mark:
                marked.append(process)
    return marked


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()
