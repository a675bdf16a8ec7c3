"""Tables of a snapshot as the data of results.json."""

from __future__ import annotations

from typing import overload

from benchmark.core import Metric, Task
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, unit_of
from benchmark.report import formatting, scale
from benchmark.report.calibration import curve_export
from benchmark.report.export.schema import (
    DIGITS,
    SCHEMA_VERSION,
    AcrossData,
    BreakdownData,
    Results,
    RowData,
    ScoreData,
    TableData,
)
from benchmark.report.sealed import sealed_export


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
