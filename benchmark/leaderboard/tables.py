"""What a leaderboard is made of: tables of rows of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmark.core import CHANCE, ORACLE, Array, Metric, Signal, Task
from benchmark.results.published import PublishedResult

NO_DRAWS: Array = np.empty(0)


def _no_draws() -> Array:
    return NO_DRAWS


@dataclass(frozen=True)
class Grouping:
    """Recordings in groups."""

    names: tuple[str, ...]  # of the groups, sorted
    owners: NDArray[np.intp]  # of each recording, the index of its group

    @property
    def n(self) -> int:
        return len(self.names)


def _grouped(names: Sequence[str]) -> Grouping:
    known = tuple(sorted(set(names)))
    index = {name: position for position, name in enumerate(known)}
    return Grouping(known, np.array([index[name] for name in names], dtype=np.intp))


@dataclass(frozen=True)
class TestSet:
    """The test recordings of a table, in the one order that all of its rows share."""

    __test__ = False  # no test of pytest

    recordings: tuple[str, ...]
    speakers: tuple[str, ...]  # of each recording, as are the two below
    sessions: tuple[str, ...]
    texts: tuple[str, ...]  # equal where the same was said; all "" where unknown

    @cached_property
    def unit(self) -> str:
        """What is resampled: the largest of which there are several; what is above it is one."""
        if len(set(self.speakers)) > 1:
            return "speaker"
        return "session" if len(set(self.sessions)) > 1 else "recording"

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The name of the unit of each recording; a session is one of its speaker."""
        if self.unit == "session":
            pairs = zip(self.speakers, self.sessions, strict=True)
            return tuple(f"{speaker} {session}" for speaker, session in pairs)
        return self.speakers if self.unit == "speaker" else self.recordings

    @cached_property
    def by_unit(self) -> Grouping:
        """The recordings by their unit."""
        return _grouped(self.units)

    @cached_property
    def by_text(self) -> Grouping | None:
        """The recordings by what was said, where several units say the same; else None."""
        if "" in self.texts or len(set(self.texts)) < 2:
            return None
        return _grouped(self.texts) if self.by_cell.n > len(set(self.texts)) else None

    @cached_property
    def by_cell(self) -> Grouping:
        """The recordings by what one unit says of one text."""
        return _grouped([f"{u} {t}" for u, t in zip(self.units, self.texts, strict=True)])

    @property
    def n_units(self) -> int:
        return self.by_unit.n


@dataclass(frozen=True)
class MeasuredSeeds:
    """One metric of all test recordings by every seed of a row, in the order of its test set."""

    statistics: Array  # (seeds, recordings, k) float64; zeros where left out
    status: Array  # (seeds, recordings) uint8, see results/published.py
    reasons: Mapping[str, int]  # of predictions with the worst score, of all seeds


@dataclass(frozen=True)
class Ends:
    """The two scores between which the scores of a table by one metric are normalised."""

    zero: str  # title of the row of the best trivial baseline
    zero_score: float
    one: str  # title of the row of the best oracle; empty for the best possible value
    one_score: float


@dataclass(frozen=True)
class NormalisedScore:
    """A score on the scale from the best trivial baseline (0) to the best oracle (1).

    Without an oracle that is above all trivial baselines it ends at the best possible value.
    """

    value: float
    low: float
    high: float
    ends: Ends


@dataclass(frozen=True)
class Gain:
    """A score less another one, paired by unit: both are resampled together."""

    value: float
    low: float  # 95% confidence interval
    high: float
    # By sign flips over units, adjusted for all that is compared (Westfall-Young); None: untested.
    p: float | None = None


NO_TEST_SET = TestSet((), (), (), ())


