"""Confidence intervals of scores: a bootstrap of whole units with a small-sample correction.

The unit of resampling is the highest level that a test set has several of: speakers, else sessions,
else recordings. Recordings of one speaker resemble each other, so a bootstrap of recordings is far
too narrow for a claim about speakers. Each draw takes as many units as there are, with replacement;
runs (seeds of a model) share the draws, and the score of a draw is the mean over runs.

The percentile interval of n units is too narrow by two factors: the spread of a resample has n
where that of a sample has n - 1, and a normal quantile stands where Student's belongs. `corrected`
moves each draw away from the score by both, t(n - 1) / z * sqrt(n / (n - 1)), as the expanded
percentile interval does (Hesterberg 2015, The American Statistician 69), but on the scale of the
score, since with 4 units no percentile is far enough out. Drawing recordings within units as well,
the hierarchical bootstrap, counts their variance twice: at a nominal 95 % it covers 83 to 99 %
where this covers 93 to 96 % (`benchmarks/interval_coverage.py`).

Statistics are the sums of `benchmark.core.Metric`: they add up before `reduce`, so ratios and F1
are resampled as the sums that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

Floats = NDArray[np.float64]
Scale = tuple[float | None, float | None]
DRAWS = 10_000
CONFIDENCE = 0.95
CHUNK = 4_000_000  # numbers held at a time
FEW = 100  # units whose weights are kept as they are needed
SURE = 0.4  # of the variance that units and texts have in common: counted as well estimated
FEWEST = "an interval needs at least 2 units"
ANY: Scale = (None, None)


def summed(statistics: Array, units: Sequence[str] | Array) -> tuple[Floats, tuple[str, ...]]:
    """Statistics (recordings, k) added up by unit: (units, k), and the sorted names of the units.

    Raises ValueError for other shapes, a number of names that is not that of the recordings, or a
    name that is NaN.
    """
    statistics, units = np.asarray(statistics, dtype=np.float64), np.asarray(units)
    if statistics.ndim != 2 or len(statistics) != len(units):
        raise ValueError(f"{len(units)} names of units, but statistics {statistics.shape}")
    if (units != units).any():
        raise ValueError("a unit is called NaN")
    names, owners = np.unique(units, return_inverse=True)
    sums = np.zeros((len(names), statistics.shape[1]))
    np.add.at(sums, owners, statistics)
    return sums, tuple(names.tolist())


def score(sums: Array, reduce: Callable[[Array], Array]) -> float:
    """Mean over runs of the reduced sum over units; sums (runs, units, k).

    Raises ValueError for other shapes, NaN, infinity, or a score that is not a number.
    """
    sums = _check(sums)
    return float(_finite(reduce(sums.sum(axis=1)), "score").mean())


def resampled(
    sums: Array, reduce: Callable[[Array], Array], draws: int = DRAWS, seed: int = 0
) -> Floats:
    """The score (draws,) of units drawn with replacement; sums (runs, units, k).

    Two calls with as many units, draws and the same seed draw the same units. Raises ValueError as
    `score` does, for no draws, and for fewer than 2 units, whose draws would all be the same.
    """
    return _finite(resampled_or_nan(sums, reduce, draws, seed), "draw")


def resampled_or_nan(
    sums: Array, reduce: Callable[[Array], Array], draws: int = DRAWS, seed: int = 0
) -> Floats:
    """As `resampled`, with NaN or infinity for a draw whose sums have no score."""
    sums = _check(sums)
    if sums.shape[1] < 2:
        raise ValueError(FEWEST)
    if draws < 1:
        raise ValueError(f"expected at least 1 draw, got {draws}")
    runs, units, width = sums.shape
    columns = sums.transpose(1, 0, 2).reshape(units, runs * width)
    weights = _weights(units, draws, seed)
    step = max(1, CHUNK // columns.size)
    parts = [
        reduce(
            (weights[a : a + step].astype(np.float64, copy=False) @ columns).reshape(
                -1, runs, width
            )
        )
        for a in range(0, draws, step)
    ]
    return np.asarray(np.concatenate(parts).mean(axis=1))


def crossed(
    by_unit: Array,
    by_text: Array,
    by_cell: Array,
    reduce: Callable[[Array], Array],
    draws: int = DRAWS,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, float]:
    """Draws (draws,) of units and of texts, and their `correction`.

    The same statistics as sums (runs, n, k) by unit, by text, and by what one unit says of one
    text. Units and texts are drawn apart, and both deviations from the score are added. NaN or
    infinity for a draw without a score. Raises ValueError as `resampled` does.
    """
    point = float(reduce(_check(by_cell).sum(axis=1)).mean())
    of_units = resampled_or_nan(by_unit, reduce, draws, seed)
    of_texts = resampled_or_nan(by_text, reduce, draws, seed + 1)
    drawn = of_units + (of_texts - point)
    n, m, cells = (np.shape(sums)[1] for sums in (by_unit, by_text, by_cell))
    raw = np.array([_variance(of_units), _variance(of_texts)])
    own = raw * (n / (n - 1), m / (m - 1))
    both = _jackknife(by_cell, reduce)  # the part that is in each of the two
    total = max(own.sum() - both, own.max())
    if not (np.isfinite(total) and total > 0):
        return drawn, correction(min(n, m), confidence)
    parts = [*np.maximum(own - SURE * both, 0), min(SURE * both, total)]
    freedom = total**2 / sum(p**2 / (c - 1) for p, c in zip(parts, (n, m, cells), strict=True))
    quantile = _quantile_ratio(freedom, confidence)
    return drawn, quantile * float(np.sqrt(total / raw.sum()))


def _variance(draws: Floats) -> float:
    variance = float(np.var(draws))
    return variance if np.isfinite(variance) else float(np.var(draws[np.isfinite(draws)]))


def _jackknife(sums: Array, reduce: Callable[[Array], Array]) -> float:
    """The variance of the score of sums (runs, n, k) by leaving out one at a time."""
    scores = reduce(sums.sum(axis=1, keepdims=True) - sums).mean(axis=0)
    defined = scores[np.isfinite(scores)]
    return float(np.var(defined) * (len(defined) - 1)) if len(defined) else 0.0


def corrected(draws: Array, point: float, factor: float) -> Floats:
    """The draws (...) corrected for a small number of units: moved away from the score `point`."""
    return np.asarray(point + factor * (np.asarray(draws) - point))


def interval(
    draws: Array,
    point: float,
    units: int,
    confidence: float = CONFIDENCE,
    scale: Scale = ANY,
) -> tuple[float, float]:
    """Lower and upper end around the score `point`, from draws that `resampled` made of `units`.

    Neither end lies beyond the metric's `scale`. Raises ValueError for fewer than 2 units or a
    confidence outside (0, 1).
    """
    return ends(draws, point, correction(units, confidence), confidence, scale)


def ends(
    draws: Array,
    point: float,
    factor: float,
    confidence: float = CONFIDENCE,
    scale: Scale = ANY,
) -> tuple[float, float]:
    """`interval`, with the correction of the draws."""
    low, high = percentiles(corrected(draws, point, factor), confidence)
    # A skewed score may lie outside the middle of its draws, but never outside its interval.
    low, high = min(low, point), max(high, point)
    least, most = scale
    return (
        low if least is None else max(low, min(least, point)),
        high if most is None else min(high, max(most, point)),
    )


def percentiles(draws: Array, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the middle `confidence` of the draws; ValueError for one outside (0, 1)."""
    _check_confidence(confidence)
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1 such as 0.95, got {confidence}")


