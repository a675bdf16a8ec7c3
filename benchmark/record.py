"""What one job leaves behind: read and written only through this schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark.core import Job, UserError

Status = Literal["good", "failed", "timed out"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Measurement(_Strict):
    """One metric of one recording: its value, as sufficient statistics, its status and the reason.

    `floored`: the prediction has no score, the floor of the scale stands for it.
    `left out`: the target has no score for anyone; not counted.
    """

    statistics: tuple[float, ...]
    status: Literal["scored", "floored", "left out"] = "scored"
    reason: str = ""


class Item(_Strict):
    """One test recording: where it comes from, how long it took, how well it went."""

    recording: str
    speaker: str
    session: str
    prediction: str  # sha256 of the kept array
    seconds: float  # from the input handed over to the prediction received
    measurements: Mapping[str, Measurement]  # by metric id


class Cost(_Strict):
    fit_seconds: float
    predict_seconds: float
    signal_seconds: float | None  # of the first input of all test recordings
    real_time_factor: float | None  # predict seconds a second of signal
    parameters: int | None  # as the model counts them
    curve: tuple[float, ...] = ()  # its loss on validation by epoch, as the model says
    flops: float | None = None  # of its training, as the model says
    peak_memory_mb: float  # largest resident size of any process of the model


class Record(_Strict):
    """The result of one job. Only `good` ones carry items, the others a reason."""

    schema_version: Literal[1] = 1
    task: str
    split: str
    fold: str
    entry: str
    variant: str
    seed: int
    data: str
    code: str
    metrics: tuple[str, ...]
    status: Status
    reason: str = ""
    isolation: str = ""
    finished: str = ""  # UTC, ISO 8601
    cost: Cost | None = None
    environment: Mapping[str, str | int | None] = {}
    items: tuple[Item, ...] = ()
    outcomes: Mapping[str, Mapping[str, int]] = {}  # by metric id and status: items

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
        )

    def dump(self) -> str:
        """One line of JSON; what has its default value is not said."""
        return self.model_dump_json(exclude_defaults=True)


def parse(text: str | bytes, where: Path) -> Record:
    """Read one record; UserError names the file and the first thing that is wrong."""
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UserError(f"{where}: not a record: {field}: {first['msg']}") from error
