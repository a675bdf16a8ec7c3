"""Fingerprints and outlines of signals, by which a leakage audit finds copies of their content."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

KEPT_OF = 16  # one fingerprint of so many is kept
POINTS, PROJECTIONS = 64, 8  # of a signal's outline: points in time, random projections of a frame

Prints = NDArray[np.uint64]


def fingerprints(signal: Array, window: int, changes: int) -> Prints:
    """The kept fingerprints of a signal (time, ...), equal for equal stretches wherever they are.

    A fingerprint is of `window` frames, at least `changes` of which differ from the one before.
    Which ones are kept depends on their value alone, so that two recordings keep the same ones of
    what they share.
    """
    frames = np.ascontiguousarray(signal).reshape(len(signal), -1)
    if len(frames) < window:
        return np.empty(0, np.uint64)
    columns = frames.view(np.uint8).reshape(len(frames), -1).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 2**63, columns.shape[1], dtype=np.uint64)
    hashes = _mixed((columns * (2 * factors + 1)).sum(axis=1, dtype=np.uint64))
    sums = np.zeros(len(frames) - window + 1, np.uint64)
    for start, factor in enumerate(np.random.default_rng(1).integers(1, 2**63, window, np.uint64)):
        sums += hashes[start : start + len(sums)] * (2 * factor + 1)
    changed = np.concatenate([[0], np.cumsum(hashes[1:] != hashes[:-1])])
    varied = changed[window - 1 :] - changed[: len(sums)] >= changes
    prints = _mixed(sums)
    return np.unique(prints[varied & (prints % KEPT_OF == 0)])


def _mixed(values: Prints) -> Prints:
    """A hash in which every bit depends on every other, since the last ones choose what is kept."""
    values = (values ^ (values >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return values ^ (values >> np.uint64(29))


def outline(signal: Array) -> Array | None:
    """A signal (time, ...) as a unit vector, the same for any gain and offset.

    None where it is constant or has fewer than POINTS frames.
    """
    frames = np.asarray(signal, np.float64).reshape(len(signal), -1)
    directions = np.random.default_rng(2).normal(size=(frames.shape[1], PROJECTIONS))
    traces = (frames @ directions)[:, : frames.shape[1]]  # one channel needs one projection
    parts = np.array_split(np.arange(len(frames)), min(POINTS, len(frames)))
    points = np.array([traces[part].mean(axis=0) for part in parts])
    points -= points.mean(axis=0)
    length = np.linalg.norm(points)
    return None if length < 1e-9 or len(points) < POINTS else (points / length).ravel()
