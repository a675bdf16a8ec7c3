"""What is kept of a recording to hold it against others: how its streams rise and fall.

A course has 25 values a second and a few columns; with what is typical of its channels it takes
about 0.1 % of the memory of the recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Checks, Signal

RATE = 25.0  # Hz
GRID = 6  # places of a picture along each side
BANDS = 12  # of a sound's spectrum
QUIET = 1e-6  # power of a band below which a sound counts as silent
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Course:
    """One stream of one recording."""

    moves: Array  # (T, columns) float16 at RATE: how strongly each channel or place changes, ln
    place: Array  # (values,) float32: what is typical of where and how it was recorded


@dataclass(frozen=True, eq=False)
class Profile:
    """The streams of one recording, by the names of their signals."""

    id: str
    session: str
    courses: Mapping[str, Course]


def streams(signals: Mapping[str, Signal], checks: Checks) -> list[str]:
    """Signals of which courses are taken: those of sensors, each kind of declaration once."""
    found: list[str] = []
    for name, signal in signals.items():
        if name in checks.shared or any(signals[other] == signal for other in found):
            continue
        if is_picture(signal) or (len(signal.frame) <= 1 and _is_measured(signal)):
            found.append(name)
    return found


def _is_measured(signal: Signal) -> bool:
    countable = signal.rate is not None and signal.rate >= 2 * RATE
    is_label = bool(signal.labels) or signal.free or signal.unit in ("0 or 1", "ln", "dB")
    return countable and not is_label and np.dtype(signal.dtype).kind == "f"


def is_picture(signal: Signal) -> bool:
    """Whether a signal is a sequence of pictures."""
    is_fast = signal.rate is not None and signal.rate >= RATE
    return is_fast and len(signal.frame) == 2 and signal.unit == "grey level"


def is_sound(signal: Signal) -> bool:
    """Whether a signal is a sound."""
    return signal.unit == "full scale" and not signal.frame


def course(signal: Signal, array: Array) -> Course | None:
    """Of one array as it is declared; None where it is too short."""
    assert signal.rate
    step = signal.rate / RATE
    count = int(len(array) / step)
    is_small = is_picture(signal) and min(array.shape[1:3], default=0) < GRID
    if count < 4 or not array.size or is_small:
        return None
    edges = np.round(np.arange(count + 1) * step).astype(int)
    if is_picture(signal):
        return _of_pictures(array, edges)
    whole = array.reshape(len(array), -1).astype(np.float32)
    change = np.diff(whole, axis=0, prepend=whole[:1])
    power = _summed(np.square(change, dtype=np.float64), edges) / np.diff(edges)[:, None]
    if is_sound(signal):
        return _of_sound(whole[:, 0], edges)
    moves = np.log(power + TINY) / 2
    return Course(moves.astype(np.float16), _of_channels(whole, change).astype(np.float32))


def _summed(values: Array, edges: Array) -> Array:
    return np.asarray(np.add.reduceat(values[: edges[-1]], edges[:-1], axis=0))


def _of_channels(whole: Array, change: Array) -> Array:
    """Offset of each channel, and how much it changes."""
    return np.concatenate([whole.mean(axis=0), np.log(change.std(axis=0) + TINY)])


def _of_sound(samples: Array, edges: Array) -> Course:
    """Its power in BANDS, each wider than the one below, ln."""
    width = int(np.diff(edges).min())
    pieces = samples[edges[:-1, None] + np.arange(width)] * np.hanning(width)
    power = np.square(np.abs(np.fft.rfft(pieces, axis=1)))[:, 1:] / width
    bounds = np.unique(np.round(np.geomspace(3, power.shape[1], BANDS + 1)).astype(int) - 1)
    bands = np.log(np.add.reduceat(power, bounds[:-1], axis=1) + QUIET) / 2
    return Course(bands.astype(np.float16), (bands - bands.mean()).mean(axis=0).astype(np.float32))


def _of_pictures(array: Array, edges: Array) -> Course:
    """Light of each place, and how much it changes from one picture to the next."""
    high, wide = (n // GRID * GRID for n in array.shape[1:3])
    cells = array[:, :high, :wide].reshape(len(array), GRID, high // GRID, GRID, wide // GRID)
    light = cells.mean(axis=(2, 4), dtype=np.float32).reshape(len(array), -1)
    change = np.abs(np.diff(light, axis=0, prepend=light[:1]))
    spans = np.diff(edges)[:, None]
    moved = np.log(_summed(change, edges) / spans + 0.1)
    shone = _summed(light, edges) / spans / 50
    return Course(np.concatenate([moved, shone], axis=1).astype(np.float16), light.mean(axis=0))
