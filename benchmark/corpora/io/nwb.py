"""Time series of an NWB file (HDF5), read slice by slice: memory holds what is asked for, no more.

    /acquisition/<name>/data            (samples,) or (samples, channels); attributes unit,
                                        conversion, offset: value * conversion + offset is in unit
    /acquisition/<name>/timestamps      seconds of each sample on the file's clock, or instead
    /acquisition/<name>/starting_time   seconds of the first sample; attribute rate in Hz

Streams of one file have starts and clocks of their own; the clock is often that of the machine, so
times are large. `place` turns a time into a sample, whichever way the time is given. A stream is of
use as long as its file is open.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError

TOLERANCE = 1e-3  # part of the declared rate by which a clock may differ
LONGEST = 3600.0  # seconds: what claims to be longer would fill the memory
CHANNELS = 1024  # as many at most
AGAIN = "get the file again"
# What h5py raises on bytes that are no sound HDF5, by where the damage is.
DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)
VOLTS = {
    **dict.fromkeys(("v", "volt", "volts"), 1e6),
    **dict.fromkeys(("mv", "millivolt", "millivolts"), 1e3),
    **dict.fromkeys(("uv", "µv", "μv", "microvolt", "microvolts"), 1.0),
}


@dataclass(frozen=True)
class Stream:
    """One time series of an open file; only its header has been read."""

    where: str  # file and name, for messages
    data: Any  # h5py dataset (samples, ...)
    timestamps: Any  # h5py dataset (samples,), or None
    declared: float  # Hz, what a file of this corpus has
    rate: float  # Hz, by the stream's own clock
    begin: float  # seconds on the file's clock, of the first sample
    unit: str  # "" where the file says none
    scale: float
    offset: float

    @property
    def end(self) -> float:
        """Seconds on the file's clock, one step past the last sample."""
        return self.begin + len(self.data) / self.rate


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The h5py file, open for reading; UserError where it is missing, cut off or no HDF5."""
    import h5py  # type: ignore[import-untyped,unused-ignore]

    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise UserError(f"{path}: expected an NWB file, found none; {AGAIN}") from None
    except DAMAGED as problem:
        raise UserError(f"{path}: not a sound HDF5 file ({_reason(problem)}); {AGAIN}") from problem
    with file:
        yield file


def stream(file: Any, name: str, rate: float, axes: int) -> Stream:
    """The time series /acquisition/<name> of `axes` axes, declared at `rate` Hz.

    UserError: it is missing, empty or of other axes, lies in another file, has no clock, or one
    that differs from `rate` by more than TOLERANCE.
    """
    where = f"{file.filename}: /acquisition/{name}"
    with _sound(where):
        data = _dataset(file, where, f"acquisition/{name}/data")
        if data is None:
            raise UserError(f"{where}/data: expected a dataset, found none; {AGAIN}")
        if len(data.shape) != axes or 0 in data.shape or max(data.shape[1:], default=0) > CHANNELS:
            raise UserError(f"{where}/data: expected {axes} axes with samples, got {data.shape}")
        stamps = _dataset(file, where, f"acquisition/{name}/timestamps")
        start = _dataset(file, where, f"acquisition/{name}/starting_time")
        if stamps is not None:
            begin, own = _of_timestamps(where, stamps, len(data))
        elif start is not None:
            begin, own = _number(start[()]), _number(start.attrs.get("rate", math.nan))
        else:
            raise UserError(f"{where}: expected timestamps or starting_time, found none; {AGAIN}")
        unit = data.attrs.get("unit", "")
        unit = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
        scale = _number(data.attrs.get("conversion", 1))
        offset = _number(data.attrs.get("offset", 0))
    if not abs(own - rate) <= TOLERANCE * rate:
        raise UserError(f"{where}: expected {rate:g} Hz within 0.1 %, got {own:g} Hz; {AGAIN}")
    if not (math.isfinite(begin) and len(data) / own <= LONGEST):
        raise UserError(
            f"{where}: expected a start and at most {LONGEST:g} s, got {begin} and"
            f" {len(data) / own:.0f} s; {AGAIN}"
        )
    if not (math.isfinite(scale) and scale != 0 and math.isfinite(offset)):
        raise UserError(f"{where}: expected a conversion and an offset, got {scale}, {offset}")
    return Stream(where, data, stamps, rate, own, begin, unit, scale, offset)


def place(stream: Stream, seconds: float) -> int:
    """The first sample at or after a time on the file's clock; the count of samples if none is.

    Timestamps are looked up, so that samples lost on the way do not move those after them.
    """
    if stream.timestamps is None:
        index = math.ceil((seconds - stream.begin) * stream.rate - 1e-3)
        return min(max(index, 0), len(stream.data))
    with _sound(stream.where):
        # Half a thousandth of a step early, so that rounding of large times makes no difference.
        return bisect_left(stream.timestamps, seconds - 1e-3 / stream.rate)


def time(stream: Stream, index: int) -> float:
    """Seconds on the file's clock of one sample."""
    if stream.timestamps is None:
        return stream.begin + index / stream.rate
    with _sound(stream.where):
        return float(stream.timestamps[index])


