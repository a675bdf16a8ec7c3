"""One job: run it, check it, measure it. The only reader of answers.

    python -m benchmark.evaluation.evaluator ORDER NUMBER_OF_THE_PARENT

Its own process, so that a metric that holds the interpreter or dies takes no other job with it.
"""

from __future__ import annotations

import contextlib
import math
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import registry, storage
from benchmark.core import Array, Asked, Recording, Signal, Task
from benchmark.evaluation import probes, scoring, validation
from benchmark.evaluation.validation import Breach
from benchmark.registry import Entry
from benchmark.results import aggregation, environment
from benchmark.results.result import KILLED, Cost, Item, JobResult, Probes, Status, now
from benchmark.sandbox import process, workspace
from benchmark.sandbox.workspace import Order
from benchmark.worker import fold_reader, protocol
from benchmark.worker.limits import die_with_parent

LONGEST_CURVE = 1000  # epochs
DTYPE = re.compile(r"[<>|=]?[a-zA-Z]\d{0,3}")  # numpy evaluates longer names

Predictions = dict[str, tuple[Array, float]]  # with the seconds each took, by recording id


def main(order: str, parent: str) -> None:
    die_with_parent(int(parent))
    judge(Order.parse(order))


def judge(order: Order) -> JobResult:
    """Run one job and write its result; the result says so when the entry failed."""
    job = order.job
    task = registry.pick("task", job.task, registry.tasks(order.root))
    entry = registry.pick("entry", job.entry, registry.entries(order.root).found)
    order.log.parent.mkdir(parents=True, exist_ok=True)
    common = {
        **asdict(job),
        "metrics": tuple(metric.id for metric in task.metrics),
        "isolation": order.isolation,
        "environment": environment.describe(order.root),
    }
    try:
        with workspace.worker(order, entry) as child:
            predictions, cost, probed = _examine(child, order, task, entry)
        items = _items(order, predictions)
        result = JobResult(
            status="good",
            items=items,
            outcomes=scoring.outcomes(items),
            cost=cost,
            probes=probed,
            finished=now(),
            **common,
        )
    except Breach as error:
        status: Status = "timed out" if child.timed_out else "failed"
        result = JobResult(
            status=status, reason=child.stopped or str(error), finished=now(), **common
        )
    if order.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(order.runs))
    result = result.sealed()
    storage.write_whole(order.runs / "results" / job.key, result.dump().encode() + b"\n")
    if result.status == "good":
        storage.remove(order.checkpoints)  # the next try of any other goes on from there
    return result


def _examine(
    child: process.Child, order: Order, task: Task, entry: Entry
) -> tuple[Predictions, Cost, Probes]:
    """Let the model fit and predict: its predictions, its cost, and what asking again shows."""
    asked, roles = fold_reader.read_part(order.fold / "answers")
    target = asked.signals[task.target]
    test = roles["test"]

    def ask(recording: Recording, inputs: Mapping[str, Array]) -> Array:
        return _ask(child, recording, inputs, task, target)[0]

    protocol.widen(child.to)
    protocol.widen(child.out)
    try:
        protocol.receive(child.out)
        child.pause()
        sys.stdin.read()  # whoever started us closes it when there is a slot for us
        child.begin()
        start = time.perf_counter()
        protocol.send(child.to, {})
        told = protocol.receive(child.out)
        fit_seconds = time.perf_counter() - start
        predictions = {
            r.id: _ask(child, r, {name: r[name] for name in task.inputs}, task, target)
            for r in test
        }
        probed = _probe(ask, order, task, entry, asked, test, predictions)
    except protocol.Broken as error:
        killed = isinstance(error, protocol.Ended) and child.was_killed()
        child.end()
        if killed:
            raise Breach(KILLED) from error
        words = _last_words(order.log) if isinstance(error, protocol.Ended) else ""
        raise Breach(words or f"the model's process {error}") from error
    child.end()
    cost = _cost(told, fit_seconds, predictions, asked.signals[task.inputs[0]].rate, test, task)
    return predictions, cost.model_copy(update={"peak_memory_mb": child.peak_mb}), probed


