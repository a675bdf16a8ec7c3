"""In this process, so that breakpoints work: no walls, no limits, no record.

A model's methods are called as a worker would call them, and what it answers is checked and
measured as a judge would. What comes of it is shown and not kept: nobody can say what such a model
has seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import numpy as np

from benchmark import contract, discover, prepare, scoring, stage, worker
from benchmark.engines.work import Done, Work
from benchmark.record import Item, Record, now

ISOLATION = "none"


def debug(works: Iterable[Work]) -> Iterator[Done]:
    """One job after the other, in this very process; what a model raises is raised."""
    for work in works:
        yield Done(work.job, _record(work))


def _record(work: Work) -> Record:
    order, job = work.order, work.job
    task = discover.pick("task", job.task, discover.tasks(order.root))
    entry = discover.pick("entry", job.entry, discover.entries(order.root).found)
    asked, roles = prepare.read_part(order.fold / "visible")
    settings = dict(discover.pick("variant", job.variant, entry.variants))
    model = worker.make_model(entry.path, asked, stage.fold_seed(job), settings)
    if hasattr(model, "fit"):
        model.fit(roles["train"], roles["valid"])
    asked, answers = prepare.read_part(order.fold / "answers")
    target = asked.signals[task.target]
    items = []
    for recording in answers["test"]:
        shape = contract.shape_of(target, recording[task.target])
        start = time.perf_counter()
        given = {name: recording[name] for name in task.inputs}
        prediction = np.asarray(model.predict(given, shape))
        seconds = time.perf_counter() - start
        contract.check_head(recording.id, prediction.dtype, prediction.shape, shape, target)
        contract.check_values(recording.id, prediction, target)
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
    return Record(
        **asdict(job),
        metrics=tuple(metric.id for metric in task.metrics),
        status="good",
        isolation=ISOLATION,
        items=tuple(items),
        outcomes=scoring.outcomes(items),
        finished=now(),
    )
