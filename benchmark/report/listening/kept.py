"""Recordings of a table, and what its rows predicted of them, as far as predictions are kept.

Runs keep predictions in `runs/predictions` under their SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmark import storage
from benchmark.core import Array, Metric, Paths, Recording, Signal, Task, UserError
from benchmark.data import folds
from benchmark.data.installed_split import load_here
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Table, title
from benchmark.report.listening.sounds import Answers, Decoder, Sound, can_be_heard
from benchmark.report.plots.answers import is_sound
from benchmark.results.published import FLOORED, SCORED, PublishedResult, from_job
from benchmark.results.result import read_result
from benchmark.worker import fold_reader

T = TypeVar("T")
RECORDED = "audio"  # what corpora call the sound that was recorded


@dataclass(frozen=True)
class Place:
    """Where recordings of a table and predictions of its rows are looked for."""

    snapshot: Snapshot
    paths: Paths
    table: Table
    decoder: Decoder | None = None  # of the articulation of people

    @property
    def is_heard(self) -> bool:
        return can_be_heard(self.target, self.decoder is not None)

    @property
    def task(self) -> Task:
        """The task as the corpus is scored by it."""
        return self.snapshot.task(self.table)

    @property
    def signals(self) -> Mapping[str, Signal]:
        return self.snapshot.corpus(self.table).signals

    @property
    def target(self) -> Signal:
        return self.signals[self.task.target]


@dataclass(frozen=True)
class OneSeed:
    """The results of one seed of a row, one a fold."""

    title: str
    seed: int
    results: Sequence[PublishedResult]


def first_seed(row: Row) -> OneSeed:
    """The published results of the lowest seed of a row."""
    seed = min(result.head.seed for result in row.results)
    results = [result for result in row.results if result.head.seed == seed]
    return OneSeed(title(*row.name), seed, results)


def as_run_here(paths: Paths, one: OneSeed) -> OneSeed:
    """The same jobs by the results of the working folder, where they are there.

    Another machine rounds otherwise, so its predictions have other names than the published ones.
    """
    here = [read_result(paths.runs, result.job) for result in one.results]
    found = [
        from_job(mine) if mine is not None and mine.items else result
        for result, mine in zip(one.results, here, strict=True)
    ]
    return OneSeed(one.title, one.seed, found)


def ordered(metric: Metric, results: Sequence[PublishedResult]) -> list[str]:
    """Ids of all test recordings, best first; those without a score of their own last."""
    sign = -1.0 if metric.better == "higher" else 1.0
    keys = {}
    for result in results:
        measured = result.recordings.measured[metric.id]
        with np.errstate(invalid="ignore", divide="ignore"):
            values = metric.reduce(measured.statistics)
        rows = zip(result.recordings.names, values.tolist(), measured.counted, strict=True)
        for name, value, counted in rows:
            if counted:
                keys[name] = (not np.isfinite(value), sign * value, name)
    return sorted(keys, key=lambda name: keys[name])


def references(
    place: Place, results: Sequence[PublishedResult], names: Sequence[str]
) -> Mapping[str, Recording]:
    """These test recordings with their targets, as these results were made of them.

    They are read from the folds that are prepared, else from the corpus: a fold is more than a page
    shows.
    """
    found: dict[str, Recording] = {}
    for result in results:
        folder = folds.fold_folder(place.paths.runs, result.head.data, result.head.fold) / "answers"
        if folder.exists():
            _, roles = fold_reader.read_part(folder)
            found.update({recording.id: recording for recording in roles["test"]})
    if found.keys() >= {*names}:
        return found
    of_today = _of_today(place, results)
    if of_today is None:
        raise UserError("its results are of other data than the corpus, split and task of today")
    return of_today


def recorded(
    place: Place, results: Sequence[PublishedResult], names: Sequence[str]
) -> dict[str, Sound]:
    """The recorded sound of these recordings, of those that have one.

    None where the corpus is not here, or the results are of another version of it.
    """
    named = with_recorded_sound(place, names)
    if not named or place.snapshot.corpus(place.table).locate(place.paths.data) is None:
        return {}
    of_today = _of_today(place, results)
    if of_today is None:
        return {}
    rate = place.signals[RECORDED].rate or 0.0
    return {
        name: Sound("recorded", "recorded sound", of_today[name][RECORDED], rate) for name in named
    }


def with_recorded_sound(place: Place, names: Sequence[str]) -> list[str]:
    """Those of these recordings that the corpus has recorded sound of, told by their names."""
    signal, has = place.signals.get(RECORDED), place.snapshot.corpus(place.table).checks.signals
    if signal is None or not is_sound(signal):
        return []
    return [name for name in names if has is None or RECORDED in has(name)]


def _of_today(place: Place, results: Sequence[PublishedResult]) -> Mapping[str, Recording] | None:
    """All recordings of the corpus; None where the results are of other data."""
    table, paths = place.table, place.paths
    split, corpus, _ = load_here(paths, table.split, place.snapshot.corpus(table))
    digest = folds.data_digest(table.task, place.task, split, corpus)
    if any(result.head.data != digest for result in results):
        return None
    return folds.verified_recordings(paths.runs, paths.data, corpus)


def result_of(results: Sequence[PublishedResult], name: str) -> tuple[PublishedResult, int]:
    """The result that tested a recording, and the place of the recording in it."""
    result = next(result for result in results if name in result.recordings.names)
    return result, result.recordings.names.index(name)


def scores(
    task: Task, results: Sequence[PublishedResult], name: str, most: int | None = None
) -> str:
    """What one recording got by each metric that says something of a single one, in words.

    `most`: by so many of the first metrics.
    """
    result, index = result_of(results, name)
    said = []
    for metric in task.metrics[:most]:
        measured = result.recordings.measured[metric.id]
        if measured.status[index] == SCORED:
            if metric.has_confusion:
                continue  # a matrix of one recording has no F1 to speak of
            value = float(metric.reduce(measured.statistics[index]))
            said.append(f"{metric.title} {value:.3f}")
        elif measured.status[index] == FLOORED:
            said.append(f"{metric.title}: {measured.reason(index)}")
    return ", ".join(said)


def values(task: Task, results: Sequence[PublishedResult], name: str) -> dict[str, float]:
    """What one recording got by metric id, where it was scored by itself."""
    result, index = result_of(results, name)
    return {
        metric.id: float(metric.reduce(measured.statistics[index]))
        for metric in task.metrics
        if not metric.has_confusion
        for measured in (result.recordings.measured[metric.id],)
        if measured.status[index] == SCORED
    }


def prediction(paths: Paths, results: Sequence[PublishedResult], name: str) -> Path:
    """The file of a prediction; UserError where it is not kept."""
    path = _kept(paths, *result_of(results, name))
    if not path.exists():
        raise UserError(f"the prediction of {name} is not kept in {paths.runs.name}/predictions")
    return path


def read(paths: Paths, one: OneSeed, names: Sequence[str]) -> dict[str, Array]:
    """The predictions of these recordings; UserError, with the way to make them, if one is gone."""
    try:
        files = {name: prediction(paths, one.results, name) for name in names}
    except UserError as error:
        head = one.results[0].head
        again = f"silentbench run {head.entry} --task {head.task} --split {head.split}"
        if head.variant != "default":
            again += f" --variants {head.variant}"
        raise UserError(f"{one.title}: {error}; to make its predictions: {again}") from error
    return {name: storage.read_array(path) for name, path in files.items()}


def evenly(ordered: Sequence[T], count: int) -> list[T]:
    """So many of them with equal steps, the first and the last among them; all if they are few."""
    if count >= len(ordered):
        return list(ordered)
    if count == 1:
        return [ordered[len(ordered) // 2]]
    return [ordered[round(k * (len(ordered) - 1) / (count - 1))] for k in range(count)]


def middle(ordered: Sequence[T], count: int) -> list[T]:
    """So many in the middle; of two that are equally near to it, the first."""
    start = max(0, (len(ordered) - count) // 2)
    return list(ordered[start : start + count])


def answers(
    place: Place, one: OneSeed, trivial: OneSeed | None, names: Sequence[str]
) -> dict[str, Answers]:
    """These recordings with what was predicted of them, and sound that was recorded.

    UserError as `read` and `references`.
    """
    predictions = read(place.paths, one, names)
    beside = read(place.paths, trivial, names) if trivial else {}
    recordings = references(place, one.results, names)
    sounds = recorded(place, one.results, names) if place.is_heard else {}
    return {
        name: Answers(
            recordings[name],
            predictions[name],
            (trivial.title, beside[name]) if trivial else None,
            sounds.get(name),
        )
        for name in names
    }


def trivial_rows(place: Place) -> list[Row]:
    """The rows of trivial baselines that may be shown beside others, the best first.

    Not the chance level, which is made from the answers, nor what hands an input through, which is
    shown as that input.
    """
    wanted = {*place.task.trivial_baselines} - {place.task.unprocessed}
    return [row for row in place.snapshot.displayed(place.table).rows if row.entry in wanted]


def best_trivial(place: Place, one: OneSeed, names: Sequence[str]) -> OneSeed | None:
    """The highest-ranked trivial baseline whose predictions of these recordings are kept.

    None where that is the row itself, or nothing can be heard.
    """
    if not place.is_heard:
        return None
    for row in trivial_rows(place):
        if row.results:
            other = as_run_here(place.paths, first_seed(row))
            known = {name for result in other.results for name in result.recordings.names}
            if known >= {*names} and all(_is_kept(place.paths, other, name) for name in names):
                return None if other.title == one.title else other
    return None


def _is_kept(paths: Paths, one: OneSeed, name: str) -> bool:
    return _kept(paths, *result_of(one.results, name)).exists()


def _kept(paths: Paths, result: PublishedResult, index: int) -> Path:
    """Where a prediction is kept; the result may be older than today's rule for names."""
    folder = paths.runs / "predictions"
    name = result.recordings.predictions[index].tobytes().hex()
    if not storage.kept(folder, name).exists() and (here := read_result(paths.runs, result.job)):
        recording = result.recordings.names[index]
        for item in here.items:
            if item.recording == recording and storage.is_named(folder, item.prediction, name):
                return storage.kept(folder, item.prediction)
    return storage.kept(folder, name)
