"""The signals of a user's own corpus: which file each is in, or what it is made from.

`File` reads WAV and FLAC, CSV (also TSV and text in columns) and NPY by
their ending; `Label` and `Text` are made from the name of the recording, `Mel` from its sound. All
that two looks at one file can tell is compared: the rate of a WAV and of a column of time stamps
with the declared one, the number of columns with that of the channels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmark.core import Array, Signal, UserError
from benchmark.corpora.io import mel, sound
from benchmark.corpora.own_table import Columns, numbers, read_table

CLOSE = 0.02  # by which a rate that time stamps tell may differ from the declared one
DECIMALS = (1.0, 1e3, 1e6, 1e9)  # time stamps in s, ms, µs, ns
SOUND_RATE = 16000.0  # Hz, of the sound that a mel spectrogram is made from


@dataclass(frozen=True)
class File:
    """A signal (time, channels), or (time,) where `channels` is not said, in a file of its own.

    `name` is an ending, such as ".csv", which follows the path of the recording, or a whole path
    with fields in braces. `stored` is the rate in the file in Hz, where it is not `rate`: the
    signal is then resampled. `columns` are those to take, in this order, by name or number from 0;
    `time` is a column of time stamps, which must be regular and fit the rate. Numbers are
    multiplied by `scale`; the samples of a WAV are from -1 to 1 before.
    """

    name: str
    unit: str = "1"
    rate: float = SOUND_RATE
    channels: int | tuple[str, ...] = ()
    columns: Columns = ()
    time: str | int | None = None
    stored: float | None = None
    scale: float = 1.0
    frame: tuple[int, ...] | None = None  # of a picture or the like, in an NPY file
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for field in ("rate", "stored", "scale"):
            value = getattr(self, field)
            sound_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (sound_number and 0 < abs(value) < math.inf):
                raise UserError(f"File({self.name!r}): {field}: expected a number, found {value!r}")
        for field in ("rate", "stored"):
            if (getattr(self, field) or 1) < 0:
                found = getattr(self, field)
                raise UserError(f"File({self.name!r}): {field}: expected Hz, found {found!r}")

    def signal(self) -> Signal:
        named = self.channels if isinstance(self.channels, tuple) else ()
        count = self.channels if isinstance(self.channels, int) else len(named)
        frame = self.frame if self.frame is not None else (count,) if count else ()
        return Signal(self.unit, self.dtype, float(self.rate), frame, channels=named)

    def read(self, path: Path) -> Array:
        """The array of a file; UserError names the file, what was expected and what was found."""
        ending = path.suffix.lower()
        try:
            if ending == ".npy":
                rows = self._npy(path)
            elif ending in (".csv", ".tsv", ".txt", ".dat"):
                rows = self._csv(path)
            else:
                rows = self._sound(path)
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
        if len(rows) == 0:
            raise UserError(f"{path}: expected samples, found none")
        rows = self._shaped(path, rows)
        if self.stored is not None and self.stored != self.rate:
            rows = _resampled(rows, self.stored, self.rate)
        scaled = rows * self.scale if self.scale != 1.0 else rows
        return np.ascontiguousarray(scaled, dtype=self.dtype)

    def _shaped(self, path: Path, rows: Array) -> Array:
        frame = self.signal().frame
        if not frame and rows.ndim == 2 and rows.shape[1] == 1:
            return rows[:, 0]
        if frame == (1,) and rows.ndim == 1:
            return rows[:, None]
        if rows.shape[1:] != frame:
            raise UserError(
                f"{path}: expected {frame or 'one column'} a time step, found {rows.shape[1:]}; say"
                " how many channels it has, or which columns to take"
            )
        return rows

    def _npy(self, path: Path) -> Array:
        try:
            found = np.load(path, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise UserError(
                f"{path}: expected a whole NumPy array of numbers, found another file, objects, or"
                " a part of one; save it again by numpy.save"
            ) from error
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu" or found.ndim < 1:
            raise UserError(
                f"{path}: expected an array (time, ...) of real numbers, found"
                f" {getattr(found, 'dtype', 'several')} {np.shape(found)}"
            )
        taken: Array = found[:, numbers(path, self.columns)] if self.columns else found
        return taken

    def _sound(self, path: Path) -> Array:
        rows, told = sound.read(path)
        if told.rate != (self.stored or self.rate):
            raise UserError(
                f"{path}: expected {self.stored or self.rate:g} Hz, found {told.rate} Hz; say"
                f" stored={told.rate} to have it resampled"
            )
        taken: Array = rows[:, numbers(path, self.columns)] if self.columns else rows
        return taken

    def _csv(self, path: Path) -> Array:
        times = () if self.time is None else (self.time,)
        heads, rows = read_table(path, (*self.columns, *times) if self.columns else ())
        if self.time is not None:
            [number] = numbers(path, (self.time,), heads)
            self._check_times(path, rows[:, number])
        rest = tuple(n for n in range(rows.shape[1]) if self.time is None or n != number)
        wanted = (
            self.columns or self._named(path, [heads[n] for n in rest] if heads else []) or rest
        )
        taken: Array = rows[:, numbers(path, wanted, heads, rows.shape[1])]
        return taken

    def _named(self, path: Path, heads: Sequence[str]) -> tuple[str, ...]:
        """The channels, where the columns have their names, in whatever order; else nothing."""
        names = self.channels if isinstance(self.channels, tuple) else ()
        if not set(names) & set(heads):
            return ()
        if sorted(names) != sorted(heads):
            expected, found = ", ".join(names), ", ".join(heads)
            raise UserError(
                f"{path}: expected the columns {expected}, found {found}; say `columns` and `time`"
            )
        return names

    def _check_times(self, path: Path, times: Array) -> None:
        steps = np.diff(times)
        if len(steps) == 0:
            return
        step, rate = float(np.median(steps)), self.stored or self.rate
        worst = int(np.argmax(np.abs(steps - step)))
        if step <= 0 or abs(steps[worst] - step) > 0.5 * step:
            raise UserError(
                f"{path}: expected regular time stamps, found a step of {steps[worst]:g} instead of"
                f" {step:g} after row {worst + 1}; cut the recording there, or resample it"
            )
        found = [decimal / step for decimal in DECIMALS]
        if not any(math.isclose(each, rate, rel_tol=CLOSE) for each in found):
            raise UserError(
                f"{path}: expected {rate:g} Hz, found time stamps that are {step:g} apart, as of"
                f" {1 / step:g} Hz if they are seconds; correct `rate`, or say `stored`"
            )


@dataclass(frozen=True)
class Label:
    """Which of a few classes a recording is of, by a field of its name."""

    labels: tuple[str, ...]
    of: str = "text"

    def __post_init__(self) -> None:
        if isinstance(self.labels, str) or len(set(self.labels)) < 2:
            raise UserError(f"Label: expected two classes or more, found {self.labels!r}")

    def signal(self) -> Signal:
        return Signal("class", "int64", labels=tuple(self.labels))

    def of_fields(self, name: str, fields: Mapping[str, str]) -> Array:
        if fields[self.of] not in self.labels:
            expected = ", ".join(self.labels)
            raise UserError(f"{name}: expected one of {expected}, found {fields[self.of]!r}")
        return np.array(self.labels.index(fields[self.of]), np.int64)


@dataclass(frozen=True)
class Text:
    """What was said, as code points, by a field of its name."""

    of: str = "text"

    def signal(self) -> Signal:
        return Signal("code point", "uint32", free=True)

    def of_fields(self, _name: str, fields: Mapping[str, str]) -> Array:
        return np.array([ord(letter) for letter in fields[self.of]], np.uint32)


@dataclass(frozen=True)
class Mel:
    """The log mel spectrogram that all corpora share, of a signal that is sound at 16 kHz."""

    of: str = "audio"

    def signal(self) -> Signal:
        return mel.SIGNAL

    def of_sound(self, name: str, sound: Array) -> Array:
        least = mel.PARAMETERS.window
        if sound.ndim != 1 or len(sound) < least:
            raise UserError(
                f"{name}: expected sound of {least} samples or more for its spectrogram"
            )
        length = len(sound) * mel.PARAMETERS.up // mel.PARAMETERS.down
        return mel.spectrogram(sound, 1 + length // mel.PARAMETERS.hop)


Source = File | Label | Text | Mel


def _resampled(rows: Array, stored: float, rate: float) -> Array:
    """By a polyphase filter, so that nothing above half of the lower rate folds back."""
    from scipy.signal import resample_poly

    ratio = (Fraction(rate) / Fraction(stored)).limit_denominator(100_000)
    return np.asarray(resample_poly(np.asarray(rows, float), ratio.numerator, ratio.denominator))
