"""One job: run it, check it, measure it. The only reader of answers.

    python -m benchmark.judge ROOT RUNS LIMIT_SECONDS PROCESSES JOB

Its own process, so that a metric that holds the interpreter or dies takes no other job with it.
"""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import discover, environment, prepare, sandbox, scoring, store, wire
from benchmark.core import Array, Job, Recording, Signal, Task
from benchmark.record import Cost, Item, Record, Status

LONGEST_CURVE = 1000  # epochs
LONGEST_TEXT = 10_000  # characters
LAST_CODE_POINT = 0x10FFFF
PASSED_ON = ("SILENTBENCH_DEVICE", "SILENTBENCH_FAST", "CUDA_VISIBLE_DEVICES")  # to the model


class Bad(Exception):
    """The entry cannot be scored; the message is the reason for its record."""


def main(root: str, runs: str, limit_seconds: str, processes: str, job: str) -> None:
    sandbox.die_with_parent()
    judge(Path(root), Path(runs), Job(**json.loads(job)), float(limit_seconds), int(processes))


def judge(root: Path, runs: Path, job: Job, limit_seconds: float, processes: int = 1) -> Record:
    """Run one job and write its record; the record says so when the entry failed."""
    task = discover.pick("task", job.task, discover.tasks(root))
    fold = prepare.fold_folder(runs, job.data, job.fold)
    answers = fold / "answers"
    checkpoints = runs / "checkpoints" / job.key.with_suffix("")
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
            _worker(root, job, fold, Path(scratch), checkpoints, log, limit_seconds) as child,
        ):
            predictions, cost = _examine(child, task, answers, log)
        items = _items(root, job, answers, runs / "predictions", predictions, processes)
        record = Record(
            status="good",
            items=items,
            outcomes=scoring.outcomes(items),
            cost=cost,
            finished=_now(),
            **common,
        )
    except Bad as error:
        status: Status = "timed out" if child.timed_out else "failed"
        reason = f"took longer than {limit_seconds:g} s" if child.timed_out else str(error)
        record = Record(status=status, reason=reason, finished=_now(), **common)
    store.write_whole(runs / "records" / job.key, record.dump().encode() + b"\n")
    if record.status == "good":
        shutil.rmtree(checkpoints)  # the next try of any other goes on from there
    return record


def _worker(
    root: Path,
    job: Job,
    fold: Path,
    scratch: Path,
    checkpoints: Path,
    log: Path,
    limit_seconds: float,
) -> sandbox.Child:
    entry = discover.pick("entry", job.entry, discover.entries(root).found)
    settings = discover.pick(f"variant of {job.entry}", job.variant, entry.variants)
    command = [sys.executable, "-m", "benchmark.worker", str(fold.resolve() / "visible")]
    command += [str(entry.path.resolve()), json.dumps(dict(settings)), str(fold_seed(job))]
    package = Path(__file__).resolve().parent.parent
    checkpoints.mkdir(parents=True, exist_ok=True)
    variables = {"PYTHONPATH": str(package), "SILENTBENCH_CHECKPOINTS": str(checkpoints.resolve())}
    variables |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return sandbox.Child(command, scratch, log.resolve(), limit_seconds, variables)


def fold_seed(job: Job) -> int:
    """A seed of its own for each fold: folds that share random numbers are not independent."""
    return int(store.digest([job.task, job.split, job.fold, job.seed])[:8], 16)


