"""Calibration curves as SVG: score against amount, with intervals, one line an entry.

Written without a drawing library, since these plots lie beside the pages in the repository: the
same curve gives the same bytes whatever is installed. Each point has its figures as a tooltip.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.plain_text import plain
from benchmark.report.plots.looks import Look

DASHES = ("", "6 3", "2 3", "8 3 2 3")
MOST = 20  # lines
# As wide as a phone shows it, so that text has its 11 px there; the legend stands below.
LEFT, TOP, WIDTH, HEIGHT, BELOW, LINE = 52, 14, 308, 250, 62, 16
TWO_COLUMNS = 22  # characters of the longest name of a legend in two columns
APART = 4  # pixels between entries at one amount, so that no interval hides another
ROOM = 24  # pixels beside the first and the last amount
TICKS = 5
# A page of its own has no page to take its colour from.
ALONE = "<style>svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#d0d7de}}</style>"


@dataclass(frozen=True)
class Mark:
    """A score at one amount, with its 95% interval where it has one, and both in words."""

    amount: float
    value: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True)
class Line:
    name: str
    trivial: bool
    look: Look
    marks: Sequence[Mark]


def draw(lines: Sequence[Line], amounts: Sequence[float], x: str, y: str, about: str) -> str:
    """The plot as SVG for use within a page; amounts lie on a scale of log(1 + amount).

    `amounts` have a tick each, whether a line has a score there or not. `x` may have two lines.
    """
    lines = lines[:MOST]
    low, high, step = scale(lines)
    parts = _axes(amounts, (low, high, step), HEIGHT, x, y)
    columns = 2 if all(len(line.name) <= TWO_COLUMNS for line in lines) else 1
    for number, line in enumerate(lines):
        colour = line.look.colour
        dash = DASHES[number % len(DASHES)] if line.trivial else ""
        offset = APART * (number - (len(lines) - 1) / 2)
        parts += _line(line, dash, offset, (amounts, low, high, HEIGHT))
        at = TOP + HEIGHT + BELOW + LINE * (number // columns + 0.5)
        left = 4 + number % columns * (LEFT + WIDTH) / columns
        parts += [
            _stroke(((left, at), (left + 22, at)), colour, dash),
            _marker(left + 11, at, line.look),
            f'<text x="{left + 28:g}" y="{at + 4:.1f}">{_escaped(line.name)}</text>',
        ]
    below = BELOW + LINE * -(-len(lines) // columns)
    label = html.escape(plain(about), quote=True)
    size = f"0 0 {LEFT + WIDTH} {TOP + HEIGHT + below + 6}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="sans-serif"'
        f' font-size="11" fill="currentColor" role="img" aria-label="{label}" class="plot">'
    )
    return "\n".join([opening, f"<title>{label}</title>", *parts, "</svg>\n"])


def alone(svg: str) -> str:
    """The same as a file of its own, dark on light or light on dark as the reader has it."""
    opening, rest = svg.split("\n", 1)
    return f"{opening}\n{ALONE}\n{rest}"


def scale(lines: Sequence[Line]) -> tuple[float, float, float]:
    """The lowest and highest score of the axis, and the step of its ticks."""
    values = [
        number
        for line in lines
        for mark in line.marks
        for number in (mark.value, mark.low, mark.high)
        if number is not None
    ]
    least, most = min(values, default=0.0), max(values, default=1.0)
    rough = max(most - least, 1e-6) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return math.floor(least / step) * step, math.ceil(most / step) * step, step


def place(amount: float, amounts: Sequence[float]) -> float:
    """Where an amount lies on the axis, in pixels."""
    first, last = math.log1p(min(amounts)), math.log1p(max(amounts))
    share = (math.log1p(amount) - first) / (last - first) if last > first else 0.5
    return LEFT + ROOM + share * (WIDTH - 2 * ROOM)


def level(score: float, low: float, high: float, height: float) -> float:
    """Where a score lies on the axis, in pixels."""
    share = (score - low) / (high - low) if high > low else 0.5
    return TOP + height * (1 - share)


def _axes(
    amounts: Sequence[float], ticks: tuple[float, float, float], height: float, x: str, y: str
) -> list[str]:
    low, high, step = ticks
    bottom, right = TOP + height, LEFT + WIDTH
    parts = []
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        at = level(value, low, high, height)
        parts += [
            f'<path d="M{LEFT} {at:.1f}H{right}" stroke="currentColor" opacity="0.15"/>',
            f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{round(value, 10):g}</text>',
        ]
    for amount in amounts:
        at = place(amount, amounts)
        parts += [
            f'<path d="M{at:.1f} {bottom}v5" stroke="currentColor"/>',
            f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{amount:g}</text>',
        ]
    middle = TOP + height / 2
    return [
        *parts,
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" stroke="currentColor" fill="none"/>',
        *(
            f'<text x="{(LEFT + WIDTH) / 2:g}" y="{bottom + 36 + 14 * row}" text-anchor="middle">'
            f"{_escaped(line)}</text>"
            for row, line in enumerate(x.split("\n"))
        ),
        f'<text transform="translate(14 {middle:g}) rotate(-90)" text-anchor="middle">'
        f"{_escaped(y)}</text>",
    ]


def _line(
    line: Line,
    dash: str,
    offset: float,
    axes: tuple[Sequence[float], float, float, float],
) -> list[str]:
    """A line through the scores; it is broken where an amount has none."""
    amounts, low, high, height = axes
    colour = line.look.colour
    marks = {mark.amount: mark for mark in line.marks}
    parts: list[str] = []
    run: list[tuple[float, float]] = []
    for amount in amounts:
        mark = marks.get(amount)
        if mark is None:
            parts += [_stroke(run, colour, dash)] if len(run) > 1 else []
            run = []
            continue
        at = place(amount, amounts) + offset, level(mark.value, low, high, height)
        run.append(at)
        parts.append(f"<g><title>{_escaped(mark.text)}</title>")
        if mark.low is not None and mark.high is not None:
            ends = level(mark.low, low, high, height), level(mark.high, low, high, height)
            parts.append(
                f'<path d="M{at[0]:.1f} {ends[0]:.1f}V{ends[1]:.1f}" stroke="{colour}"'
                ' stroke-width="2" opacity="0.5"/>'
            )
        parts.append(f"{_marker(*at, line.look)}</g>")
    return [*([_stroke(run, colour, dash)] if len(run) > 1 else []), *parts]


def _marker(x: float, y: float, look: Look) -> str:
    place = f"translate({x:.1f} {y:.1f}) scale(0.85)"
    return f'<path transform="{place}" d="{look.shape}" fill="{look.colour}"/>'


def _stroke(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{path}" stroke="{colour}" fill="none"{dashed}/>'


def _escaped(text: str) -> str:
    return html.escape(plain(text), quote=False)
