"""Can the recordings of a result be those of its fold, and what its metrics measured there?

Part of the gate, which asks whose the result is. `check` raises `Unfit` with the reason.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Metric, Recording, Signal, Task
from benchmark.results import aggregation
from benchmark.results.line import LONGEST_TEXT
from benchmark.results.published import FLOORED, LEFT_OUT, SCORED, STATUSES, PublishedResult, score

ROUNDING = 1e-9  # relative to the scale: what sums of a metric may exceed it by
LARGEST = 1e30  # of a statistic: its squares and sums are finite
LeftOut = tuple[int, frozenset[str] | None]  # how many recordings, and which, where that is known


class Unfit(Exception):
    """Why a result gets no row, in a few words."""


def check(
    result: PublishedResult, task: Task, target: Signal, test: Sequence[Recording] | None
) -> None:
    """`test` are the recordings of its fold, None where they are confidential."""
    if result.head.aggregated:
        _is_aggregated(result, None if test is None else len(test))
    else:
        _is_of_recordings(result, test)
    for metric in task.metrics:
        _is_measured(metric, result, target)
    _has_scores(task, result)


def check_sums(metric: Metric, sums: Array, target: Signal) -> None:
    """Sums (n, k) over recordings, such as those of a talker, that nobody can look into."""
    if not np.isfinite(sums).all() or (np.abs(sums) > LARGEST).any():
        raise Unfit(f"{metric.id}: not finite, or larger than {LARGEST:g}, which nothing can be")
    if not _has_width(metric, sums.shape[1], target):
        raise Unfit(f"{metric.id}: {sums.shape[1]} statistics, which it has not")
    if sums.shape[1] > 1:
        _is_plausible_sum(metric, sums)
    _is_on_scale(metric, sums)


def left_out(result: PublishedResult, metric: str) -> LeftOut:
    """The recordings without a score by a metric, of a result that fits."""
    if result.head.aggregated:
        return result.head.outcomes[metric].get(STATUSES[LEFT_OUT], 0), None
    of = result.recordings
    places = np.flatnonzero(of.measured[metric].status == LEFT_OUT)
    return len(places), frozenset(of.names[place] for place in places.tolist())


def left_out_alike(result: PublishedResult, metric: str, known: LeftOut | None) -> bool:
    """Whether a result leaves out what is known to have no score."""
    count, names = left_out(result, metric)
    if known is None:
        return count == 0
    return count == known[0] and (names is None or known[1] is None or names == known[1])


def _is_of_recordings(result: PublishedResult, test: Sequence[Recording] | None) -> None:
    if test is None:
        raise Unfit("its corpus is confidential: only aggregated results are published")
    of = result.recordings
    if of.names != tuple(recording.id for recording in test):
        raise Unfit("its recordings are not the test recordings of its fold, each once")
    if (of.speakers, of.sessions) != (
        tuple(recording.speaker for recording in test),
        tuple(recording.session for recording in test),
    ):
        raise Unfit("its speakers or sessions are not those of the corpus")
    if result.head.outcomes != outcomes(result):
        raise Unfit("its counts of outcomes are not those of its recordings")


def outcomes(result: PublishedResult) -> dict[str, dict[str, int]]:
    """By metric, how many recordings have each status and reason."""
    found: dict[str, dict[str, int]] = {}
    for metric, measured in result.recordings.measured.items():
        if not measured.status.any():
            found[metric] = {STATUSES[SCORED]: len(measured.status)}
            continue
        counts: Counter[str] = Counter()
        for index, status in enumerate(measured.status.tolist()):
            name = STATUSES[status] if status < len(STATUSES) else "unknown"
            reason = measured.reason(index)
            counts[f"{name}: {reason}" if reason else name] += 1
        found[metric] = dict(counts)
    return found


def _is_aggregated(result: PublishedResult, recordings: int | None) -> None:
    of, fold = result.recordings, result.head.fold
    if set(of.names) != {f"{fold} group {n}" for n in range(1, len(of.names) + 1)}:
        raise Unfit("its groups are not named as aggregated results name them, each once")
    if not all(aggregation.PSEUDONYM.fullmatch(speaker) for speaker in of.speakers):
        raise Unfit("its speakers are not named as aggregated results name them")
    if any(of.sessions):
        raise Unfit("it is said to be aggregated and names sessions")
    if of.predictions.any():
        raise Unfit("it is said to be aggregated and names single predictions")
    if not {r for m in of.measured.values() for r in m.reasons} <= {"", aggregation.UNSCORABLE}:
        raise Unfit("it is said to be aggregated and has reasons of single recordings")
    if recordings is not None and len(of.names) * aggregation.MIN_GROUP > recordings:
        raise Unfit("it is said to be aggregated and has more groups than it can")
    if result.head.outcomes.keys() != of.measured.keys():
        raise Unfit("its counts of outcomes are not by its metrics")
    for counts in result.head.outcomes.values():
        _are_counts(counts, recordings)


def _are_counts(counts: Mapping[str, int], recordings: int | None) -> None:
    most = aggregation.LARGEST["count"] if recordings is None else recordings
    if not counts.keys() <= set(STATUSES) or not all(0 <= n <= most for n in counts.values()):
        raise Unfit("its counts of outcomes are not counts of recordings")
    if recordings is not None and sum(counts.values()) != recordings:
        raise Unfit("its counts of outcomes are not those of its fold")


def _are_printable(texts: Iterable[str]) -> bool:
    return all(text.isprintable() and len(text) <= LONGEST_TEXT for text in texts)


def _is_measured(metric: Metric, result: PublishedResult, target: Signal) -> None:
    measured = result.recordings.measured[metric.id]
    statistics, counted = measured.statistics, measured.counted
    if (measured.status > LEFT_OUT).any():
        raise Unfit(f"{metric.id}: a status that there is not")
    if not _are_printable(measured.reasons):
        raise Unfit(f"{metric.id}: a reason that cannot be shown")
    if not np.isfinite(statistics).all():
        raise Unfit(f"{metric.id}: holds NaN or infinity")
    if (np.abs(statistics) > LARGEST).any():
        raise Unfit(f"{metric.id}: larger than {LARGEST:g}, which nothing can be")
    if statistics[~counted].any():
        raise Unfit(f"{metric.id}: what is left out has statistics")
    if not _has_width(metric, statistics.shape[1], target):
        raise Unfit(f"{metric.id}: {statistics.shape[1]} statistics, which it has not")
    if result.head.aggregated:
        _is_plausible_sum(metric, statistics[counted])
    else:
        _is_plausible(metric, statistics, measured.status, target)
    _is_on_scale(metric, statistics[counted])


@lru_cache(maxsize=1000)
def _has_width(metric: Metric, width: int, target: Signal) -> bool:
    """Whether the metric gives so many statistics for one recording.

    A value of 0 that counts once, or one right or wrong answer, is plausible for every metric.
    """
    if metric.plausible is None or width < 2:
        return metric.plausible is None and width > 0
    example = np.zeros((1, width))
    example[0, 1] = 1.0
    return bool(metric.plausible(example, target).all())


def _is_plausible(metric: Metric, statistics: Array, status: Array, target: Signal) -> None:
    """Statistics of single recordings: of one that is floored, exactly the worst ones."""
    floored = statistics[status == FLOORED]
    if len(floored):
        worst = metric.worst(target) if metric.worst else None
        if worst is None or len(worst) != floored.shape[1] or (floored != worst).any():
            raise Unfit(f"{metric.id}: an unscorable prediction without the worst score")
    scored = statistics[status == SCORED]
    if metric.plausible and not metric.plausible(scored, target).all():
        raise Unfit(f"{metric.id}: statistics that no measurement of one recording has")


def _is_plausible_sum(metric: Metric, sums: Array) -> None:
    """Counts of groups are not negative, and nothing is added without being counted."""
    counts = sums if metric.has_confusion else sums[:, 1:2]
    if (counts < 0).any() or sums[counts.sum(axis=1) == 0].any():
        raise Unfit(f"{metric.id}: counts that no group of recordings has")


def _is_on_scale(metric: Metric, rows: Array) -> None:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        values = metric.reduce(rows)
    low, high = metric.scale
    known = values[np.isfinite(values)]
    if low is not None and (known < low - ROUNDING * max(1.0, abs(low))).any():
        raise Unfit(f"{metric.id}: {known.min():.4g} lies below its scale, which begins at {low}")
    if high is not None and (known > high + ROUNDING * max(1.0, abs(high))).any():
        raise Unfit(f"{metric.id}: {known.max():.4g} lies above its scale, which ends at {high}")


def _has_scores(task: Task, result: PublishedResult) -> None:
    """The scores that the line shows to people are those of its recordings."""
    claimed = result.claimed
    if claimed is None:
        return
    for metric in task.metrics:
        value, shown = score(metric, result), claimed.get(metric.id)
        if (value is None) != (shown is None) or (
            value is not None
            and shown is not None
            and not math.isclose(value, shown, rel_tol=1e-9, abs_tol=1e-8)
        ):
            raise Unfit(f"{metric.id}: the score of its line is not that of its recordings")
