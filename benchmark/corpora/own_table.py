"""Numbers in columns of text: CSV, TSV, or columns between blanks, with names above them or not.

A byte order mark is no part of it. Where columns are apart by a semicolon, a number may have a
decimal comma.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError

Columns = tuple[str | int, ...]  # by name, or by number from 0


def read_table(path: Path, columns: Columns = ()) -> tuple[list[str], Array]:
    """The names of the columns, where the first line has some, and numbers (rows, columns).

    With `columns`, only these must hold numbers; the others are NaN. UserError for a row that is
    not as long as the first, or holds anything but numbers.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise UserError(f"{path}: expected rows of numbers, found nothing")
    mark = next((m for m in ("\t", ";", ",") if m in lines[0]), None)
    first = _cells(lines[0], mark)
    heads = first if any(_number(cell) is None for cell in first) else []
    body = lines[1:] if heads else lines
    if mark == ";":
        body = [line.replace(",", ".") for line in body]
    if not body:
        return heads, np.empty((0, len(first)))
    wanted = numbers(path, columns, heads, len(first)) if columns else list(range(len(first)))
    try:
        # With `usecols` numpy takes rows of any length.
        only = wanted if columns else None
        read = np.loadtxt(body, float, delimiter=mark, ndmin=2, comments=None, usecols=only)
    except ValueError:
        read = np.empty((0, 0))
    alike = all(len(_cells(line, mark)) == len(first) for line in body) if columns else True
    if read.shape != (len(body), len(wanted)) or not alike:
        raise UserError(_wrong_row(path, body, mark, len(first), bool(heads), wanted))
    taken = np.full((len(body), len(first)), np.nan)
    taken[:, wanted] = read
    return heads, taken


def read_rows(path: Path, key: str) -> dict[str, dict[str, str]]:
    """The rows of a text in columns with names, as texts, by the column `key`.

    UserError where two rows have one key and differ, or a row is not as long as the first.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    lines = [line for line in text.splitlines() if line.strip()]
    mark = next((m for m in ("\t", ";", ",") if lines and m in lines[0]), None)
    heads = _cells(lines[0], mark) if lines else []
    if key not in heads:
        raise UserError(f"{path}: expected a column {key!r}, found {', '.join(heads) or 'nothing'}")
    found: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = _cells(line, mark)
        if len(cells) != len(heads):
            raise UserError(
                f"{path}: row {number}: expected {len(heads)} cells, found {line[:80]!r}"
            )
        row = dict(zip(heads, cells, strict=True))
        if found.setdefault(row[key], row) != row:
            raise UserError(
                f"{path}: row {number}: a second row {row[key]!r}, which says otherwise"
            )
    return found


def _wrong_row(
    path: Path,
    body: Sequence[str],
    mark: str | None,
    count: int,
    headed: bool,
    wanted: Sequence[int],
) -> str:
    for number, line in enumerate(body, 1 + headed):
        cells = _cells(line, mark)
        if len(cells) != count or any(_number(cells[n]) is None for n in wanted):
            what = "numbers" if len(wanted) == count else f"cells, numbers in {len(wanted)} of them"
            found = f"expected {count} {what}, found {line[:80]!r}"
            return f"{path}: row {number}: {found}; correct it, or say which `columns` to take"
    return f"{path}: not numbers in columns"


def _cells(line: str, mark: str | None) -> list[str]:
    if mark is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark))]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def numbers(
    path: Path, columns: Columns, heads: Sequence[str] = (), count: int | None = None
) -> list[int]:
    """Columns by number; UserError for a name that no column has."""
    found = []
    for column in columns:
        if isinstance(column, str) and column not in heads:
            there = ", ".join(heads) or "no names in its first line"
            raise UserError(f"{path}: expected a column {column!r}, found {there}")
        number = heads.index(column) if isinstance(column, str) else column
        if count is not None and not 0 <= number < count:
            raise UserError(f"{path}: expected a column {column}, found {count} of them")
        found.append(number)
    return found
