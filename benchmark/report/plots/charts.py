"""Plots of tables: scores with intervals, scores against costs and settings, average ranks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmark.report.plots import labels
from benchmark.report.plots.looks import DEFAULT, Look, Looks
from benchmark.report.plots.svg import INK, TRIVIAL, WIDTH, figure, plain

LEGEND_SIZE = 8.5  # points
ROW_INCHES, LEGEND_INCHES = 0.24, 0.18
HEIGHT, POINTS = 2.9, 72  # inches of a plot with few names, points of an inch
DASHES = ("-", "--", ":", "-.")  # of lines of one entry in one plot
LONGEST = 26  # characters of a line of a name
PIECES = 8  # of a line between two points


@dataclass(frozen=True)
class Point:
    """One row of a table: its score with the 95% confidence interval, and its cost."""

    name: str
    value: float
    low: float | None
    high: float | None
    look: Look = DEFAULT
    cost: float | None = None


def forest(points: Sequence[Point], axis: str, about: str) -> str:
    """Scores with their intervals, one under the other, best first."""
    names = [_name(point.name) for point in points]
    lines = sum(name.count("\n") + 1 for name in names)
    with figure(WIDTH, 0.7 + ROW_INCHES * lines, about) as (canvas, svg):
        axes = canvas.subplots()
        for y, point in enumerate(points):
            look = point.look
            if point.low is not None and point.high is not None:
                axes.plot([point.low, point.high], [y, y], color=look.colour, lw=2)
            axes.plot(point.value, y, look.marker, color=look.colour, ms=6)
        axes.set_yticks(range(len(points)), names)
        axes.set_ylim(len(points) - 0.5, -0.5)
        axes.set_xlabel(plain(axis))
        axes.grid(axis="x", alpha=0.25)
    return svg[0]


def _name(text: str) -> str:
    """A name in lines that leave room for the plot; a variant stands in a line of its own."""
    entry, bracket, variant = plain(text).partition(" (")
    lines = [text] if len(text) <= LONGEST else [entry, bracket.strip() + variant]
    return "\n".join(_short_name(line) for line in lines if line)


def _short_name(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _legend(canvas: Any, axes: Any, count: int) -> None:
    """The legend below the plot, in two columns."""
    if count:
        canvas.legend(
            *axes.get_legend_handles_labels(),
            fontsize=LEGEND_SIZE,
            loc="outside lower center",
            ncols=2,
            frameon=False,
        )


def _with_legend(inches: float, names: Sequence[str]) -> float:
    """The height of a plot with those names in its legend."""
    lines = sum(name.count("\n") + 1 for name in names)
    return inches + LEGEND_INCHES * (lines + 1) / 2


def pareto(points: Sequence[Point], axis: str, cost: str, about: str, higher: bool) -> str:
    """Score against a cost on a logarithmic scale, and the Pareto front.

    A name stands beside its point or is led to; only where there is no room is it in the legend.
    """
    known = sorted((p for p in points if p.cost), key=lambda p: (p.cost, p.name))
    names = [_name(point.name) for point in known]
    front = _front(known, higher)
    places = labels.places([*map(_place, known)], names, _steps([*map(_place, front)]))
    listed = [name for name, place in zip(names, places, strict=True) if place is None]
    with figure(WIDTH, _with_legend(_inches(names), listed), about) as (canvas, svg):
        axes = canvas.subplots()
        if len(front) > 1:  # below the markers
            xs, ys = [p.cost for p in front], [p.value for p in front]
            axes.step(xs, ys, where="post", color=INK, lw=0.8, alpha=0.6, zorder=1)
        for name, point, place in zip(names, known, places, strict=True):
            look, label = point.look, name if place is None else None
            axes.plot(point.cost, point.value, look.marker, color=look.colour, ms=7, label=label)
            if place is not None:
                _write(axes, name, (point.cost or 1.0, point.value), place, look)
        _logarithmic(axes, [p.cost for p in known if p.cost])
        axes.margins(labels.MARGIN)
        axes.set_xlabel(plain(cost))
        axes.set_ylabel(plain(axis))
        axes.grid(alpha=0.25)
        _legend(canvas, axes, len(listed))
    return svg[0]


def _place(point: Point) -> labels.Point:
    return math.log(point.cost or 1.0), point.value


def _inches(names: Collection[str]) -> float:
    """The height of a plot that has so many names at its points."""
    return HEIGHT + (labels.height(len(names)) - labels.AREA[1]) / POINTS


def _write(axes: Any, name: str, at: labels.Point, place: labels.Place, look: Look) -> None:
    """Write a name beside its point, or away from it with a line of its colour to it."""
    leader = {
        "arrowstyle": "-",
        "color": look.colour,
        "lw": 0.6,
        "alpha": 0.7,
        "shrinkA": 0,
        "shrinkB": labels.MARKER / 2,
        "relpos": ({"left": 0, "center": 0.5, "right": 1}[place.aligned], 0.5),
    }
    axes.annotate(
        name.replace("\n", " "),
        at,
        (place.right, place.up),
        textcoords="offset points",
        ha=place.aligned,
        va="center",
        fontsize=LEGEND_SIZE,
        arrowprops=leader if place.far else None,
    )


def _steps(points: Sequence[labels.Point]) -> list[tuple[labels.Point, labels.Point]]:
    """The lines that join points by steps: level first, then upright."""
    lines = []
    for a, b in pairwise(points):
        corner = b[0], a[1]
        lines += [(a, corner), (corner, b)]
    return lines


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
    """Score with its interval against a setting, each point's `cost`; lines join means.

    A name stands at the end of its line or is led to; only where there is no room is it in the
    legend.
    """
    paths = {name: _means(points, log) for name, points in lines.items()}
    lines = {name: points for name, points in lines.items() if paths[name]}
    names = {name: _name(name) for name in lines}
    places = _places_of_ends(lines, paths, [*names.values()], log)
    listed = [name for name, place in zip(names.values(), places, strict=True) if place is None]
    seen: Counter[Look] = Counter()
    with figure(WIDTH, _with_legend(_inches(names), listed), about) as (canvas, svg):
        axes = canvas.subplots()
        for (name, points), place in zip(lines.items(), places, strict=True):
            look = points[0].look
            dash = DASHES[seen[look] % len(DASHES)]
            seen[look] += 1
            path = paths[name]
            axes.plot(*zip(*path, strict=True), dash, lw=1.2, color=look.colour)
            costs, values = [p.cost for p in points], [p.value for p in points]
            label = names[name] if place is None else None
            axes.plot(costs, values, look.marker, ms=5, color=look.colour, label=label)
            if place is not None:
                _write(axes, names[name], path[-1], place, look)
            ends = [(p.cost, p.low, p.high) for p in points if p.low is not None]
            for x, low, high in ends:
                axes.plot([x, x], [low, high], color=look.colour, lw=1, alpha=0.5)
        if log:
            numbers = [p.cost for points in lines.values() for p in points if p.cost]
            _logarithmic(axes, numbers)
        axes.margins(labels.MARGIN)
        axes.set_xlabel(plain(setting))
        axes.set_ylabel(plain(axis))
        axes.grid(alpha=0.25)
        _legend(canvas, axes, len(listed))
    return svg[0]


def _means(points: Sequence[Point], log: bool) -> list[labels.Point]:
    """The line through the mean of all points of one setting, from left to right.

    A logarithmic axis has no place for what is not above 0.
    """
    xs = sorted({p.cost for p in points if p.cost is not None and (p.cost > 0 or not log)})
    return [(x, float(np.mean([p.value for p in points if p.cost == x]))) for x in xs]


def _places_of_ends(
    lines: Mapping[str, Sequence[Point]],
    paths: Mapping[str, Sequence[labels.Point]],
    names: Sequence[str],
    log: bool,
) -> list[labels.Place | None]:
    """Where the name of each line stands beside its last point, clear of lines and intervals."""

    def drawn(x: float, y: float) -> labels.Point:
        return math.log(x) if log else x, y

    taken = [
        (drawn(p.cost, p.low), drawn(p.cost, p.high))
        for points in lines.values()
        for p in points
        if p.cost is not None and p.low is not None and p.high is not None
        if p.cost > 0 or not log
    ]
    for name in lines:
        for step in pairwise(drawn(*point) for point in paths[name]):
            taken += _pieces(*step)
    return labels.places([drawn(*paths[name][-1]) for name in lines], names, taken)


def _pieces(start: labels.Point, end: labels.Point) -> Iterator[tuple[labels.Point, labels.Point]]:
    """A line in pieces, whose boxes are narrow."""
    xs, ys = (np.linspace(a, b, PIECES + 1).tolist() for a, b in zip(start, end, strict=True))
    return pairwise(zip(xs, ys, strict=True))


def ranks(
    average: Mapping[str, float],
    difference: float,
    groups: Sequence[tuple[int, int]],
    about: str,
    looks: Looks,
) -> str:
    """The critical-difference diagram; bars span index ranges that do not differ significantly."""
    values = list(average.values())
    last = max(len(values), 1 + difference)
    with figure(WIDTH, 1.0 + ROW_INCHES * (len(values) + len(groups)), about) as (canvas, svg):
        axes = canvas.subplots()
        for index, (name, value) in enumerate(average.items()):
            axes.plot([value, value], [-0.4, index + 0.8], color=INK, lw=0.6, alpha=0.5)
            look = looks.get(name.partition(" (")[0], DEFAULT)
            axes.plot(value, index + 0.8, look.marker, color=look.colour, ms=5)
            left = value > (1 + last) / 2  # the label ends within the axes
            axes.text(
                value + (-0.06 if left else 0.06),
                index + 0.8,
                f"{_short_name(plain(name))}  {value:.2f}",
                va="center",
                ha="right" if left else "left",
            )
        for number, (first, end) in enumerate(groups):
            y = -0.8 - 0.5 * number
            axes.plot([values[first], values[end]], [y, y], color=INK, lw=3, alpha=0.7)
        top = -1.4 - 0.5 * len(groups)
        axes.plot([1, 1 + difference], [top, top], color=TRIVIAL, lw=1.5)
        axes.text(1, top - 0.15, f"CD (Nemenyi) {difference:.2f}", va="bottom")
        axes.set_xlim(0.9, last + 0.1)
        axes.set_ylim(len(values) + 0.4, top - 0.9)
        axes.set_yticks([])
        axes.set_xlabel("average rank (1 is best)")
        axes.spines[["left", "right", "top"]].set_visible(False)
    return svg[0]


def _logarithmic(axes: Any, values: Sequence[float]) -> None:
    """A scale for those values, with so few labels that none overlap."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axes.set_xscale("log")
    ratio = max(values, default=1.0) / min(values, default=1.0)
    locator = LogLocator(subs=(1,) if ratio > 50 else (1, 2, 5), numticks=8)
    axes.xaxis.set_major_locator(locator if ratio > 10 else MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _index: _short(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:g}"
