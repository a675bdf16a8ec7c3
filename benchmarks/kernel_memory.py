"""What one socket, pipe, name, area of memory and the like can take of the kernel's memory.

    python benchmarks/kernel_memory.py

`benchmark/sandbox/holdings.py` counts each with a constant that must not be less. Each kind is made
many times in a process of its own; the difference of the machine's available memory before and
after, divided by their number, is printed. It needs a machine where nothing else goes on.
"""

from __future__ import annotations

import ctypes
import functools
import multiprocessing
import os
import re
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.sandbox import holdings, usage

SECONDS = 0.3  # until the kernel's count is right
MEMORY = re.compile(r"MemAvailable:\s+(\d+)")
held: list[object] = []


def fill(send: Callable[[bytes], int]) -> None:
    for size in (65_536, 1):
        try:
            while True:
                send(b"x" * size)
        except BlockingIOError:
            pass


def sockets(count: int = 400) -> int:
    for _ in range(count // 2):
        for end in (pair := socket.socketpair()):
            end.setblocking(False)
        for end in pair:
            fill(end.send)
        held.append(pair)
    return count


def pipes(count: int = 400) -> int:
    for _ in range(count):
        read, write = os.pipe()
        os.set_blocking(write, False)
        fill(functools.partial(os.write, write))
        held.append(read)
    return count


def terminals(count: int = 200) -> int:
    for _ in range(count):
        for end in (pair := os.openpty()):
            os.set_blocking(end, False)
        for end in pair:
            fill(functools.partial(os.write, end))
    return count


def names_in_memory(count: int = 100_000) -> int:
    for number in range(count):
        os.symlink("x" * 120, f"{os.environ['TMPDIR']}/{'n' * 200}{number}")
    return count


def areas_of_memory(count: int = 60_000) -> int:
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(4096 * count), 0, 0x22, -1, 0)
    for page in range(at, at + 4096 * count, 8192):
        libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(4096), 1)
    return count


def descriptors_waited_for(count: int = 200_000) -> int:
    several = [os.eventfd(0) for _ in range(500)]
    for _ in range(count // 500):
        waiting = select.epoll()
        for one in several:
            waiting.register(one)
        held.append(waiting)
    return count


def threads(count: int = 400) -> int:
    threading.stack_size(65_536)
    for _ in range(count):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return count


KINDS: tuple[tuple[Callable[[], int], int], ...] = (
    (sockets, holdings.socket_bytes()),
    (pipes, holdings.PIPE_BYTES),
    (terminals, holdings.PIPE_BYTES),
    (names_in_memory, holdings.NAME_BYTES),
    (areas_of_memory, holdings.NOTE_BYTES),
    (descriptors_waited_for, holdings.NOTE_BYTES),
    (threads, usage.THREAD_BYTES),
)


def available() -> int:
    time.sleep(SECONDS)
    found = MEMORY.search(Path("/proc/meminfo").read_text("utf-8"))
    assert found
    return 1024 * int(found[1])


def measure(make: Callable[[], int], assumed: int) -> None:
    before = available()
    count = make()
    print(f"{make.__name__}: {(before - available()) / count:,.0f} bytes, counted with {assumed:,}")


def main() -> None:
    fork = multiprocessing.get_context("fork")
    for make, assumed in KINDS:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            os.environ["TMPDIR"] = folder
            process = fork.Process(target=measure, args=(make, assumed))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
