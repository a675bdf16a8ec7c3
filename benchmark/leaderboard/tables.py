"""What a leaderboard is made of: tables of rows of scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmark.core import CHANCE, Array, Metric, Signal, Task
from benchmark.results.result import JobResult

NOTHING: Array = np.empty(0)


def _nothing() -> Array:
    return NOTHING


@dataclass(frozen=True)
class Way:
    """How far a score has come from the best floor (0) to the end of its scale (1)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """One metric of one row. `value` is None where no prediction could be scored."""

    value: float | None
    low: float | None  # None where there is one unit only
    high: float | None
    items: int  # of one run
    floored: Mapping[str, int]  # reason -> items of all runs
    seeds: float | None = None  # standard deviation over runs, which the interval leaves out
    way: Way | None = None  # None without a floor or without an end of the scale
    by_unit: Mapping[str, float] = field(default_factory=dict)  # mean over runs
    draws: Array = field(default_factory=_nothing, repr=False, compare=False)  # of the bootstrap


@dataclass(frozen=True)
class Row:
    entry: str
    variant: str
    scores: Mapping[str, Score]  # by metric id
    runs: int
    parameters: int | None
    fit_seconds: float | None  # all folds of one run
    real_time_factor: float | None
    isolation: str  # the weakest of its results
    claims_causal: bool
    look_ahead_ms: float | None  # the most that was seen; None where nothing was or could be
    results: tuple[JobResult, ...] = field(default=(), repr=False, compare=False)
    tier: int = 0  # rows of one tier cannot be told apart from its best; 0 where nothing is known
    first: float | None = None  # how often it is the best of its table when units are drawn again

    @property
    def name(self) -> tuple[str, str]:
        return self.entry, self.variant


@dataclass(frozen=True)
class Table:
    task: str
    split: str
    rows: tuple[Row, ...]  # best first
    left_out: tuple[str, ...]
    recordings: int
    speakers: int
    folds: int
    unit: str  # what scores are paired and drawn by: speaker, session or recording
    units: int
    data: str = ""  # digest of task, split and corpus


def is_floor(task: Task, row: Row) -> bool:
    """Whether a row is one that never looks at the input."""
    return row.entry == CHANCE or row.entry in task.trivial_baselines


def title(entry: str, variant: str) -> str:
    return entry if variant == "default" else f"{entry} ({variant})"


def unit_of(metric: Metric, target: Signal) -> str:
    """What a score is in, where some metrics take on the unit of the target."""
    return target.unit if metric.unit is None else metric.unit
