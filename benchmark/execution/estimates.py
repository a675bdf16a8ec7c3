"""What jobs took before: time and memory, from the results of earlier runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from benchmark.core import Job
from benchmark.evaluation.examination import PATIENCE
from benchmark.registry import Entry
from benchmark.results import entry_results

MARGIN = 1.3  # of memory, since no two runs need the same
START = 0.7  # seconds that a job takes besides fitting, predicting and scoring


@dataclass(frozen=True)
class Need:
    """Seconds and MB of one job; None where no result tells."""

    seconds: float | None = None
    memory_mb: float | None = None


class Estimates:
    """Needs by task, split, entry, variant and setup; any fold and seed stands for the others.

    Of published results, as far as they can be read: no result depends on it. Scoring takes the
    same time whatever is scored, so any entry stands for the others of its task and split.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
        memory: dict[tuple[str, ...], list[float]] = defaultdict(list)
        scoring: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for entry in entries:
            for line in entry_results.read_lines(entry.results):
                if (cost := line.result.cost) is not None:
                    key = _alike(line.result.job)
                    again = min(cost.fit_seconds, PATIENCE)  # in its second worker
                    seconds[key].append(START + cost.fit_seconds + again + cost.predict_seconds)
                    memory[key].append(cost.peak_memory_mb)
                    if cost.score_seconds is not None:
                        scoring[key[:2]].append(cost.score_seconds)
        score = {table: median(times) for table, times in scoring.items()}
        self._needs = {
            key: Need(median(times) + score.get(key[:2], 0), max(memory[key]) * MARGIN)
            for key, times in seconds.items()
        }

    def of(self, job: Job) -> Need:
        """What a job like this took before."""
        return self._needs.get(_alike(job), Need())


def _alike(job: Job) -> tuple[str, ...]:
    """What jobs share that need about the same: task and split first."""
    return job.task, job.split, job.entry, job.variant, job.setup
