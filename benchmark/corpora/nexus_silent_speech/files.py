"""Read the files of nexus-silent-speech: a table of recordings, and an array of each.

datasets/electrode-brace/30x10/metadata.csv          cls,id,speaker,session
datasets/electrode-brace/30x10/1698051433.npy        (T, 8) float64, µV at 250 Hz, about 6 s
"""

from __future__ import annotations

import csv
import tokenize
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, UserError

RATE = 250.0  # Hz
CHANNELS = 8
LEAST = 1e-300  # µV: what is smaller in all channels is no sample
LARGEST = 187500.03  # µV: full scale of the amplifier
# Rows of an array: 6 s, of which recordings have up to 0.14 s more.
ROWS = range(1500, 1541)
SECONDS = 6.0
COLUMNS = ["cls", "id", "speaker", "session"]
BROKEN_NPY = (OSError, ValueError, EOFError, SyntaxError, tokenize.TokenError)


class Row(NamedTuple):
    """One line of a table."""

    word: str
    time: int  # when it was recorded, seconds since 1970; its file is <time>.npy
    speaker: str
    session: int


def table(path: Path, words: tuple[str, ...]) -> list[Row]:
    """Recordings in the order of the table, which is that of time within each session.

    A line that says again what another says is left out. UserError with the line: another form, a
    word that the set does not have, two lines that disagree, recordings that overlap.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem
    except UnicodeDecodeError as problem:
        raise UserError(f"{path}: expected UTF-8 ({problem.reason}); get it again") from problem
    lines = list(csv.reader(text.splitlines()))
    if lines[:1] != [COLUMNS]:
        raise UserError(
            f"{path}, line 1: expected {','.join(COLUMNS)}, found {','.join(lines[0])[:60]!r}; "
            "get it again"
            if lines
            else f"{path}: expected {','.join(COLUMNS)}, found an empty file; get it again"
        )
    found: dict[int, Row] = {}
    last: dict[int, int] = {}  # time of the last recording, by session
    for number, line in enumerate(lines[1:], start=2):
        row = _row(line, words)
        if row is None:
            raise UserError(
                f"{path}, line {number}: expected a word of the set, a time, a speaker and a "
                f"session, found {','.join(line)[:60]!r}; get it again"
            )
        if found.get(row.time) == row:
            continue
        if row.time in found or row.time - last.get(row.session, 0) < SECONDS:
            raise UserError(
                f"{path}, line {number}: expected recordings at least {SECONDS:g} s apart, found "
                f"{row.time} after {last.get(row.session)}; get it again"
            )
        found[row.time], last[row.session] = row, row.time
    return list(found.values())


def _row(line: list[str], words: tuple[str, ...]) -> Row | None:
    if len(line) != len(COLUMNS) or line[0] not in words or not line[2]:
        return None
    time, session = line[1], line[3]
    if not (time.isascii() and time.isdigit() and len(time) == 10):
        return None
    if not (session.isascii() and session.isdigit() and len(session) < 3):
        return None
    return Row(line[0], int(time), line[2], int(session))


def array(path: Path) -> Array:
    """The array of a file, not yet read into memory; UserError where its header is another."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except BROKEN_NPY as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UserError(f"{path}: not a sound npy file ({why}); get it again") from problem
    if not isinstance(found, np.ndarray):
        raise UserError(f"{path}: expected one array, found an archive; get it again")
    if found.dtype != np.float64 or found.shape[1:] != (CHANNELS,) or len(found) not in ROWS:
        raise UserError(
            f"{path}: expected float64 ({ROWS.start} to {ROWS.stop - 1}, {CHANNELS}), found "
            f"{found.dtype} {found.shape}; get it again"
        )
    return found


def samples(path: Path) -> Array:
    """(T, 8) float32 in µV without the first row, which is no sample; UserError as in `array`."""
    read = array(path)[1:]
    bad = np.flatnonzero(~(np.abs(read) <= LARGEST).all(axis=1))  # NaN among them
    if len(bad):
        raise UserError(
            f"{path}: expected at most {LARGEST:g} µV, found {read[bad[0]].tolist()} in row "
            f"{bad[0] + 1}; get it again"
        )
    unwritten = np.flatnonzero((np.abs(read) < LEAST).all(axis=1))
    if len(unwritten):
        raise UserError(
            f"{path}: expected samples, found memory that was never written in row "
            f"{unwritten[0] + 1}, where only the first row has it; get it again"
        )
    return np.asarray(read.astype(np.float32))
