"""Time series of an NWB file by pynwb (the extra `nwb`), read slice by slice.

    /acquisition/<name>/data            (samples,) or (samples, channels); attributes unit,
                                        conversion, offset
    /acquisition/<name>/channel_conversion    (channels,), a factor for each
    /acquisition/<name>/timestamps      seconds of each sample on the file's clock, or instead
    /acquisition/<name>/starting_time   seconds of the first sample; attribute rate in Hz

A value is data * conversion * channel_conversion + offset, in unit. Streams of one file have starts
and clocks of their own; the clock is often that of the machine, so times are large. `place` turns a
time into a sample, whichever way the time is given. A stream is of use as long as its file is open.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmark.core import Array, UserError

TOLERANCE = 1e-3  # part of the declared rate by which a clock may differ
WANDER = 0.005  # seconds by which a time stamp may differ from where its rate puts it
LONGEST = 3600.0  # seconds: what claims to be longer would fill the memory
BLOCK = 1 << 16  # time stamps at a time
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
    scale: Array  # () or (channels,): conversion, by channel where the file has it
    offset: float

    @property
    def end(self) -> float:
        """Seconds on the file's clock, one step past the last sample."""
        return self.begin + len(self.data) / self.rate


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as a pynwb.NWBFile; UserError where it is missing, cut off or no NWB, or no pynwb.

    Only its structure is read, in about 0.1 s.
    """
    import h5py  # type: ignore[import-untyped,unused-ignore]

    pynwb = _pynwb()
    if not path.is_file():
        raise UserError(f"{path}: expected an NWB file, found none; {AGAIN}")
    try:
        raw = h5py.File(path, "r")
    except DAMAGED as problem:
        raise UserError(f"{path}: not a sound HDF5 file ({_reason(problem)}); {AGAIN}") from problem
    with raw:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about versions, and fields that are not used here
                file = pynwb.NWBHDF5IO(file=raw, mode="r", load_namespaces=True).read()
        except _damaged() as problem:
            why = _reason(problem)
            raise UserError(f"{path}: not a sound NWB file ({why}); {AGAIN}") from problem
        yield file


def _pynwb() -> ModuleType:
    try:
        import pynwb
    except ImportError:
        raise UserError(
            "reading NWB needs pynwb, which is not installed: pip install 'silentbench[nwb]'"
        ) from None
    return pynwb  # type: ignore[no-any-return,unused-ignore]


def _damaged() -> tuple[type[Exception], ...]:
    """What pynwb raises on files that do not follow the format, besides what h5py does."""
    from hdmf.build.errors import BuildError, ConstructError

    return (*DAMAGED, BuildError, ConstructError)


def stream(file: Any, name: str, rate: float, axes: int) -> Stream:
    """The time series /acquisition/<name> of `axes` axes, declared at `rate` Hz.

    UserError: it is missing, empty or of other axes, lies in another file, has no clock, or one
    that differs from `rate` by more than TOLERANCE.
    """
    where = f"{file.container_source}: /acquisition/{name}"
    series: Any = file.acquisition.get(name)
    data: Any = getattr(series, "data", None)
    if not hasattr(data, "file"):  # of h5py: where there is none, pynwb makes an empty one
        raise UserError(f"{where}/data: expected a time series, found none; {AGAIN}")
    with _sound(where):
        _check_inside(file, where, data)
        if len(data.shape) != axes or 0 in data.shape or max(data.shape[1:], default=0) > CHANNELS:
            raise UserError(f"{where}/data: expected {axes} axes with samples, got {data.shape}")
        stamps = series.timestamps
        if stamps is not None:
            _check_inside(file, where, stamps)
            begin, own = _of_timestamps(where, stamps, len(data))
        elif series.rate is not None:
            begin, own = float(series.starting_time), float(series.rate)
        else:
            raise UserError(f"{where}: expected timestamps or starting_time, found none; {AGAIN}")
        # Looked for in the file: a series of the plain kind has it too, and pynwb passes it over.
        gains = data.parent.get("channel_conversion")
        scale = float(series.conversion) * np.asarray(
            1.0 if gains is None else gains[()], np.float64
        )
        offset = float(series.offset)
    if not abs(own - rate) <= TOLERANCE * rate:
        raise UserError(f"{where}: expected {rate:g} Hz within 0.1 %, got {own:g} Hz; {AGAIN}")
    if not (math.isfinite(begin) and len(data) / own <= LONGEST):
        raise UserError(
            f"{where}: expected a start and at most {LONGEST:g} s, got {begin} and"
            f" {len(data) / own:.0f} s; {AGAIN}"
        )
    if scale.shape not in ((), data.shape[1:]):
        raise UserError(
            f"{where}: expected channel_conversion {data.shape[1:]}, got {scale.shape}; {AGAIN}"
        )
    if not (np.isfinite(scale).all() and (scale != 0).all() and math.isfinite(offset)):
        raise UserError(f"{where}: expected a conversion and an offset, got {scale}, {offset}")
    return Stream(where, data, stamps, rate, own, begin, str(series.unit or ""), scale, offset)


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
    (the first and the last lie further apart, or nearer, than the rate allows, or time stamps in
    between are not evenly spaced).
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
    _check_stamps(stream, first, stop, took)
    with _sound(stream.where):
        if stream.data.dtype.kind not in "fiu":
            raise UserError(f"{stream.where}: expected numbers, got {stream.data.dtype}; {AGAIN}")
        values = np.asarray(stream.data[first:stop], np.float64)
    if (stream.scale != 1).any() or stream.offset:
        with np.errstate(over="ignore", invalid="ignore"):
            values = values * stream.scale + stream.offset
    return values


def _check_stamps(stream: Stream, first: int, stop: int, took: float) -> None:
    """UserError unless time stamps rise, each about where an even clock would put it."""
    if stream.timestamps is None or stop - first < 2:
        return
    step = took / (stop - 1 - first)
    for at in range(first, stop, BLOCK):
        with _sound(stream.where):
            stamps = np.asarray(stream.timestamps[at : min(at + BLOCK + 1, stop)], np.float64)
        begin = time(stream, first) + (at - first) * step
        away = np.abs(stamps - begin - np.arange(len(stamps)) * step)
        odd = ~(away <= WANDER)
        odd[1:] |= ~(np.diff(stamps) > 0)
        for index in np.flatnonzero(odd)[:1]:
            raise UserError(
                f"{stream.where}/timestamps: expected even steps of {step * 1000:.4g} ms, found "
                f"sample {at + index} at {stamps[index]:.6f} s, {away[index] * 1000:.3g} ms away; "
                f"{AGAIN}"
            )


def texts(stream: Stream, first: int, stop: int) -> list[str]:
    """Samples first to stop of a stream of strings, of fixed or free length."""
    with _sound(stream.where):
        found = stream.data[first:stop]
        if np.asarray(found).dtype.kind not in "OSU":
            raise UserError(f"{stream.where}: expected strings, got {stream.data.dtype}; {AGAIN}")
        return [x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x) for x in found]


def microvolts(unit: str) -> float:
    """By what to multiply to get µV; 1 for a unit that is no voltage, whose values stay."""
    return VOLTS.get(unit.strip().lower(), 1.0)


def _of_timestamps(where: str, stamps: Any, count: int) -> tuple[float, float]:
    """Time of the first sample, and rate from the first to the last."""
    if stamps.shape != (count,) or count < 2:
        raise UserError(f"{where}/timestamps: expected {count} of them, got {stamps.shape}")
    first, last = float(stamps[0]), float(stamps[count - 1])
    return first, (count - 1) / (last - first) if last > first else math.nan


def _check_inside(file: Any, where: str, dataset: Any) -> None:
    """UserError unless the bytes of a dataset lie in this very file."""
    if (
        dataset.file.filename != file.container_source
        or getattr(dataset, "external", None)
        or getattr(dataset, "is_virtual", False)
    ):
        raise UserError(f"{where}: expected data within the file, got a link out of it; {AGAIN}")


@contextmanager
def _sound(where: str) -> Iterator[None]:
    """Turn what h5py raises on damaged parts into one sentence."""
    try:
        yield
    except DAMAGED as problem:
        raise UserError(f"{where}: cannot be read ({_reason(problem)}); {AGAIN}") from problem


def _reason(problem: BaseException) -> str:
    """The first line of the message, which hdmf puts behind the whole object it is about."""
    said = problem if isinstance(problem, OSError) or not problem.args else problem.args[-1]
    return (str(said).splitlines() or [type(problem).__name__])[0][:120]
