"""Watch a tree of processes: time, memory, processes, and what they hold and write.

One thread looks at what changes fast, 20 times a second. Another one searches what may be very
much, such as files: however many an entry makes, the first one goes on. Where the job has a control
group, the kernel counts memory as well and what it says counts too.
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from benchmark.sandbox import cgroup, holdings, usage
from benchmark.worker.limits import MEGABYTE, Limits

WATCH_SECONDS = 0.05
AGAIN_SECONDS = 0.005  # to the second look at a process that seems to use too much
SEARCH_SECONDS = 0.25  # between searches of what it holds
GROWTH = 1.02  # of memory, after which what is shared is measured again, which takes long
LITTLE = 16  # a part of memory so small that it does not matter whether it is shared
URGENT = -10  # niceness of the watching threads
HELPERS = 4  # processes of the sandbox itself


class Watch:
    """Of one tree of processes, from `start` to `finish`; `stopped` says which limit it exceeded.

    `kill` is called once, when that happens.
    """

    def __init__(
        self,
        root: subprocess.Popen[bytes],
        limits: Limits,
        folders: holdings.Folders,
        group: cgroup.Group | None,
    ) -> None:
        self.stopped, self.timed_out = "", False
        self.failure = ""  # of watching itself
        self.peak_mb = 0.0  # most memory that it used at once, in MiB
        self.tree: list[usage.Process] = []  # at the last look
        self._root, self._limits, self._group = root, limits, group
        self._started = math.inf
        self._looking, self._ending, self._cpu = threading.Lock(), threading.Event(), usage.Cpu()
        self._measured = 0.0  # bytes of memory when its peak was
        self._folders, self._tmpfs = folders, holdings.Tmpfs()
        self._objects, self._held = holdings.Objects(()), holdings.Held(0, 0)
        self._found = ""  # what a search found to be too much
        self._threads: list[threading.Thread] = []

    def start(self, kill: Callable[[], object]) -> None:
        """Check all limits from now on but that on time."""

        def guarded(watch: Callable[[], None]) -> None:
            with contextlib.suppress(PermissionError):  # root alone: before what it watches
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), URGENT)
            try:
                watch()
            except (OSError, MemoryError) as error:
                self.failure = str(error) or "no memory"
            finally:  # without a watcher, nothing goes on
                if not self._ending.is_set():
                    kill()

        for watch in (self._watch, self._search):
            thread = threading.Thread(target=guarded, args=(watch,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def begin(self) -> None:
        """Check the time too: what runs until now is ours, and nothing of the entry."""
        self._started = time.monotonic()
        self._objects = holdings.Objects(self.look())

    def finish(self) -> None:
        """Stop checking."""
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self.look()

    def close(self) -> None:
        """Let go of the folders that are held open."""
        self._folders.close()
        self._tmpfs.close()

    def cpu_seconds(self) -> float:
        """Of the whole tree until the last look, with all that has ended."""
        return self._cpu.seconds

    def _watch(self) -> None:
        """Check the limits on time, processes and memory."""
        pause, over = WATCH_SECONDS, False
        while not self.stopped and not self._ending.wait(pause):
            before = over
            tree = self.look()
            over = self._is_over(tree)
            # A process that starts another shares all its memory with it for a moment.
            pause = AGAIN_SECONDS if over and not before else WATCH_SECONDS
            self.timed_out = time.monotonic() - self._started > self._limits.seconds
            if self.timed_out:
                self.stopped = f"took longer than {self._limits.seconds:g} s"
            elif sum(process.threads for process in tree) > self._limits.processes + HELPERS:
                self.stopped = f"had more than {self._limits.processes} processes"
            elif over and before:
                self.stopped = self._used_more()
            else:
                self.stopped = self.stopped or self._found

    def _search(self) -> None:
        """Look for files and other things that it holds, of which there may be very many."""
        ended, pause = self._ending.is_set, SEARCH_SECONDS
        while not self._found and not self._ending.wait(pause):
            start = time.monotonic()
            try:
                self._tmpfs.check()
                self._held = self._objects.look(self.tree, self._folders, self._tmpfs, ended)
                self._folders.check(self._limits, self._held.nameless, ended)
            except holdings.TooMuch as error:
                self._found = str(error)
            pause = max(SEARCH_SECONDS, time.monotonic() - start)
        self._ending.wait()  # the other thread says so

    def _is_over(self, tree: Sequence[usage.Process]) -> bool:
        """Whether it uses more memory than it may; notes the most that it used."""
        elsewhere = self._tmpfs.held_bytes()
        used, least = usage.most_bytes(tree, elsewhere), usage.least_bytes(tree, elsewhere)
        most = self._limits.memory_mb * MEGABYTE - self._held.kernel
        if used - least > used / LITTLE:
            if least <= most and used > min(most, GROWTH * self._measured):
                self._measured = used
                used = max(least, min(used, usage.proportional_bytes(tree, elsewhere)))
            else:
                used = least
        self.peak_mb = max(self.peak_mb, used / MEGABYTE)
        return used > most

    def look(self) -> list[usage.Process]:
        """Its processes, after a note of what they used so far.

        There are none once it was waited for, since its number may then be another's.
        """
        with self._looking:
            if self._root.returncode is not None:
                return []
            self.tree = usage.look(self._root.pid)
            self._tmpfs.find(self.tree)
            peak = max((process.peak for process in self.tree), default=0)
            self.peak_mb = max(self.peak_mb, peak / MEGABYTE)
            self._cpu.look(self.tree)
            if self._group:
                self._cpu.seconds = max(self._cpu.seconds, self._group.cpu_seconds())
                if self._group.ran_out() and not self.stopped:  # the kernel has ended it
                    self.stopped = self._used_more()
            return self.tree

    def _used_more(self) -> str:
        return f"used more than {self._limits.memory_mb:,} MB of memory"
