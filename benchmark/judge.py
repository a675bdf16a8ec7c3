"""One job: run it, check it, measure it. The only reader of answers.

    python -m benchmark.judge ROOT RUNS LIMIT_SECONDS JOB

Its own process, so that a metric that holds the interpreter or dies takes no other job with it.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import discover, environment, prepare, sandbox, store, wire
from benchmark.core import Array, Job, Metric, Recording, Signal, Task, Undefined
from benchmark.record import Cost, Item, Measurement, Record, Status


class Bad(Exception):
    """The entry cannot be scored; the message is the reason for its record."""


def main(root: str, runs: str, limit_seconds: str, job: str) -> None:
    sandbox.die_with_parent()
    judge(Path(root), Path(runs), Job(**json.loads(job)), float(limit_seconds))


def judge(root: Path, runs: Path, job: Job, limit_seconds: float) -> Record:
    """Run one job and write its record; the record says so when the entry failed."""
    task = discover.pick("task", job.task, discover.tasks(root))
    fold = prepare.fold_folder(runs, job.data, job.fold)
    log = runs / "logs" / job.key.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    common = {
        **asdict(job),
        "metrics": tuple(metric.id for metric in task.metrics),
        "isolation": sandbox.ISOLATION,
        "environment": environment.describe(root),
    }
    try:
        with (
            tempfile.TemporaryDirectory(prefix="silentbench-") as scratch,
            _worker(root, job, fold, Path(scratch), log, limit_seconds) as child,
        ):
            items, cost = _examine(child, task, fold / "answers", runs / "predictions", log)
        record = Record(status="good", items=items, cost=cost, finished=_now(), **common)
    except Bad as error:
        status: Status = "timed out" if child.timed_out else "failed"
        reason = f"took longer than {limit_seconds:g} s" if child.timed_out else str(error)
        record = Record(status=status, reason=reason, finished=_now(), **common)
    store.write_whole(runs / "records" / job.key, record.dump().encode() + b"\n")
    return record


def _worker(
    root: Path, job: Job, fold: Path, scratch: Path, log: Path, limit_seconds: float
) -> sandbox.Child:
    entry = discover.pick("entry", job.entry, discover.entries(root).found)
    settings = discover.pick(f"variant of {job.entry}", job.variant, entry.variants)
    command = [sys.executable, "-m", "benchmark.worker", str(fold.resolve() / "visible")]
    command += [str(entry.path.resolve()), json.dumps(dict(settings)), str(fold_seed(job))]
    package = Path(__file__).resolve().parent.parent
    return sandbox.Child(
        command, scratch, log.resolve(), limit_seconds, {"PYTHONPATH": str(package)}
    )


def fold_seed(job: Job) -> int:
    """A seed of its own for each fold: folds that share random numbers are not independent."""
    return int(store.digest([job.task, job.split, job.fold, job.seed])[:8], 16)


def _examine(
    child: sandbox.Child, task: Task, answers: Path, kept: Path, log: Path
) -> tuple[tuple[Item, ...], Cost]:
    asked, roles = prepare.read_part(answers)
    target = asked.signals[task.target]
    try:
        wire.receive(child.out)
        start = time.perf_counter()
        parameters = wire.receive(child.out).get("parameters")
        fit_seconds = time.perf_counter() - start
        predictions = [_ask(child, r, task, target) for r in roles["test"]]
    except wire.Broken as error:
        raise Bad(_last_words(log) or f"the model's process {error}") from error
    child.end()
    items = tuple(
        _item(r, prediction, seconds, task, target, kept)
        for r, (prediction, seconds) in zip(roles["test"], predictions, strict=True)
    )
    seconds = sum(item.seconds for item in items)
    length = None
    if target.rate is not None:
        length = sum(len(prediction) for prediction, _ in predictions) / target.rate
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cost = Cost(
        fit_seconds=fit_seconds,
        predict_seconds=seconds,
        signal_seconds=length,
        real_time_factor=seconds / length if length else None,
        parameters=parameters if type(parameters) is int else None,
        peak_memory_mb=peak,
    )
    return items, cost


def _ask(
    child: sandbox.Child, recording: Recording, task: Task, target: Signal
) -> tuple[Array, float]:
    """Hand one input over and take one prediction back, with the seconds that took."""
    inputs = {name: recording[name] for name in task.inputs}
    shape = recording[task.target].shape
    head = {
        "inputs": {name: [a.dtype.str, a.shape] for name, a in inputs.items()},
        "shape": shape,
    }
    start = time.perf_counter()
    wire.send(child.to, head, *inputs.values())
    dtype = _check_head(recording.id, wire.receive(child.out), shape, target)
    prediction = wire.receive_array(child.out, dtype, shape)
    seconds = time.perf_counter() - start
    _check_values(recording.id, prediction, target)
    return prediction, seconds


def _check_head(
    where: str, head: dict[str, Any], shape: tuple[int, ...], target: Signal
) -> np.dtype[Any]:
    kinds = "iu" if target.labels else "iuf"
    try:
        dtype: np.dtype[Any] = np.dtype(head["array"][0])
        found = tuple(head["array"][1])
    except (KeyError, TypeError, ValueError) as error:
        raise Bad(f"{where}: expected an array, got {str(head)[:80]}") from error
    if dtype.kind not in kinds or dtype.itemsize > 8:
        expected = "integers" if target.labels else "real numbers"
        raise Bad(f"{where}: expected {expected}, got dtype {dtype}")
    if found != shape:
        raise Bad(f"{where}: expected shape {shape}, got {found}")
    return dtype


def _check_values(where: str, prediction: Array, target: Signal) -> None:
    if not np.isfinite(prediction).all():
        bad = int(np.count_nonzero(~np.isfinite(prediction)))
        raise Bad(f"{where}: {bad} of {prediction.size} values are NaN or infinite")
    if target.labels and not 0 <= int(prediction) < len(target.labels):
        raise Bad(f"{where}: expected a label from 0 to {len(target.labels) - 1}, got {prediction}")


def _item(
    recording: Recording,
    prediction: Array,
    seconds: float,
    task: Task,
    target: Signal,
    kept: Path,
) -> Item:
    name = hashlib.sha256(repr(prediction.shape).encode() + prediction.tobytes()).hexdigest()
    place = kept / name[:2] / f"{name}.npy"
    if not place.exists():
        store.write_array(place, prediction)
    answer = recording[task.target]
    measurements = {
        m.id: measure(m, recording.id, prediction, answer, target) for m in task.metrics
    }
    return Item(
        recording=recording.id,
        speaker=recording.speaker,
        session=recording.session,
        prediction=name,
        seconds=seconds,
        measurements=measurements,
    )


def measure(
    metric: Metric, where: str, prediction: Array, answer: Array, target: Signal
) -> Measurement:
    """Measure one prediction; what has no value is said, and stands at the floor of its scale."""
    try:
        statistics = metric.measure(prediction, answer, target)
    except Undefined as undefined:
        reason = str(undefined)
        if reason.startswith("target: "):
            return Measurement(statistics=(), status="left out", reason=reason)
        if metric.floor is None:
            raise Bad(f"{where}: {metric.id} is undefined: {reason}") from undefined
        floor = tuple(metric.floor(target).tolist())
        return Measurement(statistics=floor, status="floored", reason=reason)
    return Measurement(statistics=tuple(statistics.tolist()))


def _last_words(log: Path) -> str:
    """The last line that the entry's process left, such as the exception that ended it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    main(*sys.argv[1:])
