"""Calibration curves on pages: a table with a column for each amount, and a plot.

The same curve gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.leaderboard.curves.calibration import CalibrationCurve
from benchmark.leaderboard.curves.side_by_side import Line
from benchmark.leaderboard.ranking import SIGNIFICANT
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Score, is_trivial, title
from benchmark.report import formatting
from benchmark.report.plots import amounts, looks

MISSING = formatting.NONE


def of_task(snapshot: Snapshot, task: str) -> list[CalibrationCurve]:
    """The curves of a task, without those that are refused."""
    return [c for c in snapshot.calibration_curves if c.task == task and not c.refused]


def telling(snapshot: Snapshot) -> list[CalibrationCurve]:
    """The curves with an entry that is no trivial baseline, without those that are refused."""
    return [
        curve
        for curve in snapshot.calibration_curves
        if not curve.refused
        and not all(is_trivial(snapshot.tasks[curve.task], line.last) for line in curve.lines)
    ]


def refused(snapshot: Snapshot) -> list[str]:
    """A sentence for each group of splits that should be a curve and is none."""
    return [
        f"{curve.task} on {curve.name}: not shown as a calibration curve: {curve.refused}"
        for curve in snapshot.calibration_curves
        if curve.refused
    ]


def path(curve: CalibrationCurve) -> str:
    """Where the plot lies, from the root of the project."""
    groups = ".aggregated" if curve.aggregated else ""
    return f"docs/results/{curve.task}.{curve.name}{groups}.svg"


def heading(snapshot: Snapshot, curve: CalibrationCurve) -> str:
    corpus, _, name = curve.name.partition(".")
    part = curve.made[0].part
    task = snapshot.tasks[curve.task].title
    return f"{task}: {corpus}, calibration, {name.replace('_', ' ')}{part}"


def about(snapshot: Snapshot, curve: CalibrationCurve, tick: str = "") -> str:
    """What the amounts are, what is tested, and the leakage audit of each."""
    of, unit = curve.calibration.of, curve.calibration.unit
    each = " of each text" if unit == "repetitions" else ""
    table = curve.made[0]
    known = {formatting.audited(snapshot.audit(table)) for table in curve.made}
    audits = known.pop() if len(known) == 1 else "Leakage audits differ: see the single tables."
    single = formatting.SINGLE_SPEAKER if table.speakers == 1 else ""
    return (
        f"{snapshot.corpus(table).title}. {tick}{curve.task}{tick} on {tick}{curve.name}{tick}: the"
        f" first {unit}{each} of a new {of} train, with all others; 0 is a {of} that the"
        f" model has not met. All amounts test the same recordings: {table.recordings} of"
        f" {formatting.count(table.speakers, 'speaker')}, {formatting.count(table.folds, 'fold')}."
        f"{single} {audits}"
    )


def heads(curve: CalibrationCurve) -> list[str]:
    """The heads of the columns: the entry, each amount, the gain, seeds."""
    return ["entry", *(f"{amount:g}" for amount in curve.amounts), *gain_heads(curve), "n seeds"]


def gain_heads(curve: CalibrationCurve) -> list[str]:
    """The heads of what the last amount adds to the first; none where there is one only."""
    return ["gain [95% CI]", "p"] if curve.ends[0] < curve.ends[1] else []


def columns(snapshot: Snapshot, curve: CalibrationCurve) -> str:
    """What the columns of amounts hold."""
    metric = snapshot.task(curve.made[0]).metrics[0]
    of, unit = curve.calibration.of, curve.calibration.unit
    each = " of each text" if unit == "repetitions" else ""
    arrow = formatting.arrow(metric)
    return f"{metric.title} {arrow} by {unit}{each} of the new {of} in training"


def cells(snapshot: Snapshot, curve: CalibrationCurve, line: Line) -> list[str]:
    """The cells of a line, but its name; a missing amount is shown as missing."""
    metric = snapshot.task(curve.made[0]).metrics[0]
    scores = [MISSING if one is None else formatting.score(one) for one in line.scores(metric)]
    differences = [formatting.gain(line.gain), formatting.p(line.gain)] if gain_heads(curve) else []
    seeds = sorted({row.n_seeds for row in line.rows if row is not None})
    return [*scores, *differences, " or ".join(map(str, seeds))]


def note(curve: CalibrationCurve) -> str:
    """How amounts were compared."""
    table = curve.made[0]
    if not gain_heads(curve):
        return (
            f"Intervals are over {table.unit}s (n = {table.n_units}). Only one amount has results."
        )
    first, last = (f"{curve.amounts[index]:g}" for index in curve.ends)
    text = (
        f"gain: score at {last} less score at {first}"
        f" {curve.calibration.unit}, paired by {table.unit} (n = {table.n_units}), with its"
        " interval; p by sign flips, adjusted for all entries of the curve. "
    )
    known = [line for line in curve.lines if line.gain and line.gain.p is not None]
    found = [title(*line.last.name) for line in known if (_p(line) or 0.0) <= SIGNIFICANT]
    if not known:
        text += "No difference could be tested."
    elif found:
        text += f"Significant (p ≤ {SIGNIFICANT}): {', '.join(found)}."
    else:
        text += f"None is significant (p ≤ {SIGNIFICANT})."
    if any(line.gain is None for line in curve.lines):
        text += f" {MISSING}: the two have not the same seeds and units, or no interval."
    absent = [
        f"{amount:g}"
        for amount, table in zip(curve.amounts, curve.tables, strict=True)
        if table is None
    ]
    return f"{text} No results yet at {', '.join(absent)}." if absent else text


def _p(line: Line) -> float | None:
    return None if line.gain is None else line.gain.p


def plot(snapshot: Snapshot, curve: CalibrationCurve) -> str:
    """The curve as SVG for use within a page."""
    task = snapshot.task(curve.made[0])
    metric, unit = task.metrics[0], curve.calibration.unit
    known = looks.of(snapshot)
    lines = [
        amounts.Line(
            title(*line.last.name),
            is_trivial(task, line.last),
            known.get(line.last.entry, looks.DEFAULT),
            _marks(title(*line.last.name), curve, line.scores(metric)),
        )
        for line in curve.lines
    ]
    target = snapshot.corpus(curve.made[0]).signals[task.target]
    y = formatting.head(metric, target).replace(formatting.NBSP, " ")
    of = curve.calibration.of
    each = " of each text" if unit == "repetitions" else ""
    x = f"{unit}{each} of the new {of} in training\n(scale of log(1 + amount))"
    return amounts.draw(lines, curve.amounts, x, y, caption(snapshot, curve))


def caption(snapshot: Snapshot, curve: CalibrationCurve) -> str:
    metric = snapshot.task(curve.made[0]).metrics[0]
    where = heading(snapshot, curve)
    return f"{metric.title} with 95% confidence interval against {curve.calibration.unit}, {where}"


def _marks(
    name: str, curve: CalibrationCurve, scores: Sequence[Score | None]
) -> list[amounts.Mark]:
    return [
        amounts.Mark(
            amount,
            score.value,
            score.low,
            score.high,
            f"{name}, {amount:g} {curve.calibration.unit}:"
            f" {formatting.score(score).replace(formatting.NBSP, ' ')}",
        )
        for amount, score in zip(curve.amounts, scores, strict=True)
        if score is not None and score.value is not None
    ]


def plots(snapshot: Snapshot) -> dict[str, str]:
    """The plots that pages show, as files of their own, by path from the root of the project."""
    return {
        path(curve): amounts.alone(plot(snapshot, curve))
        for curve in snapshot.calibration_curves
        if not curve.refused
    }
