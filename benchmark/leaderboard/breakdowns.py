"""One score of a table, broken down: by speaker, by session, by a property of its recordings, by
channel or class of the target; and what is gained over the unprocessed input, where a task has one.

Two properties of a recording, such as noise and SNR, are crossed for the best entry only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TypeVar

import numpy as np

from benchmark.core import Array, Corpus, Metric, Signal, Task
from benchmark.leaderboard.tables import Row, Table, TestSet, is_trivial, title
from benchmark.results import aggregation
from benchmark.results.published import LEFT_OUT

BANDS = 20  # columns
Value = float | None
Group = TypeVar("Group", str, tuple[str, str])
Grouping = Callable[[TestSet], Sequence[str]]
MAX_COLUMNS = 40  # neighbouring bands are averaged where there are more
BESIDE = 2  # metrics whose gains are broken down: the one that ranks, and the one beside it


@dataclass(frozen=True)
class Breakdown:
    """Scores of rows in the groups that `by` names; None where a group is empty."""

    by: str
    metric: Metric
    groups: tuple[str, ...]
    rows: Mapping[str, tuple[Value, ...]]
    row_head: str = "entry"  # what the rows are
    over: str = ""  # the row whose scores are subtracted, where these are gains


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix of one row of a table, over all seeds."""

    row: str
    labels: tuple[str, ...]
    counts: Array  # (reference, predicted)


def of_table(table: Table, task: Task, corpus: Corpus) -> list[Breakdown]:
    """Every breakdown of a table that has more than one group."""
    first, target = task.metrics[0], corpus.signals[task.target]
    made = [_grouped(table, first, name, key) for name, key in _groupings(table, corpus)]
    made += _gains(table, task, corpus)
    made += _crossed(table, task, corpus)
    made += [_by_part(table, metric, target) for metric in task.metrics if metric.parts]
    return [breakdown for breakdown in made if 1 < len(breakdown.groups) <= MAX_COLUMNS]


def of_ablation(table: Table, task: Task, corpus: Corpus) -> list[Breakdown]:
    """The first metric by named channels, such as what each electrode tells of each articulator."""
    metric, target = task.metrics[0], corpus.signals[task.target]
    if not metric.parts or not target.channels:
        return []
    return [_by_part(table, metric, target)]


def _groupings(table: Table, corpus: Corpus) -> Iterable[tuple[str, Grouping]]:
    """Names of properties, and what they are of each recording of a test set."""
    yield "speaker", lambda test: test.speakers
    if table.unit == "session":
        yield "session", lambda test: test.sessions
    for name in _facets(table, corpus):
        yield name, partial(_facet, corpus, name)


def _facets(table: Table, corpus: Corpus) -> list[str]:
    """The names of the properties of the recordings of a table; none of groups of recordings."""
    names = {recording for row in table.rows[:1] for recording in row.test.recordings}
    if any(map(aggregation.is_group, names)):
        return []
    return sorted({facet for name in names for facet in corpus.facets(name)})


def _facet(corpus: Corpus, name: str, test: TestSet) -> list[str]:
    return [corpus.facets(recording).get(name, "–") for recording in test.recordings]


def _crossed(table: Table, task: Task, corpus: Corpus) -> list[Breakdown]:
    best = next((row for row in table.rows if not is_trivial(task, row)), None)
    if best is None:
        return []
    metric, made = task.metrics[0], []
    for down, along in combinations(_facets(table, corpus), 2):
        pairs = list(zip(*(_facet(corpus, n, best.test) for n in (down, along)), strict=True))
        scores = _groups(metric, best, pairs)
        groups = sorted({a for _, a in scores}, key=natural_order)
        rows = {
            d: tuple(scores.get((d, a)) for a in groups)
            for d in sorted({d for d, _ in scores}, key=natural_order)
        }
        by = f"{down} and {along}, {title(*best.name)}"
        made.append(Breakdown(by, metric, tuple(groups), rows, row_head=down))
    return made


def _gains(table: Table, task: Task, corpus: Corpus) -> Iterable[Breakdown]:
    """What entries gain over the unprocessed input, by the properties of recordings."""
    over = next((row for row in table.rows if row.entry == task.unprocessed), None)
    if over is None:
        return
    rows = tuple(row for row in table.rows if row is over or not is_trivial(task, row))
    for name in _facets(table, corpus):
        for metric in task.metrics[:BESIDE]:
            whole = _grouped(replace(table, rows=rows), metric, name, partial(_facet, corpus, name))
            base = whole.rows[title(*over.name)]
            gained = {
                row: tuple(map(_less, scores, base))
                for row, scores in whole.rows.items()
                if row != title(*over.name)
            }
            yield replace(whole, rows=gained, over=title(*over.name))


def _less(score: Value, other: Value) -> Value:
    return None if score is None or other is None else score - other


def _grouped(table: Table, metric: Metric, by: str, key: Grouping) -> Breakdown:
    by_row = {title(*row.name): _groups(metric, row, key(row.test)) for row in table.rows}
    groups = sorted({group for scores in by_row.values() for group in scores}, key=natural_order)
    rows = {name: tuple(map(scores.get, groups)) for name, scores in by_row.items()}
    return Breakdown(by, metric, tuple(groups), rows)


def natural_order(text: str) -> tuple[int, float, str]:
    """A key that sorts -11, -6 and 4 as numbers, and other text after them by name."""
    return (0, float(text), "") if _is_number(text) else (1, 0.0, text)


def _is_number(word: str) -> bool:
    return word.lstrip("-").replace(".", "", 1).isdecimal()


def _groups(metric: Metric, row: Row, groups: Sequence[Group]) -> dict[Group, float]:
    """The score of each group: of one seed the reduced sum, then the mean over seeds.

    `groups` are those of the recordings of the row's test set.
    """
    if row.scores[metric.id].value is None:
        return {}
    measured = row.measured[metric.id]
    numbers: dict[Group, int] = {}
    owners = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    sums = np.zeros((len(measured.statistics), len(numbers), measured.statistics.shape[2]))
    # What is left out is zeros.
    np.add.at(sums.transpose(1, 0, 2), owners, measured.statistics.transpose(1, 0, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = metric.reduce(sums).mean(axis=0)
    counted = np.zeros(len(numbers), bool)
    np.logical_or.at(counted, owners, (measured.status != LEFT_OUT).any(axis=0))
    return {
        group: float(means[number])
        for group, number in numbers.items()
        if counted[number] and np.isfinite(means[number])
    }


def _totals(metric: Metric, row: Row) -> Array:
    """The summed statistics of each seed (seeds, k); empty where the row has no score."""
    if row.scores[metric.id].value is None:
        return np.empty(0)
    return np.asarray(row.measured[metric.id].statistics.sum(axis=1))


def _by_part(table: Table, metric: Metric, target: Signal) -> Breakdown:
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
    step = -(-width // BANDS) if width > MAX_COLUMNS else 1
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
    """The confusion matrix of every row, where a metric of the task keeps one."""
    count = len(target.labels)
    keeping = [m for m in task.metrics if m.has_confusion][:1]
    return [
        Confusion(title(*row.name), target.labels, total.sum(axis=0).reshape(-1, count))
        for metric in keeping
        for row in table.rows
        if (total := _totals(metric, row)).size
    ]
