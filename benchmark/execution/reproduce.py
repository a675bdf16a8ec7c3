"""Do the published results of an entry hold? Run its jobs again, or score its predictions again.

What cannot be run here is said, and is neither reproduced nor refuted.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from benchmark import registry
from benchmark.core import Corpus, Paths, Setup, Task, UserError
from benchmark.evaluation import submitted_predictions
from benchmark.execution import runner
from benchmark.execution.agreement import How, compare, named_as
from benchmark.execution.executors import Executor
from benchmark.execution.plan import RunSelection, asked_setup, plan
from benchmark.execution.score_agreement import compare_intervals
from benchmark.registry import Entry
from benchmark.results import aggregation, entry_results
from benchmark.results.published import from_job, to_job
from benchmark.results.result import JobResult, read_result
from benchmark.sandbox.request import RunConfig

MOST_SEEDS = 10_000


class Verdict(Enum):
    """What became of a published result; the value begins its line."""

    REPRODUCED = "ok  "
    DIFFERS = "FAIL"
    NOT_VERIFIABLE = "??  "


@dataclass(frozen=True)
class Pair:
    """What is claimed, and what was found or why it could not be made again here."""

    claimed: JobResult
    found: JobResult | None
    why: str = ""  # if there is none


@dataclass(frozen=True)
class Line:
    """The verdict on a result, or on all folds of a row, in a sentence for each difference."""

    results: tuple[JobResult, ...]
    verdict: Verdict
    said: tuple[str, ...]
    how: How | None = None  # if it was reproduced


def claimed(
    entry: Entry, variants: str = "all", seeds: int = 1000, corpora: Collection[str] = ()
) -> list[JobResult]:
    """The results that stand beside an entry, as far as they are asked for.

    `variants` is "all", "default" or names between commas; no `corpora` are every one.
    """
    names = [entry.default] if variants == "default" else variants.split(",")
    return [
        result
        for result in entry_results.read_all(entry.results)
        if (variants == "all" or result.variant in names)
        and result.seed < seeds
        and (not corpora or result.job.corpus in corpora)
    ]


def by_running(
    paths: Paths,
    entry: Entry,
    results: Collection[JobResult],
    executor: Executor,
    config: RunConfig,
    corpora: Mapping[str, Corpus],
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Pair]:
    """Run again what is claimed, apart from earlier runs."""
    apart = replace(paths, runs=paths.runs / "verify")
    groups: dict[tuple[str, Setup], list[JobResult]] = defaultdict(list)
    for result in results:
        if why := _why_not(paths, entry, result, corpora):
            yield Pair(result, None, why)
        else:
            groups[result.job.corpus, result.setup].append(result)
    for (corpus, setup), here in groups.items():
        choice = RunSelection(
            tasks={result.task for result in here},
            corpora=[corpus],
            entries=[entry.name],
            variants=",".join(sorted({result.variant for result in here})),
            seeds=1 + max(result.seed for result in here),
            setup=setup,
            splits={result.split for result in here},
        )
        try:
            whole = plan(apart, choice, corpora)
        except UserError as error:
            yield from unverifiable(here, str(error))
            continue
        wanted = {result.slot for result in here}
        jobs = {job.slot: job for job in whole.jobs if job.slot in wanted}
        for job in jobs.values():
            (apart.runs / "results" / job.key).unlink(missing_ok=True)
        wanted_plan = replace(whole, jobs=tuple(jobs.values()))
        claimed = any(r.probes is not None and r.probes.look_ahead_ms is not None for r in here)
        probing = replace(config, shuffle=config.shuffle or claimed)
        summary = runner.run(apart, wanted_plan, executor, probing, tell=tell)
        for result in here:
            if again := jobs.get(result.slot):
                found = read_result(apart.runs, again)
                like = _like(found, result, apart.runs) if found else None
                yield Pair(result, like, summary.not_run.get(again, ""))
            else:
                yield Pair(result, None, "there is no such fold today")


def _why_not(paths: Paths, entry: Entry, result: JobResult, corpora: Mapping[str, Corpus]) -> str:
    """Why a result cannot be made again, as far as names tell."""
    task = registry.known_tasks(paths.root).get(result.task)
    if task is None or result.task not in entry.tasks:
        return f"the entry does no task {result.task!r} today"
    if result.variant not in entry.variants:
        return f"the entry has no variant {result.variant!r} today"
    if result.split not in task.splits:
        return f"the task has no split {result.split!r} today"
    corpus = corpora.get(result.job.corpus)
    if corpus is None or corpus.locate(paths.data) is None:
        return f"the corpus {result.job.corpus} is not here: see `silentbench data list`"
    if "cuda" in result.setup and "cuda" not in asked_setup(os.environ):
        return "it was computed on a GPU: set SILENTBENCH_DEVICE=cuda where there is one"
    if not 0 <= result.seed < MOST_SEEDS:
        return f"no job has the seed {result.seed}"
    return ""


def _like(found: JobResult, result: JobResult, runs: Path) -> JobResult:
    """What was found as it would be published, summed over groups of recordings if the claim is."""
    if result.aggregated and not found.aggregated:
        found = aggregation.aggregated(found, aggregation.salt(runs))
    return to_job(from_job(named_as(result, found, runs / "predictions")))


def by_scoring(
    paths: Paths,
    task: Task,
    sources: submitted_predictions.Sources,
    folder: Path,
    entry: Entry,
    results: Collection[JobResult],
) -> Iterator[Pair]:
    """Score predictions again: the splits in `folder`, by the entry's own manifest."""
    (name,) = entry.tasks
    here = {result.split for result in results} & sources.keys()
    found = submitted_predictions.score(
        paths, name, task, sources, folder, entry.name, manifest=entry.path, splits=here
    )
    again = {result.slot: result for result in found}
    for result in results:
        why = "its predictions are not in the manifest"
        if result.split not in sources:
            why = f"its split {result.split!r} is not here: see `silentbench data list`"
        other = again.get(result.slot)
        yield Pair(result, _like(other, result, paths.runs) if other else None, why)


