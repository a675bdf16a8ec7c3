"""The protocol between evaluator and worker: one line of JSON, then raw bytes. No pickles.

The bytes follow the line, or are in the memory that both share before the line is written, by the
size of all arrays of the message together (`window.py`).

    evaluator -> worker   {"inputs": {name: [dtype, shape]}, "shape": [...]}  + the arrays' bytes
    worker -> evaluator   {"ready": true}                             before the entry is imported
                          {"parameters", "flops", "history"}          after `fit`
                          {"array": [dtype, shape]}                   + the array's bytes
An entry that raises ends its worker; the evaluator reads why in the worker's log.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import select
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np

from benchmark.core import Array
from benchmark.worker.window import Announced, Window, raw, size_of, suits

LONGEST_LINE = 65_536
PIPE_BYTES = 2**20  # what anyone may ask for: fewer calls that wait for the other side
MOST_BRACKETS = 64  # what is nested deeply cannot be parsed, nor shown


class Broken(Exception):
    """The other side ended, or said what this protocol does not know."""


class Ended(Broken):
    """The other side ended."""


def widen(pipe: IO[bytes]) -> None:
    """Let the pipe hold more at a time, where the user has not used up what all pipes may hold."""
    with contextlib.suppress(PermissionError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def send(
    pipe: IO[bytes], head: Mapping[str, Any], *arrays: Array, window: Window | None = None
) -> None:
    """Send one message; the arrays in C order, as `head` announces them."""
    write(pipe, packed(head, *arrays, window=window))


def packed(
    head: Mapping[str, Any], *arrays: Array, window: Window | None = None
) -> list[bytes | memoryview]:
    """What `write` has to write for a message; what passes through the window is in it already."""
    line = json.dumps(head).encode() + b"\n"
    passed = window is not None and window.put(arrays)
    return [line] if passed else [line, *(raw(array).data for array in arrays)]


def write(pipe: IO[bytes], pieces: Sequence[bytes | memoryview]) -> None:
    """Write a message; Ended where the other side has ended."""
    try:
        for piece in pieces:
            _write(pipe, piece)
    except BrokenPipeError as error:
        raise Ended("the worker ended while it was given an input") from error


def _write(pipe: IO[bytes], content: bytes | memoryview) -> None:
    view = memoryview(content)
    while view:  # an unbuffered pipe takes what fits
        view = view[pipe.write(view) :]


def waits(pipe: IO[bytes], seconds: float = 0.0) -> bool:
    """Whether there is something to read, or will be within so many seconds.

    At the end of the pipe there is not, and it is not waited for.
    """
    events = select.poll()
    events.register(pipe, select.POLLIN)
    return any(event & select.POLLIN for _, event in events.poll(1000 * seconds))


def receive(pipe: IO[bytes]) -> dict[str, Any]:
    """Read the head of one message; Broken at the end, or when it is no line of JSON."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = pipe.read(1)
        if not piece:
            raise Ended("ended without an answer")
        line += piece
        if len(line) > LONGEST_LINE:
            raise Broken("wrote a line without an end")
    if line.count(b"[") + line.count(b"{") > MOST_BRACKETS:
        raise Broken("wrote something that is no message")
    try:
        head = json.loads(line)
    except ValueError as error:
        raise Broken("wrote something that is no message") from error
    if not isinstance(head, dict):
        raise Broken("wrote something that is no message")
    return head


def receive_arrays(
    pipe: IO[bytes], announced: Sequence[Announced], window: Window | None = None
) -> list[Array]:
    """The arrays of one message, of exactly these types and shapes; nobody else has them."""
    if window is not None and suits(size_of(announced)):
        return window.take(announced)
    return [receive_array(pipe, dtype, shape) for dtype, shape in announced]


def receive_array(pipe: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Read exactly one array of that type and shape."""
    array = np.empty(shape, dtype)  # not filled with zeros first: it is large
    view = raw(array).data
    filled = 0
    while filled < len(view):
        count = pipe.readinto(view[filled:])  # type: ignore[attr-defined]
        if not count:
            raise Ended("ended in the middle of an array")
        filled += count
    return array
