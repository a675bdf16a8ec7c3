"""Run somebody's command as a child that cannot outlive its limits.

A clean environment, its own session, one thread for linear algebra; a watch over time, memory,
processes and what it writes; and the end of the whole tree. What the child may see and reach is the
business of `walls.py`.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from benchmark.sandbox import usage
from benchmark.worker.limits import MEGABYTE, ONE_THREAD, Limits

_MARK = "SILENTBENCH_TREE"
WATCH_SECONDS = 0.05
SETTLED_SECONDS = 1.0  # from the end of its output to its own
WRITTEN_SECONDS = 0.5  # between looks at what it wrote, which take longer
LOG_FIRST, LOG_LAST = 1_000_000, 65_536  # bytes of what it prints that are kept


class Child:
    """A command with pipes to its standard input and output; of its errors a log keeps the ends.

    When a limit is passed the whole tree is killed and `stopped` says which: whoever reads from
    the child then meets the end of the file.
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
        self.peak_mb = 0.0  # largest resident size of any of its processes
        self._limits, self._written = limits, written
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
        self._ended = threading.Event()
        self._printed = _thread(_keep_ends, self._process.stderr, log)
        self._begun, self._spent = time.monotonic(), 0.0
        self._watch = _thread(self._look)

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
        """Hold it, and stop counting its time: it waits for us."""
        self._spent = time.monotonic() - self._begun
        self._begun = math.inf
        for pid in self._tree():
            _signal(pid, signal.SIGSTOP)

    def begin(self) -> None:
        """Let it go on, and count its time from where that stopped."""
        self._begun = time.monotonic() - self._spent
        for pid in self._tree():
            _signal(pid, signal.SIGCONT)

    def end(self) -> int:
        """Kill whatever is left of the tree and return the exit status of its root."""
        self._note_peak(self._tree())
        self._ended.set()
        self._watch.join()
        status = self._kill_all()
        self._printed.join()
        return status

    def was_killed(self) -> bool:
        """Whether it has ended, or does in a moment, by a signal that was not ours."""
        try:
            status = self._process.wait(SETTLED_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        # What stands between us and it says so in the way of a shell.
        return not self.stopped and status in (-signal.SIGKILL, 128 + signal.SIGKILL)

    def _kill_all(self) -> int:
        # The root last: as long as it lives, no other process can be given its number.
        for pid in {*_marked(self._mark), *self._tree()}:
            if pid != self._process.pid:
                _kill(pid)
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        while left := _marked(self._mark):
            for pid in left:
                _kill(pid)
        return status

    def _look(self) -> None:
        """Until the end, see whether it keeps to its limits; nobody unwatched goes on."""
        looked = time.monotonic()
        try:
            while not self.stopped and not self._ended.wait(WATCH_SECONDS):
                now = time.monotonic()
                self.timed_out = now - self._begun > self._limits.seconds
                self.stopped = self._passed(self.timed_out, now - looked > WRITTEN_SECONDS)
                if now - looked > WRITTEN_SECONDS:
                    looked = now
        finally:
            if not self._ended.is_set():
                self._kill_all()

    def _passed(self, late: bool, look_at_files: bool) -> str:
        """Which limit it has passed, in words; nothing where it keeps to all."""
        limits = self._limits
        if late:
            return f"took longer than {limits.seconds:g} s"
        tree = self._tree()
        self._note_peak(tree)
        if len(tree) > limits.processes:
            return f"had more than {limits.processes} processes"
        most = limits.memory_mb * MEGABYTE
        if usage.resident(tree) > most and usage.shared_once(tree) > most:
            return f"used more than {limits.memory_mb:,} MB of memory"
        written = usage.size(self._written) + usage.nameless(tree) if look_at_files else 0
        if written > limits.kept_mb * MEGABYTE:
            return f"wrote more than {limits.kept_mb:,} MB"
        return ""

    def _tree(self) -> list[int]:
        """Its processes; none when it is buried, since its number may then be another's."""
        return usage.tree_of(self._process.pid) if self._process.returncode is None else []

    def _note_peak(self, tree: Sequence[int]) -> None:
        self.peak_mb = max([self.peak_mb, *(usage.peak_mb(pid) for pid in tree)])


def _thread(do: object, *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=do, args=arguments, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def _keep_ends(pipe: IO[bytes], path: Path) -> None:
    """Write the beginning of what comes at once, and its last part when it ends."""
    first, last, passed = LOG_FIRST, b"", 0
    with pipe, path.open("wb", 0) as log:
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
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
