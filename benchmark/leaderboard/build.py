"""Results -> tables. A pure function of the results: it runs nothing.

A table is one task on one split. A row is one variant of one entry, with the mean over its seeds
that have a good result in every fold, and a 95% confidence interval of that mean over the largest
unit of which the table has several: speakers, else sessions, else recordings. What cannot have a
row is listed under the table with its reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmark.core import Array, Isolation, Metric, Task
from benchmark.leaderboard.normalisation import with_normalised_scores
from benchmark.leaderboard.tables import NO_DRAWS, Row, Score, Table, title
from benchmark.results import bootstrap
from benchmark.results.result import Item, JobResult, Measurement
from benchmark.results.scores import measured_items

UNITS = ("speaker", "session", "recording")
WEAKER = (Isolation.PROCESS, Isolation.PREDICTIONS_ONLY)  # than a sandbox, by strength
BySeed = Sequence[Sequence[JobResult]]  # the results of all folds, for each seed


def tables(
    results: Iterable[JobResult],
    tasks: Mapping[str, Task],
    codes: Mapping[tuple[str, str], str] | None = None,
) -> list[Table]:
    """Group results into tables, sorted by task and split.

    `codes` are today's code digests by entry and task: a result of other code gets no row.
    """
    groups: dict[tuple[str, str], list[JobResult]] = defaultdict(list)
    for result in sorted(results, key=lambda r: (*r.job.key.parts, r.finished)):
        if result.task in tasks:
            groups[result.task, result.split].append(result)
    return [_table(tasks[task], group, codes or {}) for (task, _), group in sorted(groups.items())]


def _table(task: Task, results: Sequence[JobResult], codes: Mapping[tuple[str, str], str]) -> Table:
    data = _most_common(result.data for result in results)
    folds = {result.fold for result in results if result.data == data}
    by_row: dict[tuple[str, str], list[JobResult]] = defaultdict(list)
    for result in results:
        by_row[result.entry, result.variant].append(result)
    unit = _largest_unit(item for result in results for item in result.items)
    rows, left_out = [], []
    for (entry, variant), group in by_row.items():
        code = codes.get((entry, results[0].task))
        by_seed, reasons = _complete_seeds(task, group, data, folds, code)
        left_out += [f"{title(entry, variant)}: {reason}" for reason in reasons]
        if by_seed:
            rows.append(_row(task, entry, variant, by_seed, unit))
    items = [item for row in rows for result in row.results for item in result.items]
    ranked = sorted(
        with_normalised_scores(task, rows), key=lambda row: _order(task.metrics[0], row)
    )
    return Table(
        task=results[0].task,
        split=results[0].split,
        rows=tuple(ranked),
        left_out=tuple(left_out),
        recordings=_recordings(rows, items),
        speakers=len({item.speaker for item in items}),
        folds=len(folds),
        unit=unit,
        n_units=len({_unit_name(item, unit) for item in items}),
        data=data,
    )


def _recordings(rows: Sequence[Row], items: Sequence[Item]) -> int:
    """Number of test recordings; aggregated results hold counts of them."""
    if not any(result.aggregated for row in rows for result in row.results):
        return len({item.recording for item in items})
    return max(score.recordings for row in rows for score in row.scores.values())


def _largest_unit(items: Iterable[Item]) -> str:
    """The largest unit of which there are several: nothing can be said about what is above it."""
    names = {(item.speaker, item.session, item.recording) for item in items}
    for index, unit in enumerate(UNITS):
        if len({each[index] for each in names}) > 1:
            return unit
    return UNITS[-1]


def _unit_name(item: Item, unit: str) -> str:
    """The name of the unit that a recording belongs to; a session is one of its speaker."""
    if unit == "session":
        return f"{item.speaker} {item.session}"
    return item.speaker if unit == "speaker" else item.recording


def _most_common(values: Iterable[str]) -> str:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])


def _complete_seeds(
    task: Task, results: Sequence[JobResult], data: str, folds: set[str], code: str | None
) -> tuple[list[list[JobResult]], list[str]]:
    """The seeds with a good result in every fold, and a sentence for each reason why not."""
    by_seed: dict[int, list[JobResult]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    metrics = tuple(metric.id for metric in task.metrics)
    for result in results:
        if result.data != data:
            reasons["evaluated on other data than the rest of the table"] += 1
        elif result.metrics != metrics:
            reasons["scored with other metrics or metric versions than today's"] += 1
        elif code is not None and result.code != code:
            reasons["produced by other code than today's: run it again"] += 1
        elif result.status != "good":
            reasons[f"{result.status}: {result.reason}"] += 1
        else:
            by_seed[result.seed].append(result)
    complete = []
    for _, group in sorted(by_seed.items()):
        if {result.fold for result in group} == folds:
            complete.append(group)
        else:
            reasons[f"{len(group)} of {len(folds)} folds done"] += 1
    return complete, [f"{reason} ({n} x)" if n > 1 else reason for reason, n in reasons.items()]


def _row(task: Task, entry: str, variant: str, by_seed: BySeed, unit: str) -> Row:
    results = [result for group in by_seed for result in group]
    costs = [result.cost for result in results if result.cost is not None]
    predict_seconds = sum(cost.predict_seconds for cost in costs)
    signal_seconds = sum(filter(None, (cost.signal_seconds for cost in costs)))
    probes = [result.probes for result in results if result.probes is not None]
    look_ahead = [p.look_ahead_ms for p in probes if p.look_ahead_ms is not None]
    return Row(
        entry=entry,
        variant=variant,
        scores={metric.id: _score(metric, by_seed, unit) for metric in task.metrics},
        n_seeds=len(by_seed),
        parameters=max((cost.parameters for cost in costs if cost.parameters), default=None),
        fit_seconds=sum(cost.fit_seconds for cost in costs) / len(by_seed) if costs else None,
        real_time_factor=predict_seconds / signal_seconds if signal_seconds else None,
        isolation=max((result.isolation for result in results), key=_weakness),
        claims_causal=any(p.claims_causal for p in probes),
        look_ahead_ms=max(look_ahead, default=None),
        results=tuple(results),
    )


def _weakness(isolation: str) -> int:
    return WEAKER.index(Isolation(isolation)) if isolation in WEAKER else -1


def _score(metric: Metric, by_seed: BySeed, unit: str) -> Score:
    measured = [measured_items(metric, group) for group in by_seed]
    reasons = Counter(m.reason for pairs in measured for _, m in pairs if m.status == "floored")
    recordings = len(measured[0])
    if any(result.aggregated for group in by_seed for result in group):
        recordings, reasons = _counts_of_groups(metric, by_seed)
    if sum(reasons.values()) == recordings * len(by_seed):
        return Score(None, None, None, recordings, reasons)
    summed = [_summed(pairs, unit) for pairs in measured]
    names, sums = summed[0][1], np.stack([each for each, _ in summed])  # (seeds, units, k)
    value = bootstrap.score(sums, metric.reduce)
    by_unit = metric.reduce(sums).mean(axis=0)
    draws, low, high = NO_DRAWS, None, None
    if len(names) > 1:
        draws = bootstrap.resampled(sums, metric.reduce)
        low, high = bootstrap.interval(draws, value, len(names), scale=metric.scale)
    return Score(
        value=value,
        low=low,
        high=high,
        recordings=recordings,
        unscorable=reasons,
        sd_seeds=_deviation(metric.reduce(sums.sum(axis=1))),
        by_unit={n: float(v) for n, v in zip(names, by_unit, strict=True) if np.isfinite(v)},
        draws=draws,
    )


def _deviation(scores: Array) -> float | None:
    """Standard deviation of the scores of seeds (n,); None for one seed."""
    return float(np.std(scores, ddof=1)) if len(scores) > 1 else None


def _counts_of_groups(metric: Metric, by_seed: BySeed) -> tuple[int, Counter[str]]:
    """Recordings of one seed and unscorable predictions of all, as aggregated results count."""
    counts = [[result.outcomes[metric.id] for result in group] for group in by_seed]
    recordings = sum(n for by in counts[0] for status, n in by.items() if status != "left out")
    unscorable = sum(by.get("floored", 0) for group in counts for by in group)
    return recordings, Counter(
        {"no reason in aggregated results": unscorable} if unscorable else {}
    )


def _summed(
    pairs: Sequence[tuple[Item, Measurement]], unit: str
) -> tuple[bootstrap.Floats, tuple[str, ...]]:
    """Statistics (units, k) of one seed, and the names of the units."""
    statistics = np.array([measurement.statistics for _, measurement in pairs])
    return bootstrap.summed(statistics, [_unit_name(item, unit) for item, _ in pairs])


def _order(metric: Metric, row: Row) -> tuple[float, str, str]:
    """The best first, ties by name, rows without a score last."""
    value = row.scores[metric.id].value
    if value is None:
        return np.inf, row.entry, row.variant
    return (-value if metric.better == "higher" else value), row.entry, row.variant