@dataclass(frozen=True)
class Score:
    """One metric of one row. `value` is None where no prediction could be scored.

    What else has no value is None or absent, with the reason in `undefined`.
    """

    value: float | None
    low: float | None  # 95% confidence interval; None where there is one unit only
    high: float | None
    recordings: int  # of one seed
    unscorable: Mapping[str, int]  # reason -> predictions of all seeds
    sd_seeds: float | None = None  # across seeds; not part of the interval; None for one seed
    normalised: NormalisedScore | None = None  # None without a trivial baseline or a best value
    gain: Gain | None = None  # over the unprocessed input, of a task that has such a row
    by_unit: Mapping[str, float] = field(default_factory=dict)  # mean over seeds
    draws: Array = field(default_factory=_no_draws, repr=False, compare=False)  # of the bootstrap
    units: tuple[str, ...] = ()  # that were drawn; the same names were drawn together
    texts: tuple[str, ...] = ()  # that were drawn with them, where texts repeat
    correction: float = 1.0  # how far draws are moved away from the value, see results/bootstrap.py
    tier: int = 0  # by this metric; 1 is the best, 0 where none can be told apart
    shared_units: int | None = None  # with the other rows, where it has others than they have
    undefined: str = ""  # why there is no value or no interval, where there could be


@dataclass(frozen=True)
class Row:
    entry: str
    variant: str
    scores: Mapping[str, Score]  # by metric id
    n_seeds: int
    parameters: int | None
    fit_seconds: float | None  # all folds of one seed
    real_time_factor: float | None
    isolation: str  # the weakest of its results
    claims_causal: bool
    look_ahead_ms: float | None  # largest measured; None where nothing was or could be
    results: tuple[PublishedResult, ...] = field(default=(), repr=False, compare=False)
    test: TestSet = field(default=NO_TEST_SET, repr=False, compare=False)
    measured: Mapping[str, MeasuredSeeds] = field(default_factory=dict, repr=False, compare=False)
    tier: int = 0  # by the first metric
    timed: bool = False  # alone on one core, in all of its results
    fit_cpu_seconds: float | None = None  # all folds of one seed, where each result has them
    p_best: float | None = None  # share of bootstrap resamples in which it ranks first
    # Whether its score by the first metric is above that of the best trivial baseline by more than
    # the interval of the difference; None of trivial baselines and oracles, and without the former.
    above_trivial: bool | None = None

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
    unit: str  # of pairing and resampling: speaker, session or recording
    n_units: int
    data: str = ""  # digest of task, split and corpus
    aggregated: bool = False  # its rows are sums over groups of recordings
    shared_seeds: tuple[int, ...] | None = None  # of an ablation, where rows have others as well
    oracles: tuple[Row, ...] = ()  # best first; no rows, so that nothing ranks them

    @property
    def part(self) -> str:
        """What to add to the name of the split, where it has two tables."""
        return ", aggregated results" if self.aggregated else ""

    @property
    def key(self) -> tuple[str, str, bool]:
        """What no other table has."""
        return self.task, self.split, self.aggregated


def is_trivial(task: Task, row: Row) -> bool:
    """Whether a row is a trivial baseline: it ignores the input, or sees nuisance cues alone."""
    return row.entry == CHANCE or row.entry in task.trivial_baselines


def is_oracle(entry: str) -> bool:
    """Whether a row of this name is an oracle: made from the answers, and never ranked."""
    return entry.startswith(ORACLE)


def leaders(task: Task, table: Table) -> tuple[Row, ...]:
    """The best row that is no trivial baseline, then the others of its tier; empty without any.

    The best alone where there are no tiers.
    """
    entries = [row for row in table.rows if not is_trivial(task, row)]
    return tuple(row for n, row in enumerate(entries) if n == 0 or row.tier == entries[0].tier > 0)


def title(entry: str, variant: str) -> str:
    return entry if variant == "default" else f"{entry} ({variant})"


def unit_of(metric: Metric, target: Signal) -> str:
    """What a score is in, where some metrics take on the unit of the target."""
    return target.unit if metric.unit is None else metric.unit


def order(metric: Metric, row: Row) -> tuple[float, str, str]:
    """The best first, ties by name, rows without a score last."""
    value = row.scores[metric.id].value
    if value is None:
        return np.inf, row.entry, row.variant
    return (-value if metric.better == "higher" else value), row.entry, row.variant
