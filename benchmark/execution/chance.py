"""The chance level: the score of the true targets in the wrong place.

A signal in time is circularly shifted by half of its length, so that it keeps the level, spectrum
and pace of a good prediction and loses its timing. A label or a text, which has no time, goes to
another recording of the fold, by a permutation with a seed of its own. It is computed from the
targets, which no model has, and stands in each table as the trivial baseline `chance`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from benchmark.core import CHANCE, Array, Corpus, Isolation, Paths, Recording, Signal, Split, Task
from benchmark.data import folds
from benchmark.evaluation import submitted_predictions
from benchmark.execution.plan import Plan
from benchmark.registry import chance
from benchmark.results import aggregation, entry_results
from benchmark.results.result import JobResult
from benchmark.worker import fold_reader


def renew(
    paths: Paths,
    chosen: Plan,
    processes: int = 1,
    tell: Callable[[str], None] = lambda _: None,
    aggregates: bool = False,
) -> bool:
    """Score the level of chance for each split of a plan that has none yet; True if any was.

    `aggregates`: in results that tell of no single recording.
    """
    path = chance.results(paths.root)
    there = {
        (r.task, r.split, r.data, r.code)
        for result in entry_results.read(path).results
        if (r := result.head).aggregated or not aggregates
    }
    fresh: list[JobResult] = []
    for (name, _), (task, split, corpus) in chosen.sources.items():
        data, code = (
            folds.data_digest(name, task, split, corpus),
            chance.code(metric.id for metric in task.metrics),
        )
        if corpus.miniature:
            continue  # its scores are not published
        if (name, split.name, data, code) not in there:
            tell(f"scoring the level of chance of {name} on {split.name}")
            folds.prepare(paths.runs, paths.data, name, task, split, corpus, tell)
            fresh += _scored(paths, name, task, split, corpus, processes)
    if aggregates:
        salt = aggregation.salt(paths.runs)
        fresh = [aggregation.aggregated(result, salt).sealed() for result in fresh]
    tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
    return bool(fresh) and entry_results.merge(path, fresh, tasks)


def _scored(
    paths: Paths, name: str, task: Task, split: Split, corpus: Corpus, processes: int
) -> Iterator[JobResult]:
    data = folds.data_digest(name, task, split, corpus)
    arrays = {}
    for fold in split.folds:
        _, roles = fold_reader.read_part(folds.fold_folder(paths.runs, data, fold) / "answers")
        arrays.update(displaced(roles["test"], task.target, corpus.signals[task.target]))
    ids = tuple(metric.id for metric in task.metrics)
    found = submitted_predictions.Found(split, data, arrays)
    return submitted_predictions.scored(
        *(
            paths,
            name,
            ids,
            found,
            CHANCE,
            _code(task),
            Isolation.FROM_TARGETS,
            processes,
        )
    )


def displaced(test: list[Recording], target: str, signal: Signal) -> dict[str, Array]:
    """For each recording, by id, the target in the wrong place."""
    if signal.rate is not None and not signal.free:
        return {r.id: np.roll(r[target], len(r[target]) // 2, axis=0) for r in test}
    givers = list(test)
    # Of the ids, so that no two folds are dealt alike.
    random.Random(" ".join(r.id for r in test)).shuffle(givers)
    return {r.id: giver[target] for r, giver in zip(test, givers, strict=True)}


def _code(task: Task) -> str:
    return chance.code(metric.id for metric in task.metrics)
