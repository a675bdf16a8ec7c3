"""Do the published results of an entry hold? Run its jobs again, or score its predictions again.

Every metric has a tolerance, since the last digits of a trained network depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmark import registry
from benchmark.core import Metric, Paths, Task, UserError
from benchmark.evaluation import submitted_predictions
from benchmark.execution import runner
from benchmark.execution.executors import Executor
from benchmark.execution.plan import RunSelection, plan
from benchmark.registry import Entry
from benchmark.results import entry_results
from benchmark.results.result import JobResult, read_result
from benchmark.results.scores import score_of
from benchmark.sandbox.request import RunConfig

RELATIVE = 0.02  # of the expected value, where that is more than the metric's tolerance
Pair = tuple[JobResult, JobResult | None]  # what is claimed, and what was found


@dataclass(frozen=True)
class Line:
    """One comparison: `good`, or what was expected and what was found."""

    good: bool
    text: str


def claimed(
    entry: Entry, variants: str = "all", seeds: int = 1000, corpora: Collection[str] | None = None
) -> list[JobResult]:
    """The good results that stand beside an entry, as far as they are asked for.

    `variants` is "all", "default" or names between commas; `corpora` None is every one. UserError
    where there are none.
    """
    names = {"all": entry.variants, "default": [entry.default]}.get(variants, variants.split(","))
    results = [
        result
        for result in entry_results.read_all(entry.results)
        if result.status == "good"
        and (result.variant in names or variants == "all")
        and result.seed < seeds
        and (corpora is None or result.job.corpus in corpora)
    ]
    if not results:
        raise UserError(f"{entry.results}: no good result of what is asked for and here")
    return results


def by_running(
    paths: Paths,
    entry: Entry,
    results: Collection[JobResult],
    executor: Executor,
    config: RunConfig,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Pair]:
    """Run again what is claimed, apart from earlier runs."""
    apart = replace(paths, runs=paths.runs / "verify")
    choice = RunSelection(
        tasks={result.task for result in results},
        corpora={result.job.corpus for result in results},
        entries=[entry.name],
        variants=",".join(sorted({r.variant for r in results} & entry.variants.keys())),
        seeds=1 + max(result.seed for result in results),
    )
    whole = plan(apart, choice, registry.corpora())
    wanted = {result.slot for result in results}
    today = {job.slot: job for job in whole.jobs if job.slot in wanted}
    for job in today.values():
        (apart.runs / "results" / job.key).unlink(missing_ok=True)
    chosen = replace(whole, jobs=tuple(today.values()))
    runner.run(apart, chosen, executor, config, tell=tell)
    for result in results:
        again = today.get(result.slot)
        yield result, read_result(apart.runs, again) if again else None


def by_scoring(
    paths: Paths,
    task: Task,
    sources: submitted_predictions.Sources,
    folder: Path,
    entry: Entry,
    results: Collection[JobResult],
) -> Iterator[Pair]:
    """Score predictions again; `folder` is what `score` was given."""
    (name,) = entry.tasks
    found = submitted_predictions.score(paths, name, task, sources, folder, entry.name)
    again = {result.slot: result for result in found}
    for result in results:
        yield result, again.get(result.slot)


def compare(tasks: Mapping[str, Task], pairs: Iterable[Pair]) -> Iterator[Line]:
    """One line for each metric of each claimed result."""
    for expected, found in pairs:
        where = f"{expected.task} {expected.split} {expected.fold} {expected.variant}"
        where += f" seed {expected.seed}"
        if found is None:
            yield Line(False, f"{where}: cannot be made again: no such split or variant here")
        elif found.status != "good":
            yield Line(
                False, f"{where}: expected a good result, found {found.status}: {found.reason}"
            )
        elif (expected.data, expected.code) != (found.data, found.code):
            what = "data" if expected.data != found.data else "code"
            yield Line(False, f"{where}: the result is of other {what} than today's")
        else:
            for metric in tasks[expected.task].metrics:
                yield _line(where, metric, expected, found)


def _line(where: str, metric: Metric, expected: JobResult, found: JobResult) -> Line:
    one, other = score_of(metric, expected), score_of(metric, found)
    allowed = max(metric.tolerance, RELATIVE * abs(one))
    good = bool(abs(one - other) <= allowed) or (np.isnan(one) and np.isnan(other))
    said = f"{where}: {metric.id}: expected {one:.4f}, found {other:.4f}"
    return Line(good, f"{said}, {'within' if good else 'beyond'} {allowed:.2g}")
