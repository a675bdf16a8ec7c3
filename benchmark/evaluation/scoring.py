"""Predictions and answers -> measurements: the one place that says what becomes of a prediction.

    scored     it has a value
    floored    it is finite but cannot be scored (silence, a constant, no utterance): it gets the
               worst score of the metric's scale, so that abstaining never helps
    left out   the target cannot be scored, for anyone; not counted

What breaks the contract (shape, type, NaN) never comes here: the evaluator fails the whole job. So
does a prediction without a value where the metric has no worst score. Each measurement keeps its
reason, and `outcomes` counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from benchmark import registry, storage
from benchmark.core import Array, Metric, Recording, Signal, Undefined, UndefinedTarget
from benchmark.results.result import Item, Measurement
from benchmark.worker import fold_reader, limits

Measured = dict[str, Measurement]  # by metric id
FEWEST = 8  # recordings a process: below, starting it costs more than it saves


class NoValue(Exception):
    """A prediction without a value on a scale without a worst score; the message is the reason."""


def measure(
    metric: Metric,
    prediction: Array,
    recording: Recording,
    answer: Array,
    signal: Signal,
) -> Measurement:
    """Measure one prediction of one recording by one metric; NoValue as the module says."""
    auxiliary = (recording[name] for name in metric.auxiliary)
    try:
        statistics = metric.measure(prediction, answer, signal, *auxiliary)
    except UndefinedTarget as undefined:
        return Measurement(statistics=(), status="left out", reason=str(undefined))
    except Undefined as undefined:
        reason = str(undefined)
        if metric.worst is None:
            raise NoValue(f"{recording.id}: {metric.id} is undefined: {reason}") from undefined
        worst = tuple(metric.worst(signal).tolist())
        return Measurement(statistics=worst, status="floored", reason=reason)
    return Measurement(statistics=tuple(statistics.tolist()))


def measure_all(
    root: Path,
    task: str,
    answers: Path,
    predictions: Mapping[str, Path],
    processes: int = 1,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """Measure kept predictions, by recording id, against the test part in the folder `answers`.

    By every metric of the task, or only by those of the ids `only`. With `processes` above 1 the
    recordings are shared out: PESQ holds the interpreter, so threads would wait for each other.
    Values do not depend on it.
    """
    processes = min(processes, len(predictions) // FEWEST)
    if processes < 2:
        return _measure_some(root, task, answers, predictions, only)
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    ids = list(predictions)
    # Small shares, each taken from the whole list: neighbours are often alike in length.
    shares = [{i: predictions[i] for i in ids[k :: 4 * processes]} for k in range(4 * processes)]
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=limits.die_with_parent
    ) as pool:
        parts = [pool.submit(_measure_some, root, task, answers, s, only) for s in shares]
        return {i: measured for part in parts for i, measured in part.result().items()}


def _measure_some(
    root: Path,
    task: str,
    answers: Path,
    predictions: Mapping[str, Path],
    only: Collection[str] | None,
) -> dict[str, Measured]:
    metrics = registry.task(root, task).metrics
    asked, roles = fold_reader.read_part(answers)
    signal = asked.signals[asked.target]
    found = {}
    for recording in roles["test"]:
        if recording.id in predictions:
            prediction = storage.read_array(predictions[recording.id])
            answer = recording[asked.target]
            found[recording.id] = {
                m.id: measure(m, prediction, recording, answer, signal)
                for m in metrics
                if only is None or m.id in only
            }
    return found


def outcomes(items: Iterable[Item]) -> dict[str, dict[str, int]]:
    """How many recordings each metric scored, floored or left out, by reason."""
    counts: dict[str, Counter[str]] = {}
    for item in items:
        for name, found in item.measurements.items():
            said = f"{found.status}: {found.reason}" if found.reason else found.status
            counts.setdefault(name, Counter())[said] += 1
    return {name: dict(sorted(count.items())) for name, count in counts.items()}
