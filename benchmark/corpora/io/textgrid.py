"""Read Praat TextGrids by praatio: which word or phone was said from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmark.core import Array, UserError

MOST = 4 << 20  # bytes of one file


class Interval(NamedTuple):
    """What is said from `begin` to `end`, in seconds."""

    begin: float
    end: float
    text: str


def read(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The interval tiers of a TextGrid by name, such as "words" and "phones"; points are left out.

    Long or short form, UTF-8 or UTF-16. Intervals come in order of time, do not overlap and may
    have gaps. UserError with the file for anything else, for two tiers of one name, and for a file
    above 4 MiB.
    """
    from praatio.data_classes.interval_tier import IntervalTier

    return {
        tier.name: tuple(Interval(*entry) for entry in tier.entries)
        for tier in _opened(path).tiers
        if isinstance(tier, IntervalTier)
    }


def length(path: Path) -> float:
    """Seconds from 0 to the end of a TextGrid, which is that of its sound; UserError as `read`."""
    return float(_opened(path).maxTimestamp)


def _opened(path: Path) -> Any:
    from praatio import textgrid
    from praatio.utilities.errors import PraatioException

    try:
        if path.stat().st_size > MOST:
            raise UserError(f"{path}: expected a TextGrid of at most {MOST} bytes, got more")
        return textgrid.openTextgrid(str(path), includeEmptyIntervals=True, reportingMode="silence")
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    # Besides its own exceptions it lets through what converting or finding a field raises.
    except (PraatioException, ValueError, LookupError) as problem:
        why = (str(problem) or type(problem).__name__).splitlines()[0]
        raise UserError(f"{path}: not a TextGrid ({why}); get the file again") from problem


def frames(
    intervals: Sequence[Interval], count: int, rate: float, classes: Mapping[str, int], other: int
) -> Array:
    """(count,) int64: the class of what is said at k / rate seconds, `other` outside of intervals.

    KeyError for a label that has no class. An interval has its begin and not its end.
    """
    found = np.full(count, other, np.int64)
    times = np.arange(count) / rate
    for begin, end, text in intervals:
        first, last = np.searchsorted(times, (begin, end))
        found[first:last] = classes[text]
    return found