def unverifiable(results: Iterable[JobResult], why: str) -> Iterator[Pair]:
    """All of them, for one reason."""
    for result in results:
        yield Pair(result, None, why)


def judge(tasks: Mapping[str, Task], pairs: Iterable[Pair]) -> Iterator[Line]:
    """A line for each claimed result, and one more for each row with another interval."""
    rows: dict[tuple[str, str, str, int], list[tuple[JobResult, JobResult]]] = defaultdict(list)
    for pair in pairs:
        result, found = pair.claimed, pair.found
        if found is None:
            yield Line((result,), Verdict.NOT_VERIFIABLE, (f"not verifiable here: {pair.why}",))
            continue
        agreement = compare(tasks[result.task], result, found)
        if agreement.how is None:
            yield Line((result,), Verdict.DIFFERS, agreement.differences)
            continue
        yield Line((result,), Verdict.REPRODUCED, (agreement.how,), agreement.how)
        if result.status == "good":
            rows[result.task, result.split, result.variant, result.seed].append((result, found))
    for (task, *_), both in rows.items():
        one, other = zip(*both, strict=True)
        if differences := compare_intervals(tasks[task], one, other):
            yield Line(one, Verdict.DIFFERS, tuple(f"all folds: {d}" for d in differences))


def reproduced(lines: Iterable[Line]) -> list[tuple[JobResult, How]]:
    """The results that were reproduced, and how; none of a row with another interval."""
    kept = list(lines)
    refuted = {
        id(result) for line in kept if line.verdict is Verdict.DIFFERS for result in line.results
    }
    return [
        (result, line.how)
        for line in kept
        for result in line.results
        if line.how is not None and id(result) not in refuted
    ]
