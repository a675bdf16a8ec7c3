"""Admitted results -> tables. A pure function: it runs nothing and believes nothing.

A table is one task on one split. A row is one variant of one entry, with the mean over its seeds
that have a result in every fold. The test recordings of a table, their speakers, sessions and texts
are those of the split and the corpus, so that all rows are about the same, in one order. Aggregated
results, whose groups have names of their own, make a table of their own. What has no row is listed
under its table with the reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from benchmark.core import Isolation, Metric, Recording, Task
from benchmark.data import corpus_index
from benchmark.data.corpus_index import Expected
from benchmark.leaderboard import gate, row_scores
from benchmark.leaderboard.comparison.scale import with_normalised_scores
from benchmark.leaderboard.gate import Admitted, Refused
from benchmark.leaderboard.ranking import with_gains
from benchmark.leaderboard.tables import (
    NO_DRAWS,
    MeasuredSeeds,
    Row,
    Score,
    Table,
    TestSet,
    is_oracle,
    order,
    title,
)
from benchmark.results.published import FLOORED, PublishedResult, from_job
from benchmark.results.result import JobResult

WEAKER = (Isolation.PROCESS, Isolation.PREDICTIONS_ONLY)  # than a sandbox, by strength
NO_REASON = "no reason in aggregated results"
BySeed = Sequence[Sequence[PublishedResult]]  # the results of all folds in their order, by seed
Key = tuple[str, str, bool]  # task, split, aggregated


def tables(admitted: Admitted, tasks: Mapping[str, Task], of: str = "") -> list[Table]:
    """Tables by task and split, each with those of recordings before those of groups.

    `of`: only those of this task, or those that this entry has a result for; all where there are
    none.
    """
    groups: dict[Key, list[PublishedResult]] = defaultdict(list)
    asked: set[Key] = set()
    for result in admitted.results:
        head = result.head
        key = head.task, head.split, head.aggregated
        groups[key].append(result)
        if of in (head.task, head.entry):
            asked.add(key)
    refused: dict[tuple[str, str], list[Refused]] = defaultdict(list)
    for each in admitted.refused:
        refused[each.task, each.split].append(each)
    return [
        _table(
            key,
            _asked(tasks[key[0]], groups[key]),
            groups[key],
            admitted.expected[key[:2]],
            refused[key[:2]],
        )
        for key in sorted(asked or groups)
    ]


def _asked(task: Task, results: Iterable[PublishedResult]) -> Task:
    """The task with the metrics that its corpus is scored by, which the gate compared."""
    by = [set(result.head.metrics) for result in results]
    metrics = tuple(metric for metric in task.metrics if all(metric.id in ids for ids in by))
    return replace(task, metrics=metrics)


def unchecked(results: Iterable[JobResult]) -> Admitted:
    """Results that are published nowhere, such as those of a miniature, as they say themselves."""
    published = [from_job(result) for result in results if result.status == "good"]
    expected: dict[tuple[str, str], dict[str, tuple[Recording, ...] | None]] = defaultdict(dict)
    for result in published:
        of = result.recordings
        rows = zip(of.names, of.speakers, of.sessions, strict=True)
        expected[result.head.task, result.head.split][result.head.fold] = tuple(
            Recording(name, speaker, session, "", corpus_index.no_signal)
            for name, speaker, session in rows
        )
    data = {(result.head.task, result.head.split): result.head.data for result in published}
    return Admitted(
        tuple(published), (), {key: Expected(data[key], test) for key, test in expected.items()}
    )


def _table(
    key: Key,
    task: Task,
    results: Sequence[PublishedResult],
    expected: Expected,
    refused: Iterable[Refused],
) -> Table:
    name, split, aggregated = key
    closed = any(metric.has_confusion for metric in task.metrics)
    test = _test_set(
        list(chain.from_iterable(part or () for part in expected.test.values())), closed
    )
    by_row: dict[tuple[str, str], list[PublishedResult]] = defaultdict(list)
    for result in sorted(results, key=lambda r: r.job.key.parts):
        by_row[result.head.entry, result.head.variant].append(result)
    rows, left_out = [], [_left_out(each, n) for each, n in gate.by_reason(refused) if each.variant]
    for (entry, variant), group in by_row.items():
        by_seed, incomplete = _complete_seeds(group, list(expected.test))
        left_out += [f"{title(entry, variant)}: {reason}" for reason in incomplete]
        if by_seed:
            of_groups = _groups(by_seed[0]) if aggregated else test
            rows.append(_row(task, entry, variant, by_seed, of_groups))
    if aggregated and rows:
        test = rows[0].test
    oracles = [row for row in rows if is_oracle(row.entry)]
    rows = with_normalised_scores(task, [row for row in rows if not is_oracle(row.entry)], oracles)
    rows = sorted(with_gains(task, rows), key=lambda row: order(task.metrics[0], row))
    recordings = len(test.recordings)
    if aggregated:
        recordings = max((s.recordings for row in rows for s in row.scores.values()), default=0)
    return Table(
        task=name,
        split=split,
        rows=tuple(row for row in rows if not is_oracle(row.entry)),
        left_out=tuple(left_out),
        recordings=recordings,
        speakers=len(set(test.speakers)),
        folds=len(expected.test),
        unit=test.unit,
        n_units=test.n_units,
        data=expected.data,
        aggregated=aggregated,
        oracles=tuple(row for row in rows if is_oracle(row.entry)),
    )


def ablation(table: Table, task: Task, entry: str) -> Table:
    """The rows of one entry, by the seeds that all of them have.

    Where there is no such seed, their scores have nothing to be compared by.
    """
    own = [row for row in table.rows if row.entry == entry]
    seeds = [{result.head.seed for result in row.results} for row in own]
    shared = set.intersection(*seeds) if seeds else set()
    if all(of_row == shared for of_row in seeds):
        return replace(table, rows=tuple(own))
    if shared:
        own = [_with_seeds(task, row, shared) for row in own]
    else:
        own = [_without_units(row) for row in own]
    rest = [row for row in table.rows if row.entry != entry]
    compared = with_gains(task, with_normalised_scores(task, [*rest, *own], table.oracles))
    rows = [row for row in compared if row.entry == entry]
    rows.sort(key=lambda row: order(task.metrics[0], row))
    return replace(table, rows=tuple(rows), shared_seeds=tuple(sorted(shared)))


def _with_seeds(task: Task, row: Row, seeds: Collection[int]) -> Row:
    by_seed: dict[int, list[PublishedResult]] = defaultdict(list)
    for result in row.results:
        if result.head.seed in seeds:
            by_seed[result.head.seed].append(result)
    return _row(task, row.entry, row.variant, list(by_seed.values()), row.test)


def _without_units(row: Row) -> Row:
    scores = {m: replace(s, by_unit={}, draws=NO_DRAWS) for m, s in row.scores.items()}
    return replace(row, scores=scores)


def _left_out(refused: Refused, count: int) -> str:
    text = f"{title(refused.entry, refused.variant)}: {refused.reason}"
    return f"{text} ({count} x)" if count > 1 else text


def _test_set(recordings: Sequence[Recording], closed: bool) -> TestSet:
    """`closed`: the texts are the classes of the task, and not drawn from others like them."""
    return TestSet(
        tuple(r.id for r in recordings),
        tuple(r.speaker for r in recordings),
        tuple(r.session for r in recordings),
        tuple("" if closed else r.text for r in recordings),
    )


def _groups(results: Sequence[PublishedResult]) -> TestSet:
    """The groups of aggregated results; nobody knows what was said in them."""
    names = [name for result in results for name in result.recordings.names]
    speakers = [speaker for result in results for speaker in result.recordings.speakers]
    nothing = ("",) * len(names)
    return TestSet(tuple(names), tuple(speakers), nothing, nothing)


def _complete_seeds(
    results: Sequence[PublishedResult], folds: Sequence[str]
) -> tuple[list[list[PublishedResult]], list[str]]:
    """The seeds with a result in every fold, in their order, and a sentence on the others."""
    by_seed: dict[int, dict[str, PublishedResult]] = defaultdict(dict)
    for result in results:
        by_seed[result.head.seed][result.head.fold] = result
    complete: list[list[PublishedResult]] = []
    reasons = Counter[str]()
    for _, by_fold in sorted(by_seed.items()):
        if len(by_fold) != len(folds):
            reasons[f"{len(by_fold)} of {len(folds)} folds done"] += 1
            continue
        seed = [by_fold[fold] for fold in folds]
        if complete and [_form(r) for r in seed] != [_form(r) for r in complete[0]]:
            reasons["the groups of a seed are not those of its first seed"] += 1
        elif len({_form(r)[1] for r in seed}) > 1:
            reasons["its folds have statistics of unlike length"] += 1
        else:
            complete.append(seed)
    return complete, [f"{reason} ({n} x)" if n > 1 else reason for reason, n in reasons.items()]


def _form(result: PublishedResult) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What must be alike to be stacked; only aggregated results can differ in it."""
    of = result.recordings
    return of.names, tuple(m.statistics.shape[1] for m in of.measured.values())


