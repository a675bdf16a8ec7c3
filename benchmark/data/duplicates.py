"""Whole signals that are the same up to how they were stored.

A copy may be louder, lie at another zero, have been rounded or compressed, have lost frames at its
ends, or begin later. So signals are compared by their changes from frame to frame, around the
frames where they change most: these are found again whatever the copy begins with. The numbers of
such excerpts are reduced to a sketch, sketches that look alike are candidates, and a candidate is a
copy if all that the two signals have in common in time agrees, far better than chance could.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array

SIZE = 64  # numbers of a sketch
ANCHORS = 4  # excerpts of a signal
REACH, SECONDS = 32, 0.1  # of an excerpt to either side: frames, or more where these are shorter
SHORT = 8  # frames up to which a signal is compared as a whole, such as a picture
FEWEST = 8  # numbers that a signal must have, to be compared at all
MOST_CHANNELS = 64  # that are compared; more are added up at random to so many
ALIKE = 0.8  # correlation of the sketches of candidates
SAME = 0.95  # correlation of copies, mean of their channels
JITTER = 3  # frames by which noise may move an anchor
CHANCE = 1e-6  # that any of the pairs compared looks like a copy
BLOCK = 2**22  # similarities that are computed at once
MOST_IN_VAIN = 2000  # candidates that are no copies, of one signal in one fold
MOST_PAIRS = 2**29  # similarities of one fold and signal; beyond, only every k-th test recording


@dataclass(frozen=True)
class Outline:
    """What is kept of one signal: about 1 kB, whatever its length."""

    sketches: Array  # (excerpts, SIZE) float32, of unit length; none where nothing changes
    places: Array  # of the frames in the middle of the excerpts
    length: int  # frames


def channels(signal: Array) -> Array:
    """(time, at most MOST_CHANNELS) float64: the changes from frame to frame, each of deviation 1.

    Of a signal of SHORT frames or fewer, all changes are one channel, as if they followed in time;
    of a single frame they are those within it.
    """
    if len(signal) <= SHORT:
        few: Array = _changes_of_few(np.asarray(signal, np.float64))
        return _scaled(few.reshape(-1, 1))
    frames = signal.reshape(len(signal), -1)
    width = frames.shape[1]
    if width <= MOST_CHANNELS:
        found = np.asarray(frames, np.float64)
    else:
        rng = np.random.default_rng(3)
        order, signs = rng.permutation(width), rng.choice([-1.0, 1.0], width)
        starts = np.linspace(0, width, MOST_CHANNELS, endpoint=False).astype(int)
        step = max(1, BLOCK // width)
        parts = (frames[i : i + step][:, order] * signs for i in range(0, len(frames), step))
        found = np.concatenate([np.add.reduceat(part, starts, axis=1) for part in parts])
    return _scaled(np.diff(found, axis=0))


def _changes_of_few(frames: Array) -> Array:
    if len(frames) != 1:
        return np.diff(frames, axis=0)
    changes: Array = frames[0]
    for axis in range(changes.ndim):
        changes = np.diff(changes, axis=axis) if changes.shape[axis] > 1 else changes
    return changes


def _scaled(changes: Array) -> Array:
    """Each channel (time, channels) in its own deviation; 0 where it does not change."""
    if not changes.size:
        return changes
    spread = changes.std(axis=0)
    moving = spread > 1e-9 * np.abs(changes).max()
    return np.where(moving, changes / np.where(moving, spread, 1), 0.0)


def outline(signal: Array, rate: float) -> Outline:
    """The outline of a signal (time, ...) at `rate` Hz."""
    nothing = Outline(np.zeros((0, SIZE), np.float32), np.zeros(0, int), len(signal))
    if signal.size < FEWEST:
        return nothing
    changes = channels(signal)
    if not changes.any():
        return nothing
    trace = _trace(changes)
    if len(signal) <= SHORT:
        return Outline(_sketch(trace)[None], np.zeros(1, int), len(signal))
    reach = max(REACH, round(SECONDS * rate))
    padded = np.pad(trace, reach)
    left, sketches, places = np.abs(trace), [], []
    for _ in range(ANCHORS):
        place = int(left.argmax())
        if left[place] <= 0:
            break
        sketches.append(_sketch(padded[place : place + 2 * reach + 1]))
        places.append(place)
        left[max(0, place - reach // 4) : place + reach // 4 + 1] = 0
    return Outline(np.array(sketches), np.array(places), len(signal))


def _trace(changes: Array) -> Array:
    """All channels as one, in which no two of them cancel."""
    return np.asarray(changes @ np.random.default_rng(2).normal(size=changes.shape[1]))


def _sketch(values: Array) -> Array:
    """Sums of random groups with random signs: their correlation is about that of the values."""
    groups, signs = _groups(len(values))
    found = np.bincount(groups, weights=values * signs, minlength=SIZE)
    return (found / (np.linalg.norm(found) + 1e-300)).astype(np.float32)


@functools.lru_cache(maxsize=8)
def _groups(count: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(4)
    return rng.integers(SIZE, size=count), rng.choice([-1.0, 1.0], count)


def copies(
    ours: Sequence[tuple[bytes, Outline]],
    theirs: Sequence[tuple[bytes, Outline]],
    read: Callable[[int, int], tuple[Array, Array]],
) -> set[tuple[int, int]]:
    """Indices of pairs that are copies, from the digest of each content and its outline.

    `read` gives both signals of a pair, for a closer look at one that looks alike.
    """
    same: dict[bytes, list[int]] = {}
    for j, (content, known) in enumerate(theirs):
        if len(known.places):
            same.setdefault(content, []).append(j)
    found = {(i, j) for i, (content, _) in enumerate(ours) for j in same.get(content, ())}
    tried, pairs = set(found), len(ours) * len(theirs)
    for i, j, shift in candidates([o for _, o in ours], [o for _, o in theirs]):
        if len(tried) - len(found) >= MOST_IN_VAIN:
            break
        if (i, j) not in tried:
            tried.add((i, j))
            if is_copy(*read(i, j), shift, pairs):
                found.add((i, j))
    return found


def candidates(
    ours: Sequence[Outline], theirs: Sequence[Outline]
) -> Iterator[tuple[int, int, int]]:
    """Indices of pairs that look alike, and the frames by which the second begins earlier.

    The most similar pairs of a block first; a pair can come several times, by each of its excerpts.
    Where there are more than MOST_PAIRS, only each k-th of `ours` is compared.
    """
    if not ours or not theirs:
        return
    owner = np.repeat(np.arange(len(theirs)), [len(o.places) for o in theirs])
    places = np.concatenate([o.places for o in theirs])
    stack = np.concatenate([o.sketches for o in theirs])
    short = np.array([o.length if o.length <= SHORT else 0 for o in theirs])[owner]
    step = max(1, len(ours) * ANCHORS * len(stack) // MOST_PAIRS)
    chosen = range(0, len(ours), step)
    rows = max(1, BLOCK // max(1, len(stack) * ANCHORS))
    for start in range(0, len(chosen), rows):
        block = chosen[start : start + rows]
        mine = np.repeat(block, [len(ours[i].places) for i in block])
        if not len(mine) or not len(stack):
            continue
        similar = np.abs(np.concatenate([ours[i].sketches for i in block]) @ stack.T)
        own = np.array([ours[i].length if ours[i].length <= SHORT else 0 for i in mine])
        similar[own[:, None] != short[None]] = 0  # whole ones are compared with such of one length
        where = np.concatenate([ours[i].places for i in block])
        first, second = np.nonzero(similar >= ALIKE)
        for k in np.argsort(-similar[first, second], kind="stable"):
            i, j = first[k], second[k]
            yield int(mine[i]), int(owner[j]), int(places[j] - where[i])


def is_copy(one: Array, other: Array, shift: int, pairs: int) -> bool:
    """Whether two signals are copies, if `other` begins about `shift` frames before `one`.

    `pairs` is how many pairs are compared: of more pairs, more look alike by chance.
    """
    a, b = channels(one), channels(other)
    if a.shape[1] != b.shape[1]:
        return False
    found = ((abs(_agreement(*both)), both) for both in _aligned(a, b, shift))
    best, (x, y) = max(found, key=lambda pair: pair[0], default=(0.0, (a, b)))
    if best < SAME:
        return False
    # How many independent numbers the two hold, by the breadth of their spectra.
    power = [np.square(np.abs(np.fft.rfft(_trace(z)))) + 1e-300 for z in (x, y)]
    numbers = 2 * power[0].sum() * power[1].sum() / (power[0] * power[1]).sum()
    evidence = -np.log(max(1 - best**2, 1e-15)) * (numbers - 2) / 2
    return bool(evidence >= np.log(max(1, pairs) / CHANCE))


def _aligned(a: Array, b: Array, shift: int) -> Iterator[tuple[Array, Array]]:
    """What two signals have in common in time, for each shift that is possible."""
    for moved in range(shift - JITTER, shift + JITTER + 1):
        x, y = a[max(0, -moved) :], b[max(0, moved) :]
        count = min(len(x), len(y))
        if 2 * count >= min(len(a), len(b)) and count >= FEWEST - 1:
            yield x[:count], y[:count]


def _agreement(x: Array, y: Array) -> float:
    """Mean correlation of the channels that change in one of the two."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    size = np.sqrt(np.square(x).sum(axis=0) * np.square(y).sum(axis=0))
    moving = (np.square(x).sum(axis=0) > 0) | (np.square(y).sum(axis=0) > 0)
    if not moving.any():
        return 0.0
    return float(((x * y).sum(axis=0)[moving] / (size[moving] + 1e-300)).mean())
