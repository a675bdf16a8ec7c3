"""Whole signals that are the same up to how they were stored.

A copy may be louder, lie at another zero, have been rounded or compressed, have lost frames at its
ends, or begin later. So signals are compared around the frames where they change most, and where
they are furthest from their mean: these are found again whatever the copy begins with. The numbers
of such excerpts are reduced to a sketch, sketches that look alike are candidates, and a candidate
is a copy if all that the two signals have in common in time agrees, far better than chance could:
their changes from frame to frame, or, as where a slow signal was rounded, their values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array

SIZE = 64  # numbers of a sketch
ANCHORS = 4  # excerpts of a signal, by its changes and by its values
REACH, SECONDS = 32, 0.1  # of an excerpt to either side: frames, or more where these are shorter
SHORT = 8  # frames up to which a signal is compared as a whole, such as a picture
FEWEST = 8  # numbers that a signal must have, to be compared at all
MOST_CHANNELS = 64  # that are compared; more are added up at random to so many
ALIKE = 0.8, 0.95  # correlation of the sketches of candidates, by changes and by values
SAME = 0.95  # correlation of copies, mean of their channels
FEW_OF = 8  # one of so many channels is looked at first, those that vary most
SOME = 64  # frames by which that is told
JITTER = 3  # frames by which noise may move an anchor
CHANCE = 1e-6  # that any of the pairs compared looks like a copy
BLOCK = 2**22  # similarities that are computed at once
MOST_IN_VAIN = 500  # candidates that are no copies, of one signal in one fold
MOST_PAIRS = 2**29  # similarities of one fold and signal; beyond, only every k-th test recording


@dataclass(frozen=True)
class Outline:
    """What is kept of one signal: about 2 kB, whatever its length."""

    sketches: Array  # (excerpts, SIZE) float32, of unit length; none where nothing changes
    places: Array  # of the frames in the middle of the excerpts
    kinds: Array  # of the excerpts, which are comparable where they are equal: see `outline`


def forms(signal: Array, few: Array | None = None) -> list[Array]:
    """What is compared of a signal, (time, at most MOST_CHANNELS) float64 of deviation 1.

    Its changes from frame to frame, and its values; `few` are the channels wanted, None all. Of a
    signal of SHORT frames or fewer, only all changes as one channel, as if they followed in time;
    of a single frame, those within it.
    """
    if len(signal) <= SHORT:
        return [_scaled(_changes_of_few(np.asarray(signal, np.float64)).reshape(-1, 1))]
    values = _channels(signal.reshape(len(signal), -1), few)
    return [_scaled(np.diff(values, axis=0)), _scaled(values - values.mean(axis=0))]


def _channels(frames: Array, few: Array | None = None) -> Array:
    """The channels of (time, width), or so many sums of them with random signs; `few` or all."""
    width = frames.shape[1]
    if width <= MOST_CHANNELS:
        return np.asarray(frames if few is None else frames[:, few], np.float64)
    order, signs, starts = _sums(width)
    if few is not None:
        groups = [np.arange(*ends) for ends in zip(starts, [*starts[1:], width], strict=True)]
        chosen = np.concatenate([groups[k] for k in few])
        starts = np.cumsum([0, *(len(groups[k]) for k in few[:-1])])
        order, signs = order[chosen], signs[chosen]
    step = max(1, BLOCK // len(order))
    parts = (frames[i : i + step][:, order] * signs for i in range(0, len(frames), step))
    return np.concatenate([np.add.reduceat(part, starts, axis=1) for part in parts])


@functools.lru_cache(maxsize=8)
def _sums(width: int) -> tuple[Array, Array, Array]:
    """The order and signs of channels that are added up, and where each sum begins."""
    rng = np.random.default_rng(3)
    order, signs = rng.permutation(width), rng.choice([-1.0, 1.0], width)
    return order, signs, np.linspace(0, width, MOST_CHANNELS, endpoint=False).astype(int)


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
    """The outline of a signal (time, ...) at `rate` Hz.

    The kind of an excerpt is 0 of changes, 1 of values, and minus the length of a signal that is
    compared as a whole.
    """
    sketches: list[Array] = []
    places: list[int] = []
    kinds: list[int] = []
    reach = max(REACH, round(SECONDS * rate))
    for kind, form in enumerate(forms(signal) if signal.size >= FEWEST else []):
        if not form.any():
            break
        trace = _trace(form)
        whole = len(signal) <= SHORT
        padded, left = np.pad(trace, reach), np.abs(trace)
        for _ in range(1 if whole else ANCHORS):
            place = 0 if whole else int(left.argmax())
            if left[place] <= 0 and not whole:
                break
            sketches.append(_sketch(trace if whole else padded[place : place + 2 * reach + 1]))
            places.append(place)
            kinds.append(-len(signal) if whole else kind)
            left[max(0, place - reach // 4) : place + reach // 4 + 1] = 0
    stack = np.array(sketches).reshape(-1, SIZE)
    return Outline(stack, np.array(places, int), np.array(kinds, int))


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
    kinds = np.concatenate([o.kinds for o in theirs])
    most = 2 * ANCHORS * len(stack)
    step = max(1, len(ours) * most // MOST_PAIRS)
    chosen = range(0, len(ours), step)
    rows = max(1, BLOCK // max(1, most))
    for start in range(0, len(chosen), rows):
        block = chosen[start : start + rows]
        mine = np.repeat(block, [len(ours[i].places) for i in block])
        if not len(mine) or not len(stack):
            continue
        similar = np.abs(np.concatenate([ours[i].sketches for i in block]) @ stack.T)
        own = np.concatenate([ours[i].kinds for i in block])
        similar[own[:, None] != kinds[None]] = 0
        where = np.concatenate([ours[i].places for i in block])
        first, second = np.nonzero(similar >= np.where(own == 1, ALIKE[1], ALIKE[0])[:, None])
        for k in np.argsort(-similar[first, second], kind="stable"):
            i, j = first[k], second[k]
            yield int(mine[i]), int(owner[j]), int(places[j] - where[i])


def is_copy(one: Array, other: Array, shift: int, pairs: int) -> bool:
    """Whether two signals are copies, if `other` begins about `shift` frames before `one`.

    `pairs` is how many pairs are compared: of more pairs, more look alike by chance.
    """
    if not _may_agree(one, other, shift):
        return False
    both = zip(forms(one), forms(other), strict=False)
    return any(a.shape[1] == b.shape[1] and _agree(a, b, shift, pairs) for a, b in both)


def _may_agree(one: Array, other: Array, shift: int) -> bool:
    """False where the few channels that vary most rule out what `_agree` asks of all.

    Most candidates are no copies, and this tells it in a fraction of the time: no other channel
    can add more than 1 to the sum of correlations.
    """
    if min(len(one), len(other)) <= SHORT or one.shape[1:] != other.shape[1:]:
        return True
    some = _channels(one[:: max(1, len(one) // SOME)].reshape(-1, one[0].size))
    width = some.shape[1]
    few = np.argsort(-some.std(axis=0))[: max(1, width // FEW_OF)]
    for a, b in zip(forms(one, few), forms(other, few), strict=True):
        for found in (_correlations(*both) for both in _aligned(a, b, shift)):
            if abs(found.sum()) >= len(found) - (1 - SAME) * width:
                return True
    return False


def _agree(a: Array, b: Array, shift: int, pairs: int) -> bool:
    """Whether two forms agree at about this shift, far better than chance could."""
    found = ((abs(_agreement(*both)), both) for both in _aligned(a, b, shift))
    best, (x, y) = max(found, key=lambda pair: pair[0], default=(0.0, (a, b)))
    if best < SAME:
        return False
    # How many independent numbers each holds at most, by the breadth of its spectrum: two that are
    # little but hum agree well, and that says nothing.
    power = [np.square(np.abs(np.fft.rfft(_trace(z)))) + 1e-300 for z in (x, y)]
    numbers = min(2 * p.sum() ** 2 / np.square(p).sum() for p in power)
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
    found = _correlations(x, y)
    return float(found.mean()) if len(found) else 0.0


def _correlations(x: Array, y: Array) -> Array:
    """The correlation of each channel that changes in one of the two."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    of_x, of_y = (np.einsum("ij,ij->j", z, z) for z in (x, y))
    moving = (of_x > 0) | (of_y > 0)
    together = np.einsum("ij,ij->j", x, y) / (np.sqrt(of_x * of_y) + 1e-300)
    return np.asarray(together[moving])
