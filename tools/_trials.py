"""Trials of a network's settings: what is drawn, what fits into the time, and how it is scored."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from benchmark.core import Asked, Metric, Recording, UserError
from benchmark.evaluation import scoring, validation
from benchmark.registry import Entry
from benchmark.worker.model import make_model

RATES = 3e-4, 1e-2  # of the largest step, drawn by its logarithm
WIDTHS = 32, 64, 96
EPOCHS = 15, 30, 60
SEED = 0  # of every model; the settings are drawn by the number of the trial
PROBED = 2  # epochs, the second of which is timed: the first one warms up


class Trial(BaseModel):
    """A line of the log: one training, and what came of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    task: str
    split: str
    entry: str
    train: int  # recordings
    valid: int
    seconds: float  # of processor time that training may take
    number: int
    rate: float
    width: int | None  # None: the entry has no such setting
    epochs_drawn: int
    epochs: int  # that fit into the time
    epochs_run: int
    fit_cpu_seconds: float
    probe_cpu_seconds: float  # to find out what an epoch takes
    metric: str
    score: float | None  # on validation recordings; None: it has none
    problem: str = ""  # why

    @property
    def sizes(self) -> tuple[int, int, float]:
        """What has to be equal of trials that are compared."""
        return self.train, self.valid, self.seconds

    @property
    def key(self) -> tuple[object, ...]:
        """What a trial has in common with a repetition of it, whatever came of it."""
        return self.task, self.split, self.entry, self.sizes, self.number


@dataclass(frozen=True)
class Data:
    """What a search sees of a task: no test recording is among it."""

    task: str
    split: str
    asked: Asked
    metric: Metric
    train: Sequence[Recording]
    valid: Sequence[Recording]


def drawn(number: int) -> tuple[float, int, int]:
    """Rate, width and epochs of a trial, for whatever entry."""
    random = np.random.default_rng(number)
    low, high = np.log(RATES)
    rate = float(f"{np.exp(random.uniform(low, high)):.2g}")
    return rate, int(random.choice(WIDTHS)), int(random.choice(EPOCHS))


def affordable(epochs: int, before: float, each: float, seconds: float) -> int:
    """Epochs that fit into the time behind what comes before the first; at least one."""
    return max(1, min(epochs, int((seconds - before) / max(each, 1e-9))))


def search(
    data: Data, entry: Entry, seconds: float, numbers: Iterable[int], done: set[tuple[object, ...]]
) -> Iterator[Trial]:
    """The trials of these numbers that are not done, one after the other."""
    takes_width = "width" in inspect.signature(type(_made(data, entry, {})).__init__).parameters
    sizes = len(data.train), len(data.valid), seconds
    for number in numbers:
        if (data.task, data.split, entry.name, sizes, number) not in done:
            rate, width, epochs = drawn(number)
            yield _run(data, entry, number, rate, width if takes_width else None, epochs, seconds)


def _run(
    data: Data,
    entry: Entry,
    number: int,
    rate: float,
    width: int | None,
    drawn_epochs: int,
    seconds: float,
) -> Trial:
    settings = {} if width is None else {"width": width}
    before, each, probing = _probed(data, entry, settings)
    epochs = affordable(drawn_epochs, before, each, seconds)
    model = _made(data, entry, settings)
    model.recipe = replace(model.recipe, epochs=epochs, rate=rate)
    start = time.process_time()
    model.fit(data.train, data.valid)
    spent = time.process_time() - start
    value, problem = score(data, model)
    return Trial(
        task=data.task,
        split=data.split,
        entry=entry.name,
        train=len(data.train),
        valid=len(data.valid),
        seconds=seconds,
        number=number,
        rate=rate,
        width=width,
        epochs_drawn=drawn_epochs,
        epochs=epochs,
        epochs_run=len(model.history),
        fit_cpu_seconds=round(spent, 2),
        probe_cpu_seconds=round(probing, 2),
        metric=data.metric.id,
        score=value,
        problem=problem,
    )


def _made(data: Data, entry: Entry, settings: Mapping[str, Any]) -> Any:
    model = make_model(entry.path, data.asked, SEED, settings)
    if not hasattr(model, "recipe"):
        raise UserError(f"{entry.name}: expected a model with a recipe to search, found none")
    return model


def _probed(data: Data, entry: Entry, settings: Mapping[str, Any]) -> tuple[float, float, float]:
    """Processor seconds before the first epoch, of one epoch, and of finding that out."""
    model = _made(data, entry, settings)
    model.recipe = replace(model.recipe, epochs=PROBED, schedule="constant")
    model.loss, began = _marked(model.loss)
    start = time.process_time()
    model.fit(data.train, data.valid)
    end = time.process_time()
    return began[0] - start, end - began[-1], end - start


def _marked(loss: Callable[..., Any]) -> tuple[Callable[..., Any], list[float]]:
    """The loss, and the processor times at which it is first asked for in each epoch.

    Validation, which asks without gradients, lies between two epochs.
    """
    import torch

    began: list[float] = []
    between = True

    def marking(*arguments: Any) -> Any:
        nonlocal between
        if torch.is_grad_enabled() and between:
            began.append(time.process_time())
        between = not torch.is_grad_enabled()
        return loss(*arguments)

    return marking, began


def score(data: Data, model: Any) -> tuple[float | None, str]:
    """By the metric of the task on validation recordings, or why there is none."""
    target = data.asked.signals[data.asked.target]
    found = []
    for recording in data.valid:
        answer = recording[data.asked.target]
        inputs = {name: recording[name] for name in data.asked.inputs}
        prediction = np.asarray(model.predict(inputs, validation.shape_of(target, answer)))
        try:
            validation.check_values(recording.id, prediction, target)
            measured = scoring.measure(data.metric, prediction, recording, answer, target)
        except (validation.Breach, scoring.NoValue) as error:
            return None, str(error)
        if measured.status != "left out":
            found.append(measured.statistics)
    if not found:
        return None, "no validation recording has a score"
    return float(data.metric.reduce(np.sum(found, axis=0))), ""


def best(trials: Iterable[Trial], metric: Metric) -> dict[str, Trial]:
    """The best trial of each entry, the first of equals."""
    sign = 1.0 if metric.better == "higher" else -1.0
    found: dict[str, tuple[float, Trial]] = {}
    for trial in trials:
        if trial.score is not None:
            value = sign * trial.score
            if trial.entry not in found or value > found[trial.entry][0]:
                found[trial.entry] = value, trial
    return {name: trial for name, (_, trial) in found.items()}
