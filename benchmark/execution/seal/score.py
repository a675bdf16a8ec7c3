"""Entries on a sealed test: one model, asked for public and for sealed test recordings."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import registry
from benchmark.core import Corpus, Job, Paths, Split, Task, UserError
from benchmark.data import checks, folds
from benchmark.execution import plan, runner
from benchmark.execution.executors import Executor
from benchmark.execution.seal.combined import MARK, Sealed, combine, extended
from benchmark.results.result import Item, JobResult, now, read_result
from benchmark.results.sealed.file import SealedResult, Sums
from benchmark.sandbox.request import RunConfig

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Scored:
    """What came of it: results, and for each entry without one a sentence."""

    results: tuple[SealedResult, ...]
    failed: tuple[str, ...]


def score(
    paths: Paths,
    task: str,
    source: tuple[Split, Corpus],
    sealed: Sealed,
    secret: str,
    choice: plan.RunSelection,
    executor: Executor,
    config: RunConfig,
    tell: Tell = lambda _: None,
    cores: int = 1,
) -> Scored:
    """Train the entries of `choice` on a public split and test them on what is sealed as well.

    `source` is the split, with ids, and its corpus; `secret` is the digest of the secret. All that
    a run leaves (signals, predictions, results of recordings) lies in a folder of its own below the
    working folder, which nobody but this user can read, and is removed. UserError where the sealed
    recordings do not fit the split.
    """
    split, public = source
    known = registry.task(paths.root, task).on(public)
    folder = folds.find(public, paths.data)
    corpus = combine(public, folder, sealed)
    widened = extended(split, known, public, sealed, checks.listed(corpus, folder))
    paths.runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sealed-", dir=paths.runs) as own:
        private = replace(paths, runs=Path(own).resolve())
        notes: list[str] = []
        entries = registry.entries(paths.root).found
        jobs = tuple(plan.list_jobs(task, known, widened, corpus, entries, choice, notes))
        if not jobs:
            raise UserError(f"nothing to score: no chosen entry does {task}. {' '.join(notes)}")
        sources = {(task, widened.name): (known, widened, corpus)}
        for note in notes:
            tell(note)
        chosen = plan.Plan(jobs, sources, entries, tuple(notes))
        runner.run(private, chosen, executor, config, tell=tell, cores=cores)
        results = {job: read_result(private.runs, job) for job in jobs}
    data = folds.data_digest(task, known, split, public)
    return _scored(known, results, {"data": data, "secret": secret, "content": sealed.content()})


def _scored(
    task: Task, results: Mapping[Job, JobResult | None], common: Mapping[str, Any]
) -> Scored:
    runs: dict[tuple[str, str, int], dict[Job, JobResult | None]] = defaultdict(dict)
    for job, result in results.items():
        runs[job.entry, job.variant, job.seed][job] = result
    good, failed = [], []
    for (entry, variant, seed), of in runs.items():
        whole = [r for r in of.values() if r is not None and r.status == "good"]
        if len(whole) < len(of):
            # What a model raised may tell what it was asked for.
            failed.append(f"{entry} ({variant}, seed {seed}): {len(whole)} of {len(of)} folds done")
            continue
        good.append(_result(task, whole, common))
    return Scored(tuple(good), tuple(failed))


def _result(task: Task, of: Sequence[JobResult], common: Mapping[str, Any]) -> SealedResult:
    first = of[0]
    items = [item for result in of for item in result.items]
    hidden = [item for item in items if item.recording.startswith(MARK)]
    shown = [item for item in items if not item.recording.startswith(MARK)]
    fields: dict[str, Any] = {
        name: getattr(first, name)
        for name in ("task", "split", "entry", "variant", "seed", "code", "setup", "isolation")
    }
    return SealedResult(
        **fields,
        **common,
        day=now()[:10],
        public={m.id: _sums(m.id, shown) for m in task.metrics},
        sealed={m.id: _sums(m.id, hidden) for m in task.metrics},
    )


def _sums(metric: str, items: Iterable[Item]) -> Sums:
    by_talker: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    floored = 0
    for item in items:
        measured = item.measurements[metric]
        if measured.status != "left out":
            by_talker[item.speaker].append(measured.statistics)
            floored += measured.status == "floored"
    return Sums(
        by_talker={
            name: tuple(np.sum(of, axis=0).tolist()) for name, of in sorted(by_talker.items())
        },
        recordings=sum(map(len, by_talker.values())),
        floored=floored,
    )


def default_split(task: Task, corpus: str, splits: Collection[Split]) -> str:
    """The split that a sealed test of new talkers resembles most: one that tests new talkers.

    Else the first of the task on that corpus. UserError where there is none.
    """
    known = {split.name: split for split in splits}
    names = [n for n in task.splits if n.partition(".")[0] == corpus and n in known]
    if not names:
        raise UserError(f"no split of this task is on {corpus}: {', '.join(task.splits)}")
    return next((n for n in names if "speaker" in known[n].disjoint), names[0])
