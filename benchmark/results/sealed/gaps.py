"""Public beside sealed scores: the gap of each entry, and which gaps the others do not explain.

Sealed recordings may be harder than public ones, and harder for some entries than for others, so a
gap alone says nothing. What is normal is told by the others: a line through their public and
sealed scores (Theil-Sen, which a third of outliers do not move), as in Recht et al. 2019
(arXiv:1902.10811), where public scores were a straight line of fresh ones for all honest systems.
An entry is marked where its public score lies above the line of all others, at its sealed score, by
more than

    t(1 - ALPHA / entries, others - 2) * sqrt(talkers^2 + others^2)

with `talkers`, the standard error of that distance when talkers of both tests are drawn anew, alike
for all entries, and `others`, the scatter of the others about their line (median absolute
residual) as it grows towards the ends of the line. The scatter holds the chance of talkers already:
the other term is for an entry that depends on them more than others. An entry whose sealed score is
worse than those of half of the others is held against the middle of the line, which asks less of it
and does not hang on how the line ends. Fewer than FEWEST others explain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Metric
from benchmark.results import bootstrap
from benchmark.results.sealed.file import SealedResult, Sums

ALPHA = 0.05  # chance that one of all honest entries is marked
FEWEST = 4  # others that draw a line
DRAWS = 1000
TO_SD = 1.4826  # of the median absolute deviation of normal errors

Floats = bootstrap.Floats
Name = tuple[str, str]  # entry, variant


@dataclass(frozen=True)
class Gap:
    """Scores of one entry on both tests, means over its seeds."""

    public: float
    sealed: float
    low: float  # the gap's interval: how much better the public score is
    high: float
    above: float | None  # how far the public score lies above the line of the others
    limit: float | None  # and how far it may; None where too few others draw a line
    seeds: int

    @property
    def marked(self) -> bool:
        """Whether the others' gaps do not explain this one."""
        return self.above is not None and self.limit is not None and self.above > self.limit


def gaps(metric: Metric, results: Mapping[Name, Sequence[SealedResult]]) -> dict[Name, Gap]:
    """The gap of each entry from its results of all seeds, on one split and one secret.

    Left out are entries without a value, and those whose talkers are not those of most entries.
    """
    sums = {name: pair for name, of in results.items() if (pair := _both(metric, of))}
    kinds = [tuple(s.names for s in pair) for pair in sums.values()]
    if not kinds:
        return {}
    most = max(kinds, key=kinds.count)
    kept = {n: pair for n, pair in sums.items() if tuple(s.names for s in pair) == most}
    sign = 1.0 if metric.better == "higher" else -1.0
    points = np.array([[sign * _value(metric, s.sums) for s in pair] for pair in kept.values()])
    drawn = np.stack([[sign * d for d in _drawn(metric, pair)] for pair in kept.values()])
    small = np.array([[n / (n - 1)] for n in map(len, most)]) ** 0.5  # a resample spreads less
    student = np.array([[bootstrap.correction(n)] for n in map(len, most)])
    moved = drawn - points[:, :, None]
    wide = points[:, :, None] + student * moved
    close = points[:, :, None] + small * moved
    above, limits = excess(points[:, 0], points[:, 1], close[:, 0], close[:, 1])
    found = {}
    for place, name in enumerate(kept):
        public, sealed = points[place]
        low, high = bootstrap.percentiles(wide[place, 0] - wide[place, 1])
        gap = public - sealed
        found[name] = Gap(
            public=float(sign * public),
            sealed=float(sign * sealed),
            low=min(low, gap),
            high=max(high, gap),
            above=None if above is None else float(above[place]),
            limit=None if limits is None else float(limits[place]),
            seeds=len(results[name]),
        )
    return found


@dataclass(frozen=True)
class _Summed:
    names: tuple[str, ...]
    sums: Floats  # (seeds, talkers, k)


