"""One job: run it, validate its predictions, score them.

    python -m benchmark.evaluation.evaluator REQUEST PID_OF_THE_PARENT

Its own process, so that a metric that holds the interpreter or dies takes no other job with it.
`evaluate_in_process` does the same without a sandbox, in the calling process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmark import registry, storage
from benchmark.core import Array, Asked, Isolation, Recording, Task
from benchmark.evaluation import ask_model, probes, scoring
from benchmark.evaluation.validation import Breach
from benchmark.plain_text import plain
from benchmark.registry import Entry
from benchmark.results import aggregation, environment
from benchmark.results.result import KILLED, Cost, Item, JobResult, Probes, Status, now
from benchmark.sandbox import process, workspace
from benchmark.sandbox.request import JobRequest
from benchmark.worker import fold_reader, protocol
from benchmark.worker import model as worker_model
from benchmark.worker.limits import die_with_parent


def main(request: str, parent: str) -> None:
    die_with_parent(int(parent))
    evaluate(JobRequest.parse(request))


def evaluate(request: JobRequest) -> JobResult:
    """Run one job in a sandbox and write its result; a failed entry leaves a result too."""
    job, runs = request.job, request.paths.runs
    task, entry = _task_and_entry(request)
    request.log.parent.mkdir(parents=True, exist_ok=True)
    common = {
        **asdict(job),
        "metrics": tuple(metric.id for metric in task.metrics),
        "isolation": request.config.isolation,
        "environment": environment.describe(request.paths.root, request.gpu),
    }
    try:
        with workspace.worker(request, entry) as child:
            predictions, cost, probed = _examine(child, request, task, entry)
        items = _items(request, predictions, runs / "predictions")
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
    if request.config.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(runs))
    result = result.sealed()
    storage.write_whole(request.result, result.dump().encode() + b"\n")
    if result.status == "good":
        storage.remove(request.checkpoints)  # the next attempt of any other resumes from there
    return result


def evaluate_in_process(request: JobRequest) -> JobResult:
    """Run one job in this process, to debug: no sandbox, no limits, nothing kept.

    What the model raises is raised; Breach for a prediction that is not valid.
    """
    task, entry = _task_and_entry(request)
    settings = registry.pick(f"variant of {entry.name}", request.job.variant, entry.variants)
    asked, roles = fold_reader.read_part(request.fold / "visible")
    seed = workspace.fold_seed(request.job)
    model = worker_model.make_model(entry.path, asked, seed, settings)
    worker_model.fit(model, roles)
    asked, answers = fold_reader.read_part(request.fold / "answers")
    target = asked.signals[task.target]
    predictions = ask_model.predict_all(
        ask_model.from_model(model, target), answers["test"], task, target
    )
    with TemporaryDirectory(prefix="silentbench-") as folder:
        items = _items(request, predictions, Path(folder))
    return JobResult(
        **asdict(request.job),
        metrics=tuple(metric.id for metric in task.metrics),
        status="good",
        isolation=Isolation.NONE,
        items=items,
        outcomes=scoring.outcomes(items),
        finished=now(),
    )


def _task_and_entry(request: JobRequest) -> tuple[Task, Entry]:
    """Those of the request alone: finding all of them takes longer than many a job."""
    task = registry.task(request.paths.root, request.job.task)
    return task, registry.read_entry(request.entry, request.kind)


def _examine(
    child: process.Child, request: JobRequest, task: Task, entry: Entry
) -> tuple[ask_model.Predictions, Cost, Probes]:
    """Let the model fit and predict: its predictions, its cost, and what the probes show."""
    asked, roles = fold_reader.read_part(request.fold / "answers")
    target = asked.signals[task.target]
    test = roles["test"]

    predict = ask_model.from_worker(child, target)

    def ask(recording: Recording, inputs: Mapping[str, Array]) -> Array:
        return ask_model.timed(predict, recording, inputs, task, target)[0]

    protocol.widen(child.to)
    protocol.widen(child.out)
    try:
        child.begin()
        protocol.receive(child.out)
        child.pause()
        sys.stdin.read()  # whoever started us closes it when there is a slot for us
        child.begin()
        start = time.perf_counter()
        protocol.send(child.to, {})
        report = protocol.receive(child.out)
        fit_seconds = time.perf_counter() - start
        predictions = ask_model.predict_all(predict, test, task, target)
        probed = _probe(ask, request, task, entry, asked, test, predictions)
    except protocol.Broken as error:
        killed = isinstance(error, protocol.Ended) and child.was_killed()
        child.end()
        if killed:
            raise Breach(KILLED) from error
        reason = _last_line(request.log) if isinstance(error, protocol.Ended) else ""
        raise Breach(reason or f"the model's process {error}") from error
    child.end()
    cost = _cost(report, fit_seconds, predictions, asked.signals[task.inputs[0]].rate, test, task)
    return predictions, cost.model_copy(update={"peak_memory_mb": child.peak_mb}), probed


def _probe(
    ask: Callable[[Recording, Mapping[str, Array]], Array],
    request: JobRequest,
    task: Task,
    entry: Entry,
    asked: Asked,
    test: list[Recording],
    predictions: ask_model.Predictions,
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
        order_change=probes.order(ask, test, answers, task.inputs)
        if request.config.shuffle
        else None,
    )


def _cost(
    report: Mapping[str, Any],
    fit_seconds: float,
    predictions: ask_model.Predictions,
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
        **_checked_report(report),
        peak_memory_mb=0.0,
    )


def _checked_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of itself, as far as it is what it should be."""
    said = worker_model.checked(report)
    return {"parameters": said.parameters, "curve": said.history, "flops": said.flops}


def _items(request: JobRequest, predictions: ask_model.Predictions, kept: Path) -> tuple[Item, ...]:
    """Keep the predictions under their sha256 in the folder `kept`, and measure them."""
    answers = request.fold / "answers"
    names = {i: storage.keep(kept, prediction) for i, (prediction, _) in predictions.items()}
    files = {i: storage.kept(kept, name) for i, name in names.items()}
    root, task = request.paths.root, request.job.task
    try:
        measured = scoring.measure_all(root, task, answers, files, request.processes)
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
            measurements=measured[r.id],
        )
        for r in roles["test"]
    )


def _last_line(log: Path) -> str:
    """The last line that the entry's process printed, such as the exception that ended it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().split("\n")
    return plain(lines[-1])


if __name__ == "__main__":
    main(*sys.argv[1:])
