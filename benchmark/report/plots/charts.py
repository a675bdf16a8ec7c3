"""Plots of tables: scores with intervals, scores against costs and settings, average ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.report.plots.svg import ENTRY, INK, TRIVIAL, figure, plain

MARKERS = "oDs^vP*X"
ROW_INCHES = 0.24


@dataclass(frozen=True)
class Point:
    """One row of a table: its score with the 95% confidence interval, and its cost."""

    name: str
    value: float
    low: float | None
    high: float | None
    trivial: bool
    cost: float | None = None


def forest(points: Sequence[Point], axis: str, about: str) -> str:
    """Scores with their intervals, one under the other, best first."""
    with figure(5.6, 0.7 + ROW_INCHES * len(points), about) as (canvas, svg):
        axes = canvas.subplots()
        for y, point in enumerate(points):
            colour = TRIVIAL if point.trivial else ENTRY
            if point.low is not None and point.high is not None:
                axes.plot([point.low, point.high], [y, y], color=colour, lw=2)
            axes.plot(point.value, y, "o", color=colour, ms=5)
        axes.set_yticks(range(len(points)), [plain(point.name) for point in points])
        axes.set_ylim(len(points) - 0.5, -0.5)
        axes.set_xlabel(plain(axis))
        axes.grid(axis="x", alpha=0.25)
    return svg[0]


def pareto(points: Sequence[Point], axis: str, cost: str, about: str, higher: bool) -> str:
    """Score against a cost on a logarithmic scale, and the Pareto front."""
    known = sorted((p for p in points if p.cost), key=lambda p: (p.cost, p.name))
    with figure(5.6, 3.6, about) as (canvas, svg):
        axes = canvas.subplots()
        for number, point in enumerate(known):
            colour = TRIVIAL if point.trivial else ENTRY
            marker = MARKERS[number % len(MARKERS)]
            axes.plot(point.cost, point.value, marker, color=colour, ms=7, label=plain(point.name))
        front = _front(known, higher)
        if len(front) > 1:
            xs, ys = [p.cost for p in front], [p.value for p in front]
            axes.step(xs, ys, where="post", color=INK, lw=0.8, alpha=0.6)
        _logarithmic(axes, [p.cost for p in known if p.cost])
        axes.set_xlabel(plain(cost))
        axes.set_ylabel(plain(axis))
        axes.grid(alpha=0.25)
        if 0 < len(known) <= 12:
            axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return svg[0]


def _front(points: Sequence[Point], higher: bool) -> list[Point]:
    """Of points of rising cost, those that beat all that cost less."""
    front: list[Point] = []
    for point in points:
        gain = point.value - front[-1].value if front else 0.0
        if not front or (gain > 0 if higher else gain < 0):
            front.append(point)
    return front


def curve(
    lines: Mapping[str, Sequence[Point]], setting: str, axis: str, about: str, log: bool
) -> str:
    """Score with its interval against a setting, each point's `cost`; lines join means."""
    with figure(5.6, 3.2, about) as (canvas, svg):
        axes = canvas.subplots()
        for number, (name, points) in enumerate(lines.items()):
            xs = sorted({p.cost for p in points if p.cost is not None})
            ys = [float(np.mean([p.value for p in points if p.cost == x])) for x in xs]
            (drawn,) = axes.plot(xs, ys, lw=1.2)
            marker, colour = MARKERS[number % len(MARKERS)], drawn.get_color()
            costs, values = [p.cost for p in points], [p.value for p in points]
            axes.plot(costs, values, marker, ms=5, color=colour, label=plain(name))
            ends = [(p.cost, p.low, p.high) for p in points if p.low is not None]
            for x, low, high in ends:
                axes.plot([x, x], [low, high], color=colour, lw=1, alpha=0.5)
        if log:
            numbers = [p.cost for points in lines.values() for p in points if p.cost]
            _logarithmic(axes, numbers)
        axes.set_xlabel(plain(setting))
        axes.set_ylabel(plain(axis))
        axes.grid(alpha=0.25)
        axes.legend(fontsize=7, frameon=False)
    return svg[0]


def ranks(
    average: Mapping[str, float], difference: float, groups: Sequence[tuple[int, int]], about: str
) -> str:
    """The critical-difference diagram; bars span index ranges that do not differ significantly."""
    values = list(average.values())
    with figure(5.6, 1.0 + ROW_INCHES * (len(values) + len(groups)), about) as (canvas, svg):
        axes = canvas.subplots()
        for index, (name, value) in enumerate(average.items()):
            axes.plot([value, value], [-0.4, index + 0.8], color=INK, lw=0.6, alpha=0.5)
            axes.plot(value, index + 0.8, "o", color=ENTRY, ms=5)
            axes.text(value + 0.04, index + 0.8, f"{plain(name)}  {value:.2f}", va="center")
        for number, (first, last) in enumerate(groups):
            y = -0.8 - 0.5 * number
            axes.plot([values[first], values[last]], [y, y], color=INK, lw=3, alpha=0.7)
        top = -1.4 - 0.5 * len(groups)
        axes.plot([1, 1 + difference], [top, top], color=TRIVIAL, lw=1.5)
        axes.text(1, top - 0.15, f"CD (Nemenyi) {difference:.2f}", fontsize=7, va="bottom")
        axes.set_xlim(0.9, max(len(values), 1 + difference) + 0.6)
        axes.set_ylim(len(values) + 0.4, top - 0.9)
        axes.set_yticks([])
        axes.set_xlabel("average rank (1 is best)")
        axes.spines[["left", "right", "top"]].set_visible(False)
    return svg[0]


def _logarithmic(axes: Any, values: Sequence[float]) -> None:
    """A scale for those values, with so few labels that none overlap."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    several = max(values, default=1.0) > 50 * min(values, default=1.0)
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if several else (1, 2, 5), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _index: _short(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:g}"