def _both(metric: Metric, results: Sequence[SealedResult]) -> tuple[_Summed, _Summed] | None:
    """Public and sealed sums of all seeds; None where they have no value or two talkers each."""
    parts = []
    for part in ("public", "sealed"):
        of: list[Sums] = [getattr(r, part)[metric.id] for r in results if metric.id in r.public]
        names = tuple(sorted(of[0].by_talker)) if of else ()
        lengths = {len(s) for one in of for s in one.by_talker.values()}
        alike = all(sorted(one.by_talker) == list(names) for one in of) and len(lengths) == 1
        if len(of) < len(results) or len(names) < 2 or not alike:
            return None
        sums = np.array([[one.by_talker[name] for name in names] for one in of], np.float64)
        parts.append(_Summed(names, sums))
        if not np.isfinite(_value(metric, sums)):
            return None
    return parts[0], parts[1]


def _value(metric: Metric, sums: Floats) -> float:
    with np.errstate(all="ignore"):
        try:
            return float(metric.reduce(sums.sum(axis=1)).mean())
        except (IndexError, ValueError):  # sums that are not those of the metric
            return float("nan")


def _drawn(metric: Metric, pair: Sequence[_Summed]) -> list[Floats]:
    """Scores (DRAWS,) of public and of sealed talkers drawn anew, the same for every entry."""
    drawn = []
    for seed, part in enumerate(pair):
        with np.errstate(all="ignore"):
            draws = bootstrap.resampled_or_nan(part.sums, metric.reduce, DRAWS, seed)
        value = _value(metric, part.sums)
        drawn.append(np.where(np.isfinite(draws), draws, value))
    return drawn


def excess(
    public: Array, sealed: Array, public_draws: Array, sealed_draws: Array
) -> tuple[Floats | None, Floats | None]:
    """How far each public score lies above the line of all others, and how far it may.

    Scores (n,) of which higher is better, and draws (n, draws) of them. Two None where fewer than
    FEWEST + 1 entries are there.
    """
    from scipy import special

    n = len(public)
    if n < FEWEST + 1:
        return None, None
    above, limits = np.zeros(n), np.zeros(n)
    for entry in range(n):
        others = np.arange(n) != entry
        x, y = np.asarray(sealed)[others], np.asarray(public)[others]
        at = max(sealed[entry], np.median(x))
        drawn_at = np.maximum(sealed_draws[entry], np.median(sealed_draws[others], axis=0))
        slope, height = _line(x[:, None], y[:, None])
        residuals = y - (height + slope * x)
        above[entry] = public[entry] - (height + slope * at)[0]
        m = n - 1
        scatter = TO_SD * np.median(np.abs(residuals)) * np.sqrt(m / (m - 2))
        squares = np.sum((x - x.mean()) ** 2)
        away = (at - x.mean()) ** 2 / squares if squares > 0 else 0.0
        slopes, heights = _line(sealed_draws[others], public_draws[others])
        moved = public_draws[entry] - (heights + slopes * drawn_at)
        error = np.hypot(np.std(moved), scatter * np.sqrt(1 + 1 / m + away))
        limits[entry] = special.stdtrit(m - 2, 1 - ALPHA / n) * error
    return above, limits


def _line(x: Array, y: Array) -> tuple[Floats, Floats]:
    """Slope and height (draws,) of the Theil-Sen line through (n, draws) points; never falling."""
    one, other = np.triu_indices(len(x), 1)
    run, rise = x[other] - x[one], y[other] - y[one]
    same = np.abs(run) <= 1e-12 * (1 + np.abs(x[one]))
    slopes = np.divide(rise, run, out=np.full(run.shape, np.nan), where=~same)
    slopes[:, same.all(axis=0)] = 1.0  # all have one score: nothing to draw a line through
    slope = np.maximum(np.nanmedian(slopes, axis=0), 0.0)
    return slope, np.asarray(np.median(y - slope * x, axis=0))
