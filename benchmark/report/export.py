"""The board as data: results.csv, results.parquet, results.json, and the JSON's schema.

CSV and Parquet have one line a score (a metric of a row of a table). JSON nests them as the pages
do and adds the scores by unit, the breakdowns and the comparison across tasks. Floats are written
in full.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmark import storage
from benchmark.core import Metric, Task
from benchmark.leaderboard import across_tasks, breakdowns
from benchmark.leaderboard.snapshot import Board
from benchmark.leaderboard.tables import Row, Score, Table, is_floor, unit_of

SCHEMA_VERSION = 1


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ScoreData(_Model):
    """One metric of one row; null where it has no value."""

    metric: str = Field(description="id with aggregation and version")
    better: str = Field(description="higher or lower")
    unit: str
    value: float | None
    low: float | None = Field(description="lower end of the 95 % interval")
    high: float | None
    seeds: float | None = Field(description="standard deviation over runs")
    way: float | None = Field(description="from the best floor (0) to the end of the scale (1)")
    way_low: float | None
    way_high: float | None
    items: int = Field(description="recordings of one run")
    floored: Mapping[str, int] = Field(description="predictions without a score, by reason")
    by_unit: Mapping[str, float]


class RowData(_Model):
    """One variant of one entry."""

    entry: str
    variant: str
    title: str
    kind: str = Field(description="baseline, submission, predictions, or floor")
    stands_for_its_entry: bool
    tier: int | None = Field(description="1 is the best; null where nothing is known")
    first: float | None = Field(description="how often it is the best when units are drawn again")
    runs: int
    parameters: int | None
    fit_seconds: float | None
    real_time_factor: float | None
    isolation: str
    claims_causal: bool
    look_ahead_ms: float | None
    scores: list[ScoreData]


class BreakdownData(_Model):
    by: str
    metric: str
    groups: list[str]
    rows: Mapping[str, list[float | None]]


class TableData(_Model):
    """One task on one split; rows of other variants than the first have tiers of their own."""

    task: str
    split: str
    corpus: str
    simulated: bool
    recordings: int
    speakers: int
    folds: int
    unit: str = Field(description="what is drawn and paired: speaker, session or recording")
    units: int
    rows: list[RowData]
    left_out: list[str]
    breakdowns: list[BreakdownData]


class AcrossData(_Model):
    blocks: list[str]
    average_ranks: Mapping[str, float]
    friedman_p: float
    nemenyi_distance: float
    not_compared: Mapping[str, int]


class Results(_Model):
    """Everything that the leaderboard shows."""

    schema_version: int
    tables: list[TableData]
    across: AcrossData | None


def results(board: Board) -> Results:
    shown = [board.shown(table) for table in board.tables]
    found = across_tasks.compare(shown, board.tasks, board.defaults)
    across = None
    if found is not None:
        across = AcrossData(
            blocks=list(found.blocks),
            average_ranks=found.ranks,
            friedman_p=found.friedman,
            nemenyi_distance=found.distance,
            not_compared=found.missing,
        )
    pairs = zip(board.tables, shown, strict=True)
    tables = [_table(board, whole, part) for whole, part in pairs]
    return Results(schema_version=SCHEMA_VERSION, tables=tables, across=across)


def _table(board: Board, table: Table, shown: Table) -> TableData:
    task, corpus = board.tasks[table.task], board.corpus(table)
    ranked = {row.name: row for row in shown.rows}
    return TableData(
        task=table.task,
        split=table.split,
        corpus=corpus.name,
        simulated=corpus.synthetic,
        recordings=table.recordings,
        speakers=table.speakers,
        folds=table.folds,
        unit=table.unit,
        units=table.units,
        rows=[
            _row(board, task, table, ranked.get(row.name, row), row.name in ranked)
            for row in table.rows
        ],
        left_out=list(table.left_out),
        breakdowns=[
            BreakdownData(
                by=b.by,
                metric=b.metric.id,
                groups=list(b.groups),
                rows={name: list(values) for name, values in b.rows.items()},
            )
            for b in breakdowns.of(shown, task, corpus)
        ],
    )


def _row(board: Board, task: Task, table: Table, row: Row, stands: bool) -> RowData:
    entry = board.entries.get(row.entry)
    kind = "floor" if is_floor(task, row) else entry.kind if entry else "gone"
    target = board.corpus(table).signals[task.target]
    return RowData(
        entry=row.entry,
        variant=row.variant,
        title=entry.title if entry else row.entry,
        kind=kind,
        stands_for_its_entry=stands,
        tier=row.tier or None,
        first=row.first,
        runs=row.runs,
        parameters=row.parameters,
        fit_seconds=row.fit_seconds,
        real_time_factor=row.real_time_factor,
        isolation=row.isolation,
        claims_causal=row.claims_causal,
        look_ahead_ms=row.look_ahead_ms,
        scores=[
            _score(metric, row.scores[metric.id], unit_of(metric, target))
            for metric in task.metrics
        ],
    )


def _score(metric: Metric, score: Score, unit: str) -> ScoreData:
    return ScoreData(
        metric=metric.id,
        better=metric.better,
        unit=unit,
        value=score.value,
        low=score.low,
        high=score.high,
        seeds=score.seeds,
        way=score.way.value if score.way else None,
        way_low=score.way.low if score.way else None,
        way_high=score.way.high if score.way else None,
        items=score.items,
        floored=score.floored,
        by_unit=score.by_unit,
    )


def lines(found: Results) -> list[dict[str, Any]]:
    """One dict a score: what CSV and Parquet hold."""
    flat = []
    for table in found.tables:
        place = table.model_dump(include={"task", "split", "corpus", "simulated"})
        for row in table.rows:
            about = row.model_dump(exclude={"scores"})
            for score in row.scores:
                told = score.model_dump(exclude={"by_unit", "floored"})
                flat.append({**place, **about, **told, "floored": sum(score.floored.values())})
    return flat


def write(found: Results, folder: Path) -> list[Path]:
    """Write all four files; the same results give the same bytes. Returns what was written."""
    import pandas as pd

    frame = pd.DataFrame(lines(found)).astype({"tier": "Int64", "parameters": "Int64"})
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    schema = json.dumps(Results.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
    files = {
        "results.csv": frame.to_csv(index=False, lineterminator="\n").encode(),
        "results.parquet": parquet.getvalue(),
        "results.json": (found.model_dump_json(indent=1) + "\n").encode(),
        "results.schema.json": schema.encode(),
    }
    for name, content in files.items():
        storage.write_whole(folder / name, content)
    return [folder / name for name in files]
