"""How a prediction is asked for: from the worker in the sandbox, or from a model in this process.

Each answer is validated before it is used; one that breaks the contract raises `Breach`.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from benchmark.core import Array, Model, Recording, Signal, Task
from benchmark.evaluation import validation
from benchmark.evaluation.validation import Breach
from benchmark.sandbox import process
from benchmark.worker import protocol, window

DTYPE = re.compile(r"[<>|=]?[a-zA-Z]\d{0,3}")  # numpy evaluates longer names

Predictions = dict[str, tuple[Array, float]]  # with the seconds each took, by recording id
# Id of a recording, its inputs and the shape that is asked for -> an array of valid shape and type,
# and the seconds from when the inputs lay ready for the model until all of its answer did for us.
Predict = Callable[[str, Mapping[str, Array], tuple[int, ...]], tuple[Array, float]]


def predict_all(
    predict: Predict, test: Iterable[Recording], task: Task, target: Signal
) -> Predictions:
    return {
        r.id: timed(predict, r, {name: r[name] for name in task.inputs}, task, target) for r in test
    }


def timed(
    predict: Predict,
    recording: Recording,
    inputs: Mapping[str, Array],
    task: Task,
    target: Signal,
) -> tuple[Array, float]:
    """One valid prediction, with the seconds that it took."""
    shape = validation.shape_of(target, recording[task.target])
    prediction, seconds = predict(recording.id, inputs, shape)
    validation.check_values(recording.id, prediction, target)
    return prediction, seconds


def from_worker(child: process.Child, target: Signal) -> Predict:
    """Predictions of the model in the sandbox."""

    def predict(
        name: str, inputs: Mapping[str, Array], shape: tuple[int, ...]
    ) -> tuple[Array, float]:
        if protocol.waits(child.out):
            raise Breach(f"{name}: something was answered before it was asked")
        head = {
            "inputs": {name: [a.dtype.str, a.shape] for name, a in inputs.items()},
            "shape": shape,
        }
        message = protocol.packed(head, *inputs.values(), window=child.window)
        start = time.perf_counter()
        protocol.write(child.to, message)
        head = protocol.receive(child.out)
        seconds = time.perf_counter() - start
        dtype, lengths = announced(name, head)
        validation.check_head(name, dtype, lengths, shape, target)  # before it takes memory
        found = protocol.receive_arrays(child.out, [(dtype, lengths)], child.window)[0]
        if not window.suits(found.nbytes):  # it came through the pipe after its head
            seconds = time.perf_counter() - start
        return found, seconds

    return predict


def from_model(model: Model, target: Signal) -> Predict:
    """Predictions of a model in this process."""

    def predict(
        name: str, inputs: Mapping[str, Array], shape: tuple[int, ...]
    ) -> tuple[Array, float]:
        start = time.perf_counter()
        prediction = np.asarray(model.predict(inputs, shape))
        seconds = time.perf_counter() - start
        validation.check_head(name, prediction.dtype, prediction.shape, shape, target)
        return prediction, seconds

    return predict


def announced(where: str, head: Mapping[str, Any]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type and shape of the array that the model says will follow."""
    match head:
        case {"array": [str(name), list(lengths)]} if DTYPE.fullmatch(name):
            if all(type(length) is int for length in lengths):
                with contextlib.suppress(TypeError):  # a letter that stands for no type
                    return np.dtype(name), tuple(lengths)
    raise Breach(f"{where}: expected an array, got {str(head)[:80]!r}")
