"""How two streams of a recording go together, learnt from the other recordings of its group.

A ridge regression predicts the course of one stream from that of another, both ways; each recording
is predicted by what the others tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.data.checks.courses import Profile

FOLDS = 20
PENALTY = 0.1  # of the ridge, as a share of the mean power of its inputs
STEPS_EACH = 80  # steps of all recordings for each column that is learnt from
LEAST_COLUMNS, MOST_COLUMNS = 4, 24
CONTEXT = 2  # steps to either side
SLOW = 25  # steps over which a mean is taken off, so that pauses do not decide
FEW = 28  # delays up to which each is computed by itself


@dataclass(frozen=True, eq=False)
class Pair:
    """Two streams of one recording, and each as it is predicted from the other."""

    id: str
    streams: tuple[Array, Array]
    predicted: tuple[Array, Array]

    def fit(self, other: Pair, lags: Sequence[int]) -> Array:
        """How well its first stream fits the second one of `other` at each delay, -1 to 1."""
        first = correlations(self.streams[0], other.predicted[0], lags)
        second = correlations(self.predicted[1], other.streams[1], lags)
        return (first + second) / 2


def predicted(group: Sequence[Profile], names: tuple[str, str]) -> list[Pair]:
    """The two streams of each recording, cut to the shorter, and as they are predicted."""
    first, second = (_scaled([fast(p.courses[name].moves) for p in group]) for name in names)
    counts = [min(len(a), len(b)) for a, b in zip(first, second, strict=True)]
    first, second = ([s[:n] for s, n in zip(side, counts, strict=True)] for side in (first, second))
    of_first, of_second = _ridge(second, first), _ridge(first, second)
    return [
        Pair(p.id, (a, b), (c, d))
        for p, a, b, c, d in zip(group, first, second, of_first, of_second, strict=True)
    ]


def fast(moves: Array) -> Array:
    """A course without its slow part, float64 (T, columns)."""
    course = moves.astype(np.float64)
    count, half = len(course), SLOW // 2
    sums = np.concatenate([np.zeros((1, course.shape[1])), np.cumsum(course, axis=0)])
    first, last = (np.clip(np.arange(count) + d, 0, count) for d in (-half, half + 1))
    return np.asarray(course - (sums[last] - sums[first]) / (last - first)[:, None])


def _scaled(courses: list[Array]) -> list[Array]:
    """Columns of equal power over the group, and the principal ones where there are many."""
    power = np.mean([np.square(c).mean(axis=0) for c in courses], axis=0)
    courses = [c / np.sqrt(power + 1e-9) for c in courses]
    steps = sum(map(len, courses)) // STEPS_EACH
    most = min(max(steps, LEAST_COLUMNS), MOST_COLUMNS)
    if courses[0].shape[1] <= most:
        return courses
    axes = np.linalg.eigh(np.sum([c.T @ c for c in courses], axis=0))[1][:, -most:]
    return [c @ axes for c in courses]


def _ridge(inputs: list[Array], targets: list[Array]) -> list[Array]:
    """Each target predicted from its input by what the other folds tell."""
    wide = [
        np.concatenate([np.roll(x, k, 0) for k in range(-CONTEXT, CONTEXT + 1)], 1) for x in inputs
    ]
    squares = np.array([x.T @ x for x in wide])
    products = np.array([x.T @ y for x, y in zip(wide, targets, strict=True)])
    square, product = squares.sum(axis=0), products.sum(axis=0)
    size = len(square)
    out: list[Array] = [np.zeros(0)] * len(wide)
    for fold in range(min(FOLDS, len(wide))):
        mine = slice(fold, None, FOLDS)
        known = square - squares[mine].sum(axis=0)
        known += PENALTY * np.trace(known) / size * np.eye(size)
        weights = np.linalg.solve(known, product - products[mine].sum(axis=0))
        for place in range(fold, len(wide), FOLDS):
            out[place] = wide[place] @ weights
    return out


def correlations(one: Array, other: Array, lags: Sequence[int]) -> Array:
    """Of two courses over all columns at circular delays of `other`, cut to the shorter."""
    count = min(len(one), len(other))
    one, other = one[:count], other[:count]
    size = float(np.linalg.norm(one) * np.linalg.norm(other)) or 1.0
    if len(lags) > FEW:
        spectra = np.fft.rfft(one, axis=0), np.fft.rfft(other, axis=0)
        every = np.fft.irfft((np.conj(spectra[0]) * spectra[1]).sum(axis=1), count)
    else:
        every = np.zeros(count)
        for lag in lags:
            every[lag % count] = float(np.vdot(np.roll(one, lag, axis=0), other))
    return np.asarray(every[np.array(lags) % count] / size)