def _examine(
    child: sandbox.Child, task: Task, answers: Path, log: Path
) -> tuple[dict[str, tuple[Array, float]], Cost]:
    """Let the model fit and predict; its predictions with their seconds by recording, its cost."""
    asked, roles = prepare.read_part(answers)
    target = asked.signals[task.target]
    try:
        wire.receive(child.out)
        start = time.perf_counter()
        told = wire.receive(child.out)
        fit_seconds = time.perf_counter() - start
        predictions = {r.id: _ask(child, r, task, target) for r in roles["test"]}
    except wire.Broken as error:
        raise Bad(_last_words(log) or f"the model's process {error}") from error
    child.end()
    seconds = sum(spent for _, spent in predictions.values())
    first = task.inputs[0]
    rate = asked.signals[first].rate
    length = sum(len(r[first]) for r in roles["test"]) / rate if rate else None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cost = Cost(
        fit_seconds=fit_seconds,
        predict_seconds=seconds,
        signal_seconds=length,
        real_time_factor=seconds / length if length else None,
        **_told(told),
        peak_memory_mb=peak,
    )
    return predictions, cost


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of itself, as far as it is what it should be."""
    parameters, history, flops = (told.get(n) for n in ("parameters", "history", "flops"))
    curve = history if isinstance(history, list) else []
    good = all(type(v) is float and math.isfinite(v) for v in curve)
    return {
        "parameters": parameters if type(parameters) is int else None,
        "curve": tuple(curve[:LONGEST_CURVE]) if good else (),
        "flops": flops if type(flops) is float and math.isfinite(flops) else None,
    }


def _ask(
    child: sandbox.Child, recording: Recording, task: Task, target: Signal
) -> tuple[Array, float]:
    """Hand one input over and take one prediction back, with the seconds that took."""
    inputs = {name: recording[name] for name in task.inputs}
    shape = (-1,) if target.free else recording[task.target].shape
    head = {
        "inputs": {name: [a.dtype.str, a.shape] for name, a in inputs.items()},
        "shape": shape,
    }
    start = time.perf_counter()
    wire.send(child.to, head, *inputs.values())
    dtype, found = _check_head(recording.id, wire.receive(child.out), shape, target)
    prediction = wire.receive_array(child.out, dtype, found)
    seconds = time.perf_counter() - start
    _check_values(recording.id, prediction, target)
    return prediction, seconds


def _check_head(
    where: str, head: dict[str, Any], shape: tuple[int, ...], target: Signal
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    kinds = "iu" if target.labels or target.free else "iuf"
    try:
        dtype: np.dtype[Any] = np.dtype(head["array"][0])
        found = tuple(head["array"][1])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Bad(f"{where}: expected an array, got {str(head)[:80]}") from error
    if dtype.kind not in kinds or dtype.itemsize > 8:
        expected = "integers" if target.labels or target.free else "real numbers"
        raise Bad(f"{where}: expected {expected}, got dtype {dtype}")
    if target.free:
        if len(found) != 1 or not 0 <= found[0] <= LONGEST_TEXT:
            raise Bad(f"{where}: expected at most {LONGEST_TEXT} code points (n,), got {found}")
    elif found != shape:
        raise Bad(f"{where}: expected shape {shape}, got {found}")
    return dtype, found


def _check_values(where: str, prediction: Array, target: Signal) -> None:
    if not np.isfinite(prediction).all():
        bad = int(np.count_nonzero(~np.isfinite(prediction)))
        raise Bad(f"{where}: {bad} of {prediction.size} values are NaN or infinite")
    if target.free and not ((prediction >= 0) & (prediction <= LAST_CODE_POINT)).all():
        raise Bad(f"{where}: expected code points of Unicode, got other numbers")
    if target.labels and not 0 <= int(prediction) < len(target.labels):
        raise Bad(f"{where}: expected a label from 0 to {len(target.labels) - 1}, got {prediction}")


def _items(
    root: Path,
    job: Job,
    answers: Path,
    kept: Path,
    predictions: Mapping[str, tuple[Array, float]],
    processes: int,
) -> tuple[Item, ...]:
    """Keep the predictions under their sha256 and measure them, by recording id."""
    names = {i: store.keep(kept, prediction) for i, (prediction, _) in predictions.items()}
    places = {i: store.kept(kept, name) for i, name in names.items()}
    try:
        found = scoring.measure_all(root, job.task, answers, places, processes)
    except scoring.NoValue as error:
        raise Bad(str(error)) from error
    _, roles = prepare.read_part(answers)
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
    return lines[-1][:300] if lines else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    main(*sys.argv[1:])
