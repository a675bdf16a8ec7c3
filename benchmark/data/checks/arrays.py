"""One array of one recording against the declaration of its signal.

Arrays are looked at block by block, so that checking one takes little memory beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, Checks, Signal
from benchmark.data.checks import levels
from benchmark.data.checks.problems import Problem

BLOCK = 1 << 20  # values that are looked at together
READER = "fix the reader, or declare what it gives"
FILE = "get the file again, leave the recording out, or fix the reader"
LEVEL = "check the unit and the gain, or declare `levels` in Checks"


class Extent(NamedTuple):
    """Of each channel (*frame): smallest and largest value and mean square, all float64."""

    low: Array
    high: Array
    power: Array


def problems(name: str, signal: Signal, array: object, checks: Checks) -> Iterator[Problem]:
    """What is wrong with an array that a reader gave; the first that makes the others moot ends it.

    Looks at kind, type, shape, finite values, ranges of labels and of letters, channels that do not
    change, and levels.
    """
    wrong = _of_form(signal, array)
    if wrong or not isinstance(array, np.ndarray):
        if wrong:
            yield wrong
        return
    extent = _extent(array)
    if not (np.isfinite(extent.low).all() and np.isfinite(extent.high).all()):
        yield _not_finite(signal, array)
        return
    if signal.labels or signal.free:
        yield from _of_classes(signal, array, extent)
        return
    if signal.rate is None or array.dtype.kind == "b":
        return
    may_be_flat = name in checks.flat or len(array) < levels.LEAST_FLAT or signal.unit == "0 or 1"
    if not may_be_flat and (wrong := _flat(signal, extent)):
        yield wrong
        return
    yield from _of_level(name, signal, array, extent, checks)


def _of_form(signal: Signal, array: object) -> Problem | None:
    if not isinstance(array, np.ndarray):
        found = "nothing (None)" if array is None else type(array).__name__
        return Problem("not an array", "a numpy array", found, READER)
    if array.dtype != np.dtype(signal.dtype):
        return Problem("type", signal.dtype, str(array.dtype), "convert it in the reader")
    frame = "".join(", any" if n is None else f", {n}" for n in signal.frame)
    is_label = signal.rate is None and not signal.free
    expected = "a single value, shape ()" if is_label else f"shape (time{frame})"
    shape = () if is_label else array.shape[1:]
    fits = array.ndim == (0 if is_label else 1 + len(signal.frame)) and all(
        want in (None, got) for want, got in zip(signal.frame, shape, strict=False)
    )
    if not fits:
        return Problem("shape", expected, f"shape {array.shape}", READER)
    if array.size == 0:
        what = "at least one channel" if array.ndim and len(array) else "at least one value"
        return Problem("empty", what, f"shape {array.shape}", FILE)
    return None


def _extent(array: Array) -> Extent:
    """In one pass. NaN makes `low` and `high` of its channel NaN."""
    whole = array.reshape(1, 1) if array.ndim == 0 else array.reshape(len(array), -1)
    step = max(1, BLOCK // whole.shape[1])
    low: Array | None = None
    for first in range(0, len(whole), step):
        part = whole[first : first + step]
        lowest, highest = part.min(axis=0), part.max(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            values = part.astype(np.float64)
            square = np.einsum("tc,tc->c", values, values)
        if low is None:
            low, high, power = lowest, highest, square
        else:
            low, high = np.minimum(low, lowest), np.maximum(high, highest)
            power = power + square
    assert low is not None  # an empty array comes not so far
    return Extent(low.astype(np.float64), high.astype(np.float64), power / len(whole))


def _not_finite(signal: Signal, array: Array) -> Problem:
    bad = ~np.isfinite(array)
    first = tuple(int(index[0]) for index in np.nonzero(np.atleast_1d(bad)))
    value = np.atleast_1d(array)[first]
    when = f" at {first[0] / signal.rate:.3f} s" if signal.rate else ""
    channel = f", channel {_channel(signal, first[1])}" if len(first) == 2 else ""
    found = f"{int(bad.sum()):,} of {bad.size:,} that are not, the first {value}{when}{channel}"
    return Problem("not finite", "finite values", found, FILE)


def _channel(signal: Signal, index: int) -> str:
    named = index < len(signal.channels)
    return f"{index} ({signal.channels[index]})" if named else str(index)


def _of_classes(signal: Signal, array: Array, extent: Extent) -> Iterator[Problem]:
    """Labels are places in the list of classes, a text holds code points of Unicode."""
    low, high = extent.low.min(), extent.high.max()
    if np.dtype(signal.dtype).kind not in "iu":
        yield Problem("type of a label", "an integer type", signal.dtype, "declare an integer type")
    elif signal.labels and not 0 <= low <= high < len(signal.labels):
        count = len(signal.labels)
        wrong = int(low if low < 0 else high)
        expected = f"labels 0 to {count - 1}, as {count} are declared"
        yield Problem("label out of range", expected, str(wrong), READER)
    elif not signal.labels and signal.unit == "code point" and not 0 < low <= high <= 0x10FFFF:
        wrong = int(low if low <= 0 else high)
        yield Problem("not a letter", "code points of letters", str(wrong), READER)
    elif not signal.labels and signal.unit == "code point":
        halves = array[(array >= 0xD800) & (array <= 0xDFFF)]
        if len(halves):
            yield Problem("not a letter", "code points of letters", str(int(halves[0])), READER)


def _flat(signal: Signal, extent: Extent) -> Problem | None:
    same = np.flatnonzero(extent.low == extent.high)
    if not len(same) or (not levels.is_sensor(signal.unit) and len(same) < len(extent.low)):
        return None
    value = f"{extent.low[same[0]]:.6g} all the time"
    of = f" in {len(same)} of {len(extent.low)} channels" if len(extent.low) > 1 else ""
    first = f", the first is {_channel(signal, int(same[0]))}" if len(signal.frame) == 1 else ""
    found = f"{value}{of}{first}"
    advice = f"{FILE}; if it is known to be so, declare `flat` in Checks"
    return Problem("flat", "values that change", found, advice)


def _of_level(
    name: str, signal: Signal, array: Array, extent: Extent, checks: Checks
) -> Iterator[Problem]:
    groups = _by_unit(signal, len(extent.power))
    for unit, channels in groups:
        power = extent.power[channels]
        limits = checks.levels.get(name) or levels.BY_UNIT.get(unit)
        level = float(np.sqrt(power.mean()))
        if limits and not limits[0] <= level <= limits[1]:
            expected = f"a root mean square of {limits[0]:g} to {limits[1]:g} {unit}"
            yield Problem("level", expected, f"{level:.3g} {unit}", LEVEL)
            return
    if len(signal.frame) == 1 and name not in checks.flat:
        yield from _across_channels(signal, groups, extent)
    if wrong := _clipped(signal, array, extent):
        yield wrong


def _clipped(signal: Signal, array: Array, extent: Extent) -> Problem | None:
    """Most of a sound lies near its peak, or most of a picture is as white as can be."""
    if len(array) < levels.LEAST_FLAT:
        return None
    if signal.unit == "full scale" and array.dtype.kind == "f":
        most = float(max(extent.high.max(), -extent.low.min()))
        size = np.abs(array)
        loud, all_but_dark = size >= levels.NEAR_PEAK * most, size > levels.SILENCE * most
    elif signal.unit == "grey level" and array.dtype == np.uint8:
        most = 255.0
        loud, all_but_dark = array == 255, array > 0
    else:
        return None
    share = int(np.count_nonzero(loud)) / max(int(np.count_nonzero(all_but_dark)), 1)
    if share <= levels.CLIPPED:
        return None
    expected = f"at most {levels.CLIPPED:.0%} of values near the largest"
    return Problem("clipped", expected, f"{share:.0%} near {most:.3g}", LEVEL)


def _by_unit(signal: Signal, count: int) -> list[tuple[str, Array]]:
    units = signal.units if len(signal.units) == count else (signal.unit,) * count
    return [(u, np.flatnonzero([u == each for each in units])) for u in dict.fromkeys(units)]


def _across_channels(
    signal: Signal, groups: list[tuple[str, Array]], extent: Extent
) -> Iterator[Problem]:
    """Electrodes of one array measure the same kind of thing: none is a million times louder."""
    least, most = levels.ACROSS_CHANNELS
    for unit, channels in groups:
        level = np.sqrt(extent.power[channels])
        median = float(np.median(level))
        if not levels.is_sensor(unit) or not median:
            continue
        for index in np.flatnonzero((level < least * median) | (level > most * median))[:1]:
            found = f"{level[index]:.3g} in channel {_channel(signal, int(channels[index]))}"
            expected = f"channels of about the same level, the median is {median:.3g} {unit}"
            yield Problem("channel of another level", expected, found, LEVEL)