def _row(task: Task, entry: str, variant: str, by_seed: BySeed, test: TestSet) -> Row:
    results = [result for group in by_seed for result in group]
    costs = [result.head.cost for result in results if result.head.cost is not None]
    predict_seconds = sum(cost.predict_seconds for cost in costs)
    cpu = [cost.fit_cpu_seconds for cost in costs if cost.fit_cpu_seconds is not None]
    signal_seconds = sum(filter(None, (cost.signal_seconds for cost in costs)))
    probes = [result.head.probes for result in results if result.head.probes is not None]
    look_ahead = [p.look_ahead_ms for p in probes if p.look_ahead_ms is not None]
    measured = {metric.id: _measured(metric, by_seed) for metric in task.metrics}
    scores = {m.id: row_scores.score(m, test, measured[m.id]) for m in task.metrics}
    if by_seed[0][0].head.aggregated:
        scores = {name: _by_recordings(name, score, by_seed) for name, score in scores.items()}
    return Row(
        entry=entry,
        variant=variant,
        scores=scores,
        n_seeds=len(by_seed),
        parameters=max((cost.parameters for cost in costs if cost.parameters), default=None),
        fit_seconds=sum(cost.fit_seconds for cost in costs) / len(by_seed) if costs else None,
        real_time_factor=predict_seconds / signal_seconds if signal_seconds else None,
        timed=bool(costs) and all(cost.timed for cost in costs),
        fit_cpu_seconds=sum(cpu) / len(by_seed) if cpu and len(cpu) == len(costs) else None,
        isolation=max((result.head.isolation for result in results), key=_weakness),
        claims_causal=any(p.claims_causal for p in probes),
        look_ahead_ms=max(look_ahead, default=None),
        results=tuple(results),
        test=test,
        measured=measured,
    )