@lru_cache
def correction(units: int, confidence: float = CONFIDENCE) -> float:
    """How far draws of so many units are moved away from the score; ValueError for fewer than 2."""
    if units < 2:
        raise ValueError(FEWEST)
    return _quantile_ratio(units - 1, confidence) * float(np.sqrt(units / (units - 1)))


def _quantile_ratio(freedom: float, confidence: float) -> float:
    """Student's quantile by the normal one."""
    from scipy import special

    _check_confidence(confidence)
    tail = (1 + confidence) / 2
    return float(special.stdtrit(freedom, tail) / special.ndtri(tail))


@lru_cache(maxsize=4)
def _weights(units: int, draws: int, seed: int) -> Array:
    """How often each unit is in each draw (draws, units); all rows of a table share them."""
    rng = np.random.default_rng(seed)
    # Of 5000 units, bytes are 50 MB where float64 are 400.
    weights = np.empty((draws, units), np.float64 if units <= FEW else np.uint8)
    step = max(1, CHUNK // units)
    for start in range(0, draws, step):
        part = weights[start : start + step]
        part[:] = rng.multinomial(units, np.full(units, 1 / units), size=len(part))
    weights.flags.writeable = False
    return weights


def _check(sums: Array) -> Floats:
    sums = np.asarray(sums, dtype=np.float64)
    if sums.ndim != 3 or 0 in sums.shape:
        raise ValueError(f"expected sums (runs, units, k), got {sums.shape}")
    return _finite(sums, "sums")


def _finite(values: Array, name: str) -> Floats:
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: holds NaN or infinity")
    return np.asarray(values, dtype=np.float64)
