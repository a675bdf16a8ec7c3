"""The plots of a table: scores, scores against costs, and scores against settings of variants."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmark.core import Metric, Signal, Task
from benchmark.leaderboard.across_tasks import AcrossTasks
from benchmark.leaderboard.breakdowns import Breakdown
from benchmark.leaderboard.curves import learning, settings
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.leaderboard.tables import Row, Score, Table, is_trivial, title
from benchmark.report import formatting
from benchmark.report.plots import charts
from benchmark.report.plots.charts import Point
from benchmark.report.plots.looks import DEFAULT, Look, Looks

MAX_POINTS = 30  # rows of a plot
MAX_LINES = 12  # of a plot, of the best rows
FEWEST_GROUPS = 3  # that are drawn as a line


@dataclass(frozen=True)
class Plot:
    svg: str
    caption: str


def ranks(ranking: AcrossTasks, looks: Looks) -> Plot:
    """The critical-difference diagram."""
    about = "Critical-difference diagram: average rank of each entry across tasks"
    average, groups = ranking.average_ranks, ranking.groups
    svg = charts.ranks(average, ranking.critical_difference, groups, about, looks)
    return Plot(svg, f"{about}. Bars span entries that are not significantly different.")


def scores(task: Task, target: Signal, table: Table, looks: Looks) -> list[Plot]:
    """Scores with their intervals, and scores against real-time factor and parameters."""
    first = task.metrics[0]
    axis, higher = formatting.head(first, target), first.better == "higher"
    where = f"{task.title}, {table.split}{table.part}"

    def points(cost: Callable[[Row], float | None]) -> list[Point]:
        return [
            _point(row, row.scores[first.id], looks.get(row.entry, DEFAULT), cost(row))
            for row in table.rows[:MAX_POINTS]
            if row.scores[first.id].value is not None
        ]

    without_cost = points(lambda _row: None)
    if not without_cost:
        return []
    about = f"{axis} with 95% confidence interval, {where}"
    plots = [Plot(charts.forest(without_cost, axis, about), about)]
    for name, cost in (
        ("real-time factor", lambda row: row.real_time_factor),
        ("parameters", lambda row: float(row.parameters) if row.parameters else None),
    ):
        known = points(cost)
        if len({point.cost for point in known} - {None}) > 1:
            about = f"{axis} against {name}, {where}; line: Pareto front"
            plots.append(Plot(charts.pareto(known, axis, name, about, higher), about))
    return plots


def _point(row: Row, score: Score, look: Look, cost: float | None) -> Point:
    assert score.value is not None
    return Point(title(*row.name), score.value, score.low, score.high, look, cost)


def curves(
    snapshot: Snapshot, table: Table, metric: Metric, looks: Looks, entry: str = ""
) -> list[Plot]:
    """Score against settings that variants differ in: one plot a setting, one line an entry.

    `entry`: only this one.
    """
    task = snapshot.task(table)
    axis = formatting.head(metric, snapshot.corpus(table).signals[task.target])
    variants = {n: e.variants for n, e in snapshot.entries.items() if entry in ("", n)}
    by_setting: dict[str, dict[str, list[Point]]] = {}
    for curve in settings.curves(table, metric, variants):
        name = f"{curve.entry} ({curve.points[-1][1]})"
        look = looks.get(curve.entry, DEFAULT)
        by_setting.setdefault(curve.setting, {})[name] = [
            Point(variant, score.value, score.low, score.high, look, number)
            for number, variant, score in curve.points
            if score.value is not None
        ]
    plots = []
    for setting, lines in by_setting.items():
        about = f"{axis} against {setting}, {task.title}, {table.split}{table.part}"
        svg = charts.curve(lines, setting, axis, about, log=setting == "fraction")
        plots.append(Plot(svg, about))
    return plots


def breakdowns(
    task: Task, target: Signal, table: Table, found: Sequence[Breakdown], looks: Looks
) -> list[Plot]:
    """Lines over what has an order, such as bands and signal-to-noise ratios.

    Drawn are the best entries and the best trivial baseline.
    """
    entries = [title(*row.name) for row in table.rows if not is_trivial(task, row)][:MAX_LINES]
    trivial = [title(*row.name) for row in table.rows if is_trivial(task, row)][:1]
    plots = []
    for one in found:
        numbers = [_number(one.by, group) for group in one.groups]
        known = [number for number in numbers if number is not None]
        if one.row_head != "entry" or len(known) < max(FEWEST_GROUPS, len(numbers)):
            continue
        lines = {}
        for name, values in one.rows.items():
            if name not in (*entries, *trivial):
                continue
            look = looks.get(name.partition(" (")[0], DEFAULT)
            pairs = zip(known, values, strict=True)
            points = [Point(name, v, None, None, look, x) for x, v in pairs if v is not None]
            if points:
                lines[name] = points
        if not lines:
            continue
        axis = formatting.head(one.metric, target)
        axis += f", gain over {one.over}" if one.over else ""
        about = f"{axis} against {one.by}, {task.title}, {table.split}{table.part}"
        plots.append(Plot(charts.curve(lines, one.by, axis, about, log=False), about))
    return plots


def _number(by: str, group: str) -> float | None:
    """Where a group stands on an axis: the middle of its bands, its signal-to-noise ratio."""
    if by == "band":
        ends = [float(end) for end in re.findall(r"\d+", group)]
        return sum(ends) / len(ends) if ends else None
    try:
        return float(group) if by.startswith("SNR") else None
    except ValueError:
        return None


def learning_curves(task: Task, table: Table, looks: Looks) -> list[Plot]:
    """What is left of the fall in validation loss, against epochs and against processor time."""
    found = learning.curves(table)[:MAX_LINES]
    axis, plots = "validation loss: 1 at first, 0 at its lowest", []
    for place, setting in enumerate(("epochs", "CPU time [s]")):
        lines = {}
        for curve in found:
            name = title(curve.entry, curve.variant)
            look = looks.get(curve.entry, DEFAULT)
            lines[name] = [
                Point(name, left, None, None, look, amount)
                for *amounts, left in curve.points
                if (amount := amounts[place])  # an axis of logarithms has no 0
            ]
        lines = {name: points for name, points in lines.items() if points}
        if lines:
            where = f"{task.title}, {table.split}{table.part}"
            about = f"Learning curves against {setting}, first fold and seed, {where}"
            plots.append(Plot(charts.curve(lines, setting, axis, about, log=place == 1), about))
    return plots
