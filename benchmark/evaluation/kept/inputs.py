"""Files of the user as inputs of a kept model: WAV or FLAC, CSV or TSV, NPY, one a signal.

A file is held against what the model was trained on: rate, channels, type, finite values. The level
is only doubted, since nobody knows all electrodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Asked, Checks, Signal, UserError
from benchmark.corpora.io import sound
from benchmark.corpora.own_signals import File
from benchmark.corpora.own_table import Columns
from benchmark.data.checks import arrays
from benchmark.evaluation.kept.description import Description

SOUNDS, TABLES, NUMPY = (".wav", ".flac"), (".csv", ".tsv", ".txt", ".dat"), (".npy",)
DOUBTED = ("flat", "level", "channel of another level", "clipped")  # kinds that refuse nothing
SLACK = 0.1  # seconds by which inputs of one recording may differ in length


@dataclass(frozen=True)
class Reading:
    """How files are read that are not as the model needs them, by the name of a signal."""

    stored: Mapping[str, float] = field(default_factory=dict)  # Hz in the file: is resampled
    scale: Mapping[str, float] = field(default_factory=dict)  # factor on the numbers of the file
    columns: Mapping[str, Columns] = field(default_factory=dict)  # those to take, in this order
    time: Mapping[str, str] = field(default_factory=dict)  # the column of time stamps

    def check(self, inputs: Sequence[str]) -> None:
        """UserError for the name of a signal that the model does not take."""
        for option in ("stored", "scale", "columns", "time"):
            for name in getattr(self, option):
                if name not in inputs:
                    raise UserError(
                        f"--{option} {name}=...: expected one of {', '.join(inputs)}, found {name}"
                    )


@dataclass(frozen=True)
class Given:
    """One recording of the user: its name, and the file of each input."""

    name: str
    files: Mapping[str, Path]


def grouped(words: Sequence[str], inputs: Sequence[str]) -> list[Given]:
    """Recordings out of the words of a command line.

    With one input each word is a file. With several each is SIGNAL=FILE, and all signals of a
    recording stand together, in any order. A recording is called like its first input's file.
    """
    pairs = [_pair(word, inputs) for word in words]
    count = len(inputs)
    found = []
    for start in range(0, len(pairs), count):
        files = dict(pairs[start : start + count])
        if files.keys() != set(inputs):
            said = " ".join(words[start : start + count])
            raise UserError(
                f"expected a file for each of {', '.join(inputs)}, found {said!r}; write"
                f" {' '.join(f'{name}=FILE' for name in inputs)} for each recording"
            )
        found.append(Given(files[inputs[0]].stem, files))
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"two recordings would be called {twice[0]}: rename a file, or call twice")
    return found


def _pair(word: str, inputs: Sequence[str]) -> tuple[str, Path]:
    name, sign, path = word.partition("=")
    if sign and name in inputs:
        return name, Path(path)
    if len(inputs) == 1:
        return inputs[0], Path(word)
    raise UserError(
        f"expected SIGNAL=FILE with a signal of {', '.join(inputs)}, found {word!r}: this model"
        f" has {len(inputs)} inputs"
    )


def read(given: Given, kept: Description, how: Reading) -> tuple[dict[str, Array], list[str]]:
    """The inputs of one recording as the model needs them, and what is odd about them.

    UserError names the file, what was expected and what was found.
    """
    asked = kept.asked()
    found, doubts = {}, []
    for name in asked.inputs:
        array = _read_one(given.files[name], name, asked.signals[name], kept.frames[name], how)
        found[name] = array
        doubts += list(_doubts(given.files[name], name, asked.signals[name], array))
    _check_lengths(given, asked, found)
    return found, doubts


def _read_one(
    path: Path, name: str, signal: Signal, frame: Sequence[int] | None, how: Reading
) -> Array:
    if not path.is_file():
        raise UserError(f"{path}: expected a file for {name}, found none there")
    if path.suffix.lower() not in (*SOUNDS, *TABLES, *NUMPY):
        kinds = ", ".join((*SOUNDS, *TABLES, *NUMPY))
        raise UserError(f"{path}: expected a file {kinds}, found {path.suffix or 'no ending'!r}")
    assert signal.rate is not None  # no task takes a label
    stored = how.stored.get(name)
    _check_rate(path, name, stored or signal.rate)
    whole = np.dtype(signal.dtype).kind in "iu"
    source = File(
        path.suffix,
        unit=signal.unit,
        rate=float(signal.rate),
        channels=signal.channels,
        columns=how.columns.get(name, ()),
        time=how.time.get(name),
        stored=stored,
        scale=how.scale.get(name, 1.0),
        frame=_frame(path, frame, how.columns.get(name, ())),
        dtype="float64" if whole else signal.dtype,
    )
    array = source.read(path)
    if whole:
        array = _whole(path, array, np.dtype(signal.dtype))
    for problem in arrays.problems(name, signal, array, Checks()):
        if problem.kind not in DOUBTED:
            raise UserError(
                f"{path}: expected {problem.expected}, found {problem.found}; correct the file"
            )
    return array


def _frame(path: Path, frame: Sequence[int] | None, columns: Columns) -> tuple[int, ...]:
    """What a time step must be; where recordings differed in it, what this file has."""
    if frame is not None:
        return tuple(frame)
    if columns:
        return (len(columns),)
    if path.suffix.lower() in NUMPY:
        return _shape(path)[1:]
    if path.suffix.lower() in SOUNDS:
        return (sound.header(path).channels,)
    from benchmark.corpora.own_table import read_table

    return (read_table(path)[1].shape[1],)


def _shape(path: Path) -> tuple[int, ...]:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return ()  # `File` says what is wrong with it
    return tuple(getattr(found, "shape", ()))


def _check_rate(path: Path, name: str, expected: float) -> None:
    """A sound says its rate; of other files the user knows it."""
    if path.suffix.lower() in SOUNDS and (found := sound.header(path).rate) != expected:
        raise UserError(
            f"{path}: expected {expected:g} Hz for {name}, found {found} Hz; to have it resampled,"
            f" add --stored {name}={found}"
        )


def _whole(path: Path, array: Array, dtype: np.dtype[Any]) -> Array:
    """Numbers that are whole, as a type of whole numbers."""
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    wrong = ~((array >= least) & (array <= most) & (array == np.round(array)))
    if wrong.any():
        value = array[tuple(index[0] for index in np.nonzero(wrong))]
        raise UserError(
            f"{path}: expected whole numbers from {least} to {most}, found {value:g}; convert it"
        )
    return array.astype(dtype)


def _doubts(path: Path, name: str, signal: Signal, array: Array) -> Iterator[str]:
    for problem in arrays.problems(name, signal, array, Checks()):
        if problem.kind in DOUBTED:
            yield (
                f"{path}: expected {problem.expected}, found {problem.found}: look at the unit"
                f" (--scale {name}=FACTOR) and at the channels"
            )


def _check_lengths(given: Given, asked: Asked, found: Mapping[str, Array]) -> None:
    """UserError where inputs that belong together do not last equally long."""
    seconds = {name: len(array) / (asked.signals[name].rate or 1) for name, array in found.items()}
    shortest, longest = min(seconds, key=seconds.__getitem__), max(seconds, key=seconds.__getitem__)
    if seconds[longest] - seconds[shortest] > SLACK:
        raise UserError(
            f"{given.files[shortest]}: expected {seconds[longest]:.3f} s, as {longest} lasts, give"
            f" or take {SLACK:g} s, found {seconds[shortest]:.3f} s of {shortest}; cut them alike"
        )


def shape_of(kept: Description, found: Mapping[str, Array]) -> tuple[int, ...]:
    """The shape of the answer to these inputs, as long as the first of them.

    UserError where the model's answers have no frame that all have.
    """
    asked = kept.asked()
    target, first = asked.signals[asked.target], asked.signals[asked.inputs[0]]
    if target.free:
        return (-1,)
    if target.rate is None:
        return ()
    frame = kept.frames[asked.target]
    if frame is None:
        raise UserError(
            f"{asked.target} had no single frame in training: no shape can be asked for"
        )
    steps = len(found[asked.inputs[0]])
    if target.rate != first.rate:
        steps = max(1, round(steps / (first.rate or 1) * target.rate))
    return (steps, *frame)
