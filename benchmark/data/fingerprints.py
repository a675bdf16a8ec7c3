"""Fingerprints of signals, by which a leakage audit finds equal stretches of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

KEPT_OF = 16  # one fingerprint of so many is kept
CHUNK = 2**20  # numbers of a signal that are hashed at once
BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse modulo 2**64
INVERSE = np.uint64(pow(int(BASE), -1, 2**64))

Prints = NDArray[np.uint64]


def fingerprints(signal: Array, window: int, changes: int, kept_of: int = 0) -> Prints:
    """The kept fingerprints of a signal (time, ...), equal for equal stretches wherever they are.

    A fingerprint is of `window` frames, at least `changes` of which differ from the one before.
    Which ones are kept depends on their value alone, so that two recordings keep the same ones of
    what they share; one of `kept_of`, 0: of KEPT_OF, or fewer where windows are long.
    """
    if len(signal) < window:
        return np.empty(0, np.uint64)
    hashes = _frame_hashes(signal)
    # A polynomial modulo 2**64 over each window, as a difference of sums from the beginning.
    powers = np.full(len(hashes), BASE)
    powers[0] = 1
    powers = np.cumprod(powers)
    ends = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes * powers)])
    back = np.full(len(hashes) - window + 1, INVERSE)
    back[0] = 1
    prints = _mixed((ends[window:] - ends[:-window]) * np.cumprod(back))
    changed = np.concatenate([[0], np.cumsum(hashes[1:] != hashes[:-1])])
    varied = changed[window - 1 :] - changed[: len(prints)] >= changes
    kept = np.uint64(kept_of or max(KEPT_OF, window // 4))
    return np.unique(prints[varied & (prints % kept == 0)])


def _frame_hashes(signal: Array) -> Prints:
    """A hash of the bytes of each frame."""
    frames = np.ascontiguousarray(signal).reshape(len(signal), -1)
    size = frames.dtype.itemsize
    columns = frames.view(f"u{size}" if size in (1, 2, 4, 8) else np.uint8)
    columns = columns.reshape(len(frames), -1)
    factors = np.random.default_rng(0).integers(1, 2**63, columns.shape[1], dtype=np.uint64)
    factors = 2 * factors + 1
    step = max(1, CHUNK // max(1, columns.shape[1]))
    starts = range(0, len(columns), step)
    parts = [columns[i : i + step].astype(np.uint64) @ factors for i in starts]
    return _mixed(np.concatenate(parts))


def _mixed(values: Prints) -> Prints:
    """A hash in which every bit depends on every other, since the last ones choose what is kept."""
    values = (values ^ (values >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return values ^ (values >> np.uint64(29))


def content(signal: Array) -> bytes:
    """What two signals have in common only if type, shape and every byte are equal."""
    head = f"{signal.dtype.str} {signal.shape} ".encode()
    return hashlib.blake2b(head + np.ascontiguousarray(signal).tobytes(), digest_size=16).digest()


def overlaps(ours: Mapping[str, Prints], theirs: Mapping[str, Prints]) -> list[tuple[str, str]]:
    """Pairs of recordings that share a stretch; of several that have it, the last one."""
    names = list(theirs)
    if not names:
        return []
    prints = np.concatenate(list(theirs.values()))
    owners = np.repeat(np.arange(len(names)), [len(p) for p in theirs.values()])
    order = np.argsort(prints, kind="stable")
    prints, owners = prints[order], owners[order]
    pairs = set()
    for name, own in ours.items():
        last = np.searchsorted(prints, own, side="right") - 1
        hit = (last >= 0) & (prints[np.maximum(last, 0)] == own) if len(prints) else own < 0
        pairs |= {(name, names[k]) for k in np.unique(owners[last[hit]])}
    return sorted(pairs)
