"""Where the names of points stand beside them, so that none covers a point or another name.

Sizes are estimates, in points of a plot of the width of all plots; names that fit nowhere have no
place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

AREA = 280.0, 155.0  # width and height that points and names share
MARGIN = 0.08  # of the axes around all points, on each side
LETTER, LINE, MARKER = 4.8, 11.0, 9.0  # width of a letter, height of a name, size of a mark
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Place:
    """How far from its point a name stands, and which of its ends stands there."""

    right: float
    up: float
    aligned: Literal["left", "center", "right"]


PLACES = (
    *(Place(7, 0, "left"), Place(-7, 0, "right"), Place(0, 10, "center"), Place(0, -10, "center")),
    *(Place(5, 9, "left"), Place(5, -9, "left"), Place(-5, 9, "right"), Place(-5, -9, "right")),
)


def places(
    points: Sequence[Point], names: Sequence[str], lines: Sequence[tuple[Point, Point]] = ()
) -> list[Place | None]:
    """A place for the name of each point (x, y), or None where all of them are taken.

    `lines` go from one point to another; no name covers the box around one either.
    """
    if not points:
        return []
    every = [*points, *(end for line in lines for end in line)]
    scaled, half = _scaled(every), MARKER / 2
    at, ends = scaled[: len(points)], scaled[len(points) :]
    taken = [(x - half, y - half, x + half, y + half) for x, y in at]
    for (x1, y1), (x2, y2) in zip(ends[::2], ends[1::2], strict=True):
        taken.append((min(x1, x2), min(y1, y2) - 1, max(x1, x2), max(y1, y2) + 1))
    found: list[Place | None] = []
    for (x, y), name in zip(at, names, strict=True):
        boxes = {place: _box(x, y, len(name), place) for place in PLACES}
        free = [p for p, box in boxes.items() if _inside(box) and not _hits(box, taken)]
        found.append(free[0] if free else None)
        taken += [boxes[place] for place in free[:1]]
    return found


def _scaled(points: Sequence[Point]) -> list[Point]:
    """Points within the area that holds all of them."""
    columns = []
    for size, values in zip(AREA, zip(*points, strict=True), strict=True):
        low, span = min(values), max(values) - min(values)
        share = [(value - low) / span if span else 0.5 for value in values]
        columns.append([size * (MARGIN + each) / (1 + 2 * MARGIN) for each in share])
    return [*zip(*columns, strict=True)]


def _box(x: float, y: float, letters: int, place: Place) -> Box:
    width, x, y = letters * LETTER, x + place.right, y + place.up
    left = x - {"left": 0.0, "center": width / 2, "right": width}[place.aligned]
    return left, y - LINE / 2, left + width, y + LINE / 2


def _inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= AREA[0] and box[3] <= AREA[1]


def _hits(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in others
    )
