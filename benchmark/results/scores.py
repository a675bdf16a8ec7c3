"""The score of one result, and which of its recordings count."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmark.core import Metric
from benchmark.results.result import Item, JobResult, Measurement


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
    return float(metric.reduce(np.sum(sums, axis=0))) if sums else float("nan")
