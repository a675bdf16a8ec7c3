"""How sure a score is: hierarchical percentile bootstrap over speakers and their recordings.

Recordings of one speaker resemble each other, so a bootstrap of recordings alone is far too narrow
for a claim about speakers; a bootstrap of whole speakers alone has next to no width with few. Each
draw takes as many speakers as there are, with replacement, and for each one drawn as many of its
recordings as it has, with replacement. Runs (seeds of a model) share the draws; the score of a draw
is the mean over runs. The interval holds the middle `confidence` of the draws' scores (percentile
method). With few speakers it is still somewhat narrow, as every bootstrap of few units is.

Statistics are the sums of `benchmark.core.Metric`: they add up over recordings before `reduce`, so
ratios and F1 are resampled as the sums that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

Floats = NDArray[np.float64]
CHUNK = 4_000_000  # numbers held at a time


def score(statistics: Array, reduce: Callable[[Array], Array]) -> float:
    """Mean over runs of the reduced sum over recordings; statistics (runs, recordings, k).

    Raises ValueError for other shapes, NaN, infinity, or a score that is not a number.
    """
    statistics = _check(statistics)
    return float(_finite(reduce(statistics.sum(axis=1)), "score").mean())


def interval(
    statistics: Array,
    speakers: Sequence[str] | Array,
    reduce: Callable[[Array], Array],
    draws: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Lower and upper end of the bootstrap interval of `score`.

    `statistics` is (runs, recordings, k), `speakers` (recordings,) names. With one speaker only its
    recordings are drawn: the interval then says nothing about other speakers. Raises ValueError
    for fewer than 2 recordings, a confidence outside (0, 1), no draws, NaN, or mismatched lengths.
    """
    statistics = _check(statistics)
    runs, count, width = statistics.shape
    if count < 2:
        raise ValueError("an interval needs at least 2 recordings")
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1 such as 0.95, got {confidence}")
    if draws < 1:
        raise ValueError(f"expected at least 1 draw, got {draws}")
    members = _members(speakers, count)
    columns = statistics.transpose(1, 0, 2).reshape(count, runs * width)
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // (2 * count + runs * width))
    scores = []
    for start in range(0, draws, step):
        drawn = min(step, draws - start)
        sums = _weights(rng, members, count, drawn) @ columns
        scores.append(_finite(reduce(sums.reshape(drawn, runs, width)), "draw").mean(axis=1))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(scores), [tail, 1 - tail])
    return float(low), float(high)


def _weights(
    rng: np.random.Generator, members: list[NDArray[np.intp]], count: int, draws: int
) -> Floats:
    """How often each recording is in each draw, (draws, recordings)."""
    speakers = len(members)
    taken = rng.multinomial(speakers, np.full(speakers, 1 / speakers), size=draws)
    weights = np.zeros((draws, count))
    for times, mine in zip(taken.T, members, strict=True):
        # Every time a speaker is taken, its recordings are drawn anew.
        rows = np.repeat(np.arange(draws), times * mine.size)
        cells = rows * mine.size + rng.integers(mine.size, size=rows.size)
        weights[:, mine] = np.bincount(cells, minlength=draws * mine.size).reshape(draws, -1)
    return weights


def _members(speakers: Sequence[str] | Array, count: int) -> list[NDArray[np.intp]]:
    """Indices of the recordings of each speaker."""
    names = np.asarray(speakers)
    if names.shape != (count,):
        raise ValueError(f"{count} recordings but speakers of shape {names.shape}")
    _, owner = np.unique(names, return_inverse=True)
    return [np.flatnonzero(owner == speaker) for speaker in range(owner.max() + 1)]


def _check(statistics: Array) -> Floats:
    statistics = np.asarray(statistics, dtype=np.float64)
    if statistics.ndim != 3 or 0 in statistics.shape:
        raise ValueError(f"expected statistics (runs, recordings, k), got {statistics.shape}")
    return _finite(statistics, "statistics")


def _finite(values: Array, name: str) -> Floats:
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: holds NaN or infinity")
    return np.asarray(values, dtype=np.float64)
