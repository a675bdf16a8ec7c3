"""Where the names of points stand, so that none covers a point or another name.

Beside their points, else where there is room, with a line that leads there.

Sizes are estimates, in points of a plot of the width of all plots; names that fit nowhere have no
place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

AREA = 280.0, 155.0  # width and height that points and names share
MARGIN = 0.08  # of the axes around all points, on each side
LETTER, LINE, MARKER = 4.8, 11.0, 9.0  # width of a letter, height of a name, size of a mark
FEW, MORE, MOST_MORE = 8, 9.0, 130.0  # names that the area has room for, and how it grows
RADII = (18, 26, 36, 48, 62, 78, 96, 116, 138, 162, 188, 216)
DIRECTIONS = 24
PIECE = 4.0  # of a line that leads to a name: its box is narrow
Aligned = Literal["left", "center", "right"]
ALIGNED: tuple[Aligned, ...] = ("left", "center", "right")
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Place:
    """How far from its point a name stands, and which of its ends stands there."""

    right: float
    up: float
    aligned: Aligned
    far: bool = False  # so that a line leads to it


PLACES = (
    *(Place(7, 0, "left"), Place(-7, 0, "right"), Place(0, 10, "center"), Place(0, -10, "center")),
    *(Place(5, 9, "left"), Place(5, -9, "left"), Place(-5, 9, "right"), Place(-5, -9, "right")),
)


def _rings() -> Iterator[Place]:
    """Places further away, the nearest first."""
    for radius in RADII:
        for step in range(DIRECTIONS):
            angle = 2 * math.pi * step / DIRECTIONS
            right, up = radius * math.cos(angle), radius * math.sin(angle)
            outwards: Aligned = "left" if right > 0 else "right"
            for aligned in (outwards, *(each for each in ALIGNED if each != outwards)):
                yield Place(right, up, aligned, far=True)


FAR = (*_rings(),)


def height(count: int) -> float:
    """How high the area of so many names is, in points."""
    return AREA[1] + min(MOST_MORE, MORE * max(0, count - FEW))


def places(
    points: Sequence[Point], names: Sequence[str], lines: Sequence[tuple[Point, Point]] = ()
) -> list[Place | None]:
    """A place for the name of each point (x, y), or None where there is none.

    `lines` go from one point to another; no name covers the box around one either. A name without
    room beside its point stands further away, and a line leads to it that covers no name. The area
    is as high as `height` says.
    """
    if not points:
        return []
    every = [*points, *(end for line in lines for end in line)]
    area = AREA[0], height(len(points))
    scaled, half = _scaled(every, area), MARKER / 2
    at, ends = scaled[: len(points)], scaled[len(points) :]
    taken = [(x - half, y - half, x + half, y + half) for x, y in at]
    for (x1, y1), (x2, y2) in zip(ends[::2], ends[1::2], strict=True):
        taken.append((min(x1, x2), min(y1, y2) - 1, max(x1, x2), max(y1, y2) + 1))
    count, middle = range(len(points)), area[0] / 2
    outer = sorted(count, key=lambda index: -abs(at[index][0] - middle))
    tried = [
        _placed(at, names, taken, area, order)
        for order in (
            [*((n, PLACES) for n in count), *((n, FAR) for n in count)],
            *([(n, (*PLACES, *FAR)) for n in each] for each in (count, count[::-1], outer)),
        )
    ]
    # The most names, and of those the most beside their points.
    return min(tried, key=lambda found: [found.count(None), sum(bool(p and p.far) for p in found)])


def _placed(
    at: Sequence[Point],
    names: Sequence[str],
    taken: Sequence[Box],
    area: tuple[float, float],
    order: Sequence[tuple[int, Sequence[Place]]],
) -> list[Place | None]:
    """What `places` gives where names get their place in that order, the first that is free."""
    taken, found = [*taken], list[Place | None]([None] * len(at))
    written: list[Box] = []  # names, which no leading line covers, as none leads through a mark
    for index, choice in order:
        if found[index] is not None:
            continue
        apart = [other for other in at if math.dist(other, at[index]) > MARKER]
        others = [(x - 2, y - 2, x + 2, y + 2) for x, y in apart]
        for place in choice:
            box, leader = _box(*at[index], len(names[index]), place), _leader(*at[index], place)
            free = _inside(box, area) and not _hits(box, taken)
            if free and not any(_hits(piece, [*written, *others]) for piece in leader):
                found[index] = place
                written.append(box)
                taken += [box, *leader]
                break
    return found


def _leader(x: float, y: float, place: Place) -> list[Box]:
    """The boxes of what leads from a point to the name that stands far from it."""
    if not place.far:
        return []
    count = math.ceil(math.hypot(place.right, place.up) / PIECE)
    steps = [step / count for step in range(count + 1)]
    ends = [(x + place.right * step, y + place.up * step) for step in steps]
    # The last piece ends at the name itself.
    return [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in pairwise(ends[:-1])]


def _scaled(points: Sequence[Point], area: tuple[float, float] = AREA) -> list[Point]:
    """Points within the area that holds all of them."""
    columns = []
    for size, values in zip(area, zip(*points, strict=True), strict=True):
        low, span = min(values), max(values) - min(values)
        share = [(value - low) / span if span else 0.5 for value in values]
        columns.append([size * (MARGIN + each) / (1 + 2 * MARGIN) for each in share])
    return [*zip(*columns, strict=True)]


def _box(x: float, y: float, letters: int, place: Place) -> Box:
    width, x, y = letters * LETTER, x + place.right, y + place.up
    left = x - {"left": 0.0, "center": width / 2, "right": width}[place.aligned]
    return left, y - LINE / 2, left + width, y + LINE / 2


def _inside(box: Box, area: tuple[float, float] = AREA) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= area[0] and box[3] <= area[1]


def _hits(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in others
    )
