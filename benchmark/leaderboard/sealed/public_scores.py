"""Is the public half of a sealed result what was published? One seed trains one model.

Who would hide a gap has to make the public score worse than it is, or its talkers less alike. The
sealed half nobody can hold against anything but the secret.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Metric, Setup
from benchmark.leaderboard.gate import Project
from benchmark.results.published import PublishedResult
from benchmark.results.scores import allowed, reduced
from benchmark.results.sealed.file import SealedResult, Sums

Run = tuple[str, str, str, str, int, Setup]  # task, split, entry, variant, seed, setup


@dataclass(frozen=True)
class PublicScores:
    """Published results by run, of runs with all folds of their split."""

    project: Project
    folds: Mapping[Run, Sequence[PublishedResult]]

    def unlike(self, result: SealedResult) -> str:
        """Why the public half is not what was published; empty where it is."""
        run = result.task, result.split, result.entry, result.variant, result.seed, result.setup
        published = self.folds.get(run)
        if not published:
            return (
                f"no result of seed {result.seed} with all folds of its split is published that"
                " its public half can be held against: publish it first"
            )
        for metric in self.project.task(result.task, result.split).metrics:
            if problem := _unlike(metric, result.public[metric.id], published):
                return f"{metric.id}: {problem}: score it again"
        return ""


def by_seed(project: Project, published: Sequence[PublishedResult]) -> PublicScores:
    """What stands on the board, by run."""
    folds: dict[Run, list[PublishedResult]] = defaultdict(list)
    for result in published:
        head = result.head
        if not head.aggregated:
            run = head.task, head.split, head.entry, head.variant, head.seed, head.setup
            folds[run].append(result)
    whole = {run: of for run, of in folds.items() if len(of) == len(project.expected[run[:2]].test)}
    return PublicScores(project, whole)


def _unlike(metric: Metric, found: Sums, published: Sequence[PublishedResult]) -> str:
    """How sums differ from published ones by more than what another machine changes."""
    talkers: dict[str, list[Array]] = defaultdict(list)
    for result in published:
        measured = result.recordings.measured[metric.id]
        for place in np.flatnonzero(measured.counted).tolist():
            talkers[result.recordings.speakers[place]].append(measured.statistics[place])
    count = sum(map(len, talkers.values()))
    if found.recordings != count:
        return f"{found.recordings} public recordings, where {count} are published of this seed"
    if found.by_talker.keys() != talkers.keys():
        return "other public talkers than are published of this seed"
    if not talkers:
        return ""
    expected = {name: np.sum(rows, axis=0) for name, rows in talkers.items()}
    whole = _far(metric, [*found.by_talker.values()], [*expected.values()], 1)
    if whole:
        return f"a public score of {whole}"
    for name, sums in sorted(expected.items()):
        # Of fewer recordings, whose chances do not make up for each other as those of all do.
        if part := _far(metric, [found.by_talker[name]], [sums], len(talkers)):
            return f"a public score of talker {name} of {part}"
    return ""


def _far(metric: Metric, found: Sequence[Sequence[float]], of: Sequence[Array], parts: int) -> str:
    score, expected = (reduced(metric, np.sum(rows, axis=0)) for rows in (found, of))
    if not (math.isfinite(score) or math.isfinite(expected)):
        return ""
    if abs(score - expected) <= math.sqrt(parts) * allowed(metric, expected):
        return ""
    return f"{score:.4g}, where {expected:.4g} is published of this seed"
