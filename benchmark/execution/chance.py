"""The chance level: the score of the true targets in the wrong place.

A signal in time is circularly shifted by half of its length, so that it keeps the level, spectrum
and pace of a good prediction and loses its timing. A metric that aligns would find the answer in it
again: where a task has one, each recording gets the answer of another one of the same fold, of the
same speaker and with another text if there is one. A label, which has no time, is dealt out by a
permutation with a seed of its own; some get their own back, as guesses do. The chance level is
computed from the targets, which no model has, and is the trivial baseline `chance` of each table.
`renew` scores it, and with it the oracles, which are made from the answers too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

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
from benchmark.execution.oracles import predictions
from benchmark.execution.plan import Plan
from benchmark.registry import project
from benchmark.registry.from_answers import chance, oracles
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
    """Score chance and the oracles of each split of a plan without; True if any was.

    `aggregates`: in results that tell of no single recording.
    """
    fresh: dict[str, list[JobResult]] = {}
    known = {name: _known(paths, name, aggregates) for name in (CHANCE, *oracles.ORACLES)}
    for (name, _), (task, split, corpus) in chosen.sources.items():
        if corpus.miniature:
            continue  # its scores are not published
        data = folds.data_digest(name, task, split, corpus)
        for maker in (CHANCE, *oracles.of(task, corpus)):
            if not corpus.own and (name, split.name, data, _code(maker, task)) in known[maker]:
                continue
            try:
                made = _made(paths, maker, name, task, split, corpus, processes, tell)
            except UserError as error:  # a bad corpus stops only itself
                tell(f"no {_about(maker)} of {name} on {split.name}: {error}")
                continue
            if not corpus.own:
                fresh.setdefault(maker, []).extend(made)
    if aggregates:
        salt = aggregation.salt(paths.runs)
        fresh = {m: [aggregation.aggregated(r, salt).sealed() for r in fresh[m]] for m in fresh}
    tasks = {name: task for (name, _), (task, _, _) in chosen.sources.items()}
    merged = []
    for maker, made in fresh.items():
        path = _path(paths, maker)
        own = project.own(paths.root, path, entry_results.column_files(path))
        merged.append(entry_results.merge(own, made, tasks))
    return any(merged)


def _path(paths: Paths, maker: str) -> Path:
    return chance.results(paths.root) if maker == CHANCE else oracles.results(paths.root, maker)


def _code(maker: str, task: Task) -> str:
    metrics = task.metrics
    return chance.code(metrics) if maker == CHANCE else oracles.code(maker, metrics)


def _about(maker: str) -> str:
    return "level of chance" if maker == CHANCE else maker


def _known(paths: Paths, maker: str, aggregates: bool) -> set[tuple[str, str, str, str]]:
    """Task, split, data and code of the results that there are."""
    return {
        (r.task, r.split, r.data, r.code)
        for result in entry_results.read(_path(paths, maker)).results
        if (r := result.head).aggregated or not aggregates
    }


def _made(
    paths: Paths,
    maker: str,
    name: str,
    task: Task,
    split: Split,
    corpus: Corpus,
    processes: int,
    tell: Callable[[str], None],
) -> list[JobResult]:
    """The results of chance or an oracle on one split.

    Of a user's own corpus they are kept where the other results on it are, and made once.
    """
    data, code = folds.data_digest(name, task, split, corpus), _code(maker, task)
    jobs = [Job(name, split.name, fold, maker, "default", 0, data, code) for fold in split.folds]
    if corpus.own and all((paths.runs / "results" / job.key).exists() for job in jobs):
        return []
    tell(f"scoring the {_about(maker)} of {name} on {split.name}")
    folds.prepare(paths.runs, paths.data, name, task, split, corpus, tell)
    made = list(_scored(paths, name, task, split, corpus, processes, maker))
    if corpus.own:
        for result in made:
            content = result.dump().encode() + b"\n"
            storage.write_whole(paths.runs / "results" / result.job.key, content)
    return made


def _scored(
    paths: Paths,
    name: str,
    task: Task,
    split: Split,
    corpus: Corpus,
    processes: int,
    maker: str = CHANCE,
) -> Iterator[JobResult]:
    data = folds.data_digest(name, task, split, corpus)
    arrays = {}
    for fold in split.folds:
        _, roles = fold_reader.read_part(folds.fold_folder(paths.runs, data, fold) / "answers")
        if maker == CHANCE:
            arrays.update(displaced(roles["test"], task, corpus.signals[task.target]))
        else:
            folder = folds.find(corpus, paths.data)
            arrays.update(predictions.predicted(maker, roles["test"], task, corpus, folder))
    ids = tuple(metric.id for metric in task.metrics)
    found = submitted_predictions.Found(split, data, arrays)
    return submitted_predictions.scored(
        *(paths, name, ids, found, maker, _code(maker, task)),
        *(Isolation.FROM_TARGETS, processes),
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
