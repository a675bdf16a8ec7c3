"""Read the files of subvocalization-emg: one CSV for a speaker, a manner of speaking and a word.

dist/saves/P001/F/Sim.csv      WORD,Channel_1,...,Channel_8: one line a sample, 250 Hz, µV

`WORD` is what the screen showed, the word and `$SILENCE` in turn, for 0.8 or 0.86 s each.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, UserError

RATE = 250.0  # Hz
CHANNELS = 8  # of which the last four had no electrodes
LIVE = 4
HEADER = ",".join(["WORD", *(f"Channel_{number}" for number in range(1, CHANNELS + 1))])
SILENCE = "$SILENCE"
LARGEST = 187500.03  # µV: full scale of the amplifier
# What an input without an electrode reads. Where it reads anything else, the packet of this sample
# was damaged on its way, and the other channels are not to be trusted either.
UNCONNECTED = ",-187500.02235174447" * (CHANNELS - LIVE)
MOST_DAMAGED = 0.01  # of the samples of a file: with more, it is not of this corpus
LEAST, MOST = 0.75, 1.25  # of the median stretch of its file: a shorter one has lost samples


class Stretch(NamedTuple):
    """What was recorded while the screen showed one thing: samples [first, last) of the file."""

    label: str
    first: int
    last: int
    whole: bool  # as many samples as its time on the screen needs, none of them damaged


def lines(path: Path) -> list[str]:
    """The lines after the header; UserError where it is none of these files."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem
    except UnicodeDecodeError as problem:
        raise UserError(f"{path}: expected UTF-8 ({problem.reason}); get it again") from problem
    found = text.splitlines()
    if found[:1] != [HEADER]:
        raise UserError(
            f"{path}, line 1: expected {HEADER}, found {''.join(found[:1])[:60]!r}; get it again"
        )
    if not text.endswith("\n"):
        raise UserError(f"{path}: expected a whole last line, found one cut off; get it again")
    return found[1:]


def stretches(path: Path, word: str) -> list[Stretch]:
    """The stretches of `word` and of silence, which must take turns; values are not looked at."""
    rows = lines(path)
    damaged = {k for k, row in enumerate(rows) if not row.endswith(UNCONNECTED)}
    if len(damaged) > MOST_DAMAGED * len(rows):
        raise UserError(
            f"{path}, line {min(damaged) + 2}: expected channels 5-8 without electrodes, at "
            f"{UNCONNECTED.split(',')[1]}, found {len(damaged)} samples with others; this is no "
            "file of the corpus, get it again"
        )
    turns = list(_turns(row.partition(",")[0] for row in rows))
    for label, first, _ in turns:
        if label not in (word, SILENCE):
            raise UserError(
                f"{path}, line {first + 2}: expected {word} or {SILENCE}, found {label[:40]!r}; "
                "get it again"
            )
    median = float(np.median([last - first for _, first, last in turns])) if turns else 0.0
    found = []
    for label, first, last in turns:
        if last - first > MOST * median:
            raise UserError(
                f"{path}, line {first + 2}: expected about {median:g} samples of {label}, found "
                f"{last - first}; get it again"
            )
        sound = damaged.isdisjoint(range(first, last)) if damaged else True
        found.append(Stretch(label, first, last, last - first >= LEAST * median and sound))
    return found


def _turns(labels: Iterator[str]) -> Iterator[tuple[str, int, int]]:
    first = 0
    for label, same in groupby(labels):
        last = first + sum(1 for _ in same)
        yield label, first, last
        first = last


def samples(path: Path) -> Array:
    """(T, 4) float32 in µV of the channels that had electrodes; UserError with the line else."""
    rows = lines(path)
    for number, row in enumerate(rows, start=2):
        if row.count(",") != CHANNELS:
            raise UserError(
                f"{path}, line {number}: expected {CHANNELS + 1} columns, found "
                f"{row.count(',') + 1}; get it again"
            )
    try:
        read = np.loadtxt(
            io.StringIO("\n".join(rows)), delimiter=",", usecols=range(1, LIVE + 1), ndmin=2
        )
    except ValueError as problem:
        raise UserError(f"{path}: expected numbers ({problem}); get it again") from problem
    bad = np.flatnonzero(~(np.abs(read) <= LARGEST).all(axis=1))  # NaN among them
    if len(bad):
        raise UserError(
            f"{path}, line {bad[0] + 2}: expected {LIVE} numbers of at most {LARGEST:g} µV, found "
            f"{rows[bad[0]][:60]!r}; get it again"
        )
    return np.asarray(read.astype(np.float32))
