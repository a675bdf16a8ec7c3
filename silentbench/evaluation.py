"""Evaluate a model on a task: in this process, or an entry by its name in a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmark import registry, storage
from benchmark.core import Array, Asked, Metric, Paths, Recording, UserError
from benchmark.evaluation import ask_model, scoring
from benchmark.evaluation.validation import Breach
from benchmark.execution import plan, runner
from benchmark.execution.executors import local_executor
from benchmark.results.result import Item, read_result
from benchmark.results.scores import reduced
from benchmark.sandbox.request import RunConfig
from benchmark.worker import model as worker_model
from silentbench import tables
from silentbench.data import LoadedFold, Source, here, loaded, prepared

if TYPE_CHECKING:
    import pandas as pd

Function = Callable[[Mapping[str, Array], tuple[int, ...]], Array]
# A class with `fit` and `predict`, an object of one, a function like `predict`, or an entry's name.
Evaluated = str | type | Function | Any


@dataclass(frozen=True)
class Evaluation:
    """Scores on a split, over all test recordings of its folds, and what they come from."""

    task: str
    split: str
    scores: Mapping[str, float]  # by metric id, the one that ranks first; NaN: no value
    predictions: Mapping[str, Array]  # by id of the test recording
    items: Sequence[Item]
    metrics: Sequence[Metric]

    @property
    def recordings(self) -> pd.DataFrame:
        """A line for each test recording: id, speaker, session, and its score by each metric."""
        return tables.table([self._line(item) for item in self.items])

    def _line(self, item: Item) -> dict[str, Any]:
        scores = {metric.id: _score(metric, [item]) for metric in self.metrics}
        about = {"recording": item.recording, "speaker": item.speaker, "session": item.session}
        return {**about, "seconds": item.seconds, **scores}


def evaluate(
    model: Evaluated,
    task: str,
    split: str = "",
    *,
    seed: int = 0,
    data: Path | str | None = None,
    runs: Path | str | None = None,
) -> Evaluation:
    """Train and score a model on every fold of a split, the task's first if none is named.

    `model` is a class that is made as `Model(asked, seed)`; an object with `predict(inputs, shape)`
    and maybe `fit(train, valid)`, which is fitted anew for each fold; or a function
    `f(inputs, shape)` that needs no training. It runs in this process: nothing keeps it from the
    targets, and nothing of it is published. The name of an entry, or `entry:variant`, runs that
    entry in a sandbox instead, as `silentbench run` does; its results are kept in `runs`.

    `inputs` are arrays (time, ...) by name of the signal, `shape` is that of the answer; (-1,) for
    a text of any length. UserError for an unknown name, a prediction of another shape or type or
    with NaN, and for a job that failed.

    >>> import numpy as np
    >>> still = lambda inputs, shape: np.zeros(shape, np.float32)
    >>> found = evaluate(still, "emg_to_mel", "embedded.smoke_sentences")
    >>> next(iter(found.scores)), found.scores["mel_mse.mean@1"] > 1
    ('mel_mse.mean@1', True)
    """
    place = here(data, runs)
    if isinstance(model, str):
        return _by_name(place, model, task, split, seed)
    source = prepared(place, task, split)
    items: list[Item] = []
    predictions: dict[str, Array] = {}
    for name in source.split.folds:
        fold = loaded(place, source, name)
        asked = _predictions(model, fold, source, seed)
        predictions |= {id: array for id, (array, _) in asked.items()}
        items += [_item(source, fold, recording, *asked[recording.id]) for recording in fold.test]
    return _evaluation(source.name, source.split.name, source.task.metrics, items, predictions)


def _made(model: Evaluated, asked: Asked, seed: int) -> Any:
    """An object with `predict`; UserError for what cannot be one."""
    if isinstance(model, type):
        model = model(asked, seed)
    if hasattr(model, "predict"):
        return model
    if not callable(model):
        raise UserError(
            f"model: expected a class or an object with predict(inputs, shape), a function of these"
            f" two, or the name of an entry, got {type(model).__name__}"
        )
    return _Untrained(model)


@dataclass(frozen=True)
class _Untrained:
    predict: Function


def _predictions(
    model: Evaluated, fold: LoadedFold, source: Source, seed: int
) -> ask_model.Predictions:
    made = _made(model, fold.asked, seed)
    worker_model.fit(made, {"train": fold.train, "valid": fold.valid})
    target = fold.asked.signals[fold.asked.target]
    asking = ask_model.from_model(made, target)
    try:
        return ask_model.predict_all(asking, fold.test, source.task, target)
    except Breach as breach:
        raise UserError(f"{source.name}: prediction of {breach}") from breach


def _item(
    source: Source, fold: LoadedFold, recording: Recording, prediction: Array, seconds: float
) -> Item:
    target = fold.asked.signals[fold.asked.target]
    answer = recording[fold.asked.target]
    try:
        measured = {
            metric.id: scoring.measure(metric, prediction, recording, answer, target)
            for metric in source.task.metrics
        }
    except scoring.NoValue as error:
        raise UserError(str(error)) from error
    return Item(
        recording=recording.id,
        speaker=recording.speaker,
        session=recording.session,
        prediction=storage.array_name(prediction),
        seconds=seconds,
        measurements=measured,
    )


def _by_name(place: Paths, name: str, task: str, split: str, seed: int) -> Evaluation:
    entry, _, variant = name.partition(":")
    wanted = split or registry.read_tasks(place.root).pick("task", task).splits[0]
    choice = plan.RunSelection(
        tasks=[task],
        entries=[entry],
        splits=[wanted],
        variants=variant or "default",
        seeds=seed + 1,
        full=True,
    )
    found = plan.plan(place, choice, registry.corpora())
    chosen = replace(found, jobs=tuple(job for job in found.jobs if job.seed == seed))
    summary = runner.run(place, chosen, local_executor(1), RunConfig())
    if not summary.ok:
        raise UserError(next(reason for bad in summary.bad.values() for reason in bad))
    results = [result for job in chosen.jobs if (result := read_result(place.runs, job))]
    items = [item for result in results for item in result.items]
    kept = place.runs / "predictions"
    predictions = {
        item.recording: storage.read_array(storage.kept(kept, item.prediction)) for item in items
    }
    asked, _, _ = chosen.sources[task, wanted]
    return _evaluation(task, wanted, asked.metrics, items, predictions)


def _evaluation(
    task: str,
    split: str,
    metrics: Sequence[Metric],
    items: Sequence[Item],
    predictions: Mapping[str, Array],
) -> Evaluation:
    scores = {metric.id: _score(metric, items) for metric in metrics}
    return Evaluation(task, split, scores, predictions, items, metrics)


def _score(metric: Metric, items: Sequence[Item]) -> float:
    """As the board computes it: sums of the recordings that count; NaN where none does."""
    found = (item.measurements[metric.id] for item in items)
    sums = [m.statistics for m in found if m.status != "left out"]
    return reduced(metric, np.sum(sums, axis=0)) if sums else float("nan")
