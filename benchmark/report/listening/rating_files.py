"""What raters have saved, read and checked against the key of the listening test."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError
from benchmark.report.listening.rating_key import LEAST, MOST, Key, RatedItem
from benchmark.report.listening.rating_page import COLUMNS

GRADES = {str(grade): grade for grade in range(LEAST, MOST + 1)}


@dataclass(frozen=True)
class Rating:
    rater: str
    system: str
    recording: str
    value: int


@dataclass(frozen=True)
class _Line:
    path: Path
    number: int
    page: str
    rater: str
    item: str
    rating: str

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.number}"


def read(key: Key, paths: Sequence[Path]) -> list[Rating]:
    """All ratings of these files.

    UserError names file and line of the first that is missing, given twice, no whole number from 1
    to 5, of another page or of an item that the page has not; and says how many more there are.
    """
    lines = [line for path in paths for line in _lines(path)]
    items = {str(item.item): item for item in key.items}
    problems = [said for line in lines if (said := _problem(key, items, line))]
    # Of lines that are not right themselves nobody knows what else is there.
    problems = problems or [*_twice(lines), *_missing(items, lines)]
    if not lines:
        problems = [f"{paths[0]}: expected ratings, found none"]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}")
    rated = ((line, items[line.item]) for line in lines)
    return [
        Rating(line.rater, item.system, item.recording, GRADES[line.rating]) for line, item in rated
    ]


def _lines(path: Path) -> list[_Line]:
    """The lines of a file below its head; UserError where it is no such file."""
    try:
        reader = csv.reader(io.StringIO(storage.read_text(path), newline=""), strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise UserError(f"{path}: expected CSV: {error}") from error
    head = rows[0][1] if rows else []
    if head != list(COLUMNS):
        found = ",".join(head)[:100] or "nothing"
        raise UserError(
            f"{path}, line 1: expected the columns {','.join(COLUMNS)}, found {found}; give the"
            " file as the page has saved it"
        )
    for number, row in rows:
        if len(row) != len(COLUMNS):
            raise UserError(
                f"{path}, line {number}: expected {len(COLUMNS)} columns, found {len(row)}"
            )
    return [_Line(path, number, *row) for number, row in rows[1:]]


def _problem(key: Key, items: Mapping[str, RatedItem], line: _Line) -> str:
    """What is wrong with a line by itself; nothing where it is right."""
    if line.page != key.page:
        return (
            f"{line.where}: expected ratings of the page {key.page}, found {line.page!r:.40}; use"
            " the key of that page"
        )
    if not line.rater:
        return f"{line.where}: expected who rated, found nothing"
    if line.item not in items:
        return f"{line.where}: expected an item from 1 to {len(items)}, found {line.item!r:.40}"
    if line.rating not in GRADES:
        said = repr(line.rating)[:40] if line.rating else "none"
        wanted = f"a rating of item {line.item} from {LEAST} to {MOST}"
        return f"{line.where}: expected {wanted}, found {said}"
    return ""


def _twice(lines: Sequence[_Line]) -> list[str]:
    problems, seen = [], dict[tuple[str, str], _Line]()
    for line in lines:
        first = seen.setdefault((line.rater, line.item), line)
        if first is not line:
            problems.append(
                f"{line.where}: expected one rating of item {line.item} by {line.rater}, found"
                f" another in {first.where}"
            )
    return problems


def _missing(items: Mapping[str, RatedItem], lines: Sequence[_Line]) -> list[str]:
    problems = []
    for rater in dict.fromkeys(line.rater for line in lines):
        of_rater = [line for line in lines if line.rater == rater]
        rated = {line.item for line in of_rater}
        if gone := [item for item in items if item not in rated]:
            last = of_rater[-1].where
            problems.append(
                f"{last}: the ratings of {rater} end here without item {', '.join(gone)}"
            )
    return problems
