"""Nuisance cues of a recording, and what they tell of its answer by cross-validated regression.

A cue is known without knowing what was articulated: how long the recording is, how strong each of
its channels is, where their zero lies, and what its silences are like. In a corpus that was
recorded in blocks of one word, or where words differ in length, such cues tell the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

CUES = ("duration", "level", "offset", "silence")
TOGETHER = "all cues"
EDGE, BLOCK = 0.15, 0.025  # seconds: of silence at both ends, and of the pieces of a recording
QUIET = 0.2  # of all pieces, those with the least power
SMALL = 1e-12  # where a channel does not change at all
SPREAD = (0, 25, 50, 75, 100)  # percentiles over channels, where recordings differ in their number
FURTHEST = 4.0  # standard deviations of a cue
MOST_SQUARES = 256  # numbers of a cue, up to which their squares are cues as well
PARTS = 5  # of a cross-validation
SHRINK = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)  # times the number of recordings
PLACES = ("speaker", "session")
GROUPS = (*PLACES, "text")


class Signal(Protocol):
    rate: float | None
    frame: tuple[int | None, ...]


class Recording(Protocol):
    speaker: str
    session: str
    text: str

    def __getitem__(self, signal: str) -> Array: ...


def cues(
    inputs: Mapping[str, Array] | Recording, signals: Mapping[str, Signal]
) -> dict[str, Array]:
    """The numbers (n,) of each cue, from all input signals (time, ...) that have a rate."""
    found: dict[str, list[Array]] = {name: [] for name in CUES}
    for name, signal in signals.items():
        if signal.rate is None:
            continue
        x, rate = np.asarray(inputs[name], np.float64), signal.rate
        # A picture is one channel: how bright it is.
        x = x.reshape(len(x), -1).mean(axis=1, keepdims=True) if x.ndim != 2 else x
        several = None in signal.frame
        found["duration"].append(np.log([max(len(x), 1) / rate]))
        level, offset = _level_and_offset(x, several)
        found["level"].append(level)
        found["offset"].append(offset)
        edge = max(1, round(EDGE * rate))
        for part in (x[:edge], x[-edge:], _quietest(x, max(2, round(BLOCK * rate)))):
            found["silence"] += _level_and_offset(part, several)
    return {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in found.items()}


def _level_and_offset(x: Array, several: bool) -> tuple[Array, Array]:
    """ln of the root mean square about the mean, and the mean, of each channel (time, channel)."""
    if not len(x):
        x = np.zeros((1, x.shape[1]))
    level, offset = np.log(x.std(axis=0) + SMALL), x.mean(axis=0)
    if several:
        return np.percentile(level, SPREAD), np.percentile(offset, SPREAD)
    return level, offset


def _quietest(x: Array, length: int) -> Array:
    """The frames of the pieces with the least power, as a share of each channel's."""
    count = len(x) // length
    if count < 2:
        return x
    pieces = x[: count * length].reshape(count, length, -1)
    power = (pieces.var(axis=1) / (x.var(axis=0) + SMALL)).sum(axis=1)
    order = np.argsort(power, kind="stable")[: max(1, round(QUIET * count))]
    return pieces[order].reshape(-1, x.shape[1])


def table(rows: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """(recordings, n) of each cue, and of all of them together."""
    found = {name: np.array([row[name] for row in rows]) for name in CUES}
    found[TOGETHER] = np.concatenate(list(found.values()), axis=1)
    return {name: x for name, x in found.items() if x.shape[1]}


class Scale:
    """Cues in standard deviations of the training part, and their squares: a middle tells, too."""

    def __init__(self, x: Array) -> None:
        self.mean, spread = x.mean(axis=0), x.std(axis=0)
        self.factor = np.where(spread > 1e-9 * (1 + np.abs(self.mean)), 1 / (spread + SMALL), 0.0)
        self.squares = x.shape[1] <= MOST_SQUARES

    def near(self, x: Array) -> Array:
        return np.clip((x - self.mean) * self.factor, -FURTHEST, FURTHEST)

    def __call__(self, x: Array) -> Array:
        z = self.near(x)
        return np.concatenate([z, z**2 - 1], axis=1) if self.squares else z


def parts(
    train: Sequence[Recording], valid: Sequence[Recording], groups: Sequence[str] = GROUPS
) -> Array:
    """The part of a cross-validation that each training recording is in, as int64.

    What `valid` shares with no training recording (speakers, else sessions, else texts), no two
    parts share either, as far as there are two of it: the test part is probably kept apart like it.
    Where classes are to be told, these may be the texts, which then are no `groups`.
    """
    for group in groups:
        known = [getattr(r, group) for r in train]
        names = sorted(set(known))
        if valid and len(names) > 1 and not {getattr(r, group) for r in valid} & set(names):
            place = {name: number % PARTS for number, name in enumerate(names)}
            return np.array([place[name] for name in known])
    # By lot: where words take turns, every fifth recording may be of one word.
    count = min(PARTS, max(2, len(train)))
    return np.random.default_rng(0).permutation(len(train)) % count


def held_out(x: Array, y: Array, part: Array) -> Iterator[tuple[float, Array]]:
    """For each strength, what is predicted of each row (n, k) of y from the other parts.

    `x` (n, d) are scaled cues. Rows of parts that are alone keep the mean.
    """
    found = np.broadcast_to(y.mean(axis=0), (len(SHRINK), *y.shape)).copy()
    for number in np.unique(part):
        held = part == number
        if held.all():
            continue
        solved = _solved(x[~held], y[~held])
        for index, strength in enumerate(SHRINK):
            weights, mean = solved(strength)
            found[index, held] = x[held] @ weights + mean
    yield from zip(SHRINK, found, strict=True)


def solve(x: Array, y: Array, strength: float) -> tuple[Array, Array]:
    """Ridge regression: weights (d, k) and the mean (k,) that is added."""
    return _solved(x, y)(strength)


def _solved(x: Array, y: Array) -> Any:
    """Weights by strength, from one decomposition."""
    centre, mean = x.mean(axis=0), y.mean(axis=0)
    values, vectors = np.linalg.eigh((x - centre).T @ (x - centre))
    moments = vectors.T @ ((x - centre).T @ (y - mean))

    def weights(strength: float) -> tuple[Array, Array]:
        found = vectors @ (moments / (np.maximum(values, 0) + strength * len(x))[:, None])
        return found, mean - centre @ found

    return weights


def one_hot(classes: Array, count: int) -> Array:
    return np.equal.outer(classes, np.arange(count)).astype(np.float64)
