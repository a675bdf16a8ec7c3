"""A published result: what the leaderboard is made of. Columns instead of one object a recording.

Beside an entry lie two files (`entry_results.py` reads and writes both):

    <entry>.json            one `Line` a result: the job, its scores, costs, digests, sums by unit
    <entry>.<digest>.npz    what every recording got, of all results of the entry (`columns.py`)

A `Line` names the sha256 of its recordings, so neither file can change without the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Job, Metric
from benchmark.results.result import Item, JobResult, Measurement, MeasurementStatus

STATUSES: tuple[MeasurementStatus, ...] = ("scored", "floored", "left out")
SCORED, FLOORED, LEFT_OUT = range(3)
EXACT = 2  # statistics that are kept in full; those for breakdowns by part have float32's digits
NO_PREDICTION = b"\0" * 32  # where a result holds no digest of a prediction


@dataclass(frozen=True)
class Measured:
    """One metric of all recordings of a result."""

    statistics: Array  # (recordings, k) float64; zeros where left out
    status: Array  # (recordings,) uint8, index into STATUSES
    reasons: tuple[str, ...] = ()  # of each recording; empty where all are scored

    def reason(self, index: int) -> str:
        return self.reasons[index] if self.reasons else ""

    @property
    def counted(self) -> Array:
        """Which recordings count (recordings,)."""
        return np.asarray(self.status != LEFT_OUT)


@dataclass(frozen=True)
class Recordings:
    """What the test recordings of one result got, in the order of their ids."""

    names: tuple[str, ...]
    speakers: tuple[str, ...]
    sessions: tuple[str, ...]
    predictions: Array  # (recordings, 32) uint8: sha256 of each prediction, zeros for none
    measured: Mapping[str, Measured]  # by metric id

    def digest(self) -> str:
        """sha256 (hex) of all of it."""
        whole = hashlib.sha256(
            json.dumps([self.names, self.speakers, self.sessions]).encode() + b"\n"
        )
        whole.update(np.ascontiguousarray(self.predictions).tobytes())
        for name, measured in self.measured.items():
            shape = measured.statistics.shape
            whole.update(json.dumps([name, shape, measured.reasons]).encode() + b"\n")
            whole.update(np.ascontiguousarray(measured.status).tobytes())
            whole.update(np.ascontiguousarray(measured.statistics, "<f8").tobytes())
        return whole.hexdigest()


@dataclass(frozen=True)
class PublishedResult:
    """One job's result as published: `head` is all of it but its recordings."""

    head: JobResult
    recordings: Recordings
    digest: str  # of the recordings; empty where there are none
    where: str = field(default="", compare=False)  # file and line that it was read from
    claimed: Mapping[str, float | None] | None = field(default=None, compare=False)  # its scores

    @property
    def job(self) -> Job:
        return self.head.job

    @property
    def slot(self) -> tuple[str, str, str, str, int]:
        return self.head.slot


def from_job(result: JobResult) -> PublishedResult:
    """A result of the working folder in columns, without the time that each prediction took."""
    items = sorted(result.items, key=lambda item: item.recording)
    recordings = Recordings(
        names=tuple(item.recording for item in items),
        speakers=tuple(item.speaker for item in items),
        sessions=tuple(item.session for item in items),
        predictions=np.frombuffer(
            b"".join(bytes.fromhex(item.prediction) or NO_PREDICTION for item in items), np.uint8
        ).reshape(len(items), 32),
        measured={
            name: _columns([item.measurements[name] for item in items])
            for name in result.metrics
            if items and name in items[0].measurements
        },
    )
    head = result.model_copy(update={"items": (), "seal": ""})
    return PublishedResult(head, recordings, recordings.digest() if items else "")


def to_job(result: PublishedResult) -> JobResult:
    """The same with one item a recording; the times of single predictions are not published."""
    of = result.recordings
    rows = {name: _measurements(measured) for name, measured in of.measured.items()}
    items = tuple(
        Item(
            recording=name,
            speaker=of.speakers[index],
            session=of.sessions[index],
            prediction=""
            if not of.predictions[index].any()
            else of.predictions[index].tobytes().hex(),
            seconds=0.0,
            measurements={metric: row[index] for metric, row in rows.items()},
        )
        for index, name in enumerate(of.names)
    )
    return result.head.model_copy(update={"items": items}).sealed()


def _columns(measurements: Sequence[Measurement]) -> Measured:
    width = max((len(m.statistics) for m in measurements), default=0)
    statistics = np.zeros((len(measurements), width))
    for row, measurement in zip(statistics, measurements, strict=True):
        if measurement.status != "left out":
            row[:] = measurement.statistics
    statistics[:, EXACT:] = statistics[:, EXACT:].astype(np.float32)
    status = np.array([STATUSES.index(m.status) for m in measurements], np.uint8)
    reasons = tuple(m.reason for m in measurements) if status.any() else ()
    return Measured(statistics, status, reasons)


def _measurements(measured: Measured) -> list[Measurement]:
    return [
        Measurement(
            statistics=() if status == LEFT_OUT else tuple(row.tolist()),
            status=STATUSES[status],
            reason=measured.reason(index),
        )
        for index, (row, status) in enumerate(
            zip(measured.statistics, measured.status.tolist(), strict=True)
        )
    ]


def sums(result: PublishedResult) -> dict[str, dict[str, Array]]:
    """The summed statistics (k,) of what counts, by metric id and unit (speaker and session)."""
    names, owners = _units(result.recordings.speakers, result.recordings.sessions)
    found = {}
    for metric, measured in result.recordings.measured.items():
        totals = np.zeros((len(names), measured.statistics.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):
            np.add.at(totals, owners, measured.statistics)
        found[metric] = dict(zip(names, totals, strict=True))
    return found


@lru_cache(maxsize=1000)
def _units(speakers: tuple[str, ...], sessions: tuple[str, ...]) -> tuple[tuple[str, ...], Array]:
    """Names of the units, and the index of the unit of each recording (recordings,)."""
    of = [
        f"{speaker} {session}".strip() for speaker, session in zip(speakers, sessions, strict=True)
    ]
    names = sorted(set(of))
    index = {name: position for position, name in enumerate(names)}
    return tuple(names), np.array([index[name] for name in of], np.intp)


def score(metric: Metric, result: PublishedResult) -> float | None:
    """The score of one result; None where none of its recordings counts or it has no value."""
    measured = result.recordings.measured.get(metric.id)
    if measured is None or not measured.counted.any():
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(metric.reduce(measured.statistics.sum(axis=0)))
    return value if np.isfinite(value) else None
