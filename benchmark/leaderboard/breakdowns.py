"""One score of a table, broken down: by speaker, by session, by what is known of its recordings, by
channel or class of the target, and against a setting that variants of an entry differ in.

Two things known of a recording, such as noise and SNR, are crossed for the best entry only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from benchmark.core import Array, Corpus, Metric, Signal, Task
from benchmark.leaderboard.tables import Row, Score, Table, is_floor, title
from benchmark.results.result import Item, Measurement
from benchmark.results.scores import measured_items

BANDS = 20  # columns of them
Value = float | None
Group = TypeVar("Group", str, tuple[str, str])
FEWEST = 3  # values of a setting that make a curve
MOST = 40  # columns that anyone can read; neighbouring bands are put together


@dataclass(frozen=True)
class Breakdown:
    """Scores of rows in the groups that `by` names; None where a group is empty."""

    by: str
    metric: Metric
    groups: tuple[str, ...]
    rows: Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True)
class Curve:
    """An entry's score against a number that its variants differ in."""

    entry: str
    setting: str
    points: tuple[tuple[float, str, Score], ...]  # the number, the variant that has it


@dataclass(frozen=True)
class Confusion:
    """How often each class was named for each; counts of all runs, rows are the target."""

    row: str
    labels: tuple[str, ...]
    counts: Array


def of(table: Table, task: Task, corpus: Corpus) -> list[Breakdown]:
    """Every breakdown of a table that has more than one group."""
    first, target = task.metrics[0], corpus.signals[task.target]
    found = [_grouped(table, first, name, key) for name, key in _keys(table, corpus)]
    found += _crossed(table, task, corpus)
    found += [_parted(table, metric, target) for metric in task.metrics if metric.parts]
    return [breakdown for breakdown in found if 1 < len(breakdown.groups) <= MOST]


def _keys(table: Table, corpus: Corpus) -> Iterable[tuple[str, Callable[[Item], str]]]:
    yield "speaker", lambda item: item.speaker
    if table.unit == "session":
        yield "session", lambda item: item.session
    for name in _facets(table, corpus):
        yield name, partial(_facet, corpus, name)


def _facets(table: Table, corpus: Corpus) -> list[str]:
    """The names of what is known of the recordings of a table."""
    items = [item for row in table.rows[:1] for result in row.results for item in result.items]
    return sorted({name for item in items for name in corpus.facets(item.recording)})


def _facet(corpus: Corpus, name: str, item: Item) -> str:
    return corpus.facets(item.recording).get(name, "–")


def _crossed(table: Table, task: Task, corpus: Corpus) -> list[Breakdown]:
    best = next((row for row in table.rows if not is_floor(task, row)), None)
    if best is None:
        return []
    metric, found = task.metrics[0], []
    for down, along in combinations(_facets(table, corpus), 2):
        scores = _groups(metric, best, partial(_pair, corpus, down, along))
        groups = sorted({a for _, a in scores}, key=natural)
        rows = {
            d: tuple(scores.get((d, a)) for a in groups)
            for d in sorted({d for d, _ in scores}, key=natural)
        }
        by = f"{down} and {along}, {title(*best.name)}"
        found.append(Breakdown(by, metric, tuple(groups), rows))
    return found


def _pair(corpus: Corpus, down: str, along: str, item: Item) -> tuple[str, str]:
    return _facet(corpus, down, item), _facet(corpus, along, item)


def _grouped(table: Table, metric: Metric, by: str, key: Callable[[Item], str]) -> Breakdown:
    found = {title(*row.name): _groups(metric, row, key) for row in table.rows}
    groups = sorted({group for scores in found.values() for group in scores}, key=natural)
    rows = {name: tuple(map(scores.get, groups)) for name, scores in found.items()}
    return Breakdown(by, metric, tuple(groups), rows)


def natural(text: str) -> tuple[int, float, str]:
    """A key that sorts -11, -6 and 4 as numbers, and what is no number after them by name."""
    return (0, float(text), "") if _is_number(text) else (1, 0.0, text)


def _is_number(word: str) -> bool:
    return word.lstrip("-").replace(".", "", 1).isdecimal()


