"""The chance level: the score of the true targets in the wrong place.

A signal in time is circularly shifted by half of its length, so that it keeps the level, spectrum
and pace of a good prediction and loses its timing. A metric that aligns would find the answer in it
again: where a task has one, each recording gets the answer of another one of the same fold, of the
same speaker and with another text if there is one. A label, which has no time, is dealt out by a
permutation with a seed of its own; some get their own back, as guesses do. The chance level is
computed from the targets, which no model has, and is the trivial baseline `chance` of each table.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from benchmark import storage
from benchmark.core import (
    CHANCE,
    Array,
    Corpus,
    Isolation,
    Job,
    Paths,
    Recording,
    Signal,
    Split,
    Task,
    UserError,
)
from benchmark.data import folds
from benchmark.evaluation import submitted_predictions
from benchmark.execution.plan import Plan
from benchmark.registry import chance, project
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
            chance.code(task.metrics),
        )
        if corpus.miniature:
            continue  # its scores are not published
        try:
            if corpus.own:
                _keep_own(paths, name, task, split, corpus, processes, tell)
            elif (name, split.name, data, code) not in there:
                tell(f"scoring the level of chance of {name} on {split.name}")
                folds.prepare(paths.runs, paths.data, name, task, split, corpus, tell)
                fresh += _scored(paths, name, task, split, corpus, processes)
        except UserError as error:  # a bad corpus stops only itself
            tell(f"no level of chance of {name} on {split.name}: {error}")
    if aggregates:
        salt = aggregation.salt(paths.runs)
        fresh = [aggregation.aggregated(result, salt).sealed() for result in fresh]
    tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
    if not fresh:
        return False
    own = project.own(paths.root, path, entry_results.column_files(path))
    return entry_results.merge(own, fresh, tasks)


def _keep_own(
    paths: Paths,
    name: str,
    task: Task,
    split: Split,
    corpus: Corpus,
    processes: int,
    tell: Callable[[str], None],
) -> None:
    """The level of chance of a user's own corpus, where the other results on it are."""
    data, code = folds.data_digest(name, task, split, corpus), chance.code(task.metrics)
    jobs = [Job(name, split.name, fold, CHANCE, "default", 0, data, code) for fold in split.folds]
    places = [paths.runs / "results" / job.key for job in jobs]
    if all(place.exists() for place in places):
        return
    tell(f"scoring the level of chance of {name} on {split.name}")
    folds.prepare(paths.runs, paths.data, name, task, split, corpus, tell)
    for result in _scored(paths, name, task, split, corpus, processes):
        content = result.dump().encode() + b"\n"
        storage.write_whole(paths.runs / "results" / result.job.key, content)


def _scored(
    paths: Paths, name: str, task: Task, split: Split, corpus: Corpus, processes: int
) -> Iterator[JobResult]:
    data = folds.data_digest(name, task, split, corpus)
    arrays = {}
    for fold in split.folds:
        _, roles = fold_reader.read_part(folds.fold_folder(paths.runs, data, fold) / "answers")
        arrays.update(displaced(roles["test"], task, corpus.signals[task.target]))
    ids = tuple(metric.id for metric in task.metrics)
    found = submitted_predictions.Found(split, data, arrays)
    return submitted_predictions.scored(
        *(
            paths,
            name,
            ids,
            found,
            CHANCE,
            chance.code(task.metrics),
            Isolation.FROM_TARGETS,
            processes,
        )
    )


def displaced(test: Sequence[Recording], task: Task, signal: Signal) -> dict[str, Array]:
    """For each recording, by id, the target of `task` in the wrong place.

    UserError where an answer of another recording is needed and there is none.
    """
    target = task.target
    if any(metric.aligns for metric in task.metrics):
        found = {}
        for r, giver in others(test, target):
            answer = giver[target]
            found[r.id] = answer if signal.free else _of_length(answer, len(r[target]))
        return found
    if signal.rate is not None and not signal.free:
        return {r.id: np.roll(r[target], len(r[target]) // 2, axis=0) for r in test}
    givers = list(test)
    # Of the ids, so that no two folds are dealt alike.
    random.Random(" ".join(r.id for r in test)).shuffle(givers)
    return {r.id: giver[target] for r, giver in zip(test, givers, strict=True)}


def others(test: Sequence[Recording], target: str) -> Iterator[tuple[Recording, Recording]]:
    """Each recording with another one, whose answer it gets; each gives once.

    Of the same speaker, whose voice and level it keeps, if his recordings have enough texts to go
    round without one meeting itself; else of anyone. Several recordings of one text, such as
    mixtures of one sentence with several noises, may share their answer. Ordered by length, so that
    little has to be cut or added. UserError for fewer than two recordings.
    """
    if len(test) < 2:
        raise UserError("the chance level of a metric that aligns needs two test recordings a fold")
    speakers: dict[str, list[Recording]] = {}
    for r in test:
        speakers.setdefault(r.speaker, []).append(r)
    if any(2 * _most_of_one_text(group) > len(group) for group in speakers.values()):
        speakers = {"": list(test)}
    for group in speakers.values():
        length: dict[str, int] = {}  # of the answers to a text, its longest
        for r in group:
            length[_text(r)] = max(length.get(_text(r), 0), len(r[target]))
        group.sort(key=lambda r: (length[_text(r)], _text(r), r.id))
        # Recordings of one text lie side by side: so far on, none is left of it.
        step = _most_of_one_text(group) % len(group) or 1
        yield from zip(group, [*group[step:], *group[:step]], strict=True)


def _most_of_one_text(group: Iterable[Recording]) -> int:
    return max(Counter(map(_text, group)).values())


def _text(recording: Recording) -> str:
    """What its answer belongs to; where nobody knows the text, the recording itself."""
    return recording.text or f"recording {recording.id}"


def _of_length(answer: Array, length: int) -> Array:
    """Cut at its end, or begun again from its start."""
    return answer[np.arange(length) % len(answer)]
