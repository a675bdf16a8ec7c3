"""One job: run it, validate its predictions, score them.

    python -m benchmark.evaluation.evaluator REQUEST PID_OF_THE_PARENT

Its own process, so that a metric that holds the interpreter or dies takes no other job with it.
`evaluate_in_process` does the same without a sandbox, in the calling process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from benchmark import registry, storage
from benchmark.core import Isolation, MachineFault, Task, UserError
from benchmark.evaluation import ask_model, examination, scoring, worker_run
from benchmark.evaluation.validation import Breach
from benchmark.registry import Entry
from benchmark.results import aggregation, environment
from benchmark.results.result import KILLED, Item, JobResult, Status, now
from benchmark.sandbox import workspace
from benchmark.sandbox.request import JobRequest
from benchmark.worker import fold_reader
from benchmark.worker import model as worker_model
from benchmark.worker.limits import die_with_parent


def main(request: str, parent: str) -> None:
    """Run one job; a fault of the machine is the last line of the output, in JSON."""
    die_with_parent(int(parent))
    try:
        evaluate(JobRequest.parse(request))
    except MachineFault as fault:
        _tell(str(fault))
    except MemoryError:
        _tell("not enough memory to score")
    except OSError as error:
        if problem := environment.disk_problem(error, JobRequest.parse(request).paths.runs):
            _tell(problem)
        raise


def _tell(fault: str) -> NoReturn:
    print(json.dumps({"machine_fault": fault}), flush=True)
    sys.exit(os.EX_TEMPFAIL)  # as `execution/job.py` expects it


def evaluate(request: JobRequest) -> JobResult:
    """Run one job in a sandbox and write its result; a failed entry leaves a result too.

    MachineFault, and no result, where this machine could not run it.
    """
    job, runs = request.job, request.paths.runs
    task, entry = _task_and_entry(request)
    request.log.parent.mkdir(parents=True, exist_ok=True)
    common = {
        **asdict(job),
        "metrics": request.metrics,
        "isolation": request.config.isolation,
        "environment": environment.describe(request.paths.root, request.gpu),
    }
    try:
        predictions, cost, probed = examination.examine(request, task, entry)
        start = time.monotonic()
        items = _items(request, predictions, runs / "predictions")
        cost = cost.model_copy(update={"score_seconds": time.monotonic() - start})
        result = JobResult(
            status="good",
            items=items,
            outcomes=scoring.outcomes(items),
            cost=cost,
            probes=probed,
            finished=now(),
            **common,
        )
    except Breach as breach:
        if problem := environment.disk_state(runs):  # it may have had no room for its checkpoints
            raise MachineFault(problem) from breach
        status: Status = "timed out" if isinstance(breach, worker_run.TimedOut) else "failed"
        attempts = request.attempts + 1 if str(breach) == KILLED else 1
        result = JobResult(
            status=status, reason=str(breach), attempts=attempts, finished=now(), **common
        )
    if request.config.aggregates:
        result = aggregation.aggregated(result, aggregation.salt(runs))
    result = result.sealed()
    storage.write_whole(request.result, result.dump().encode() + b"\n")
    return result


def evaluate_in_process(request: JobRequest) -> JobResult:
    """Run one job in this process, to debug: no sandbox, no limits, nothing kept.

    What the model raises is raised; Breach for a prediction that is not valid.
    """
    task, entry = _task_and_entry(request)
    settings = entry.settings(request.job.variant)
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
        metrics=request.metrics,
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


def _items(request: JobRequest, predictions: ask_model.Predictions, kept: Path) -> tuple[Item, ...]:
    """Keep the predictions under their sha256 in the folder `kept`, and measure them."""
    answers = request.fold / "answers"
    names = {i: storage.keep(kept, prediction) for i, (prediction, _) in predictions.items()}
    files = {i: storage.kept(kept, name) for i, name in names.items()}
    root, task = request.paths.root, request.job.task
    try:
        measured = scoring.measure_all(
            root, task, answers, files, request.processes, request.metrics
        )
    except scoring.NoValue as error:
        raise Breach(str(error)) from error
    except UserError as error:  # of a metric: a library is missing, or weights are not those of it
        raise MachineFault(str(error)) from error
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


if __name__ == "__main__":
    main(*sys.argv[1:])