def samples(stream: Stream, first: int, stop: int) -> Array:
    """Samples first to stop, float64 (time, ...), in the stream's unit by conversion and offset.

    UserError: they reach beyond the stream, are no numbers, or samples are missing between them
    (the first and the last lie further apart, or nearer, than the rate allows).
    """
    steps = stop - 1 - first
    if not (0 <= first < stop <= len(stream.data)):
        raise UserError(f"{stream.where}: has no samples {first} to {stop}; {AGAIN}")
    took = time(stream, stop - 1) - time(stream, first)
    if not abs(took - steps / stream.declared) <= max(steps, 1) * TOLERANCE / stream.declared:
        raise UserError(
            f"{stream.where}: expected samples {first} to {stop - 1} to take"
            f" {steps / stream.declared:.3f} s, got {took:.3f} s: some are missing; {AGAIN}"
        )
    with _sound(stream.where):
        if stream.data.dtype.kind not in "fiu":
            raise UserError(f"{stream.where}: expected numbers, got {stream.data.dtype}; {AGAIN}")
        values = np.asarray(stream.data[first:stop], np.float64)
    if (stream.scale, stream.offset) != (1.0, 0.0):
        with np.errstate(over="ignore", invalid="ignore"):
            values = values * stream.scale + stream.offset
    return values


def texts(stream: Stream, first: int, stop: int) -> list[str]:
    """Samples first to stop of a stream of strings, of fixed or free length."""
    with _sound(stream.where):
        if stream.data.dtype.kind not in "OS":
            raise UserError(f"{stream.where}: expected strings, got {stream.data.dtype}; {AGAIN}")
        return [str(text) for text in stream.data.asstr("utf-8", "replace")[first:stop]]


def microvolts(unit: str) -> float:
    """By what to multiply to get µV; 1 for a unit that is no voltage, whose values stay."""
    return VOLTS.get(unit.strip().lower(), 1.0)


def _of_timestamps(where: str, stamps: Any, count: int) -> tuple[float, float]:
    """Time of the first sample, and rate from the first to the last."""
    if stamps.shape != (count,) or count < 2:
        raise UserError(f"{where}/timestamps: expected {count} of them, got {stamps.shape}")
    first, last = float(stamps[0]), float(stamps[count - 1])
    return first, (count - 1) / (last - first) if last > first else math.nan


def _number(value: Any) -> float:
    """A scalar, or an array of one as some programs write; NaN for anything else."""
    values = np.asarray(value, np.float64).ravel()
    return float(values[0]) if values.size == 1 else math.nan


def _dataset(file: Any, where: str, path: str) -> Any:
    """A dataset whose bytes lie in this very file; None where there is none."""
    found = file.get(path)
    if found is None:
        return None
    if not hasattr(found, "shape") or found.shape is None:
        raise UserError(f"{where}: expected a dataset as {path}, got something else; {AGAIN}")
    if found.file.filename != file.filename or found.external or found.is_virtual:
        raise UserError(f"{where}: expected {path} within the file, got a link out of it; {AGAIN}")
    return found


@contextmanager
def _sound(where: str) -> Iterator[None]:
    """Turn what h5py raises on damaged parts into one sentence."""
    try:
        yield
    except DAMAGED as problem:
        raise UserError(f"{where}: cannot be read ({_reason(problem)}); {AGAIN}") from problem


def _reason(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:120]
