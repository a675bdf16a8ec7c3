"""Do two results of one job agree: the published one, and the one that the same job gave again?

Facts, such as identity, test recordings, outcomes and parameters, must be equal. Times and memory,
which differ from machine to machine, lie within a factor of 10. For scores see `score_agreement`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmark import storage
from benchmark.core import Isolation, Task
from benchmark.evaluation import scoring
from benchmark.execution.score_agreement import SAME, UNITS, compare_metric, scored_by
from benchmark.results.result import Cost, JobResult, Probes

FACTOR = 10.0  # between costs on two machines
FIT, PREDICTION, MEMORY = 1.0, 0.002, 100.0  # s, s a recording, MB: anything less counts as this
LOOK_AHEAD = 100.0  # ms, between two machines
How = Literal["bit-equal", "within tolerance"]


@dataclass(frozen=True)
class Agreement:
    """How a result was reproduced, or a sentence for each thing that differs."""

    differences: tuple[str, ...]
    bit_equal: bool  # all predictions are the same arrays

    @property
    def how(self) -> How | None:
        """None where something differs."""
        if self.differences:
            return None
        return "bit-equal" if self.bit_equal else "within tolerance"


def compare(task: Task, expected: JobResult, found: JobResult) -> Agreement:
    """Compare a published result with the one that was made again."""
    identity = tuple(_identity(expected, found))
    if identity:
        return Agreement(identity, bit_equal=False)
    if broken := tuple(_recordings(expected, found)):
        return Agreement(broken, bit_equal=False)
    differences = [*_costs(expected, found), *_outcomes(expected)]
    for metric in scored_by(task, expected):
        differences += compare_metric(metric, expected, found)
    pairs = zip(expected.items, found.items, strict=True)
    return Agreement(tuple(differences), all(a.prediction == b.prediction for a, b in pairs))


def named_as(expected: JobResult, found: JobResult, kept: Path) -> JobResult:
    """What was found, with predictions called as in the published result where they are the same.

    That may be older than today's rule for names. `kept` is the folder of the arrays that were
    found. After the first that differs nothing is looked at: the two are not bit-equal.
    """
    claims = {item.recording: item.prediction for item in expected.items}
    items = []
    same = True
    for item in found.items:
        claim = claims.get(item.recording, "")
        same = same and bool(claim) and storage.is_named(kept, item.prediction, claim)
        items.append(item.model_copy(update={"prediction": claim}) if same else item)
    return found.model_copy(update={"items": tuple(items)})


def _identity(expected: JobResult, found: JobResult) -> Iterator[str]:
    for what in ("data", "code", "setup"):
        if getattr(expected, what) != getattr(found, what):
            yield f"the result is of other {what} than today's"
            return
    if expected.metrics != found.metrics:
        yield "the result is scored by other metrics or metric versions than today's"
    elif expected.status != found.status:
        said = f"{found.status}: {found.reason}" if found.reason else found.status
        yield f"expected a {expected.status} result, found {said}"
    if expected.aggregated != found.aggregated:
        yield "only one of the two is aggregated"
    brought = [each.isolation == Isolation.PREDICTIONS_ONLY for each in (expected, found)]
    if expected.status == found.status == "good" and brought[0] != brought[1]:
        yield f"expected isolation {expected.isolation}, found {found.isolation}"


def _recordings(expected: JobResult, found: JobResult) -> Iterator[str]:
    """What is wrong with the test recordings of a result; pseudonyms of speakers are not compared.

    Afterwards both hold the same recordings in the same order, with all metrics.
    """
    names, today = ([item.recording for item in each.items] for each in (expected, found))
    if names != today:
        missing, more = sorted({*today} - {*names}), sorted({*names} - {*today})
        if missing or more:
            first = f"missing {missing[0]!r}" if missing else f"too many: {more[0]!r}"
            yield f"expected {len(names)} recordings, found {len(today)}; {first}"
        else:
            yield "its recordings stand in another order, or one of them twice"
        return
    lengths = _lengths(found)
    for one, other in zip(expected.items, found.items, strict=True):
        if not expected.aggregated:
            for what in UNITS:
                if getattr(one, what) != getattr(other, what):
                    claim, fact = getattr(one, what), getattr(other, what)
                    yield f"{one.recording}: expected the {what} {claim!r}, found {fact!r}"
                    return
        if one.measurements.keys() != other.measurements.keys():
            yield f"{one.recording}: measured by other metrics"
            return
        for name, measured in one.measurements.items():
            if measured.status != "left out" and len(measured.statistics) not in lengths[name]:
                yield f"{one.recording}: {name}: {len(measured.statistics)} statistics"
                return


def _lengths(result: JobResult) -> dict[str, set[int]]:
    """How many statistics a recording that counts has, by metric."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for item in result.items:
        for name, measured in item.measurements.items():
            if measured.status != "left out":
                lengths[name].add(len(measured.statistics))
    return lengths


def _outcomes(expected: JobResult) -> Iterator[str]:
    """The counts of a result, against the recordings that it counts."""
    if expected.aggregated:
        return
    if scoring.outcomes(expected.items) != expected.outcomes:
        yield "its outcomes are not those of its recordings"


def _costs(expected: JobResult, found: JobResult) -> Iterator[str]:
    one, other = expected.cost, found.cost
    if one is None or other is None:
        if one is not other:
            yield "only one of the two has costs"
        return
    if one.parameters != other.parameters:
        yield f"expected {one.parameters} parameters, found {other.parameters}"
    least = PREDICTION * len(found.items)
    for what, a, b, floor in _amounts(one, other, least):
        if (a is None) != (b is None):
            yield f"{what}: expected {a}, found {b}"
        elif a is not None and b is not None:
            low, high = sorted((max(a, floor), max(b, floor)))
            if not high <= FACTOR * low:
                yield f"{what}: expected {a:.3g}, found {b:.3g}, beyond a factor of {FACTOR:g}"
    if not _close(one.signal_seconds, other.signal_seconds):
        yield f"expected {one.signal_seconds} s of signal, found {other.signal_seconds}"
    factor = one.predict_seconds / one.signal_seconds if one.signal_seconds else None
    if not _close(one.real_time_factor, factor) and not expected.aggregated:
        yield "its real-time factor is not its prediction time by the duration of the input"
    yield from _probes(expected.probes or Probes(), found.probes or Probes())


def _probes(one: Probes, other: Probes) -> Iterator[str]:
    """Claims, and the look-ahead that was published, where it was looked for this time too."""
    if one.claims_causal != other.claims_causal:
        yield "only one of the two claims to be causal"
    elif other.order_change is not None and one.look_ahead_ms is not None:
        ahead = other.look_ahead_ms
        if ahead is None or abs(one.look_ahead_ms - ahead) > LOOK_AHEAD:
            yield f"look-ahead: expected {one.look_ahead_ms} ms, found {ahead}"


Amount = tuple[str, float | None, float | None, float]


def _amounts(one: Cost, other: Cost, least: float) -> Iterator[Amount]:
    """What costs, in either result, and what less than which counts as that much."""
    yield "fit time [s]", one.fit_seconds, other.fit_seconds, FIT
    yield "prediction time [s]", one.predict_seconds, other.predict_seconds, least
    yield "memory [MB]", one.peak_memory_mb, other.peak_memory_mb, MEMORY
    yield "operations of training", one.flops, other.flops, 1.0


def _close(a: float | None, b: float | None) -> bool:
    return a == b if a is None or b is None else math.isclose(a, b, rel_tol=SAME)
