"""A job's two workers: one whose predictions are scored, one that is asked to see how it answers.

Both start at once and in the same way, train on the same recordings with the same seed, and are
used one after the other, in an order drawn by lot: no model can tell which of them it is in. What
the second one is asked, and what its answers show, is in `probes.py`.
"""

from __future__ import annotations

import json
import math
import os
import random
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmark.core import Array, MachineFault, Recording, Signal, Task
from benchmark.evaluation import ask_model, checkpoints, probes, worker_run
from benchmark.evaluation.validation import Breach
from benchmark.evaluation.worker_run import WorkerRun
from benchmark.registry import Entry
from benchmark.results.result import Cost, Probes
from benchmark.sandbox import cores
from benchmark.sandbox.request import JobRequest
from benchmark.worker import fold_reader
from benchmark.worker import model as worker_model

PATIENCE = 60.0  # seconds of training that a job is probed for which was not chosen to be


def examine(
    request: JobRequest, task: Task, entry: Entry
) -> tuple[ask_model.Predictions, Cost, Probes]:
    """Let the model fit and predict: its predictions, its cost, and what the probes show.

    Breach where it fails in either worker, MachineFault where this machine does.
    """
    asked, roles = fold_reader.read_part(request.fold / "answers")
    target, test = asked.signals[task.target], roles["test"]
    noisy = entry.causal and target.rate is not None
    # In an order of the judge's own: that of the split can tell what is asked.
    mixed = random.SystemRandom().sample(test, len(test))
    questions = probes.questions(mixed, asked.signals, task.inputs, task.target, noisy)
    found = None
    with ExitStack() as after, ExitStack() as stack:
        folders = after.enter_context(checkpoints.for_two(request.checkpoints))
        logs = request.log, request.log.with_suffix(".second.log")
        scored, second = _two_workers(request, entry, folders, logs, stack)
        _wait_for_slot()
        patience = math.inf if request.probed or request.config.shuffle else PATIENCE
        second_first = secrets.randbelow(2) == 1
        if second_first:
            found = _ask_second(second, folders[1], request, questions, task, target, patience)
        with scored.breaches():
            training = scored.train()
            assert training is not None
            after.enter_context(checkpoints.closed(request.checkpoints, folders[0]))
            before = scored.child.cpu_seconds()
            predict = ask_model.from_worker(scored.child, target)
            predictions = ask_model.predict_all(predict, mixed, task, target)
            cpu_seconds = scored.child.cpu_seconds() - before
        scored.child.end()
        if not second_first and training.seconds <= patience:
            found = _ask_second(second, folders[1], request, questions, task, target)
    cost = _cost(training, predictions, asked.signals[task.inputs[0]].rate, test, task)
    cost = cost.model_copy(
        update={"peak_memory_mb": scored.child.peak_mb, "predict_cpu_seconds": cpu_seconds}
    )
    answers = {name: array for name, (array, _) in predictions.items()}
    return predictions, cost, _probes(entry, questions, found, answers, target.rate)


def _two_workers(
    request: JobRequest,
    entry: Entry,
    folders: tuple[Path, Path],
    logs: tuple[Path, Path],
    stack: ExitStack,
) -> tuple[WorkerRun, WorkerRun]:
    """Both workers when they are ready, started in an order drawn by lot: none knows its own."""
    workers: dict[int, WorkerRun] = {}
    for number in random.SystemRandom().sample((0, 1), 2):
        started = worker_run.started(request, entry, folders[number], logs[number])
        workers[number] = stack.enter_context(started)
    for number in (0, 1):
        workers[number].wait_until_ready()
    return workers[0], workers[1]


def _wait_for_slot() -> None:
    """Return when whoever started us says that we may, on the cores that we have for ourselves."""
    said = sys.stdin.read()
    if not said:
        raise MachineFault("whoever started the job has given it up")
    if mine := json.loads(said):
        cores.pin(os.getpid(), mine)


def _ask_second(
    worker: WorkerRun,
    folder: Path,
    request: JobRequest,
    questions: Sequence[probes.Question],
    task: Task,
    target: Signal,
    patience: float = math.inf,
) -> list[Array] | None:
    """The answers of the worker that is not scored; None where its training takes too long.

    It has its checkpoints in `folder`. Where it fails, so does the job, whose log is then that of
    this worker.
    """
    found = None
    with ExitStack() as after:
        try:
            with worker.breaches():
                if worker.train(patience) is not None:
                    after.enter_context(checkpoints.closed(request.checkpoints, folder))
                    worker.child.cpu_seconds()  # as of the other one: it could see the difference
                    predict = ask_model.from_worker(worker.child, target)
                    found = [
                        ask_model.timed(predict, q.recording, q.inputs(), task, target)[0]
                        for q in questions
                    ]
        except Breach:
            os.replace(worker.log, request.log)  # what the result's reason is about
            raise
        worker.child.end()
    return found


def _probes(
    entry: Entry,
    questions: Sequence[probes.Question],
    found: Sequence[Array] | None,
    scored: Mapping[str, Array],
    rate: float | None,
) -> Probes:
    """What the second worker's answers show; only the claim where it was not asked."""
    if found is None:
        return Probes(claims_causal=entry.causal)
    unsure = probes.order_change(questions, found, scored)
    seen = None
    if entry.causal and rate is not None:
        seen = probes.look_ahead(questions, found, scored, rate, unsure)
    return Probes(claims_causal=entry.causal, look_ahead_ms=seen, order_change=unsure)


def _cost(
    training: worker_run.Training,
    predictions: ask_model.Predictions,
    rate: float | None,
    test: list[Recording],
    task: Task,
) -> Cost:
    seconds = sum(spent for _, spent in predictions.values())
    length = sum(len(r[task.inputs[0]]) for r in test) / rate if rate else None
    return Cost(
        fit_seconds=training.seconds,
        fit_cpu_seconds=training.cpu_seconds,
        predict_seconds=seconds,
        signal_seconds=length,
        real_time_factor=seconds / length if length else None,
        **_checked_report(training.report),
        peak_memory_mb=0.0,
    )


def _checked_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of itself, as far as it is what it should be."""
    said = worker_model.checked(report)
    return {"parameters": said.parameters, "curve": said.history, "flops": said.flops}
