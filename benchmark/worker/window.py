"""Memory that the judge shares with one worker: arrays pass through it faster than through a pipe.

It holds one message at a time, and nobody relies on what it holds later: the worker copies inputs
before its model sees them, the judge an answer before it looks at it. Its size is for good: more
would be memory that nobody counts, and less would end the judge where it reads.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmark.core import Array

VARIABLE = "SILENTBENCH_WINDOW"  # names the descriptor to a worker
BYTES = 8 * 2**20  # larger messages pass through the pipe
LEAST = 65_536  # so do those that this makes no faster
SEALS = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL

Announced = tuple[np.dtype[Any], tuple[int, ...]]


@contextmanager
def made() -> Iterator[int]:
    """A descriptor of new memory, to make a `Window` of here and in the worker."""
    descriptor = os.memfd_create("silentbench", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, BYTES)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
        yield descriptor
    finally:
        os.close(descriptor)


def inherited() -> Window:
    """The window that the judge gave this process, and that nothing else here can find."""
    descriptor = int(os.environ.pop(VARIABLE))
    try:
        return Window(descriptor)
    finally:
        os.close(descriptor)


class Window:
    """The memory behind a descriptor, which may be closed."""

    def __init__(self, descriptor: int) -> None:
        self._bytes = np.frombuffer(mmap.mmap(descriptor, BYTES), np.uint8)

    def put(self, arrays: Sequence[Array]) -> bool:
        """Copy arrays into it, one after the other; False where they pass through the pipe."""
        if not suits(sum(array.nbytes for array in arrays)):
            return False
        start = 0
        for array in arrays:
            self._bytes[start : start + array.nbytes] = raw(array)
            start += array.nbytes
        return True

    def take(self, announced: Sequence[Announced]) -> list[Array]:
        """Copies of the arrays in it."""
        found, start = [], 0
        for dtype, shape in announced:
            array = np.empty(shape, dtype)
            raw(array)[:] = self._bytes[start : start + array.nbytes]
            found.append(array)
            start += array.nbytes
        return found


def suits(size: int) -> bool:
    """Whether arrays of so many bytes together pass through a window: both sides ask this."""
    return LEAST <= size <= BYTES


def size_of(announced: Sequence[Announced]) -> int:
    return sum(dtype.itemsize * math.prod(shape) for dtype, shape in announced)


def raw(array: Array) -> Array:
    """The bytes of an array in C order; a view where that is its order."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
