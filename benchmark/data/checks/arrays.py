"""One array against the signal that it should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, Checks, Signal
from benchmark.data.checks.levels import BY_UNIT, SENSORS

LEAST_FLAT = 16  # frames without any change from which on a channel counts as dead
BLOCK = 1 << 18  # frames that are looked at at once
SURROGATES = (0xD800, 0xDFFF)
LAST_CODE_POINT = 0x10FFFF

READ_IT_AS_DECLARED = "let the reader give what `signals` says, or correct `signals`"
LOOK_AT_THE_FILE = "look at the file, and leave the recording out where it cannot be mended"


class Fault(NamedTuple):
    """A problem of an array; see Problem."""

    kind: str
    expected: str
    found: str
    advice: str


def faults(array: object, name: str, signal: Signal, checks: Checks) -> Iterator[Fault]:
    """What is wrong with an array of the signal `name`; nothing where it is as declared."""
    if not isinstance(array, np.ndarray):
        found = "nothing" if array is None else type(array).__name__
        yield Fault("kind of value", "an array", found, READ_IT_AS_DECLARED)
        return
    if fault := _dtype(array, signal) or _shape(array, signal):
        yield fault
        return
    if signal.free and signal.unit == "code point":
        yield from _text(array)
        return
    if np.issubdtype(array.dtype, np.floating) and (fault := _not_finite(array)):
        yield fault
        return
    if signal.labels:
        yield from _labels(array, signal)
    elif signal.rate is not None:
        yield from _levels(array, name, signal, checks)


def _dtype(array: Array, signal: Signal) -> Fault | None:
    if array.dtype == np.dtype(signal.dtype) and array.dtype.isnative:
        return None
    return Fault("dtype", signal.dtype, str(array.dtype), READ_IT_AS_DECLARED)


def _shape(array: Array, signal: Signal) -> Fault | None:
    in_time = signal.rate is not None or signal.free
    expected = ("time", *("any" if n is None else n for n in signal.frame)) if in_time else ()
    fits = array.ndim == len(expected) and all(
        isinstance(n, str) or n == found for n, found in zip(expected, array.shape, strict=True)
    )
    if not fits:
        said = f"shape ({', '.join(map(str, expected))})"
        return Fault("shape", said, str(array.shape), READ_IT_AS_DECLARED)
    if in_time and not array.size:
        return Fault("length", "at least one frame", str(array.shape), LOOK_AT_THE_FILE)
    return None


def _not_finite(array: Array) -> Fault | None:
    """The first value that is NaN or infinite."""
    flat = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    for start in range(0, len(flat), BLOCK):
        block = flat[start : start + BLOCK]
        if not np.isfinite(block.sum(dtype=np.float64)):  # a sum is faster than a look at each
            wrong = np.argwhere(~np.isfinite(block))
            if len(wrong):
                frame, place = wrong[0]
                value = block[frame, place]
                where = f"{value} in frame {start + frame}"
                where += f", value {place} of {flat.shape[1]}" if flat.shape[1] > 1 else ""
                return Fault("finite", "finite values", where, LOOK_AT_THE_FILE)
    return None


def _labels(array: Array, signal: Signal) -> Iterator[Fault]:
    expected = f"0 to {len(signal.labels) - 1}, one of {len(signal.labels)} labels"
    if not np.issubdtype(array.dtype, np.integer):
        yield Fault("label", "an integer", str(array.dtype), READ_IT_AS_DECLARED)
    elif (lowest := int(array.min())) < 0 or int(array.max()) >= len(signal.labels):
        found = lowest if lowest < 0 else int(array.max())
        yield Fault("label", expected, str(found), READ_IT_AS_DECLARED)


def _text(array: Array) -> Iterator[Fault]:
    wrong = array[(array > LAST_CODE_POINT) | ((array >= SURROGATES[0]) & (array <= SURROGATES[1]))]
    if len(wrong):
        found = f"{int(wrong[0]):#x}"
        yield Fault("text", "code points of Unicode", found, LOOK_AT_THE_FILE)


def _levels(array: Array, name: str, signal: Signal, checks: Checks) -> Iterator[Fault]:
    """Channels that never change, and a level that no such signal has."""
    if not np.issubdtype(array.dtype, np.floating):
        if array.dtype == np.uint8 and signal.unit == "0 or 1" and int(array.max()) > 1:
            yield Fault("range", "0 or 1", str(int(array.max())), READ_IT_AS_DECLARED)
        pictures = len(signal.frame) > 1 and len(array) >= LEAST_FLAT and name not in checks.flat
        if pictures and all(np.array_equal(array[0], frame) for frame in array[1:]):
            found = f"the same picture {len(array)} times"
            yield Fault("flat", "pictures that change", found, LOOK_AT_THE_FILE)
        return
    frames = array.reshape(len(array), -1)
    bounds = checks.levels.get(name) or BY_UNIT.get(signal.unit)
    square = sum(
        float(np.square(frames[i : i + BLOCK], dtype=np.float64).sum())
        for i in range(0, len(frames), BLOCK)
    )
    level = (square / frames.size) ** 0.5
    dead = [] if name in checks.flat else _dead(frames, signal)
    if dead:
        named = [signal.channels[i] if signal.channels else str(i) for i in dead[:5]]
        more = f" and {len(dead) - 5} more" if len(dead) > 5 else ""
        of = "a signal" if frames.shape[1] == 1 else f"channel {', '.join(named)}{more}"
        found = f"{of} that is {frames[0, dead[0]]:g} throughout"
        yield Fault("flat", "channels that change", found, LOOK_AT_THE_FILE)
    elif bounds and not signal.units and not bounds[0] <= level <= bounds[1]:
        expected = f"a root mean square of {bounds[0]:g} to {bounds[1]:g} {signal.unit}"
        advice = "check unit and gain; if they are right, say so in `Checks.levels` of the corpus"
        yield Fault("level", expected, f"{level:.3g}", advice)


def _dead(frames: Array, signal: Signal) -> list[int]:
    if signal.unit not in SENSORS or len(frames) < LEAST_FLAT:
        return []
    same = frames.min(axis=0) == frames.max(axis=0)
    return [int(i) for i in np.flatnonzero(same)]
