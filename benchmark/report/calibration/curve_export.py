"""Calibration curves as data: part of results.json."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import is_trivial


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PointData(_Model):
    """One entry at one amount; null where it has no score."""

    amount: float
    score: float | None
    ci_low: float | None = Field(description="lower end of the 95% confidence interval")
    ci_high: float | None = Field(description="upper end of the 95% confidence interval")
    n_seeds: int | None


class LineData(_Model):
    """One entry at every amount, and what the last with results adds to the first."""

    entry: str
    variant: str
    trivial: bool = Field(description="whether it is a trivial baseline")
    points: list[PointData]
    gain: float | None = Field(description="score at the last amount less that at the first")
    gain_low: float | None = Field(description="lower end of its 95% interval, paired by unit")
    gain_high: float | None = Field(description="upper end of its 95% interval")
    gain_p: float | None = Field(description="p by sign flips, adjusted for all entries")


class CurveData(_Model):
    """One calibration curve, or why the splits are none; all its splits test the same."""

    task: str
    name: str = Field(description="of the splits, without the amount")
    of: str = Field(description="speaker or session")
    unit: str = Field(description="repetitions of each text, or minutes")
    metric: str
    amounts: list[float]
    splits: list[str]
    aggregated: bool
    refused: str = Field(description="why it is not drawn; else empty")
    lines: list[LineData]


def curves(snapshot: Snapshot) -> list[CurveData]:
    """All curves of a snapshot, those that are refused too."""
    return [_curve(snapshot, curve) for curve in snapshot.calibration_curves]


def _curve(snapshot: Snapshot, curve: CalibrationCurve) -> CurveData:
    return CurveData(
        task=curve.task,
        name=curve.name,
        of=curve.calibration.of,
        unit=curve.calibration.unit,
        metric=snapshot.task(curve.made[0]).metrics[0].id,
        amounts=list(curve.amounts),
        splits=list(curve.splits),
        aggregated=curve.aggregated,
        refused=curve.refused,
        lines=[_line(snapshot, curve, line) for line in curve.lines],
    )


def _line(snapshot: Snapshot, curve: CalibrationCurve, line: Line) -> LineData:
    task, gain = snapshot.task(curve.made[0]), line.gain
    return LineData(
        entry=line.last.entry,
        variant=line.last.variant,
        trivial=is_trivial(task, line.last),
        points=_points(curve.amounts, line, task.metrics[0].id),
        gain=gain.value if gain else None,
        gain_low=gain.low if gain else None,
        gain_high=gain.high if gain else None,
        gain_p=gain.p if gain else None,
    )


def _points(amounts: Sequence[float], line: Line, metric: str) -> list[PointData]:
    made = []
    for amount, row in zip(amounts, line.rows, strict=True):
        score = row.scores[metric] if row else None
        made.append(
            PointData(
                amount=amount,
                score=score.value if score else None,
                ci_low=score.low if score else None,
                ci_high=score.high if score else None,
                n_seeds=row.n_seeds if row else None,
            )
        )
    return made
