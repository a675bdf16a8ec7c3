"""What results.json holds, field by field; its schema is made of this."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from benchmark.report.calibration.curve_export import CurveData
from benchmark.report.sealed.sealed_export import SealedData

# 6 had no oracles; 5 no gains; 4 no sealed tests; 3 no calibration; 2 no tiers of further
# metrics; 1 other names, such as `way` and `seeds`
SCHEMA_VERSION = 7
DIGITS = 6  # of what is there for each unit or group: more of them say nothing, and are half a file


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ScoreData(_Model):
    """One metric of one row; null where it has no value."""

    metric: str = Field(description="id of the metric: name, aggregation and version")
    better: str = Field(description="higher or lower")
    unit: str = Field(description="unit of the score; empty for a number without one")
    score: float | None = Field(description="mean over seeds")
    ci_low: float | None = Field(description="lower end of the 95% confidence interval")
    ci_high: float | None = Field(description="upper end of the 95% confidence interval")
    metric_tier: int | None = Field(
        description="tier by this metric; 1 is the best, null where rows are not compared, or no"
        " difference can be significant"
    )
    shared_units: int | None = Field(
        description="units shared with the other rows, where the row has others than they have"
    )
    undefined: str = Field(description="why there is no score or no interval; else empty")
    sd_seeds: float | None = Field(description="standard deviation of the score across seeds")
    normalised_score: float | None = Field(
        description="0 = best trivial baseline, 1 = best oracle, or best possible value"
    )
    normalised_score_low: float | None = Field(description="lower end of its 95% interval")
    normalised_score_high: float | None = Field(description="upper end of its 95% interval")
    normalised_from: str = Field(
        description="the best trivial baseline, whose score is 0; empty without one"
    )
    normalised_to: str = Field(
        description="the oracle whose score is 1; empty where that is the best possible value"
    )
    gain: float | None = Field(description="score less that of the unprocessed input, if any")
    gain_low: float | None = Field(description="lower end of its 95% interval")
    gain_high: float | None = Field(description="upper end of its 95% interval")
    recordings: int = Field(description="test recordings of one seed, all folds")
    unscorable: Mapping[str, int] = Field(description="predictions that got the worst score")
    by_unit: Mapping[str, float] = Field(
        description=f"score of each unit of resampling, to {DIGITS} digits"
    )


class RowData(_Model):
    """One variant of one entry."""

    entry: str = Field(description="name of the entry")
    variant: str = Field(description="name of the variant")
    title: str = Field(description="title of the entry")
    kind: str = Field(
        description="baseline, submission, predictions, trivial baseline, oracle or removed"
    )
    default_variant: bool = Field(description="whether the variant represents its entry")
    tier: int | None = Field(
        description="tier by the first metric; 1 is the best, null where rows are not compared, or"
        " no difference can be significant"
    )
    above_trivial: bool | None = Field(
        description="whether it is above the best trivial baseline by more than the 95% interval"
        " of the difference, by the first metric; null for trivial baselines and oracles"
    )
    p_best: float | None = Field(description="share of bootstrap resamples that it ranks first in")
    n_seeds: int = Field(description="seeds that the score is averaged over")
    parameters: int | None = Field(description="number of trainable parameters")
    fit_seconds: float | None = Field(description="training time of one seed, all folds, in s")
    fit_cpu_seconds: float | None = Field(description="CPU time of that in s, all processes")
    real_time_factor: float | None = Field(description="prediction time by duration of the input")
    timed: bool = Field(description="whether that was timed alone on one core")
    isolation: str = Field(description="how the model was isolated; the weakest of all jobs")
    brings_weights: bool = Field(
        description="whether the entry has weights, or much data in its code"
    )
    claims_causal: bool = Field(description="whether the entry claims to be causal")
    look_ahead_ms: float | None = Field(description="largest measured look-ahead in ms")
    verified: str = Field(
        description="who has reproduced its results, or how many of them: CI, maintainer, claimed"
        " or not verified; a dash for the chance level"
    )
    scores: list[ScoreData]


class BreakdownData(_Model):
    """One metric by groups of recordings, or by channels or classes of the target."""

    by: str
    metric: str
    gain_over: str = Field(description="the row whose scores were subtracted; else empty")
    groups: list[str]
    rows: Mapping[str, list[float | None]] = Field(description=f"scores to {DIGITS} digits")


class TableData(_Model):
    """One task on one split, with every variant; only default variants have tiers."""

    task: str = Field(description="name of the task")
    split: str = Field(description="name of the split: corpus, dot, protocol")
    corpus: str = Field(description="name of the corpus")
    simulated: bool = Field(description="whether the corpus is simulated")
    recordings: int = Field(description="test recordings of all folds")
    speakers: int
    folds: int
    aggregated: bool = Field(description="whether its rows are sums over groups of recordings")
    calibration_of: str = Field(
        description="speaker or session of which some trains, on a split of a calibration curve"
    )
    calibration_amount: float | None = Field(description="how much of it trains")
    calibration_unit: str = Field(description="repetitions of each text, or minutes")
    unit: str = Field(description="what is resampled and paired: speaker, session or recording")
    n_units: int
    rows: list[RowData]
    left_out: list[str] = Field(description="results without a row, with the reason")
    breakdowns: list[BreakdownData]
    sealed: SealedData | None = Field(description="the latest sealed test of its entries")


class AcrossData(_Model):
    """Average ranks of entries over tasks; null where too few entries can be compared."""

    blocks: list[str]
    average_ranks: Mapping[str, float]
    friedman_p: float
    critical_difference: float
    not_compared: Mapping[str, int] = Field(description="entry -> blocks that it has")


class Results(_Model):
    """Everything that the leaderboard shows."""

    schema_version: int
    tables: list[TableData]
    across: AcrossData | None
    calibration_curves: list[CurveData]
