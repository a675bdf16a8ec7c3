"""Read the two forms of the somach recordings: one CSV a recording, or one npz of them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.files import counts, ending
from benchmark.corpora.io.files import name as plain_name
from benchmark.corpora.io.unpack import DAMAGED_ZIP

HEADER = "Timestamp,CH1,CH2,Label,Phase"
ROW = re.compile(r"(\d{1,12}),(\d{1,4}),(\d{1,4}),(\w+),(\w+)")
STEP = 4  # milliseconds, at 250 Hz
FULL = 4095  # the largest count of the 12-bit converter


class File(NamedTuple):
    """One file of the published tree, wherever its samples are kept."""

    phase: str  # "studyA_3phase/Phase_1_Overt"
    name: str  # "UP_001_20260211_154911.csv"
    samples: Callable[[], Array]  # int16 (T, 2), ADC counts; raises UserError


def csv_files(base: Path) -> Iterator[File]:
    """Every CSV below the study folders of `base`, unopened."""
    for path in sorted(base.glob("study*/*/*")):
        if counts(path) and ending(path) == "csv":
            phase = f"{path.parts[-3]}/{path.parts[-2]}"
            yield File(phase, plain_name(path), partial(read_csv, path))


def read_csv(path: Path) -> Array:
    """Samples of one CSV, int16 (T, 2), T >= 1, counts of 0-4095 at 250 Hz.

    Columns: Timestamp (ms since the recorder started, 4 ms apart), CH1, CH2, Label, Phase; label
    and phase must be those of the file's name and folder. UserError with file and line otherwise.
    """
    try:
        lines = path.read_bytes().decode("ascii", "backslashreplace").splitlines()
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    if lines[:1] != [HEADER]:
        raise UserError(f"{path}, line 1: expected {HEADER}, got {''.join(lines[:1])[:60]!r}")
    if len(lines) == 1:
        raise UserError(f"{path}: no sample after the header")
    named = (path.name.partition("_")[0], path.parent.name)
    rows = [_row(path, number, line, named) for number, line in enumerate(lines[1:], start=2)]
    values = np.array(rows, dtype=np.int64)
    for at in np.flatnonzero(np.diff(values[:, 0]) != STEP)[:1]:
        step = values[at + 1, 0] - values[at, 0]
        raise UserError(f"{path}, line {at + 3}: expected a step of {STEP} ms, got {step} ms")
    for at in np.flatnonzero((values[:, 1:] > FULL).any(axis=1))[:1]:
        raise UserError(f"{path}, line {at + 2}: expected counts of 0 to {FULL}")
    return values[:, 1:].astype(np.int16)


def _row(path: Path, number: int, line: str, named: tuple[str, str]) -> tuple[str, str, str]:
    match = ROW.fullmatch(line)
    if not match:
        raise UserError(f"{path}, line {number}: expected a row of {HEADER}, got {line[:60]!r}")
    time, first, second, *written = match.groups()
    for what, says, name in zip(("label", "phase"), written, named, strict=True):
        if says != name:
            raise UserError(
                f"{path}, line {number}: {what} {says}, but the file's name says {name}"
            )
    return time, first, second


def npz_files(path: Path) -> Iterator[File]:
    """Every recording of the two studies in the archive; its covert sessions are left out.

    `x` int16 (sum of T, 2) holds all recordings end to end, the k-th of which is
    `x[offset[k]:offset[k + 1]]`; `set`, `name`, `label` and `time` (str) say which one it is.
    Reads the whole archive (4 MB) at once, so that damage shows before anything is used.
    """
    parts = _arrays(path, ("x", "offset", "set", "name", "label", "time"))
    x, offset = parts["x"], parts["offset"]
    if problem := _misfit(**parts):
        raise UserError(f"{path}: {problem}; get the file again")
    for k, (phase, name) in enumerate(zip(parts["set"], parts["name"], strict=True)):
        if not phase.startswith("covert_sessions/"):
            samples = x[offset[k] : offset[k + 1]]
            yield File(
                str(phase), str(name), partial(_in_range, f"{path}, {phase}/{name}", samples)
            )


def _arrays(path: Path, keys: tuple[str, ...]) -> dict[str, Array]:
    try:
        with path.open("rb") as raw, np.lib.npyio.NpzFile(raw, allow_pickle=False) as archive:
            return {key: np.asarray(archive[key]) for key in keys}
    except (OSError, ValueError, KeyError, *DAMAGED_ZIP) as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UserError(f"{path}: not a sound npz archive ({why}); get the file again") from problem


def _misfit(x: Array, offset: Array, name: Array, label: Array, time: Array, **sets: Array) -> str:
    """What is wrong between the arrays of the archive, in a few words, or nothing."""
    texts = (name, label, time, sets["set"])
    if x.dtype != np.int16 or x.shape[1:] != (2,):
        return f"expected x int16 (time, 2), got {x.dtype} {x.shape}"
    if any(text.dtype.kind != "U" or text.shape != (name.size,) for text in texts):
        return "expected set, name, label and time to be texts, one a recording"
    if offset.dtype.kind not in "iu" or offset.shape != (name.size + 1,):
        return (
            f"expected {name.size + 1} whole numbers as offset, got {offset.dtype} {offset.shape}"
        )
    if offset[0] != 0 or offset[-1] != len(x) or (np.diff(offset.astype(np.int64)) < 1).any():
        return f"expected offset to rise from 0 to {len(x)}"
    for written, says, when in zip(name, label, time, strict=True):
        if not (written.startswith(f"{says}_") and written.endswith(f"_{when}.csv")):
            return f"{written} has label {says} and time {when}"
    return ""


def _in_range(place: str, samples: Array) -> Array:
    for at in np.flatnonzero(((samples < 0) | (samples > FULL)).any(axis=1))[:1]:
        raise UserError(f"{place}, sample {at}: expected counts of 0 to {FULL}")
    return samples
