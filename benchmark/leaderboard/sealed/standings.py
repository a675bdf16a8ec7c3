"""Sealed results beside the entries of a project -> a standing of each split. Runs nothing.

A result counts if it is of today's code and public data, in a sandbox, and of the variant that
stands for its entry. Of two secrets the later one is shown. Only who holds the secret can make such
results: those that others bring say nothing, see docs/sealed_test.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.core import Isolation, Task, UserError
from benchmark.leaderboard.gate import Project, Refused
from benchmark.results.sealed import file
from benchmark.results.sealed.file import SealedResult
from benchmark.results.sealed.gaps import Gap, gaps

SANDBOXES = (Isolation.BUBBLEWRAP, Isolation.UNSHARE)
Key = tuple[str, str]  # task and split
Name = tuple[str, str]  # entry and variant


@dataclass(frozen=True)
class Standing:
    """One sealed test of the entries of one table, by the metric that ranks."""

    secret: str  # digest
    day: str  # of the last result
    talkers: int
    recordings: int
    gaps: Mapping[Name, Gap]  # the best sealed score first


def read(project: Project) -> tuple[dict[Key, Standing], list[Refused]]:
    """Standings by task and split, and what does not count, each with the reason."""
    found: dict[Key, dict[str, list[SealedResult]]] = defaultdict(lambda: defaultdict(list))
    refused: list[Refused] = []
    for owner, entry in project.entries.items():
        where = file.path(entry.results)
        where = where.relative_to(project.root) if where.is_relative_to(project.root) else where
        try:
            results = file.read(entry.results)
        except UserError as error:
            refused.append(Refused(owner, str(where), str(error)))
            continue
        for result in results:
            if reason := unfit(project, owner, result):
                about = result.task, result.split, result.variant
                refused.append(Refused(owner, str(where), f"sealed: {reason}", *about))
            elif result.variant == entry.default:
                found[result.task, result.split][result.secret].append(result)
    standings = {}
    for key, by_secret in sorted(found.items()):
        latest = max(by_secret.values(), key=lambda of: (max(r.day for r in of), of[0].secret))
        standings[key] = _standing(project.tasks[key[0]], latest)
    return {key: each for key, each in standings.items() if each.gaps}, refused


def unfit(project: Project, owner: str, result: SealedResult) -> str:
    """Why a sealed result does not count; empty where it does."""
    if result.entry != owner:
        return f"of {result.entry}, beside {owner}"
    expected = project.expected.get((result.task, result.split))
    if expected is None:
        return f"there is no table of {result.task} on {result.split}"
    if result.data != expected.data:
        return "trained on other data than today's: score it again"
    if result.variant not in project.entries[owner].variants:
        return f"there is no variant {result.variant}"
    if result.code != project.code(owner, result.variant, result.task, result.split):
        return "of other code than today's: score it again"
    if result.isolation not in SANDBOXES or "fast" in result.setup:
        return "expected a sandbox and exact computation"
    metrics = {metric.id for metric in project.task(result.task, result.split).metrics}
    return "" if metrics == set(result.public) == set(result.sealed) else "of other metrics"


def _standing(task: Task, results: list[SealedResult]) -> Standing:
    metric = task.metrics[0]
    by_name: dict[Name, list[SealedResult]] = defaultdict(list)
    for result in results:
        by_name[result.entry, result.variant].append(result)
    found = gaps(metric, by_name)
    best = -1.0 if metric.better == "higher" else 1.0
    order = sorted(found, key=lambda name: (best * found[name].sealed, name))
    parts = [result.sealed[metric.id] for result in results]
    return Standing(
        secret=results[0].secret,
        day=max(result.day for result in results),
        talkers=max(len(part.by_talker) for part in parts),
        recordings=max(part.recordings for part in parts),
        gaps={name: found[name] for name in order},
    )
