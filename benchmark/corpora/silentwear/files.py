"""Read the files of SilentWear: one HDF5 file a batch, a table as pandas writes one.

data_raw_and_filt/S01/silent/sess_1_batch_1.h5, group `emg`: a fixed table (`DataFrame.to_hdf`)

    axis1                        the number of each sample in the recording that it was cut from
    block<k>_items, _values      columns of one type: names, and values (samples, columns)

Columns: Ch_0 to Ch_15 without 11 and 12, the same with `_filt` behind, Label_int, session_id,
batch_id. Label_str says Label_int again and is a pickle, which is not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.nwb import AGAIN, DAMAGED

RATE = 500.0  # Hz
CHANNELS = tuple(f"Ch_{number}" for number in range(16) if number not in (11, 12))
LABELS = ("rest", "up", "down", "left", "right", "forward", "backward", "start", "stop")
GROUP = "emg"
LONGEST = int(3600 * RATE)  # samples of a batch: what claims to be longer would fill the memory
LARGEST = 4.0e6  # of 0.1 µV: full scale of the amplifier


class Stretch(NamedTuple):
    """Samples [first, last) of a batch, during which one label was set."""

    label: int
    first: int
    last: int


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The table of a file, an h5py group; UserError where there is none."""
    import h5py  # type: ignore[import-untyped,unused-ignore]

    try:
        file = h5py.File(path, "r")
    except DAMAGED as problem:
        raise UserError(f"{path}: not a sound HDF5 file ({_reason(problem)}); {AGAIN}") from problem
    with file:
        try:
            table = file[GROUP]
            if np.bytes_(table.attrs["pandas_type"]) != b"frame":
                raise KeyError("pandas_type")
        except DAMAGED as problem:
            raise UserError(
                f"{path}: expected a fixed table of pandas called {GROUP}, found none "
                f"({_reason(problem)}); {AGAIN}"
            ) from problem
        yield table


def _reason(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0]


def stretches(path: Path, session: int, batch: int) -> list[Stretch]:
    """Words and pauses of a batch in order of time.

    UserError: a sample is missing or out of order, a label is none, or the table is of another
    session or batch than its file's name says.
    """
    with opened(path) as table:
        index = _column(path, table, "axis1")
        columns = {n: _column(path, table, n) for n in ("Label_int", "session_id", "batch_id")}
    gaps = np.flatnonzero(np.diff(index) != 1)
    if len(gaps):
        at = int(gaps[0])
        raise UserError(
            f"{path}: expected sample {index[at] + 1} after {index[at]}, found {index[at + 1]}; "
            f"{AGAIN}"
        )
    for name, expected in (("session_id", session), ("batch_id", batch)):
        if (columns[name] != expected).any():
            other = columns[name][columns[name] != expected][0]
            raise UserError(
                f"{path}: expected {name} {expected} as its name says, found {other}; {AGAIN}"
            )
    labels = columns["Label_int"]
    if not ((labels >= 0) & (labels < len(LABELS))).all():
        wrong = labels[(labels < 0) | (labels >= len(LABELS))][0]
        raise UserError(
            f"{path}: expected labels from 0 to {len(LABELS) - 1}, found {wrong}; {AGAIN}"
        )
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return [Stretch(int(labels[first]), first, last) for first, last in pairwise(edges)]


def samples(path: Path) -> Array:
    """(T, 14) float32 as stored, raw, at 500 Hz; UserError where a value is none."""
    with opened(path) as table:
        read = np.column_stack([_column(path, table, name) for name in CHANNELS])
    bad = np.flatnonzero(~(np.abs(read) <= LARGEST).all(axis=1))  # NaN among them
    if len(bad):
        raise UserError(
            f"{path}: expected at most {LARGEST:g}, found {read[bad[0]].tolist()} in row {bad[0]}; "
            f"{AGAIN}"
        )
    return np.asarray(read.astype(np.float32))


def agreement(path: Path) -> float | None:
    """Correlation of raw and filtered EMG from sample to sample, the median of the channels.

    None where nothing filtered is there, or none of it changes.
    """
    found = []
    with opened(path) as table:
        for name in CHANNELS:
            filtered = _from_blocks(table, f"{name}_filt")
            if filtered is not None:
                both = [
                    np.diff(v.astype(np.float64)) for v in (_column(path, table, name), filtered)
                ]
                if len(both[0]) == len(both[1]) and both[0].std() and both[1].std():
                    found.append(float(np.corrcoef(both[0], both[1])[0, 1]))
    return float(np.median(found)) if found else None


def _column(path: Path, table: Any, name: str) -> Array:
    """One column, or the index `axis1`, as numbers; UserError where it is none or too short."""
    try:
        rows = table["axis1"].shape[0]
        if not 0 < rows <= LONGEST:
            raise UserError(f"{path}: expected 1 to {LONGEST} samples, found {rows}; {AGAIN}")
        values = table[name][:] if name == "axis1" else _from_blocks(table, name)
    except DAMAGED as problem:
        why = _reason(problem)
        raise UserError(f"{path}: column {name} cannot be read ({why}); {AGAIN}") from problem
    if values is None or values.dtype.kind not in ("f" if name in CHANNELS else "iu"):
        found = "none" if values is None else values.dtype
        raise UserError(f"{path}: expected numbers in column {name}, found {found}; {AGAIN}")
    if values.shape != (rows,):
        raise UserError(
            f"{path}: expected {rows} rows of {name}, found {values.shape}; the file is cut off or "
            f"was changed, {AGAIN}"
        )
    return np.asarray(values)


def _from_blocks(table: Any, name: str) -> Array | None:
    for block in range(int(table.attrs["nblocks"])):
        names = [item.decode("utf-8") for item in table[f"block{block}_items"][:]]
        if name in names:
            return np.asarray(table[f"block{block}_values"][:, names.index(name)])
    return None
