"""Tiers of statistically tied rows, the probability of each row to be the best, gains.

Rows are compared by the units, such as speakers, that both have, by name. Those that have the same
units are ranked together; which these are is decided by the trivial baselines, which are kept with
the benchmark, and only then by number. A row of other units gets its tier from comparisons of its
own, and changes nothing of any other row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Array, Metric, Task
from benchmark.leaderboard.tables import (
    Gain,
    Row,
    Score,
    Table,
    is_trivial,
)
from benchmark.results import bootstrap, significance

SIGNIFICANT = 0.05
MANY_PAIRS = 1000  # the p of one of more pairs has a standard error of 0.005 where it is 0.05
FEW_FLIPS = 2000  # not 10,000: of 200 rows, they take 0.3 s
Name = tuple[str, str]


def ranked(table: Table, task: Task) -> Table:
    """The table with the tiers of its scores, and `tier` and `p_best` of rows by the first metric.

    A new tier starts at the first row that is significantly worse than the best row of the tier:
    paired sign-flip test over units, adjusted for all pairs of the table (Westfall-Young). Tiers
    are 0 where fewer than two scored rows share so many units that a difference can be significant.
    """
    scores = {row.name: dict(row.scores) for row in table.rows}
    for metric in task.metrics:
        for name, score in _with_tiers(table, task, metric).items():
            scores[name][metric.id] = score
    first = task.metrics[0]
    p_best = _p_best(table, task, first)
    rows = (
        replace(
            row,
            scores=scores[row.name],
            tier=scores[row.name][first.id].tier,
            p_best=p_best.get(row.name),
        )
        for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def alike(
    rows: Sequence[Row], task: Task, metric: Metric, of: Callable[[Score], Hashable]
) -> list[Row]:
    """The rows that have in common what `of` gives for their score by this metric.

    Of several groups of rows it is the one with the most trivial baselines, then rows.
    """
    groups: dict[Hashable, list[Row]] = {}
    for row in rows:
        groups.setdefault(of(row.scores[metric.id]), []).append(row)
    trivial = Counter(
        {key: sum(is_trivial(task, row) for row in group) for key, group in groups.items()}
    )
    order = sorted(
        groups, key=lambda key: (-trivial[key], -len(groups[key]), min(r.name for r in groups[key]))
    )
    return groups[order[0]] if order else []


def drawn(score: Score) -> Hashable:
    """What two scores must have in common for their draws to be of the same units."""
    defined = np.isfinite(score.draws)
    return score.units, score.texts, b"" if defined.all() else np.packbits(defined).tobytes()


def _with_tiers(table: Table, task: Task, metric: Metric) -> dict[Name, Score]:
    """The scores of rows that are compared by this metric, with their tiers."""
    rows = [row for row in table.rows if row.scores[metric.id].value is not None]
    rows.sort(key=lambda row: _worse(metric, row.scores[metric.id]))  # stable: ties as in the table
    regular = alike(rows, task, metric, lambda score: frozenset(score.by_unit))
    units = sorted(regular[0].scores[metric.id].by_unit) if regular else []
    if len(regular) < 2 or len(units) < 2:
        return {}
    values = _values(regular, metric, units)
    tiers = _tiers(values) if _can_tell_apart(units) else [0] * len(regular)
    found = {
        row.name: replace(row.scores[metric.id], tier=tier)
        for row, tier in zip(regular, tiers, strict=True)
    }
    best = values[:, [tiers.index(tier) for tier in range(1, tiers[-1] + 1)]]
    for row in rows:
        if row.name not in found:
            score = row.scores[metric.id]
            shared = [unit for unit in units if unit in score.by_unit]
            tier = 0
            if best.size and _can_tell_apart(shared):
                rest = best[[unit in score.by_unit for unit in units]]
                tier = _tier_among(rest, _values([row], metric, shared), metric)
            found[row.name] = replace(score, tier=tier, shared_units=len(shared))
    return found


def _worse(metric: Metric, score: Score) -> float:
    value = score.value or 0.0
    return -value if metric.better == "higher" else value


def _values(rows: Sequence[Row], metric: Metric, units: Sequence[str]) -> Array:
    """Scores (units, rows)."""
    return np.array([[row.scores[metric.id].by_unit[unit] for row in rows] for unit in units])


def _can_tell_apart(units: Sequence[str]) -> bool:
    """Whether any difference over these units can be significant: six are enough."""
    return significance.smallest_p(max(len(units), 1)) <= SIGNIFICANT


def _tiers(values: Array) -> list[int]:
    """The tier of each row from its scores (units, rows), best row first."""
    count = values.shape[1]
    first, second = np.triu_indices(count, 1)
    p = np.ones((count, count))
    flips = significance.FLIPS if len(first) <= MANY_PAIRS else FEW_FLIPS
    p[first, second] = significance.step_down(values[:, first] - values[:, second], flips)
    tiers, best = [1], 0
    for row in range(1, count):
        worse = p[best, row] <= SIGNIFICANT
        best = row if worse else best
        tiers.append(tiers[-1] + int(worse))
    return tiers


def _tier_among(best: Array, own: Array, metric: Metric) -> int:
    """The first tier whose best row, of scores (units, tiers), is not significantly better.

    One after the last where all of them are.
    """
    p = significance.step_down(best - own)
    sign = 1.0 if metric.better == "higher" else -1.0
    better = (p <= SIGNIFICANT) & (sign * (best - own).mean(axis=0) > 0)
    return 1 + int(np.argmin(np.append(better, False)))


def _p_best(table: Table, task: Task, metric: Metric) -> dict[Name, float]:
    """Share of bootstrap resamples in which each row is the best; tied rows share a resample."""
    known = [row for row in table.rows if row.scores[metric.id].draws.size]
    rows = alike(known, task, metric, drawn)
    if len(rows) < 2:
        return {}
    scores = [row.scores[metric.id] for row in rows]
    draws = np.array([bootstrap.corrected(s.draws, s.value or 0.0, s.correction) for s in scores])
    draws = draws[:, np.isfinite(draws[0])]
    best = draws.max(axis=0) if metric.better == "higher" else draws.min(axis=0)
    leads = draws == best
    shares = (leads / leads.sum(axis=0)).mean(axis=1)
    return {row.name: float(share) for row, share in zip(rows, shares, strict=True)}


def gain(score: Score, over: Score) -> Gain | None:
    """What a score adds to another; None where their draws are not of the same units.

    The two are resampled together, so that what they have in common cancels.
    """
    if score.value is None or over.value is None or not score.draws.size:
        return None
    if not over.draws.size or drawn(score) != drawn(over):
        return None
    value = score.value - over.value
    draws = (score.draws - over.draws).astype(np.float64)
    correction = max(score.correction, over.correction)
    low, high = bootstrap.ends(draws[np.isfinite(draws)], value, correction)
    return Gain(value, low, high)


def with_gains(task: Task, rows: Sequence[Row]) -> list[Row]:
    """The rows with what each gains over the row of the unprocessed input, where there is one."""
    over = next((row for row in rows if row.entry == task.unprocessed), None)
    if over is None:
        return list(rows)
    return [
        row
        if row.entry == over.entry
        else replace(
            row,
            scores={
                id: replace(score, gain=gain(score, over.scores[id]))
                for id, score in row.scores.items()
            },
        )
        for row in rows
    ]
