"""In this process, so that breakpoints work: no walls, no limits, no result.

A model's methods are called as a worker would call them, and what it answers is checked and
measured as a judge would. What comes of it is shown and not kept: nobody can say what such a model
has seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import numpy as np

from benchmark import registry
from benchmark.evaluation import scoring, validation
from benchmark.execution.job import Done, Work
from benchmark.results.result import Item, JobResult, now
from benchmark.sandbox import workspace
from benchmark.worker import __main__ as worker_main
from benchmark.worker import fold_reader

ISOLATION = "none"


def debug(works: Iterable[Work]) -> Iterator[Done]:
    """One job after the other, in this very process; what a model raises is raised."""
    for work in works:
        yield Done(work.job, _result(work))


def _result(work: Work) -> JobResult:
    order, job = work.order, work.job
    task = registry.pick("task", job.task, registry.tasks(order.root))
    entry = registry.pick("entry", job.entry, registry.entries(order.root).found)
    asked, roles = fold_reader.read_part(order.fold / "visible")
    settings = dict(registry.pick("variant", job.variant, entry.variants))
    model = worker_main.make_model(entry.path, asked, workspace.fold_seed(job), settings)
    if hasattr(model, "fit"):
        model.fit(roles["train"], roles["valid"])
    asked, answers = fold_reader.read_part(order.fold / "answers")
    target = asked.signals[task.target]
    items = []
    for recording in answers["test"]:
        shape = validation.shape_of(target, recording[task.target])
        start = time.perf_counter()
        given = {name: recording[name] for name in task.inputs}
        prediction = np.asarray(model.predict(given, shape))
        seconds = time.perf_counter() - start
        validation.check_head(recording.id, prediction.dtype, prediction.shape, shape, target)
        validation.check_values(recording.id, prediction, target)
        measured = {
            metric.id: scoring.measure(
                metric, prediction, recording, recording[task.target], target
            )
            for metric in task.metrics
        }
        names = {"recording": recording.id, "speaker": recording.speaker}
        items.append(
            Item(
                **names,
                session=recording.session,
                prediction="",
                seconds=seconds,
                measurements=measured,
            )
        )
    return JobResult(
        **asdict(job),
        metrics=tuple(metric.id for metric in task.metrics),
        status="good",
        isolation=ISOLATION,
        items=tuple(items),
        outcomes=scoring.outcomes(items),
        finished=now(),
    )
