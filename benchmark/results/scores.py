"""The score of one result, and which of its recordings count."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from benchmark.core import Array, Metric
from benchmark.results.result import Item, JobResult, Measurement

RELATIVE = 0.02  # of a score, where that is more than the metric's tolerance


def allowed(metric: Metric, expected: float) -> float:
    """What another machine may change in a score."""
    return max(metric.tolerance, RELATIVE * abs(expected))


def measured_items(metric: Metric, run: Iterable[JobResult]) -> list[tuple[Item, Measurement]]:
    """Items of one run that count, with their measurement, in an order that all runs share."""
    pairs = [(item, item.measurements[metric.id]) for result in run for item in result.items]
    return sorted(
        ((item, m) for item, m in pairs if m.status != "left out"),
        key=lambda pair: pair[0].recording,
    )


def score_of(metric: Metric, result: JobResult) -> float:
    """The score of one result; NaN where none of its recordings count."""
    measured = [item.measurements.get(metric.id) for item in result.items]
    sums = [m.statistics for m in measured if m is not None and m.status != "left out"]
    if len({len(statistics) for statistics in sums}) != 1:
        return math.nan
    return reduced(metric, np.sum(sums, axis=0))


def reduced(metric: Metric, sums: Array) -> float:
    """The score of sums (k,) that others wrote; NaN where they are not those of the metric."""
    try:
        with np.errstate(all="ignore"):
            return float(metric.reduce(sums))
    except (IndexError, ValueError):  # of a metric with more statistics
        return math.nan
