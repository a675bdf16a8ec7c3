"""Do the published records of an entry hold? Run its jobs again, or score its predictions again.

Every metric has a tolerance, since the last digits of a trained network depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmark import registry
from benchmark.core import Job, Metric, Task, UserError
from benchmark.evaluation import predictions
from benchmark.execution import runner
from benchmark.execution.executors import Engine
from benchmark.execution.plan import Choice, Place, plan
from benchmark.execution.runner import Conditions
from benchmark.leaderboard import build
from benchmark.registry import Entry
from benchmark.results import published
from benchmark.results.result import Record, read_record

RELATIVE = 0.02  # of the expected value, where that is more than the metric's tolerance
Pair = tuple[Record, Record | None]  # what is claimed, and what was found


@dataclass(frozen=True)
class Line:
    """One comparison: `good`, or what was expected and what was found."""

    good: bool
    text: str


def claimed(
    entry: Entry, variants: str = "all", seeds: int = 1000, corpora: Collection[str] | None = None
) -> list[Record]:
    """The good records that stand beside an entry, as far as they are asked for.

    `variants` is "all", "default" or names between commas; `corpora` None is every one. UserError
    where there are none.
    """
    names = {"all": entry.variants, "default": [entry.default]}.get(variants, variants.split(","))
    records = [
        record
        for record in published.published(entry.records)
        if record.status == "good"
        and (record.variant in names or variants == "all")
        and record.seed < seeds
        and (corpora is None or record.job.corpus in corpora)
    ]
    if not records:
        raise UserError(f"{entry.records}: no good record of what is asked for and here")
    return records


def by_running(
    place: Place,
    entry: Entry,
    records: Collection[Record],
    engine: Engine,
    conditions: Conditions,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Pair]:
    """Run again what is claimed, apart from earlier runs."""
    apart = replace(place, runs=place.runs / "verify")
    choice = Choice(
        tasks={record.task for record in records},
        corpora={record.job.corpus for record in records},
        entries=[entry.name],
        variants=",".join(sorted({r.variant for r in records} & entry.variants.keys())),
        seeds=1 + max(record.seed for record in records),
    )
    whole = plan(apart, choice, registry.corpora())
    wanted = {_slot(record.job) for record in records}
    today = {_slot(job): job for job in whole.jobs if _slot(job) in wanted}
    for job in today.values():
        (apart.runs / "records" / job.key).unlink(missing_ok=True)
    chosen = replace(whole, jobs=tuple(today.values()))
    runner.run(apart, chosen, engine, conditions, tell=tell)
    for record in records:
        again = today.get(_slot(record.job))
        yield record, read_record(apart.runs, again) if again else None


def by_scoring(
    place: Place,
    task: Task,
    sources: predictions.Sources,
    folder: Path,
    entry: Entry,
    records: Collection[Record],
) -> Iterator[Pair]:
    """Score predictions again; `folder` is what `score` was given."""
    (name,) = entry.tasks
    found = predictions.score(place, name, task, sources, folder, entry.name)
    again = {_slot(record.job): record for record in found}
    for record in records:
        yield record, again.get(_slot(record.job))


def _slot(job: Job) -> tuple[str, str, str, str, int]:
    return job.task, job.split, job.fold, job.variant, job.seed


def compare(tasks: Mapping[str, Task], pairs: Iterable[Pair]) -> Iterator[Line]:
    """One line for each metric of each claimed record."""
    for expected, found in pairs:
        where = f"{expected.task} {expected.split} {expected.fold} {expected.variant}"
        where += f" seed {expected.seed}"
        if found is None:
            yield Line(False, f"{where}: cannot be made again: no such split or variant here")
        elif found.status != "good":
            yield Line(
                False, f"{where}: expected a good record, found {found.status}: {found.reason}"
            )
        elif (expected.data, expected.code) != (found.data, found.code):
            what = "data" if expected.data != found.data else "code"
            yield Line(False, f"{where}: the record is of other {what} than today's")
        else:
            for metric in tasks[expected.task].metrics:
                yield _line(where, metric, expected, found)


def _line(where: str, metric: Metric, expected: Record, found: Record) -> Line:
    one, other = build.value(metric, expected), build.value(metric, found)
    allowed = max(metric.tolerance, RELATIVE * abs(one))
    good = bool(abs(one - other) <= allowed) or (np.isnan(one) and np.isnan(other))
    said = f"{where}: {metric.id}: expected {one:.4f}, found {other:.4f}"
    return Line(good, f"{said}, {'within' if good else 'beyond'} {allowed:.2g}")
