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

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

Floats = NDArray[np.float64]
Counts = NDArray[np.uint16]
CHUNK = 4_000_000  # numbers held at a time
KEPT = 50_000_000  # counts that may be kept for the next metric: 100 MB


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
    within: bool = True,
) -> tuple[float, float]:
    """Lower and upper end of the bootstrap interval of `score`.

    Without `within`, speakers are drawn whole (the cluster bootstrap), not their recordings.

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
    columns = statistics.transpose(1, 0, 2).reshape(count, runs * width)
    scores = []
    for weights in _draws(_owners(speakers, count), draws, seed, within):
        sums = weights.astype(np.float64) @ columns
        scores.append(_finite(reduce(sums.reshape(-1, runs, width)), "draw").mean(axis=1))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(scores), [tail, 1 - tail])
    return float(low), float(high)


def _draws(owners: tuple[int, ...], draws: int, seed: int, within: bool) -> Iterable[Counts]:
    """How often each recording is in each draw, some draws (n, recordings) at a time."""
    few = draws * len(owners) <= KEPT
    return (_kept_draws if few else _drawn)(owners, draws, seed, within)


@lru_cache(maxsize=2)
def _kept_draws(owners: tuple[int, ...], draws: int, seed: int, within: bool) -> tuple[Counts, ...]:
    """All metrics and most rows of a table share the same draws: making them costs the most."""
    return tuple(_drawn(owners, draws, seed, within))


def _drawn(owners: tuple[int, ...], draws: int, seed: int, within: bool) -> Iterator[Counts]:
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(np.equal(owners, speaker)) for speaker in range(max(owners) + 1)]
    step = max(1, CHUNK // (2 * len(owners)))
    for start in range(0, draws, step):
        yield _weights(rng, members, len(owners), min(step, draws - start), within)


def _weights(
    rng: np.random.Generator,
    members: list[NDArray[np.intp]],
    count: int,
    draws: int,
    within: bool,
) -> Counts:
    speakers = len(members)
    taken = rng.multinomial(speakers, np.full(speakers, 1 / speakers), size=draws)
    weights = np.zeros((draws, count), dtype=np.uint16)
    for times, mine in zip(taken.T, members, strict=True):
        if not within:
            weights[:, mine] = times[:, None]
            continue
        # Every time a speaker is taken, its recordings are drawn anew.
        rows = np.repeat(np.arange(draws), times * mine.size)
        cells = rows * mine.size + rng.integers(mine.size, size=rows.size)
        weights[:, mine] = np.bincount(cells, minlength=draws * mine.size).reshape(draws, -1)
    return weights


def _owners(speakers: Sequence[str] | Array, count: int) -> tuple[int, ...]:
    """The speaker of each recording as a number from 0 up."""
    names = np.asarray(speakers)
    if names.shape != (count,):
        raise ValueError(f"{count} recordings but speakers of shape {names.shape}")
    _, owners = np.unique(names, return_inverse=True)
    return tuple(owners.tolist())


def _check(statistics: Array) -> Floats:
    statistics = np.asarray(statistics, dtype=np.float64)
    if statistics.ndim != 3 or 0 in statistics.shape:
        raise ValueError(f"expected statistics (runs, recordings, k), got {statistics.shape}")
    return _finite(statistics, "statistics")


def _finite(values: Array, name: str) -> Floats:
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: holds NaN or infinity")
    return np.asarray(values, dtype=np.float64)
