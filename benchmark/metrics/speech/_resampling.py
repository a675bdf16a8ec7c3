"""Sound at another rate, by the filter of Octave and `pystoi` 0.4.1, as products of matrices.

With up / down the ratio of the rates in lowest terms and h a sinc under a Kaiser window, from -L to
L, that cuts at half of the lower rate and whose sum is `up`:

    y[k] = sum over j of x[j] h[k down - j up],    x = 0 outside of the signal

The weights repeat every `up` samples of y, in which x moves on by `down`. So a group of
neighbouring samples of y is one product: stretches of x that lie a period apart, times the weights
of the group. These are computed once for a ratio. Of a long signal, any part can be had alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

Floats = NDArray[np.float64]

GROUP = 48  # samples of y at once: more take longer to multiply, fewer to lay out
REJECTION = 60.0  # dB, of the filter
ROLL_OFF = 10  # the band in which it falls is this part of the one that passes


@dataclass(frozen=True, eq=False)
class Group:
    """Samples [first, first + n) of a period of y, from [begin, begin + m) of that of x."""

    first: int
    begin: int
    weights: Floats  # (m, n)


@dataclass(frozen=True, eq=False)
class Ratio:
    """Groups that make up a period: `made` samples of y, in which x moves on by `taken`."""

    made: int
    taken: int
    groups: tuple[Group, ...]


def resampled(signal: Array, rate: int, to: int, start: int, stop: int) -> Floats:
    """Samples [start, stop) of a signal (samples,) at `rate` Hz, at `to` Hz instead.

    Zeros are what lies before the signal and after it.
    """
    if rate == to:
        return signal[start:stop].astype(np.float64)
    ratio = _ratio(to // gcd(rate, to), rate // gcd(rate, to))
    first = start // ratio.made
    periods = -(-stop // ratio.made) - first
    begins = min(group.begin for group in ratio.groups)
    ends = max(group.begin + len(group.weights) for group in ratio.groups)
    part = _part(signal, first * ratio.taken + begins, (first + periods - 1) * ratio.taken + ends)
    made = np.empty((periods, ratio.made))
    for group in ratio.groups:
        stretches = np.lib.stride_tricks.sliding_window_view(part, len(group.weights))
        apart = stretches[group.begin - begins :: ratio.taken][:periods]
        at = slice(group.first, group.first + group.weights.shape[1])
        made[:, at] = np.ascontiguousarray(apart) @ group.weights  # as a copy, BLAS takes it
    return made.reshape(-1)[start - first * ratio.made : stop - first * ratio.made]


def _part(signal: Array, start: int, stop: int) -> Floats:
    """Samples [start, stop) of a signal that is 0 outside."""
    part = np.zeros(stop - start)
    inside = slice(max(start, 0), min(stop, len(signal)))
    part[inside.start - start : inside.stop - start] = signal[inside]
    return part


@lru_cache(maxsize=4)
def _ratio(up: int, down: int) -> Ratio:
    weights = _filter(up, down)
    half = len(weights) // 2
    periods = -(-GROUP // up)
    made, groups = periods * up, list[Group]()
    for first in range(0, made, GROUP):
        samples = np.arange(first, min(first + GROUP, made))
        begin = -((half - first * down) // up)
        end = (int(samples[-1]) * down + half) // up + 1
        at = samples * down - np.arange(begin, end)[:, None] * up + half
        inside = (at >= 0) & (at < len(weights))
        groups.append(Group(first, begin, np.where(inside, weights[np.where(inside, at, 0)], 0.0)))
    return Ratio(made, periods * down, tuple(groups))


def _filter(up: int, down: int) -> Floats:
    """(2 L + 1,) the sinc under a Kaiser window, by Kaiser's formulas for length and shape."""
    cut = 1 / (2 * max(up, down))
    half = ceil((REJECTION - 8) / (28.714 * cut / ROLL_OFF))
    shape = 0.1102 * (REJECTION - 8.7)
    found = np.kaiser(2 * half + 1, shape) * np.sinc(2 * cut * np.arange(-half, half + 1))
    return np.asarray(found * (up / found.sum()))
