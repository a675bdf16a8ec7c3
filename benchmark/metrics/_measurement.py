"""What metrics share: checks of their input, and statistics whose score is a plain mean.

The evaluator looks at predictions before a metric sees them; these checks serve everyone else, and
turn what numpy would broadcast, wrap or carry on as NaN into a ValueError that says what was found.
Statistics of a mean are [value, 1, ...]: they add up over recordings, each weighing the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Signal

Result = TypeVar("Result")


def shapes(prediction: Array, target: Array, dimensions: int) -> tuple[Array, Array]:
    """The two as arrays of numbers with `dimensions` axes and one shape, or ValueError."""
    both = np.asarray(prediction), np.asarray(target)
    for name, array in zip(("prediction", "target"), both, strict=True):
        if array.dtype.kind not in "iuf":
            raise ValueError(f"{name}: expected real numbers, got dtype {array.dtype}")
        if array.ndim != dimensions:
            raise ValueError(f"{name}: expected {dimensions} dimensions, got {array.shape}")
        if array.size == 0:
            raise ValueError(f"{name}: empty, shape {array.shape}")
    if both[0].shape != both[1].shape:
        raise ValueError(f"expected shape {both[1].shape} of the target, got {both[0].shape}")
    return both


def _key(array: Array) -> tuple[str, tuple[int, ...], bytes]:
    """What tells an array from others: type, shape and a digest of its bytes as they are now."""
    whole = np.ascontiguousarray(array)
    digest = hashlib.blake2b(whole.data, digest_size=16).digest()
    return whole.dtype.str, whole.shape, digest


class Content:
    """An array as the key of a cache: equal to others of the same type, shape and bytes.

    For metrics that share what takes long, such as sound or contours: each is asked by itself.
    """

    def __init__(self, array: Array) -> None:
        self.array = np.ascontiguousarray(array)
        self._key = _key(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class LastPair(Generic[Result]):
    """A measurement of two sounds (samples,) at a rate that remembers what it said last.

    It says it again for the same content, for metrics that take their scores from one measurement
    while each is asked by itself. Neither sound is held, so one of an hour costs no memory.
    """

    def __init__(self, measure: Callable[[Array, Array, float], Result]) -> None:
        self._measure = measure
        self._last: tuple[object, Result] | None = None

    def __call__(self, one: Array, other: Array, rate: float) -> Result:
        key = (*(_key(np.asarray(sound)) for sound in (one, other)), rate)
        last = self._last  # read once: another thread may set it meanwhile
        if last is not None and last[0] == key:
            return last[1]
        said = self._measure(one, other, rate)
        self._last = key, said
        return said


def pair(
    prediction: Array, target: Array, dimensions: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two as finite float64 arrays of one shape with `dimensions` axes, or ValueError."""
    prediction, target = shapes(prediction, target, dimensions)
    finite(prediction, "prediction")
    finite(target, "target")
    return prediction.astype(np.float64), target.astype(np.float64)


def finite(array: Array, name: str) -> None:
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: holds NaN or infinity")


def whole_rate(rate: float | None) -> int:
    """A sampling rate as a whole number of Hz, or ValueError."""
    if rate is None or not np.isfinite(rate) or rate <= 0 or rate != int(rate):
        raise ValueError(f"expected a sampling rate in whole Hz, got {rate}")
    return int(rate)


def channel_count(signal: Signal) -> int:
    """How many channels every recording of `signal` has; 0 where recordings differ."""
    return signal.frame[0] if len(signal.frame) == 1 and signal.frame[0] else 0


def as_declared(array: Array, signal: Signal) -> None:
    """ValueError unless (time, channels) `array` has the channels that `signal` declares."""
    count = channel_count(signal)
    if count and array.shape[1:] != (count,):
        raise ValueError(f"expected {count} channels as the signal says, got shape {array.shape}")


def mean_statistics(value: float, *more: Array) -> NDArray[np.float64]:
    """Statistics of one recording: its value, the count 1, then values for breakdowns."""
    return np.concatenate([[value, 1.0], *more]).astype(np.float64)


def reduce_mean(sums: Array) -> NDArray[np.float64]:
    """Sums of statistics (..., k) to means (...); each recording weighs the same."""
    sums = np.asarray(sums, dtype=np.float64)
    return np.asarray(sums[..., 0] / sums[..., 1])


def mean_parts(sums: Array) -> NDArray[np.float64]:
    """Sums (..., 2 + n) of statistics whose further values are means of n channels to (..., n)."""
    sums = np.asarray(sums, dtype=np.float64)
    return np.asarray(sums[..., 2:] / sums[..., 1:2])


def plausible_mean(
    statistics: Array, signal: Signal, extra: Callable[[Signal], int] | int = 0
) -> NDArray[np.bool_]:
    """Which rows (n, k) are one value, the count 1 and `extra` values for breakdowns."""
    count = extra if isinstance(extra, int) else extra(signal)
    if statistics.shape[1] != 2 + count:
        return np.zeros(len(statistics), bool)
    return np.asarray((statistics[:, 1] == 1.0) & np.isfinite(statistics).all(axis=1))
