"""Kept predictions -> new results, after a metric has changed or come; no model runs.

A result can be scored again where its data and its entry's code are today's and all of its
predictions are still kept under the working folder. Metrics that it has under the same id keep
their measurements; with `everything` they are measured too, and an id that gives other values than
before is named: then the version in the id should have been raised. A split of which there is no
such result is not even read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np

from benchmark import storage
from benchmark.core import Job, Paths, Setup, Task
from benchmark.data import folds
from benchmark.evaluation import scoring
from benchmark.execution.plan import Plan
from benchmark.results import entry_results
from benchmark.results.result import Item, JobResult, Measurement, parse

CLOSE = 1e-9  # relative: what another order of additions may change


@dataclass
class Summary:
    """What became of the jobs of a plan: by state, with the reason where one was left as it is."""

    scored: int = 0
    current: int = 0
    left: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)  # metric ids: recordings
    sources: set[tuple[str, str]] = field(default_factory=set)  # (task, split) with a good result

    def line(self) -> str:
        return f"{self.scored} results scored again, {self.current} are current"


def with_other_setups(paths: Paths, chosen: Plan) -> Plan:
    """The plan with jobs of every other setup added of which the working folder has a result."""
    jobs = list(chosen.jobs)
    for job in chosen.jobs:
        for setup in get_args(Setup):
            other = replace(job, setup=setup)
            if other != job and any(_candidates(paths, other)):
                jobs.append(other)
    return replace(chosen, jobs=tuple(jobs))


def rescore(
    paths: Paths,
    chosen: Plan,
    processes: int = 1,
    everything: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Score what can be, and write a result under today's key for each such job."""
    summary = Summary()
    names = {job.entry for job in chosen.jobs}
    published = {name: entry_results.read_all(chosen.entries[name].results) for name in names}
    for source, jobs in _by_source(chosen).items():
        found = {job: _latest(paths, chosen, job, published[job.entry]) for job in jobs}
        good = {job: old for job, old in found.items() if old is not None}
        if len(good) < len(jobs):
            summary.left["no good result of today's data and code"] += len(jobs) - len(good)
        if not good:
            continue
        summary.sources.add(source)
        task, split, corpus = chosen.sources[source]
        folds.prepare(paths.runs, paths.data, source[0], task, split, corpus, tell)
        for job, old in good.items():
            _one(paths, task, job, old, processes, everything, summary)
    return summary


def _by_source(chosen: Plan) -> dict[tuple[str, str], list[Job]]:
    groups: dict[tuple[str, str], list[Job]] = {source: [] for source in chosen.sources}
    for job in chosen.jobs:
        groups[job.task, job.split].append(job)
    return groups


def _one(
    paths: Paths,
    task: Task,
    job: Job,
    old: JobResult,
    processes: int,
    everything: bool,
    summary: Summary,
) -> None:
    ids = tuple(metric.id for metric in task.metrics)
    if old.metrics == ids and not everything:
        summary.current += 1
        return
    kept = {i.recording: storage.kept(paths.runs / "predictions", i.prediction) for i in old.items}
    if missing := sum(not path.exists() for path in kept.values()):
        summary.left[f"{missing} of {len(kept)} predictions of {job.entry} are not kept"] += 1
        return
    answers = folds.fold_folder(paths.runs, job.data, job.fold) / "answers"
    only = ids if everything else [name for name in ids if name not in old.metrics]
    try:
        fresh = scoring.measure_all(paths.root, job.task, answers, kept, processes, only)
    except scoring.NoValue as error:
        result = old.model_copy(update=_nothing(job, ids, str(error)))
    else:
        summary.changed += _differences(old.items, fresh)
        items = tuple(_again(item, fresh[item.recording], ids) for item in old.items)
        update = {"code": job.code, "metrics": ids, "items": items}
        result = old.model_copy(update={**update, "outcomes": scoring.outcomes(items)})
    storage.write_whole(paths.runs / "results" / job.key, result.sealed().dump().encode() + b"\n")
    summary.scored += 1


def _nothing(job: Job, ids: tuple[str, ...], reason: str) -> dict[str, object]:
    empty: dict[str, object] = {"items": (), "outcomes": {}, "cost": None}
    return {"code": job.code, "metrics": ids, "status": "failed", "reason": reason, **empty}


def _latest(
    paths: Paths, chosen: Plan, job: Job, published: Sequence[JobResult]
) -> JobResult | None:
    """The newest good result of the job, whatever it was scored by."""
    entry = chosen.entries[job.entry]
    results = [parse(path.read_bytes(), path) for path in _candidates(paths, job)]
    wanted = replace(job, code="")
    same = [
        r
        for r in (*results, *published)
        if r.status == "good"
        and replace(r.job, code="") == wanted
        and entry.code_digest(r.variant, r.metrics) == r.code
    ]
    return max(same, key=lambda r: (r.code == job.code, r.finished), default=None)


def _candidates(paths: Paths, job: Job) -> Iterator[Path]:
    """Results of the job, whatever its digests are."""
    place = paths.runs / "results" / replace(job, data="?" * 8, code="?" * 8).key
    return place.parent.glob(place.name)


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
