"""Distances between the tongue's edges of two stacks of ultrasound pictures, frame by frame.

One pass finds the contours and measures all that metrics want of them, since finding takes longest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import Content, finite, mean_statistics, shapes
from benchmark.metrics.image._ultrasound import contours, depth

Floats = NDArray[np.float64]
POINTS = 100  # of a resampled contour
FRAMES = 8  # at a time, for memory and caches
PERCENTILE = 95  # of the Hausdorff distance


@dataclass(frozen=True, eq=False)
class Compared:
    """Distances in mm of each frame (time,), NaN where either side has no contour."""

    mean: Floats  # MSD
    most: Floats  # Hausdorff, the 95th percentile
    tip: Floats
    of_target: Array  # whether each side has a contour
    of_prediction: Array


def compare(target: Array, images: Array, signal: Signal) -> Compared:
    """Two stacks (time, height, width), compared.

    Raises ValueError for unequal shapes, NaN, infinity, or a signal without fan and span.
    """
    images, target = shapes(images, target, 3)
    finite(target, "target")
    finite(images, "prediction")
    if signal.fan is None or signal.span is None or not signal.span > 0:
        raise ValueError("distances of contours need signal.fan and a positive signal.span")
    return _compared(Content(target), Content(images), signal.fan, signal.span)


@lru_cache(maxsize=1)  # several metrics ask, one after the other
def _compared(
    target: Content, images: Content, fan: tuple[float, float, float], span: float
) -> Compared:
    stacks = target.array, images.array
    count = len(target.array)
    values = np.full((3, count), np.nan)
    has = np.zeros((2, count), dtype=bool)
    for start in range(0, count, FRAMES):
        some = slice(start, start + FRAMES)
        sides = [contours(stack[some], fan[:2], span) for stack in stacks]
        has[:, some] = [counts.any(axis=1) for _, counts in sides]
        both = has[:, some].all(axis=0)
        if not both.any():
            continue
        drawn = [resample_all(p[both][c[both]], c[both].sum(axis=1), POINTS) for p, c in sides]
        values[:, some][:, both] = fan[2] * distances(*drawn)
    return Compared(*values, *has)


def distances(u: Floats, v: Floats) -> Floats:
    """MSD, Hausdorff distance and that of the last points of (frames, n, 2) and (frames, m, 2).

    (3, frames), in the unit of the points.
    """
    squares = np.square(u[:, :, None, 0] - v[:, None, :, 0])
    squares += np.square(u[:, :, None, 1] - v[:, None, :, 1])
    ways = [np.sqrt(squares.min(axis=axis)) for axis in (2, 1)]
    mean = (ways[0].mean(axis=1) + ways[1].mean(axis=1)) / 2
    most = np.maximum(*(np.percentile(way, PERCENTILE, axis=1) for way in ways))
    return np.stack([mean, most, np.sqrt(squares[:, -1, -1])])


def measure(
    prediction: Array, target: Array, signal: Signal, distance: Callable[[Compared], Floats]
) -> Array:
    """Statistics of a metric: the mean of a distance over frames, 1, and how many frames there are.

    Frames compared, of these without predicted contour, and without contour in the target. One
    without predicted contour counts the depth of the picture, one without target contour nothing.
    """
    found = compare(target, prediction, signal)
    if not found.of_target.any():
        raise UndefinedTarget("no contour")
    if not (found.of_target & found.of_prediction).any():
        raise Undefined("no contour")
    missing = found.of_target & ~found.of_prediction
    reach = _depth(signal, *target.shape[1:])
    values = np.where(missing, reach, distance(found))[found.of_target]
    counts = np.array([values.size, missing.sum(), (~found.of_target).sum()])
    return mean_statistics(values.mean(), counts)


def worst(signal: Signal) -> Array:
    """Statistics of an unscorable prediction: the depth of the picture."""
    height, width = signal.frame
    if height is None or width is None:
        raise ValueError("the worst distance needs signal.frame with height and width")
    return mean_statistics(_depth(signal, height, width), np.zeros(3))


def _depth(signal: Signal, height: int, width: int) -> float:
    if signal.fan is None:
        raise ValueError("distances of contours need signal.fan")
    return depth(height, width, signal.fan[:2]) * signal.fan[2]


def resample(contour: Array, n_points: int = POINTS) -> Floats:
    """`n_points` points (n_points, 2), equally spaced along the line through (n, 2) points."""
    if n_points < 2:
        raise ValueError(f"expected at least 2 points, got {n_points}")
    contour = as_contour(contour)
    if len(contour) == 1:
        contour = np.repeat(contour, 2, axis=0)
    return np.asarray(resample_all(contour, np.array([len(contour)]), n_points)[0])


def as_contour(points: Array) -> Floats:
    """Points (n, 2) as float64, or ValueError."""
    points = np.asarray(points)
    if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"expected points (n, 2), got {points.dtype} {points.shape}")
    if not len(points):
        raise ValueError("a contour without points")
    finite(points, "contour")
    return points.astype(np.float64)


def resample_all(points: Floats, counts: Array, number: int) -> Floats:
    """Contours of `counts` points each, one behind the other (sum, 2) -> (contours, number, 2).

    One interpolation serves them all: contour i has its arc laid out from 2 i to 2 i + 1.
    """
    ends = np.cumsum(counts) - 1
    starts = ends - counts + 1
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    arc = np.cumsum(steps)
    arc -= np.repeat(arc[starts], counts)
    length = np.repeat(arc[ends], counts)
    arc = np.where(length > 0, arc / np.where(length > 0, length, 1.0), 0.0)
    arc[ends] = 1.0
    first = 2.0 * np.arange(len(counts))
    arc += np.repeat(first, counts)
    wanted = first[:, None] + np.linspace(0.0, 1.0, number)
    return np.stack([np.interp(wanted, arc, axis) for axis in points.T], axis=-1)
