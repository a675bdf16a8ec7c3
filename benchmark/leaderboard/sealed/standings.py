"""Sealed results beside the entries of a project -> a standing of each split. Runs nothing.

A result counts if it is of today's code and public data, in a sandbox, of the variant that stands
for its entry, of a secret that the project has announced, and of a day on which that one was the
latest; of two secrets the one announced later is shown. Its sums must be such as the metrics give.
Its public half must have the talkers, the recordings and the scores that are published of that
seed; without a published result of it, it does not count.

Only who holds the secret can make such results: what is sealed in them can be made up all the same,
so they are taken from nobody else, see docs/sealed_test.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Isolation, Metric, Signal, Task, UserError
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import fitness
from benchmark.leaderboard.fitness import Unfit
from benchmark.leaderboard.gate import Project, Refused
from benchmark.leaderboard.sealed import public_scores
from benchmark.results.published import PublishedResult
from benchmark.results.result import now
from benchmark.results.sealed import file, secrets
from benchmark.results.sealed.file import SealedResult, Sums
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


def read(
    project: Project, published: Sequence[PublishedResult] = ()
) -> tuple[dict[Key, Standing], list[Refused]]:
    """Standings by task and split, and what does not count, each with the reason.

    `published` are the results that stand on the board: public halves are held against them.
    """
    refused: list[Refused] = []
    found: dict[Key, dict[str, list[SealedResult]]] = defaultdict(lambda: defaultdict(list))
    try:
        announced = secrets.read(project.root)
    except UserError as error:
        return {}, [Refused("", str(secrets.FILE), str(error))]
    order = [one.secret for one in announced]
    scores, today = public_scores.by_seed(project, published), now()[:10]
    for owner, entry in project.entries.items():
        where = file.path(entry.results)
        where = where.relative_to(project.root) if where.is_relative_to(project.root) else where
        try:
            results = file.read(entry.results)
        except UserError as error:
            refused.append(Refused(owner, str(where), str(error)))
            continue
        slots = Counter(result.slot for result in results)
        for result in results:
            reason = (
                unfit(project, owner, result)
                or scores.unlike(result)
                or secrets.out_of_period(announced, result.secret, result.day, today)
            )
            if not reason and slots[result.slot] > 1:
                reason = "two results of one seed, secret and setup: score it again"
            if reason:
                about = result.task, result.split, result.variant
                refused.append(Refused(owner, str(where), f"sealed: {reason}", *about))
            elif result.variant == entry.default:
                found[result.task, result.split][result.secret].append(result)
    standings = {}
    for key, by_secret in sorted(found.items()):
        latest = by_secret[max(by_secret, key=order.index)]
        standings[key] = _standing(project.task(*key), latest)
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
    task = project.task(result.task, result.split)
    if not {metric.id for metric in task.metrics} == set(result.public) == set(result.sealed):
        return "of other metrics"
    target = project.corpora[result.split.partition(".")[0]].signals[task.target]
    try:
        for metric in task.metrics:
            for sums in (result.public[metric.id], result.sealed[metric.id]):
                _are_sums(metric, sums, target)
            _is_of_split(metric.id, result.public[metric.id], expected)
    except Unfit as error:
        return str(error)
    return ""


def _are_sums(metric: Metric, sums: Sums, target: Signal) -> None:
    rows = [*sums.by_talker.values()]
    if not rows and not sums.recordings:
        return  # all are left out
    if len({len(row) for row in rows}) != 1:
        raise Unfit(f"{metric.id}: talkers with different numbers of statistics, or none")
    if not 0 <= sums.floored <= sums.recordings or sums.recordings < len(rows):
        raise Unfit(f"{metric.id}: counts that no recordings have")
    fitness.check_sums(metric, np.array(rows, np.float64), target)


def _is_of_split(metric: str, sums: Sums, expected: Expected) -> None:
    """Whether the public part can be of the recordings that a split tests."""
    tested = [of for of in expected.test.values() if of is not None]
    if len(tested) < len(expected.test):
        return  # confidential
    talkers = {one.speaker for of in tested for one in of}
    if strangers := sorted(sums.by_talker.keys() - talkers):
        raise Unfit(f"{metric}: its split tests no talker {strangers[0]}")
    if sums.recordings > (most := sum(map(len, tested))):
        raise Unfit(f"{metric}: {sums.recordings} public recordings, and its split tests {most}")


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
