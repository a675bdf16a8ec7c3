"""The chance level among entries: it has no code of an entry, and a file of results like one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmark import storage
from benchmark.core import CHANCE, Metric
from benchmark.registry import project

# Versions of what execution/chance.py does with targets.
IN_PLACE = 2  # shifted in time, or dealt out again
ALIGNED = 3  # another recording's, where a metric of the task aligns


def code(metrics: Sequence[Metric]) -> str:
    """What stands for the digest of its code, by the metrics that score it."""
    version = ALIGNED if any(metric.aligns for metric in metrics) else IN_PLACE
    return storage.digest([version, [metric.id for metric in metrics]])


def results(root: Path) -> Path:
    """Where its results lie."""
    return project.find(root, f"baselines/{CHANCE}.json")