def _groups(metric: Metric, row: Row, key: Callable[[Item], Group]) -> dict[Group, float]:
    """The score of each group: of one run the reduced sum, then the mean over runs."""
    scores: dict[Group, list[float]] = {}
    for run in _runs(metric, row):
        sums: dict[Group, Array] = {}
        for item, measured in run:
            group, part = key(item), np.array(measured.statistics)
            sums[group] = sums[group] + part if group in sums else part
        for group, total in sums.items():
            scores.setdefault(group, []).append(float(metric.reduce(total)))
    means = {group: float(np.mean(values)) for group, values in scores.items()}
    return {group: mean for group, mean in means.items() if np.isfinite(mean)}


def _runs(metric: Metric, row: Row) -> list[list[tuple[Item, Measurement]]]:
    if row.scores[metric.id].value is None:
        return []
    seeds = sorted({result.seed for result in row.results})
    return [measured_items(metric, (r for r in row.results if r.seed == seed)) for seed in seeds]


def _totals(metric: Metric, row: Row) -> Array:
    """The sums of each run (runs, k)."""
    runs = _runs(metric, row)
    return np.array([np.sum([m.statistics for _, m in run], axis=0) for run in runs])


def _parted(table: Table, metric: Metric, target: Signal) -> Breakdown:
    """The score of each channel or class of the target."""
    assert metric.parts is not None
    rows: dict[str, tuple[Value, ...]] = {}
    for row in table.rows:
        totals = _totals(metric, row)
        values = metric.parts(totals).mean(axis=0) if totals.size else np.empty(0)
        rows[title(*row.name)] = tuple(float(v) if np.isfinite(v) else None for v in values)
    width = max(map(len, rows.values()), default=0)
    whole = {name: values or (None,) * width for name, values in rows.items()}
    if names := target.labels or target.channels:
        return Breakdown("class" if target.labels else "channel", metric, names[:width], whole)
    step = -(-width // BANDS) if width > MOST else 1
    starts = range(0, width, step)
    bands = tuple(_span(start, min(start + step, width)) for start in starts)
    merged = {n: tuple(_mean(v[a : a + step]) for a in starts) for n, v in whole.items()}
    return Breakdown("band", metric, bands, merged)


def _span(start: int, end: int) -> str:
    """Numbers from 1, such as 5 to 8, of what is counted from 0."""
    return str(end) if end == start + 1 else f"{start + 1}–{end}"


def _mean(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def confusions(table: Table, task: Task, target: Signal) -> list[Confusion]:
    """The confusion matrix of every row, where a metric keeps one."""
    count = len(target.labels)
    kept = [m for m in task.metrics if m.has_confusion][:1]
    return [
        Confusion(title(*row.name), target.labels, total.sum(axis=0).reshape(-1, count))
        for metric in kept
        for row in table.rows
        if (total := _totals(metric, row)).size
    ]


def curves(
    table: Table, metric: Metric, settings: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[Curve]:
    """Curves of one table over any number that at least three variants differ in, all else equal.

    `settings` are those of each entry's variants. A list counts by its length, such as electrodes;
    a variant without it has all that the others choose from. `fraction` is 1 where it is not said.
    """
    found = []
    for entry, variants in settings.items():
        rows = {row.variant: row for row in table.rows if row.entry == entry}
        names = sorted({name for chosen in variants.values() for name in chosen})
        for name in names:
            found += _curves_of(entry, name, metric, rows, variants)
    return found


def _curves_of(
    entry: str,
    name: str,
    metric: Metric,
    rows: Mapping[str, Row],
    variants: Mapping[str, Mapping[str, Any]],
) -> list[Curve]:
    unsaid = _unsaid(name, [chosen[name] for chosen in variants.values() if name in chosen])
    alike: dict[str, list[tuple[float, str, Score]]] = {}
    for variant, chosen in variants.items():
        number = _number(chosen[name]) if name in chosen else unsaid
        if number is not None and variant in rows:
            rest = {key: value for key, value in chosen.items() if key != name}
            point = number, variant, rows[variant].scores[metric.id]
            alike.setdefault(repr(sorted(rest.items())), []).append(point)
    return [
        Curve(entry, name, tuple(sorted(points, key=lambda point: point[:2])))
        for points in alike.values()
        if len({number for number, _, _ in points}) >= FEWEST
    ]


def _number(value: Any) -> float | None:
    if isinstance(value, list):
        return float(len(value))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _unsaid(name: str, values: Sequence[Any]) -> float | None:
    """What a variant has that does not say."""
    if name == "fraction":
        return 1.0
    if all(isinstance(value, list) for value in values):
        return float(len({str(part) for value in values for part in value}))
    return None