def _probe(
    ask: Callable[[Recording, Mapping[str, Array]], Array],
    order: Order,
    task: Task,
    entry: Entry,
    asked: Asked,
    test: list[Recording],
    predictions: Predictions,
) -> Probes:
    """Ask again, where the entry's claim or the user wants it."""
    answers = {name: array for name, (array, _) in predictions.items()}
    rate = asked.signals[task.target].rate
    seen = None
    if entry.causal and rate is not None:
        seen = probes.look_ahead(ask, test, answers, asked.signals, task.inputs, rate)
    return Probes(
        claims_causal=entry.causal,
        look_ahead_ms=seen,
        order_change=probes.order(ask, test, answers, task.inputs) if order.shuffle else None,
    )


def _cost(
    told: Mapping[str, Any],
    fit_seconds: float,
    predictions: Predictions,
    rate: float | None,
    test: list[Recording],
    task: Task,
) -> Cost:
    seconds = sum(spent for _, spent in predictions.values())
    length = sum(len(r[task.inputs[0]]) for r in test) / rate if rate else None
    return Cost(
        fit_seconds=fit_seconds,
        predict_seconds=seconds,
        signal_seconds=length,
        real_time_factor=seconds / length if length else None,
        **_told(told),
        peak_memory_mb=0.0,
    )


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of itself, as far as it is what it should be."""
    parameters, history, flops = (told.get(n) for n in ("parameters", "history", "flops"))
    curve = history if isinstance(history, list) else []
    good = all(type(v) is float and math.isfinite(v) for v in curve)
    return {
        "parameters": parameters if type(parameters) is int and 0 <= parameters < 2**63 else None,
        "curve": tuple(curve[:LONGEST_CURVE]) if good else (),
        "flops": flops if type(flops) is float and math.isfinite(flops) else None,
    }


def _ask(
    child: process.Child,
    recording: Recording,
    inputs: Mapping[str, Array],
    task: Task,
    target: Signal,
) -> tuple[Array, float]:
    """Hand one input over and take one prediction back, with the seconds that took."""
    shape = validation.shape_of(target, recording[task.target])
    head = {
        "inputs": {name: [a.dtype.str, a.shape] for name, a in inputs.items()},
        "shape": shape,
    }
    if protocol.waits(child.out):
        raise Breach(f"{recording.id}: something was answered before it was asked")
    start = time.perf_counter()
    protocol.send(child.to, head, *inputs.values())
    dtype, found = _announced(recording.id, protocol.receive(child.out))
    validation.check_head(recording.id, dtype, found, shape, target)
    prediction = protocol.receive_array(child.out, dtype, found)
    seconds = time.perf_counter() - start
    validation.check_values(recording.id, prediction, target)
    return prediction, seconds


def _announced(where: str, head: Mapping[str, Any]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type and shape of the array that the model says will follow."""
    match head:
        case {"array": [str(name), list(lengths)]} if DTYPE.fullmatch(name):
            if all(type(length) is int for length in lengths):
                with contextlib.suppress(TypeError):  # a letter that stands for no type
                    return np.dtype(name), tuple(lengths)
    raise Breach(f"{where}: expected an array, got {str(head)[:80]!r}")


def _items(order: Order, predictions: Predictions) -> tuple[Item, ...]:
    """Keep the predictions under their sha256 and measure them, by recording id."""
    kept, answers = order.runs / "predictions", order.fold / "answers"
    names = {i: storage.keep(kept, prediction) for i, (prediction, _) in predictions.items()}
    places = {i: storage.kept(kept, name) for i, name in names.items()}
    try:
        found = scoring.measure_all(order.root, order.job.task, answers, places, order.processes)
    except scoring.NoValue as error:
        raise Breach(str(error)) from error
    _, roles = fold_reader.read_part(answers)
    return tuple(
        Item(
            recording=r.id,
            speaker=r.speaker,
            session=r.session,
            prediction=names[r.id],
            seconds=predictions[r.id][1],
            measurements=found[r.id],
        )
        for r in roles["test"]
    )


def _last_words(log: Path) -> str:
    """The last line that the entry's process left, such as the exception that ended it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    # No terminal obeys it.
    return "".join(c if c.isprintable() else "?" for c in lines[-1][:300]) if lines else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