def _by_recordings(metric: str, score: Score, by_seed: BySeed) -> Score:
    """The score of groups with the number of recordings in them, as the results count them."""
    counts = [result.head.outcomes[metric] for result in by_seed[0]]
    recordings = sum(n for by in counts for status, n in by.items() if status != "left out")
    if recordings and sum(score.unscorable.values()) == recordings * len(by_seed):
        return Score(None, None, None, recordings, score.unscorable)
    return replace(score, recordings=recordings)


def _weakness(isolation: str) -> int:
    return WEAKER.index(Isolation(isolation)) if isolation in WEAKER else -1


def _measured(metric: Metric, by_seed: BySeed) -> MeasuredSeeds:
    of = [[result.recordings.measured[metric.id] for result in group] for group in by_seed]
    if any(result.head.aggregated for group in by_seed for result in group):
        reasons = _counts_of_groups(metric, by_seed)
    else:
        reasons = Counter(
            m.reason(index)
            for group in of
            for m in group
            for index in np.flatnonzero(m.status == FLOORED).tolist()
        )
    return MeasuredSeeds(
        np.stack([np.concatenate([m.statistics for m in group]) for group in of]),
        np.stack([np.concatenate([m.status for m in group]) for group in of]),
        reasons,
    )


def _counts_of_groups(metric: Metric, by_seed: BySeed) -> Counter[str]:
    """Unscorable predictions of all seeds, as aggregated results count them."""
    counts = [r.head.outcomes[metric.id].get("floored", 0) for group in by_seed for r in group]
    return Counter({NO_REASON: sum(counts)} if sum(counts) else {})
