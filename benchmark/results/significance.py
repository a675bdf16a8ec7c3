"""Statistical comparison of entries: paired tests, corrections for multiple tests, average ranks.

Scores are paired by unit (speaker, session, recording); p-values are two-sided. NaN, infinity,
unequal lengths and empty input raise ValueError. Differences that rounding alone explains are
equal: 0.3 - 0.2 and 0.2 - 0.1 are tied, and 0.1 + 0.2 - 0.3 is zero.

- `step_down`: sign-flip tests of many paired differences at once with the Westfall-Young step-down
  maxT adjustment (1993). All pairs share the flips, so unlike Holm's its smallest p does not grow
  with the number of pairs, which matters where units are few. The leaderboard's tiers are made by
  it. Exact for at most 16 units, else (b + 1) / (m + 1) from m draws, so that p is never 0.
- `sign_flip`: the same for one pair of entries.
- `average_ranks`, `friedman`, `nemenyi_distance`: Demsar 2006, JMLR 7.
- `wilcoxon`, `holm`, `bonferroni`, `benjamini_hochberg`: what other benchmarks report, so that
  published p-values can be checked; the leaderboard does not use them.

Why not scipy alone: `scipy.stats.permutation_test` takes sums as tied only where they agree to
1e-14, so scores far from 0 get p-values that depend on their offset; scipy has neither Holm's nor
Bonferroni's correction, and statsmodels is a large dependency for two lines of arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

Floats = NDArray[np.float64]
FLIPS = 10_000
MOST_EXACT = 16  # pairs of which all patterns of signs are counted
AT_ONCE = 64  # patterns: what they make of thousands of pairs stays near the processor
CLOSE = 1e-12  # of what is summed: sums of the same numbers in another order are still equal
ROUNDING = 8 * np.finfo(np.float64).eps  # of two scores, what their difference may be off


def sign_flip(a: Array, b: Array, draws: int = FLIPS, seed: int = 0) -> float:
    """p of the mean of paired differences a - b, both (n,), under random flips of their signs."""
    if draws < 1:
        raise ValueError(f"expected at least 1 draw, got {draws}")
    differences, slack = _paired(a, b)
    return float(_step_down(differences[:, None], slack.sum(), draws, seed)[0])


def step_down(differences: Array, draws: int = FLIPS, seed: int = 0) -> Floats:
    """Adjusted p (pairs,) of the means of paired differences (units, pairs).

    Controls the family-wise error where the differences of a unit are jointly symmetric about 0
    for all pairs that are equal in truth. A pair without any difference has p = 1.
    """
    return _step_down(_table(differences), 0.0, draws, seed)


def _step_down(table: Floats, slack: float, draws: int, seed: int) -> Floats:
    """`step_down` of (units, pairs); `slack` is what rounding may change in a sum over units."""
    exponents = np.frexp(np.abs(table).max(axis=0))[1]
    table = np.ldexp(table, -exponents)  # exact, and no square over- or underflows
    lengths = np.linalg.norm(table, axis=0)
    divisors = np.where(lengths > 0, lengths, 1.0)
    scaled = table / divisors
    observed = np.abs(scaled.sum(axis=0))
    order = np.argsort(observed, kind="stable")  # rising, so that maxima accumulate
    slacks = CLOSE * np.abs(scaled).sum(axis=0) + np.ldexp(slack, -exponents) / divisors
    ordered, least = scaled[:, order], (observed - slacks)[order]
    counts, total = np.zeros(table.shape[1]), 0
    for signs in _patterns(len(table), draws, seed):
        flipped = signs @ ordered
        # Of each pair and all that are less extreme, the largest.
        np.maximum.accumulate(np.abs(flipped, out=flipped), axis=1, out=flipped)
        counts += (flipped >= least).sum(axis=0)
        total += len(signs)
    exact = len(table) <= MOST_EXACT
    p = counts / total if exact else (counts + 1) / (total + 1)
    falling = np.maximum.accumulate(p[::-1])[::-1]
    return np.where(lengths > 0, _back(falling, order), 1.0)


def smallest_p(units: int) -> float:
    """The smallest p that a sign flip over so many units can have, counted or drawn."""
    return 2.0 ** (1 - units) if units <= MOST_EXACT else 1 / (FLIPS + 1)


def _patterns(units: int, draws: int, seed: int) -> Iterator[Floats]:
    """Signs (patterns, units), some at a time: all of them where they are few, else drawn."""
    if units <= MOST_EXACT:
        # The other half, with the first sign turned, gives the same absolute sums.
        numbers = np.arange(2 ** (units - 1))
        for part in np.array_split(numbers, max(1, len(numbers) // AT_ONCE)):
            bits = part[:, None] >> np.arange(units) & 1
            yield 1.0 - 2.0 * bits.astype(np.float64)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, draws, AT_ONCE):
        yield rng.choice((-1.0, 1.0), size=(min(AT_ONCE, draws - start), units))


def wilcoxon(a: Array, b: Array) -> float:
    """p of Wilcoxon's signed-rank test of a - b, both (n,); pairs without a difference are dropped.

    `scipy.stats.wilcoxon` with its own choice of method (the exact distribution for few pairs),
    after differences that rounding alone tells apart were made equal. 1 where no pair differs.
    """
    from scipy import stats

    differences = _tied(*_paired(a, b))
    return float(stats.wilcoxon(differences).pvalue) if differences.any() else 1.0


def bonferroni(pvalues: Sequence[float] | Array) -> Floats:
    """Each p times their number, at most 1."""
    p = _pvalues(pvalues)
    return np.minimum(1.0, p * len(p))


def holm(pvalues: Sequence[float] | Array) -> Floats:
    """The smallest p times n, the next times n - 1, ..., never decreasing, at most 1."""
    p = _pvalues(pvalues)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back(np.minimum(1.0, steps), order)


def benjamini_hochberg(pvalues: Sequence[float] | Array) -> Floats:
    """False discovery rate: `scipy.stats.false_discovery_control`, in the order given."""
    from scipy import stats

    return np.asarray(stats.false_discovery_control(_pvalues(pvalues)))


def average_ranks(scores: Array, higher_is_better: bool) -> Floats:
    """Mean rank of each method over data sets; scores (data sets, methods), 1 is best."""
    from scipy import stats

    table = _table(scores)
    ranks = stats.rankdata(-table if higher_is_better else table, axis=1)
    return np.asarray(ranks.mean(axis=0))


def friedman(scores: Array) -> float:
    """p that all methods rank alike, chi-square with ties; scores (data sets, methods >= 3).

    1 where all methods tie on every data set.
    """
    from scipy import stats

    table = _table(scores)
    if table.shape[1] < 3 or len(table) < 2:
        raise ValueError(f"expected 2 data sets and 3 methods or more, got shape {table.shape}")
    if (table == table[:, :1]).all():
        return 1.0
    return float(stats.friedmanchisquare(*table.T).pvalue)


def nemenyi_distance(methods: int, data_sets: int, alpha: float = 0.05) -> float:
    """Difference of average ranks that is significant: q / sqrt 2 * sqrt(k (k + 1) / 6 N)."""
    from scipy import stats

    if not (methods >= 2 and data_sets >= 1 and methods % 1 == data_sets % 1 == 0):
        raise ValueError(f"expected 2 methods and 1 data set or more, got {methods}, {data_sets}")
    if not 0 < alpha < 1:
        raise ValueError(f"expected alpha between 0 and 1 such as 0.05, got {alpha}")
    q = stats.studentized_range.ppf(1 - alpha, methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * data_sets)))


def _paired(a: Array, b: Array) -> tuple[Floats, Floats]:
    """Differences (n,), and how much each may be off by rounding."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 1 or a.shape != b.shape or not a.size:
        raise ValueError(f"expected two lists of one length, got shapes {a.shape} and {b.shape}")
    return _finite(a - b), ROUNDING * np.maximum(np.abs(a), np.abs(b))


def _tied(differences: Floats, slack: Floats) -> Floats:
    """Differences of which those that are equal in size but for rounding have one size."""
    order = np.argsort(np.abs(differences), kind="stable")
    sizes, off = np.abs(differences)[order], slack[order]
    # Beginning with 0, so that what is no difference is none.
    apart = np.diff(sizes, prepend=0.0) > np.maximum(off, np.append(0.0, off[:-1]))
    first = np.maximum.accumulate(np.where(apart, np.arange(len(sizes)), -1))
    size = np.where(first < 0, 0.0, sizes[first])
    return np.sign(differences) * _back(size, order)


def _pvalues(pvalues: Sequence[float] | Array) -> Floats:
    p = np.asarray(pvalues, np.float64)
    if p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected a list of p-values from 0 to 1")
    return p


def _table(scores: Array) -> Floats:
    table = np.asarray(scores, np.float64)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(f"expected scores (data sets, methods), got shape {table.shape}")
    return _finite(table)


def _finite(values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise ValueError("holds NaN or infinity")
    return values


def _back(values: Floats, order: NDArray[np.intp]) -> Floats:
    out = np.empty_like(values)
    out[order] = values
    return out
