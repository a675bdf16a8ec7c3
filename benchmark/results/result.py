"""The result of one job: read and written only through this schema."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark.core import Job, Setup, UserError

Status = Literal["good", "failed", "timed out"]
MeasurementStatus = Literal["scored", "floored", "left out"]
KILLED = "the model's process was killed by a signal"  # a job that ends so is run again
MOST_ATTEMPTS = 3  # of such a job


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Measurement(_Strict):
    """One metric of one recording: its value, as sufficient statistics, its status and the reason.

    `floored`: the prediction has no score and gets the worst score of the scale.
    `left out`: the target has no score, whatever is predicted; not counted.
    """

    statistics: tuple[float, ...]
    status: MeasurementStatus = "scored"
    reason: str = ""


class Item(_Strict):
    """One test recording: its origin, the time of its prediction, its measurements."""

    recording: str
    speaker: str
    session: str
    prediction: str  # sha256 of the kept array
    seconds: float  # from when its input lay ready for the model until the prediction did for us
    measurements: Mapping[str, Measurement]  # by metric id


class Cost(_Strict):
    fit_seconds: float
    predict_seconds: float
    signal_seconds: float | None  # of the first input of all test recordings
    real_time_factor: float | None  # predict seconds a second of signal
    parameters: int | None  # as the model counts them
    curve: tuple[float, ...] = ()  # validation loss by epoch, as reported by the model
    flops: float | None = None  # of its training, as reported by the model
    peak_memory_mb: float  # most at once, of all processes of the model
    fit_cpu_seconds: float | None = None  # of all its processes, the import of the entry included
    predict_cpu_seconds: float | None = None
    score_seconds: float | None = None  # to measure all metrics, which is no cost of the model
    timed: bool = False  # alone on one core; else beside other jobs


class Probes(_Strict):
    """What repeated predictions showed; None where not probed, or where no prediction repeats."""

    claims_causal: bool = False
    look_ahead_ms: float | None = None
    # From one worker to another that was asked in another order, in standard deviations.
    order_change: float | None = None


class JobResult(_Strict):
    """The result of one job. Only `good` ones carry items, the others a reason."""

    schema_version: Literal[2] = 2
    task: str
    split: str
    fold: str
    entry: str
    variant: str
    seed: int
    data: str
    code: str
    setup: Setup = ""
    metrics: tuple[str, ...]
    status: Status
    reason: str = ""
    # That a signal ended, this one included.
    attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] = 1
    isolation: str = ""
    finished: str = ""  # UTC, ISO 8601
    cost: Cost | None = None
    probes: Probes | None = None
    environment: Mapping[str, str | int | None] = {}
    items: tuple[Item, ...] = ()
    outcomes: Mapping[str, Mapping[str, int]] = {}  # by metric id and status: items
    aggregated: bool = False  # items are sums over groups of recordings, see aggregation.py
    seal: str = ""  # sha256 of all the rest

    @property
    def job(self) -> Job:
        return Job(
            task=self.task,
            split=self.split,
            fold=self.fold,
            entry=self.entry,
            variant=self.variant,
            seed=self.seed,
            data=self.data,
            code=self.code,
            setup=self.setup,
        )

    @property
    def slot(self) -> tuple[str, str, str, str, int]:
        """The place of this result among those of its entry, whatever its digests."""
        return self.job.slot

    def sealed(self) -> Self:
        """The same with the seal of its content."""
        return self.model_copy(update={"seal": self._sum()})

    def _sum(self) -> str:
        rest = self.model_copy(update={"seal": ""})
        return hashlib.sha256(rest.dump().encode()).hexdigest()

    def dump(self) -> str:
        """One line of JSON, without fields that have their default value."""
        return self.model_dump_json(exclude_defaults=True)


def now() -> str:
    """The present time for `finished`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def parse(text: str | bytes, where: Path) -> JobResult:
    """Read one result; UserError names the file and the first thing that is wrong."""
    try:
        result = JobResult.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UserError(f"{where}: not a result: {field}: {first['msg']}") from error
    if result.seal != result._sum():
        raise UserError(
            f"{where}: changed after it was written: its content does not match its seal"
        )
    return result


def read_result(runs: Path, job: Job) -> JobResult | None:
    """The result of a job, or None; UserError where a file is there but no result."""
    path = runs / "results" / job.key
    return parse(path.read_bytes(), path) if path.exists() else None
