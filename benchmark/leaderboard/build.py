"""Results -> tables. A pure function of the results: it runs nothing.

A table is one task on one split. A row is one variant of one entry, with the mean over its runs
(seeds) that have a good result in every fold, and a 95 % interval of that mean over the largest
unit of which the table has several: speakers, else sessions, else recordings. What cannot have a
row is named under the table with its reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmark.core import Isolation, Metric, Task
from benchmark.leaderboard.tables import NOTHING, Row, Score, Table, Way, is_floor, title
from benchmark.results import bootstrap
from benchmark.results.result import Item, JobResult, Measurement
from benchmark.results.scores import measured_items

UNITS = ("speaker", "session", "recording")
WEAKER = (Isolation.PROCESS, Isolation.PREDICTIONS_ONLY)  # than a sandbox, by strength


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
    data = _commonest(result.data for result in results)
    folds = {result.fold for result in results if result.data == data}
    by_row: dict[tuple[str, str], list[JobResult]] = defaultdict(list)
    for result in results:
        by_row[result.entry, result.variant].append(result)
    unit = _unit(item for result in results for item in result.items)
    rows, left_out = [], []
    for (entry, variant), group in by_row.items():
        code = codes.get((entry, results[0].task))
        runs, reasons = _complete(task, group, data, folds, code)
        left_out += [f"{title(entry, variant)}: {reason}" for reason in reasons]
        if runs:
            rows.append(_row(task, entry, variant, runs, unit))
    items = [item for row in rows for result in row.results for item in result.items]
    return Table(
        task=results[0].task,
        split=results[0].split,
        rows=tuple(sorted(_on_the_way(task, rows), key=lambda row: _rank(task.metrics[0], row))),
        left_out=tuple(left_out),
        recordings=_recordings(rows, items),
        speakers=len({item.speaker for item in items}),
        folds=len(folds),
        unit=unit,
        units=len({_unit_name(item, unit) for item in items}),
        data=data,
    )


def _recordings(rows: Sequence[Row], items: Sequence[Item]) -> int:
    """How many were tested; results of groups have counts of them."""
    if not any(result.aggregated for row in rows for result in row.results):
        return len({item.recording for item in items})
    return max(score.items for row in rows for score in row.scores.values())


def _on_the_way(task: Task, rows: Sequence[Row]) -> list[Row]:
    """The rows with the way that each score has come, where the way has both ends."""
    made = [dict(row.scores) for row in rows]
    for metric in task.metrics:
        better = metric.better == "higher"
        end = metric.scale[1 if better else 0]
        floors = [
            row.scores[metric.id]
            for row in rows
            if is_floor(task, row) and row.scores[metric.id].value is not None
        ]
        if end is None or not floors:
            continue
        pick = max if better else min
        floor = pick(floors, key=lambda score: score.value or 0.0)
        for scores in made:
            scores[metric.id] = replace(scores[metric.id], way=_way(scores[metric.id], floor, end))
    return [replace(row, scores=scores) for row, scores in zip(rows, made, strict=True)]


def _way(score: Score, floor: Score, end: float) -> Way | None:
    """Both ends are drawn with the score, so that what speakers have in common cancels."""
    if score.value is None or floor.value is None or floor.value == end:
        return None
    if score.draws.shape != floor.draws.shape or not score.draws.size:
        return None
    units = len(score.by_unit)
    length = end - floor.draws
    if (length * (end - floor.value) <= 0).any():  # a floor that reaches the end has no way to go
        return None
    value = (score.value - floor.value) / (end - floor.value)
    low, high = bootstrap.interval((score.draws - floor.draws) / length, value, units)
    return Way(value, low, min(high, 1.0))


def _unit(items: Iterable[Item]) -> str:
    """The largest unit of which there are several: what is above it, nothing can be said about."""
    found = {(item.speaker, item.session, item.recording) for item in items}
    for place, unit in enumerate(UNITS):
        if len({names[place] for names in found}) > 1:
            return unit
    return UNITS[-1]


def _unit_name(item: Item, unit: str) -> str:
    """The name of the unit that a recording belongs to; a session is one of its speaker."""
    if unit == "session":
        return f"{item.speaker} {item.session}"
    return item.speaker if unit == "speaker" else item.recording


def _commonest(values: Iterable[str]) -> str:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])


def _complete(
    task: Task, results: Sequence[JobResult], data: str, folds: set[str], code: str | None
) -> tuple[list[list[JobResult]], list[str]]:
    """The runs (seeds) that are whole, and a sentence for each reason why others are not."""
    runs: dict[int, list[JobResult]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    metrics = tuple(metric.id for metric in task.metrics)
    for result in results:
        if result.data != data:
            reasons["its data are not those of the other rows"] += 1
        elif result.metrics != metrics:
            reasons["scored by other metrics or versions than today's"] += 1
        elif code is not None and result.code != code:
            reasons["made by other code than today's: run it again"] += 1
        elif result.status != "good":
            reasons[f"{result.status}: {result.reason}"] += 1
        else:
            runs[result.seed].append(result)
    whole = []
    for _, found in sorted(runs.items()):
        if {result.fold for result in found} == folds:
            whole.append(found)
        else:
            reasons[f"{len(found)} of {len(folds)} folds done"] += 1
    return whole, [f"{reason} ({n} x)" if n > 1 else reason for reason, n in reasons.items()]


def _row(
    task: Task, entry: str, variant: str, runs: Sequence[Sequence[JobResult]], unit: str
) -> Row:
    costs = [result.cost for run in runs for result in run if result.cost is not None]
    lengths = [cost.signal_seconds for cost in costs]
    seconds = sum(cost.predict_seconds for cost in costs)
    length = sum(filter(None, lengths))
    results = [result for run in runs for result in run]
    probed = [result.probes for result in results if result.probes is not None]
    seen = [p.look_ahead_ms for p in probed if p.look_ahead_ms is not None]
    return Row(
        entry=entry,
        variant=variant,
        scores={metric.id: _score(metric, runs, unit) for metric in task.metrics},
        runs=len(runs),
        parameters=max((cost.parameters for cost in costs if cost.parameters), default=None),
        fit_seconds=sum(cost.fit_seconds for cost in costs) / len(runs) if costs else None,
        real_time_factor=seconds / length if length else None,
        isolation=max((result.isolation for result in results), key=_weakness),
        claims_causal=any(p.claims_causal for p in probed),
        look_ahead_ms=max(seen, default=None),
        results=tuple(results),
    )


def _weakness(isolation: str) -> int:
    return WEAKER.index(Isolation(isolation)) if isolation in WEAKER else -1


def _score(metric: Metric, runs: Sequence[Sequence[JobResult]], unit: str) -> Score:
    measured = [measured_items(metric, run) for run in runs]
    reasons = Counter(m.reason for run in measured for _, m in run if m.status == "floored")
    items = len(measured[0])
    if any(result.aggregated for run in runs for result in run):
        items, reasons = _told(metric, runs)
    if sum(reasons.values()) == items * len(runs):
        return Score(None, None, None, items, reasons)
    parts = [_summed(run, unit) for run in measured]
    names, sums = parts[0][1], np.stack([part for part, _ in parts])
    value = bootstrap.score(sums, metric.reduce)
    each = metric.reduce(sums.sum(axis=1))
    units = metric.reduce(sums).mean(axis=0)
    draws, low, high = NOTHING, None, None
    if len(names) > 1:
        draws = bootstrap.resampled(sums, metric.reduce)
        low, high = bootstrap.interval(draws, value, len(names), scale=metric.scale)
    return Score(
        value=value,
        low=low,
        high=high,
        items=items,
        floored=reasons,
        seeds=float(np.std(each, ddof=1)) if len(runs) > 1 else None,
        by_unit={n: float(v) for n, v in zip(names, units, strict=True) if np.isfinite(v)},
        draws=draws,
    )


def _told(metric: Metric, runs: Sequence[Sequence[JobResult]]) -> tuple[int, Counter[str]]:
    """Recordings of one run and those of all at the floor, as results of groups count them."""
    counts = [[result.outcomes[metric.id] for result in run] for run in runs]
    items = sum(n for by in counts[0] for status, n in by.items() if status != "left out")
    floored = sum(by.get("floored", 0) for run in counts for by in run)
    return items, Counter({"no reason is told": floored} if floored else {})


def _summed(
    run: Sequence[tuple[Item, Measurement]], unit: str
) -> tuple[bootstrap.Floats, tuple[str, ...]]:
    statistic = np.array([m.statistics for _, m in run])
    return bootstrap.summed(statistic, [_unit_name(item, unit) for item, _ in run])


def _rank(metric: Metric, row: Row) -> tuple[float, str, str]:
    value = row.scores[metric.id].value
    if value is None:
        return np.inf, row.entry, row.variant
    return (-value if metric.better == "higher" else value), row.entry, row.variant
