"""The leaderboard as data: results.csv, results.parquet, results.json, and the JSON's schema.

CSV and Parquet have one line for each score: one metric of one row of one table. JSON nests them as
the pages do and adds the scores by unit, the breakdowns and the ranking across tasks. Scores and
their intervals are written in full. `COLUMNS` says what each column of CSV and Parquet holds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, overload

from pydantic import BaseModel, ConfigDict, Field

from benchmark import storage
from benchmark.core import Metric, Task
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, unit_of
from benchmark.report import formatting, scale
from benchmark.report.calibration import curve_export
from benchmark.report.calibration.curve_export import CurveData
from benchmark.report.sealed import sealed_export
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


FORMULA = tuple("=+-@＝＋－＠\t\r")  # what a cell of a spreadsheet that is computed begins with
OF_TABLE = (  # what every line of CSV repeats
    *("task", "split", "corpus", "simulated", "aggregated"),
    *("calibration_of", "calibration_amount", "calibration_unit"),
)
COLUMNS: Mapping[str, str] = {
    **{name: TableData.model_fields[name].description or "" for name in OF_TABLE},
    **{n: f.description or "" for n, f in RowData.model_fields.items() if n != "scores"},
    **{n: f.description or "" for n, f in ScoreData.model_fields.items() if n != "by_unit"},
    **sealed_export.COLUMNS,
}


def results(snapshot: Snapshot) -> Results:
    """All tables with every variant; tiers are those of the displayed rows."""
    displayed = [snapshot.displayed(table) for table in snapshot.tables]
    ranking = across_tasks.compare(displayed, snapshot.tasks, snapshot.defaults)
    across = None
    if ranking is not None:
        across = AcrossData(
            blocks=list(ranking.blocks),
            average_ranks=ranking.average_ranks,
            friedman_p=ranking.friedman_p,
            critical_difference=ranking.critical_difference,
            not_compared=ranking.not_compared,
        )
    pairs = zip(snapshot.tables, displayed, strict=True)
    tables = [_table(snapshot, whole, part) for whole, part in pairs]
    curves = curve_export.curves(snapshot)
    return Results(
        schema_version=SCHEMA_VERSION, tables=tables, across=across, calibration_curves=curves
    )


def _table(snapshot: Snapshot, table: Table, displayed: Table) -> TableData:
    task, corpus = snapshot.task(table), snapshot.corpus(table)
    ranked = {row.name: row for row in displayed.rows}
    known = snapshot.expected.get((table.task, table.split))
    calibration = known.calibration if known else None
    return TableData(
        task=table.task,
        split=table.split,
        corpus=corpus.name,
        simulated=corpus.synthetic,
        recordings=table.recordings,
        speakers=table.speakers,
        folds=table.folds,
        aggregated=table.aggregated,
        calibration_of=calibration.of if calibration else "",
        calibration_amount=calibration.amount if calibration else None,
        calibration_unit=calibration.unit if calibration else "",
        unit=table.unit,
        n_units=table.n_units,
        rows=[
            _row(snapshot, task, table, ranked.get(row.name, row), row.name in ranked)
            for row in table.rows
        ]
        + [_row(snapshot, task, table, row, True) for row in table.oracles],
        left_out=list(table.left_out),
        breakdowns=[
            BreakdownData(
                by=b.by,
                metric=b.metric.id,
                gain_over=b.over,
                groups=list(b.groups),
                rows={name: [_short(v) for v in values] for name, values in b.rows.items()},
            )
            for b in breakdowns.of_table(displayed, task, corpus)
        ],
        sealed=sealed_export.of_table(snapshot, table),
    )


def _row(snapshot: Snapshot, task: Task, table: Table, row: Row, default: bool) -> RowData:
    entry = snapshot.entries.get(row.entry)
    kind = entry.kind if entry else "removed"
    target = snapshot.corpus(table).signals[task.target]
    return RowData(
        entry=row.entry,
        variant=row.variant,
        title=entry.title if entry else row.entry,
        kind=next((k for k in scale.standing(task, row) if k != scale.NOT_ABOVE), kind),
        default_variant=default,
        tier=row.tier or None,
        above_trivial=row.above_trivial,
        p_best=row.p_best,
        n_seeds=row.n_seeds,
        parameters=row.parameters,
        fit_seconds=row.fit_seconds,
        fit_cpu_seconds=row.fit_cpu_seconds,
        real_time_factor=row.real_time_factor,
        timed=row.timed,
        isolation=row.isolation,
        brings_weights=snapshot.brings_weights(row),
        claims_causal=row.claims_causal,
        look_ahead_ms=row.look_ahead_ms,
        verified=formatting.verified(row, snapshot.verified),
        scores=[
            _score(metric, row.scores[metric.id], unit_of(metric, target))
            for metric in task.metrics
        ],
    )


def _score(metric: Metric, score: Score, unit: str) -> ScoreData:
    normalised = score.normalised
    return ScoreData(
        metric=metric.id,
        better=metric.better,
        unit=unit,
        score=score.value,
        ci_low=score.low,
        ci_high=score.high,
        metric_tier=score.tier or None,
        shared_units=score.shared_units,
        undefined=score.undefined,
        sd_seeds=score.sd_seeds,
        normalised_score=normalised.value if normalised else None,
        normalised_score_low=normalised.low if normalised else None,
        normalised_score_high=normalised.high if normalised else None,
        normalised_from=normalised.ends.zero if normalised else "",
        normalised_to=normalised.ends.one if normalised else "",
        gain=score.gain.value if score.gain else None,
        gain_low=score.gain.low if score.gain else None,
        gain_high=score.gain.high if score.gain else None,
        recordings=score.recordings,
        unscorable=score.unscorable,
        by_unit={name: _short(value) for name, value in score.by_unit.items()},
    )


@overload
def _short(value: float) -> float: ...
@overload
def _short(value: None) -> None: ...
def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def lines(results: Results) -> list[dict[str, Any]]:
    """One dict for each score: what CSV and Parquet hold, with the keys of `COLUMNS`."""
    flat = []
    for table in results.tables:
        of_table = table.model_dump(include=set(OF_TABLE))
        for row in table.rows:
            of_row = row.model_dump(exclude={"scores"})
            for score in row.scores:
                of_score = score.model_dump(exclude={"by_unit"})
                of_score["unscorable"] = sum(score.unscorable.values())
                hidden = sealed_export.cells(table.sealed, row.entry, row.variant, score.metric)
                flat.append({**of_table, **of_row, **of_score, **hidden})
    return flat


def _no_formula(cell: object) -> object:
    """A text that spreadsheets do not compute: they take some first letters for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def write(results: Results, folder: Path) -> list[Path]:
    """Write all four files; the same results give the same bytes. Returns their paths."""
    import pandas as pd

    # With named columns a leaderboard without results gives a file of heads.
    frame = pd.DataFrame(lines(results), columns=list(COLUMNS))
    whole = ("tier", "metric_tier", "shared_units", "parameters")
    kinds = {**dict.fromkeys(whole, "Int64"), **sealed_export.KINDS}
    frame = frame.map(_no_formula).astype(kinds)
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    schema = json.dumps(Results.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
    files = {
        "results.csv": frame.to_csv(index=False, lineterminator="\n").encode(),
        "results.parquet": parquet.getvalue(),
        "results.json": (results.model_dump_json() + "\n").encode(),
        "results.schema.json": schema.encode(),
    }
    for name, content in files.items():
        storage.write_whole(folder / name, content)
    return [folder / name for name in files]
