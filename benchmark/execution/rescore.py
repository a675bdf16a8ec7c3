"""Kept predictions -> new records, after a metric has changed or come; no model runs.

A record can be scored again where its data and its entry's code are today's and all of its
predictions are still kept under the working folder. Metrics that it has under the same id keep
their measurements; with `everything` they are measured too, and an id that gives other values than
before is named: then the version in the id should have been raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmark import storage
from benchmark.core import Job, Task
from benchmark.data import folds
from benchmark.evaluation import scoring
from benchmark.execution.plan import Place, Plan
from benchmark.leaderboard import build
from benchmark.leaderboard.tables import title
from benchmark.results import published
from benchmark.results.result import Item, Measurement, Record, parse

Ranks = dict[tuple[str, str], list[str]]  # by task and split: rows, best first
CLOSE = 1e-9  # relative: what another order of additions may change


@dataclass
class Summary:
    """What became of the jobs of a plan: by state, with the reason where one was left as it is."""

    scored: int = 0
    current: int = 0
    left: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)  # metric ids: recordings

    def line(self) -> str:
        return f"{self.scored} records scored again, {self.current} are current"


def rescore(
    place: Place,
    chosen: Plan,
    processes: int = 1,
    everything: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Score what can be, and write a record under today's key for each such job."""
    summary = Summary()
    for source, jobs in _by_source(chosen).items():
        task, split, corpus = chosen.sources[source]
        folds.prepare(place.runs, place.data, source[0], task, split, corpus, tell)
        for job in jobs:
            _one(place, chosen, task, job, processes, everything, summary)
    return summary


def _by_source(chosen: Plan) -> dict[tuple[str, str], list[Job]]:
    groups: dict[tuple[str, str], list[Job]] = {source: [] for source in chosen.sources}
    for job in chosen.jobs:
        groups[job.task, job.split].append(job)
    return groups


def _one(
    place: Place,
    chosen: Plan,
    task: Task,
    job: Job,
    processes: int,
    everything: bool,
    summary: Summary,
) -> None:
    ids = tuple(metric.id for metric in task.metrics)
    old = _latest(place, chosen, job)
    if old is None:
        summary.left["no good record of today's data and code"] += 1
        return
    if old.metrics == ids and not everything:
        summary.current += 1
        return
    kept = {i.recording: storage.kept(place.runs / "predictions", i.prediction) for i in old.items}
    if missing := sum(not path.exists() for path in kept.values()):
        summary.left[f"{missing} of {len(kept)} predictions of {job.entry} are not kept"] += 1
        return
    answers = folds.fold_folder(place.runs, job.data, job.fold) / "answers"
    only = ids if everything else [name for name in ids if name not in old.metrics]
    try:
        fresh = scoring.measure_all(place.root, job.task, answers, kept, processes, only)
    except scoring.NoValue as error:
        record = old.model_copy(update=_nothing(job, ids, str(error)))
    else:
        summary.changed += _differences(old.items, fresh)
        items = tuple(_again(item, fresh[item.recording], ids) for item in old.items)
        update = {"code": job.code, "metrics": ids, "items": items}
        record = old.model_copy(update={**update, "outcomes": scoring.outcomes(items)})
    storage.write_whole(place.runs / "records" / job.key, record.sealed().dump().encode() + b"\n")
    summary.scored += 1


def _nothing(job: Job, ids: tuple[str, ...], reason: str) -> dict[str, object]:
    empty: dict[str, object] = {"items": (), "outcomes": {}, "cost": None}
    return {"code": job.code, "metrics": ids, "status": "failed", "reason": reason, **empty}


def _latest(place: Place, chosen: Plan, job: Job) -> Record | None:
    """The newest good record of the job, whatever it was scored by."""
    entry = chosen.entries[job.entry]
    folder = (place.runs / "records" / job.key).parent
    files = folder.glob(f"{job.variant}-seed{job.seed}-*.json")
    records = [parse(path.read_bytes(), path) for path in files]
    records += published.published(entry.records)
    wanted = replace(job, code="")
    same = [
        r
        for r in records
        if r.status == "good"
        and replace(r.job, code="") == wanted
        and entry.code_digest(r.metrics) == r.code
    ]
    return max(same, key=lambda r: (r.code == job.code, r.finished), default=None)


def _again(item: Item, fresh: Mapping[str, Measurement], ids: Sequence[str]) -> Item:
    found = {**item.measurements, **fresh}
    return item.model_copy(update={"measurements": {name: found[name] for name in ids}})


def _differences(items: Iterable[Item], fresh: Mapping[str, scoring.Measured]) -> Counter[str]:
    """Metric ids with how many recordings they now give another value for."""
    found: Counter[str] = Counter()
    for item in items:
        for name, now in fresh[item.recording].items():
            before = item.measurements.get(name)
            if before is not None and not _same(before, now):
                found[name] += 1
    return found


def _same(one: Measurement, other: Measurement) -> bool:
    return (
        (one.status, one.reason) == (other.status, other.reason)
        and len(one.statistics) == len(other.statistics)
        and np.allclose(one.statistics, other.statistics, rtol=CLOSE, atol=CLOSE)
    )


def ranks(records: Iterable[Record], tasks: Mapping[str, Task]) -> Ranks:
    """Rows of every table in the order of its first metric, whatever version that was."""
    found = [bare for record in records if (bare := _bare(record, tasks)) is not None]
    first = {
        name: replace(task, metrics=(replace(task.metrics[0], id=_stem(task.metrics[0].id)),))
        for name, task in tasks.items()
    }
    return {
        (table.task, table.split): [title(*row.name) for row in table.rows]
        for table in build.tables(found, first)
    }


def _bare(record: Record, tasks: Mapping[str, Task]) -> Record | None:
    """The record with the measurements of its task's first metric only, without the version."""
    if record.task not in tasks:
        return None
    stem = _stem(tasks[record.task].metrics[0].id)
    name = next((name for name in record.metrics if _stem(name) == stem), None)
    if name is None:
        return None
    items = tuple(
        item.model_copy(update={"measurements": {stem: item.measurements[name]}})
        for item in record.items
    )
    return record.model_copy(update={"metrics": (stem,), "items": items})


def _stem(name: str) -> str:
    return name.partition("@")[0]


def moves(before: Ranks, after: Ranks) -> list[str]:
    """A line for each row whose rank is another now, and for each that came or went."""
    lines = []
    for table, rows in after.items():
        old = {row: rank for rank, row in enumerate(before.get(table, ()), start=1)}
        new = {row: rank for rank, row in enumerate(rows, start=1)}
        for row in sorted(old.keys() | new.keys(), key=lambda r: (new.get(r, 10**6), r)):
            if old.get(row) != new.get(row):
                where = f"{table[0]} on {table[1]}: {row}"
                lines.append(f"{where} {old.get(row, '–')} -> {new.get(row, '–')}")
    return lines
