"""Is the public half of a sealed result what was published? One seed trains one model.

Who would hide a gap has to make the public score worse than it is. The sealed half nobody can hold
against anything but the secret.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Metric, Setup
from benchmark.leaderboard.gate import Project
from benchmark.results.published import PublishedResult
from benchmark.results.scores import allowed, reduced
from benchmark.results.sealed.file import SealedResult

Run = tuple[str, str, str, str, int, Setup]  # task, split, entry, variant, seed, setup


@dataclass(frozen=True)
class PublicScores:
    """Published scores by run and metric id, of runs with all folds of their split."""

    project: Project
    scores: Mapping[Run, Mapping[str, float]]

    def unlike(self, result: SealedResult) -> str:
        """Why the public half is not what was published; empty where it is, or nothing was."""
        run = result.task, result.split, result.entry, result.variant, result.seed, result.setup
        known = self.scores.get(run, {})
        if not known:
            return ""
        for metric in self.project.task(result.task, result.split).metrics:
            rows = [*result.public[metric.id].by_talker.values()]
            found = reduced(metric, np.sum(rows, axis=0))
            expected = known.get(metric.id, float("nan"))
            if np.isfinite(expected) and not abs(found - expected) <= allowed(metric, expected):
                return (
                    f"{metric.id}: a public score of {found:.4g}, where {expected:.4g} is published"
                    " of this seed: score it again"
                )
        return ""


def by_seed(project: Project, published: Sequence[PublishedResult]) -> PublicScores:
    """What stands on the board, by run."""
    folds: dict[Run, list[PublishedResult]] = defaultdict(list)
    for result in published:
        head = result.head
        if not head.aggregated:
            run = head.task, head.split, head.entry, head.variant, head.seed, head.setup
            folds[run].append(result)
    scores = {}
    for run, of in folds.items():
        task = project.task(*run[:2])
        if len(of) == len(project.expected[run[:2]].test):
            scores[run] = {metric.id: _score(metric, of) for metric in task.metrics}
    return PublicScores(project, scores)


def _score(metric: Metric, of: Sequence[PublishedResult]) -> float:
    measured = [result.recordings.measured[metric.id] for result in of]
    return reduced(metric, np.sum([m.statistics[m.counted].sum(axis=0) for m in measured], axis=0))
