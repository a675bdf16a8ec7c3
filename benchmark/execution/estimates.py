"""What jobs took before: time and memory, from the results of earlier runs."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ValidationError

from benchmark.core import Job
from benchmark.registry import Entry

MARGIN = 1.3  # of memory, since no two runs need the same
START = 0.7  # seconds that a job takes besides fitting and predicting


@dataclass(frozen=True)
class Need:
    """Seconds and MB of one job; None where no result tells."""

    seconds: float | None = None
    memory_mb: float | None = None


class _Costs(BaseModel):
    fit_seconds: float
    predict_seconds: float
    peak_memory_mb: float


class _Head(BaseModel):
    """What of a result says which jobs are alike, and what it took."""

    task: str
    split: str
    entry: str
    variant: str
    cost: _Costs


class Estimates:
    """Needs by task, split, entry and variant; any fold and seed of these stands for the others."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
        memory: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for entry in entries:
            for head in _heads(entry.results):
                key = head.task, head.split, head.entry, head.variant
                seconds[key].append(START + head.cost.fit_seconds + head.cost.predict_seconds)
                memory[key].append(head.cost.peak_memory_mb)
        self._needs = {
            key: Need(median(times), max(memory[key]) * MARGIN) for key, times in seconds.items()
        }

    def of(self, job: Job) -> Need:
        """What a job like this took before."""
        return self._needs.get((job.task, job.split, job.entry, job.variant), Need())


def _heads(path: Path) -> Iterable[_Head]:
    """Of each published result that has a cost; without the others, since no result depends on it.

    By lines and without their measurements, which are long: checking all of a result takes longer
    than a plan may.
    """
    if not path.exists():
        return
    for line in path.read_text().splitlines()[1:-1]:
        head = line.partition(',"items":')[0]
        with contextlib.suppress(ValidationError):
            yield _Head.model_validate_json(head if head == line.rstrip(",") else head + "}")
