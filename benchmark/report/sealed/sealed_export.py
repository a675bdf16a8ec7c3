"""Sealed tests as data: part of results.json, and columns of results.csv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Table
from benchmark.report.sealed import sealed_table


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class GapData(_Model):
    """One entry on both tests, by the metric that ranks."""

    entry: str
    variant: str
    sealed_score: float = Field(description="score on recordings that nobody has seen")
    sealed_public: float = Field(
        description="score of the same models, of `sealed_seeds`, on the public test recordings"
    )
    sealed_gap: float = Field(description="by how much the public one of these is better")
    sealed_gap_low: float = Field(description="lower end of its 95% interval, over talkers")
    sealed_gap_high: float = Field(description="upper end of its 95% interval")
    sealed_above: float | None = Field(
        description="how far the public score lies above the line of all others; null where too"
        " few draw one"
    )
    sealed_limit: float | None = Field(description="how far it may: above it an entry is marked")
    sealed_marked: bool = Field(description="whether the others' gaps do not explain this one")
    sealed_seeds: int = Field(description="seeds that the scores of the sealed test are means of")


class SealedData(_Model):
    """The latest sealed test of the entries of one table."""

    secret: str = Field(description="digest of the secret that the recordings were made from")
    day: str = Field(description="of the last result")
    metric: str
    talkers: int
    answers: int = Field(description="sealed recordings, once for each fold that tests them")
    rows: list[GapData]


COLUMNS: Mapping[str, str] = {
    name: field.description or "" for name, field in GapData.model_fields.items()
    if name not in ("entry", "variant")
}  # fmt: skip
# Types of the columns: where no entry has a value, nothing else tells them.
KINDS = dict.fromkeys(COLUMNS, "float64") | {
    "sealed_marked": "boolean",
    "sealed_seeds": "Int64",
}


def of_table(snapshot: Snapshot, table: Table) -> SealedData | None:
    """The sealed test of a table; None where there is none."""
    found = sealed_table.standing(snapshot, table)
    if found is None:
        return None
    metric = snapshot.task(table).metrics[0]
    return SealedData(
        secret=found.secret,
        day=found.day,
        metric=metric.id,
        talkers=found.talkers,
        answers=found.recordings,
        rows=[
            GapData(
                entry=entry,
                variant=variant,
                sealed_score=gap.sealed,
                sealed_public=gap.public,
                sealed_gap=sealed_table.better_by(metric.better, gap),
                sealed_gap_low=gap.low,
                sealed_gap_high=gap.high,
                sealed_above=gap.above,
                sealed_limit=gap.limit,
                sealed_marked=gap.marked,
                sealed_seeds=gap.seeds,
            )
            for (entry, variant), gap in found.gaps.items()
        ],
    )


def cells(sealed: SealedData | None, entry: str, variant: str, metric: str) -> dict[str, Any]:
    """What a line of CSV says of the sealed test; empty of other metrics and entries."""
    if sealed is not None and metric == sealed.metric:
        for row in sealed.rows:
            if (row.entry, row.variant) == (entry, variant):
                return row.model_dump(include=set(COLUMNS))
    return dict.fromkeys(COLUMNS)
