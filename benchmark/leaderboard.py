"""Records -> tables. A pure function of the records: it runs nothing.

A table is one task on one split. A row is one variant of one entry, with the mean over its runs
(seeds) that have a good record in every fold, and a 95 % interval of that mean over speakers and
recordings. What cannot have a row is named under the table with its reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmark import comparisons, statistics
from benchmark.core import Array, Metric, Task
from benchmark.record import Item, Measurement, Record

UNITS = ("speaker", "session", "recording")
SIGNIFICANT = 0.05
WEAKER = ("process", "predictions only")  # than walls; the last is the weakest


@dataclass(frozen=True)
class Score:
    """One metric of one row. `value` is None where no prediction could be scored."""

    value: float | None
    low: float | None
    high: float | None
    items: int  # of one run
    floored: Mapping[str, int]  # reason -> items of all runs


@dataclass(frozen=True)
class Row:
    entry: str
    variant: str
    scores: Mapping[str, Score]  # by metric id
    runs: int
    parameters: int | None
    fit_seconds: float | None  # all folds of one run
    real_time_factor: float | None
    isolation: str  # the weakest of its records
    claims_causal: bool
    look_ahead_ms: float | None  # the most that was seen; None where nothing was or could be
    by_unit: Mapping[str, float]  # the first metric of each unit of comparison, mean over runs
    tier: int = 0  # rows of one tier cannot be told apart from its best; 0 where nothing is known


@dataclass(frozen=True)
class Table:
    task: str
    split: str
    rows: tuple[Row, ...]  # best first
    left_out: tuple[str, ...]
    recordings: int
    speakers: int
    folds: int
    unit: str  # what comparisons are paired by: speaker, session or recording


def tables(
    records: Iterable[Record],
    tasks: Mapping[str, Task],
    codes: Mapping[tuple[str, str], str] | None = None,
) -> list[Table]:
    """Group records into tables, sorted by task and split.

    `codes` are today's code digests by entry and task: a record of other code gets no row.
    """
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda r: (*r.job.key.parts, r.finished)):
        if record.task in tasks:
            groups[record.task, record.split].append(record)
    return [_table(tasks[task], group, codes or {}) for (task, _), group in sorted(groups.items())]


def _table(task: Task, records: Sequence[Record], codes: Mapping[tuple[str, str], str]) -> Table:
    data = _commonest(record.data for record in records)
    folds = {record.fold for record in records if record.data == data}
    by_row: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        by_row[record.entry, record.variant].append(record)
    unit = _unit(item for record in records for item in record.items)
    rows, left_out = [], []
    for (entry, variant), group in by_row.items():
        code = codes.get((entry, records[0].task))
        runs, reasons = _complete(task, group, data, folds, code)
        left_out += [f"{title(entry, variant)}: {reason}" for reason in reasons]
        if runs:
            rows.append(_row(task, entry, variant, runs, unit))
    items = [item for record in runs_of(rows, records, data) for item in record.items]
    return Table(
        task=records[0].task,
        split=records[0].split,
        rows=tuple(sorted(rows, key=lambda row: _rank(task.metrics[0], row))),
        left_out=tuple(left_out),
        recordings=len({item.recording for item in items}),
        speakers=len({item.speaker for item in items}),
        folds=len(folds),
        unit=unit,
    )


def _unit(items: Iterable[Item]) -> str:
    """The largest unit of which there are several: what is above it, nothing can be said about."""
    found = {(item.speaker, item.session, item.recording) for item in items}
    for place, unit in enumerate(UNITS):
        if len({names[place] for names in found}) > 1:
            return unit
    return UNITS[-1]


def tiered(table: Table) -> tuple[Table, int]:
    """The table with tiers for its rows, best first, and the number of units they rest on.

    A tier ends at the first row that its best differs from: sign flips of what is paired by unit,
    adjusted for all pairs of the table.
    """
    known = [row for row in table.rows if row.by_unit]
    units = set.intersection(*(set(row.by_unit) for row in known)) if known else set()
    if len(known) < 2 or len(units) < 2:
        return table, len(units)
    scores = np.array([[row.by_unit[unit] for row in known] for unit in sorted(units)])
    one, other = np.triu_indices(len(known), 1)
    p = np.ones((len(known), len(known)))
    p[one, other] = comparisons.step_down(scores[:, one] - scores[:, other])
    tier, head, tiers = 1, 0, {}
    for place, row in enumerate(known):
        if p[head, place] <= SIGNIFICANT:
            tier, head = tier + 1, place
        tiers[row.entry, row.variant] = tier
    rows = (replace(row, tier=tiers.get((row.entry, row.variant), 0)) for row in table.rows)
    return replace(table, rows=tuple(rows)), len(units)


def runs_of(rows: Sequence[Row], records: Sequence[Record], data: str) -> list[Record]:
    names = {(row.entry, row.variant) for row in rows}
    return [r for r in records if (r.entry, r.variant) in names and r.data == data]


def _commonest(values: Iterable[str]) -> str:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])


def _complete(
    task: Task, records: Sequence[Record], data: str, folds: set[str], code: str | None
) -> tuple[list[list[Record]], list[str]]:
    """The runs (seeds) that are whole, and a sentence for each reason why others are not."""
    runs: dict[int, list[Record]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    metrics = tuple(metric.id for metric in task.metrics)
    for record in records:
        if record.data != data:
            reasons["its data are not those of the other rows"] += 1
        elif record.metrics != metrics:
            reasons["scored by other metrics or versions than today's"] += 1
        elif code is not None and record.code != code:
            reasons["made by other code than today's: run it again"] += 1
        elif record.status != "good":
            reasons[f"{record.status}: {record.reason}"] += 1
        else:
            runs[record.seed].append(record)
    whole = []
    for _, found in sorted(runs.items()):
        if {record.fold for record in found} == folds:
            whole.append(found)
        else:
            reasons[f"{len(found)} of {len(folds)} folds done"] += 1
    return whole, [f"{reason} ({n} x)" if n > 1 else reason for reason, n in reasons.items()]


def _row(task: Task, entry: str, variant: str, runs: Sequence[Sequence[Record]], unit: str) -> Row:
    costs = [record.cost for run in runs for record in run if record.cost is not None]
    lengths = [cost.signal_seconds for cost in costs]
    seconds = sum(cost.predict_seconds for cost in costs)
    length = sum(filter(None, lengths))
    records = [record for run in runs for record in run]
    probed = [record.probes for record in records if record.probes is not None]
    seen = [p.look_ahead_ms for p in probed if p.look_ahead_ms is not None]
    return Row(
        entry=entry,
        variant=variant,
        scores={metric.id: _score(metric, runs) for metric in task.metrics},
        runs=len(runs),
        parameters=max((cost.parameters for cost in costs if cost.parameters), default=None),
        fit_seconds=sum(cost.fit_seconds for cost in costs) / len(runs) if costs else None,
        real_time_factor=seconds / length if length else None,
        isolation=max((record.isolation for record in records), key=_weakness),
        claims_causal=any(p.claims_causal for p in probed),
        look_ahead_ms=max(seen, default=None),
        by_unit=_by_unit(task.metrics[0], runs, unit),
    )


def _by_unit(metric: Metric, runs: Sequence[Sequence[Record]], unit: str) -> dict[str, float]:
    """The score of each unit; a session is one of its speaker. Empty where a row has no score."""
    sums: dict[str, list[Array]] = defaultdict(list)
    for run in runs:
        here: dict[str, list[Array]] = defaultdict(list)
        for item, measured in _measured(metric, run):
            name = f"{item.speaker} {item.session}" if unit == "session" else getattr(item, unit)
            here[name].append(np.array(measured.statistics))
        for name, parts in here.items():
            sums[name].append(metric.reduce(np.sum(parts, axis=0)))
    means = {name: float(np.mean(values)) for name, values in sums.items()}
    return {name: mean for name, mean in means.items() if np.isfinite(mean)}


def _weakness(isolation: str) -> int:
    return WEAKER.index(isolation) if isolation in WEAKER else -1


def _score(metric: Metric, runs: Sequence[Sequence[Record]]) -> Score:
    measured = [_measured(metric, run) for run in runs]
    reasons = Counter(m.reason for run in measured for _, m in run if m.status == "floored")
    items = len(measured[0])
    if sum(reasons.values()) == items * len(runs):
        return Score(None, None, None, items, reasons)
    stack = np.array([[m.statistics for _, m in run] for run in measured])
    speakers = [item.speaker for item, _ in measured[0]]
    low, high = statistics.interval(stack, speakers, metric.reduce)
    return Score(statistics.score(stack, metric.reduce), low, high, items, reasons)


def _measured(metric: Metric, run: Sequence[Record]) -> list[tuple[Item, Measurement]]:
    """What counts in one run, in an order that all runs share."""
    pairs = [(item, item.measurements[metric.id]) for record in run for item in record.items]
    return sorted(
        ((item, m) for item, m in pairs if m.status != "left out"),
        key=lambda pair: pair[0].recording,
    )


def _rank(metric: Metric, row: Row) -> tuple[float, str, str]:
    value = row.scores[metric.id].value
    if value is None:
        return np.inf, row.entry, row.variant
    return (-value if metric.better == "higher" else value), row.entry, row.variant


def title(entry: str, variant: str) -> str:
    return entry if variant == "default" else f"{entry} ({variant})"
