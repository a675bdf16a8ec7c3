"""What jobs took before: time and memory, from the results of earlier runs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmark.core import Job
from benchmark.registry import Entry

MARGIN = 1.3  # of memory, since no two runs need the same
START = 0.7  # seconds that a job takes besides fitting and predicting


@dataclass(frozen=True)
class Need:
    """Seconds and MB of one job; None where no result tells."""

    seconds: float | None = None
    memory_mb: float | None = None


class Estimates:
    """Needs by task, split, entry and variant; any fold and seed of these stands for the others."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
        memory: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for entry in entries:
            for raw in _costs(entry.results):
                key = raw["task"], raw["split"], raw["entry"], raw["variant"]
                cost = raw["cost"]
                seconds[key].append(START + cost["fit_seconds"] + cost["predict_seconds"])
                memory[key].append(cost["peak_memory_mb"])
        self._needs = {
            key: Need(median(times), max(memory[key]) * MARGIN) for key, times in seconds.items()
        }

    def of(self, job: Job) -> Need:
        """What a job like this took before."""
        return self._needs.get((job.task, job.split, job.entry, job.variant), Need())


def _costs(path: Path) -> Iterable[dict[str, Any]]:
    """The published results that say what they cost; unchecked, since nothing depends on them."""
    if not path.exists():
        return
    for line in path.read_text().splitlines()[1:-1]:
        head = line.partition(',"items":')[0]  # the measurements are long and not needed
        try:
            raw = json.loads(head if head == line.rstrip(",") else head + "}")
        except json.JSONDecodeError:
            continue
        if isinstance(raw, dict) and raw.get("cost"):
            yield raw
