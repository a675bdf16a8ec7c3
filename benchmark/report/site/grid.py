"""A table of the site: cells with what they are sorted by, where they lead and how they look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmark.report import glossary


@dataclass(frozen=True)
class Head:
    text: str
    definition: str = ""  # shown as a tooltip
    extra: bool = False  # not shown until the reader chooses it
    metric: str = ""  # the id of the metric that it holds


@dataclass(frozen=True)
class Cell:
    text: str
    order: str | None = None  # what it is sorted by, in a table that sorts
    number: bool = False
    link: str = ""
    mark: str = ""
    small: str = ""  # below the text, such as an interval
    heat: int | None = None  # how dark it is shaded, in percent


@dataclass(frozen=True)
class GridRow:
    cells: Sequence[Cell]
    trivial: bool = False
    id: str = ""  # what an address can name, and what is the name of the entry
    entry: str = ""


@dataclass(frozen=True)
class Grid:
    columns: Sequence[Head]
    rows: Sequence[GridRow]
    caption: str = ""
    id: str = ""
    turned: Head | None = None  # of the first column, where the table is transposed
    note: str = ""  # below it, such as what the names of its columns mean

    @property
    def dense(self) -> bool:
        """Whether it has so many columns that their heads stand upright."""
        return len(self.columns) > MOST_COLUMNS


DIGITS = 9  # of what is sorted by
COUNTS = 2**53  # below which each whole number is another float
MOST_COLUMNS = 16  # with heads that are read from left to right
MOST_GROUPS = 20  # columns of a breakdown, which a laptop has room for
EXTRA = frozenset({"P(best)", "SD (seeds)", "verified", "n seeds"})


def heads(*names: str) -> list[Head]:
    """Heads that are terms of the glossary."""
    return [Head(name, glossary.definition(name), name in EXTRA) for name in names]


def number(text: str, value: float | None) -> Cell:
    """A number, with what follows it in brackets below it in small type."""
    figure, bracket, interval = text.partition(" [")
    small = bracket.strip() + interval
    return Cell(figure, order=_order(value), number=True, small=small)


def _order(value: float | None) -> str:
    """What a number is sorted by: counts in full, others to more digits than a page shows."""
    if value is None:
        return ""
    whole = float(value).is_integer() and abs(value) < COUNTS
    return str(int(value)) if whole else f"{value:.{DIGITS}g}"


def slug(*parts: str) -> str:
    """An id of those names for an address."""
    return "-".join(re.sub(r"[^\w.]+", "_", part) for part in parts if part)


def transposed(grid: Grid) -> Grid:
    """The table with its columns as rows, where those are more than a laptop has room for.

    Else, and where it would get no narrower, the table as it is. What was the name of a row is the
    head of a column then, so that only tables whose first cells are no more than names are given.
    """
    corner, *groups = grid.columns
    if len(groups) <= max(MOST_GROUPS, len(grid.rows)):
        return grid
    columns = [
        corner if grid.turned is None else grid.turned,
        *(Head(row.cells[0].text, f"{grid.caption}: {row.cells[0].text}") for row in grid.rows),
    ]
    rows = [
        GridRow([Cell(head.text), *(row.cells[place] for row in grid.rows)])
        for place, head in enumerate(groups, start=1)
    ]
    return replace(grid, columns=columns, rows=rows)


def with_links(grid: Grid, *of: str) -> Grid:
    """The table with an id that an address can name, and one for each of its rows.

    `of` are ids of what the table is part of; what kind of table it is, its own id says.
    """
    id = "-".join(filter(None, (*of, grid.id)))
    names, seen = [slug(row.cells[0].text) or "row" for row in grid.rows], Counter[str]()
    rows = []
    for name, row in zip(names, grid.rows, strict=True):
        seen[name] += 1
        again = f"-{seen[name]}" if seen[name] > 1 else ""
        rows.append(replace(row, id=f"{id}-{name}{again}"))
    return replace(grid, id=id, rows=rows)


def shades(values: Sequence[float | None], higher: bool) -> list[int | None]:
    """How dark each value is shaded: 0 the worst of them, 100 the best; none where all are one."""
    known = [value for value in values if value is not None]
    if not known or min(known) == max(known):
        return [None] * len(values)
    low, high = min(known), max(known)
    worst, best = (low, high) if higher else (high, low)
    return [None if v is None else round(100 * (v - worst) / (best - worst)) for v in values]
