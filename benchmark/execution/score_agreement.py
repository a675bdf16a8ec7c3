"""Do the scores of two results of one job agree, recording by recording?

Where two predictions are the same array, their measurements must be the same. Where they are not,
because the last digits of a trained network depend on the machine, a score may differ by the
metric's tolerance or 2 %; that of one of n units by 2 sqrt(n) times as much; and what sets
recordings apart must be the same in both: centred, the differences of their scores are less than
0.8 of the scores' own spread. Scores that were made up around a right mean differ by all of it, and
so does their interval. With the instructions of a much older processor, networks whose score stayed
within the tolerance moved single recordings by up to 0.77 of that spread, one unit by 1.3 sqrt(n)
tolerances, and most linear models by nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from benchmark.core import Metric, Task
from benchmark.results import bootstrap
from benchmark.results.result import Item, JobResult
from benchmark.results.scores import allowed, measured_items, reduced, score_of

SAME = 1e-6  # relative: scoring one array on two machines
SPREAD = 0.8  # of the spread of scores, that differences may have
STRAYS = 0.05  # share of the recordings, rounded up, that may differ in any way
HEAVIER = 3.0  # factor between the weights of one recording
UNIT = 2.0  # times sqrt(n) times the tolerance: one of n units
ENDS = 0.5  # of half an interval, that an end may move beyond the tolerance
UNITS = ("speaker", "session")


def scored_by(task: Task, result: JobResult) -> list[Metric]:
    """The metrics of a task that a result was scored by: a corpus may lack signals of others."""
    return [metric for metric in task.metrics if metric.id in result.metrics]


def compare_intervals(
    task: Task, expected: Sequence[JobResult], found: Sequence[JobResult]
) -> list[str]:
    """Compare the confidence intervals over all folds of one variant and seed."""
    differences = []
    for metric in scored_by(task, expected[0]):
        one, other = (_interval(metric, results) for results in (expected, found))
        if one is None or other is None:
            if one != other:
                differences.append(f"{metric.id}: only one of the two has a confidence interval")
            continue
        slack = allowed(metric, (one[0] + one[1]) / 2) + ENDS * (other[1] - other[0]) / 2
        if any(abs(a - b) > slack for a, b in zip(one, other, strict=True)):
            differences.append(
                f"{metric.id}: expected the interval {_pair(one)}, found {_pair(other)}"
            )
    return differences


def compare_metric(metric: Metric, expected: JobResult, found: JobResult) -> Iterator[str]:
    """A sentence for each thing in which two results differ; their recordings are the same."""
    one, other = score_of(metric, expected), score_of(metric, found)
    slack = allowed(metric, one)
    if not (abs(one - other) <= slack or (math.isnan(one) and math.isnan(other))):
        yield f"{metric.id}: expected {one:.4f}, found {other:.4f}, beyond {slack:.2g}"
    same: list[tuple[Item, Item]] = []
    strays: list[tuple[Item, Item]] = []
    for a, b in zip(expected.items, found.items, strict=True):
        equal = bool(a.prediction) and a.prediction == b.prediction
        if equal and not _same(metric, a, b):
            said = f"expected {_measured(metric, a)}, found {_measured(metric, b)}"
            yield f"{metric.id}: {a.recording}: {said}, of the same prediction"
            return
        (same if _comparable(metric, a, b) else strays).append((a, b))
    most = math.ceil(STRAYS * len(expected.items))
    if len(strays) > most:
        a, b = strays[0]
        said = f"expected {_measured(metric, a)}, found {_measured(metric, b)}"
        yield (
            f"{metric.id}: {len(strays)} recordings differ in status, reason or weight, more than"
            f" {most}; {a.recording}: {said}"
        )
    yield from _spread(metric, same, most - len(strays), slack)
    yield from _units(metric, expected, found, slack)


def _same(metric: Metric, a: Item, b: Item) -> bool:
    """Whether two measurements of one prediction are the same but for rounding."""
    one, other = a.measurements[metric.id], b.measurements[metric.id]
    return (one.status, one.reason, len(one.statistics)) == (
        other.status,
        other.reason,
        len(other.statistics),
    ) and bool(np.allclose(one.statistics, other.statistics, rtol=SAME, atol=SAME))


def _comparable(metric: Metric, a: Item, b: Item) -> bool:
    """Whether both have a score for the same reason, and weigh about as much in a sum."""
    one, other = a.measurements[metric.id], b.measurements[metric.id]
    if (one.status, one.reason) != (other.status, other.reason):
        return False
    weights = [float(np.abs(m.statistics).sum()) for m in (one, other)]
    return max(weights) <= HEAVIER * min(weights) or not _scores(metric, [a])


def _measured(metric: Metric, item: Item) -> str:
    measurement = item.measurements[metric.id]
    if measurement.status == "left out":
        return f"left out ({measurement.reason})"
    value = reduced(metric, np.array(measurement.statistics))
    reason = f" ({measurement.status}: {measurement.reason})" if measurement.reason else ""
    return f"{value:.4f}{reason}"


def _scores(metric: Metric, items: Sequence[Item]) -> list[float]:
    """The score of each recording that counts."""
    measured = [item.measurements[metric.id] for item in items]
    counted = [np.array(m.statistics) for m in measured if m.status != "left out"]
    return [reduced(metric, statistics) for statistics in counted]


def _spread(
    metric: Metric, pairs: Sequence[tuple[Item, Item]], strays: int, slack: float
) -> Iterator[str]:
    """Whether the same recordings are the good ones, in scores that need not be equal."""
    one, other = (np.array(_scores(metric, [pair[k] for pair in pairs])) for k in (0, 1))
    finite = np.isfinite(one) & np.isfinite(other)
    if finite.sum() < 2:
        return
    differences = one[finite] - other[finite]
    differences = np.sort(np.abs(differences - differences.mean()))
    kept = differences[: max(1, len(differences) - max(0, strays))]
    spread, most = float(np.sqrt(np.mean(kept**2))), SPREAD * float(np.std(other[finite]))
    if spread > max(slack, most):
        yield (
            f"{metric.id}: scores of single recordings differ by {spread:.4f} beside the"
            f" difference of their means, more than {max(slack, most):.4f}"
        )


def _units(metric: Metric, expected: JobResult, found: JobResult, slack: float) -> Iterator[str]:
    """The scores of speakers or sessions, whichever the job has several of."""
    for unit in UNITS:
        names = sorted({getattr(item, unit) for item in found.items})
        if len(names) < 2 or expected.aggregated:
            continue
        most = UNIT * slack * math.sqrt(len(names))
        for name in names:
            one, other = (
                score_of(metric, each.model_copy(update={"items": _of(each, unit, name)}))
                for each in (expected, found)
            )
            if abs(one - other) > most:
                said = f"expected {one:.4f}, found {other:.4f}, beyond {most:.2g}"
                yield f"{metric.id}: {unit} {name}: {said}"
        return


def _of(result: JobResult, unit: str, name: str) -> tuple[Item, ...]:
    return tuple(item for item in result.items if getattr(item, unit) == name)


def _interval(metric: Metric, results: Sequence[JobResult]) -> tuple[float, float] | None:
    measured = measured_items(metric, results)
    for unit in (*UNITS, "recording"):
        names = [getattr(item, unit) for item, _ in measured]
        if len(set(names)) > 1:
            break
    else:
        return None
    statistics = np.array([m.statistics for _, m in measured])
    sums = bootstrap.summed(statistics, names)[0][np.newaxis]
    try:
        draws = bootstrap.resampled(sums, metric.reduce)
    except ValueError:  # a draw without a value: there is no interval
        return None
    point = bootstrap.score(sums, metric.reduce)
    return bootstrap.interval(draws, point, sums.shape[1], scale=metric.scale)


def _pair(ends: tuple[float, float]) -> str:
    return f"[{ends[0]:.4f}, {ends[1]:.4f}]"
