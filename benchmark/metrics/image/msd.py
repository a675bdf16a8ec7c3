"""Mean sum of distances between tongue contours, in mm, for ultrasound images.

For two contours u and v, each resampled to 100 points equally spaced along its arc:

    msd = 1/2 (mean_i min_j |u_i - v_j| + mean_j min_i |u_i - v_j|)

the mean of the two directed means (Li, Kambhamettu & Stone 2005; the resampling makes the value
independent of how densely a contour was drawn). Contours are straight lines between their points
and end where their points end.

The images (time, height, width) bring no contours, so both sides' are taken by the same rule, which
`_ultrasound.py` states, from `signal.fan` = (apex x, apex y, mm a pixel) and `signal.span`. A frame
without contour in the target is left out; one without contour in the prediction counts the depth
of the image, the distance from the apex to the farthest pixel in mm, also the worst score.
The value of a recording is the mean over frames, the score the mean over recordings. Statistics:
[msd, 1, frames compared, of these without predicted contour, frames without target contour].
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)
from benchmark.metrics.image._ultrasound import contours, depth

Floats = NDArray[np.float64]
POINTS = 100
FRAMES = 16  # at a time, for memory


def msd(u: Array, v: Array) -> float:
    """Mean of the two directed means between point sets (n, 2) and (m, 2), in their unit.

    Raises ValueError for other shapes, no points, NaN or infinity.
    """
    return float(_distances(_contour(u)[None], _contour(v)[None])[0])


def msd_resampled(u: Array, v: Array, n_points: int = POINTS) -> float:
    """The same after resampling both to `n_points` along the arc; raises as `msd`."""
    return msd(resample(u, n_points), resample(v, n_points))


def resample(contour: Array, n_points: int = POINTS) -> Floats:
    """`n_points` points (n_points, 2), equally spaced along the line through (n, 2) points."""
    if n_points < 2:
        raise ValueError(f"expected at least 2 points, got {n_points}")
    contour = _contour(contour)
    if len(contour) == 1:
        contour = np.repeat(contour, 2, axis=0)
    return np.asarray(_resample_all(contour, np.array([len(contour)]), n_points)[0])


def per_frame(target: Array, images: Array, signal: Signal) -> tuple[Floats, Array, Array]:
    """MSD in mm of each frame (time,), NaN where either has no contour; and which have one (time,).

    Two stacks (time, height, width). Returns values, whether the target and whether the prediction
    has a contour. Raises ValueError for unequal shapes, NaN, infinity, or a signal without fan.
    """
    images, target = shapes(images, target, 3)
    finite(target, "target")
    finite(images, "prediction")
    if signal.fan is None or signal.span is None or not signal.span > 0:
        raise ValueError("MSD needs signal.fan and a positive signal.span")
    x, y, pitch = signal.fan
    values = np.full(len(target), np.nan)
    has = np.zeros((2, len(target)), dtype=bool)
    for start in range(0, len(target), FRAMES):
        some = slice(start, start + FRAMES)
        sides = [contours(stack[some], (x, y), signal.span) for stack in (target, images)]
        has[:, some] = [counts.any(axis=1) for _, counts in sides]
        both = has[:, some].all(axis=0)
        if not both.any():
            continue
        drawn = [_resample_all(p[both][c[both]], c[both].sum(axis=1), POINTS) for p, c in sides]
        values[some][both] = pitch * _distances(*drawn)
    return values, has[0], has[1]


def _contour(points: Array) -> Floats:
    points = np.asarray(points)
    if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"expected points (n, 2), got {points.dtype} {points.shape}")
    if not len(points):
        raise ValueError("a contour without points")
    finite(points, "contour")
    return points.astype(np.float64)


def _resample_all(points: Floats, counts: Array, number: int) -> Floats:
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


def _distances(u: Floats, v: Floats) -> Floats:
    """MSD of each of (frames, n, 2) and (frames, m, 2) -> (frames,)."""
    squares = np.square(u[:, :, None, 0] - v[:, None, :, 0])
    squares += np.square(u[:, :, None, 1] - v[:, None, :, 1])
    there, back = (np.sqrt(squares.min(axis=axis)).mean(axis=1) for axis in (2, 1))
    return np.asarray((there + back) / 2)


def _depth(signal: Signal, height: int, width: int) -> float:
    if signal.fan is None:
        raise ValueError("MSD needs signal.fan")
    return depth(height, width, signal.fan[:2]) * signal.fan[2]


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    values, of_target, of_prediction = per_frame(target, prediction, signal)
    if not of_target.any():
        raise UndefinedTarget("no contour")
    if not (of_target & of_prediction).any():
        raise Undefined("no contour")
    missing = of_target & ~of_prediction
    values = np.where(missing, _depth(signal, *target.shape[1:]), values)[of_target]
    counts = np.array([values.size, missing.sum(), (~of_target).sum()])
    return mean_statistics(values.mean(), counts)


def _worst(signal: Signal) -> Array:
    height, width = signal.frame
    if height is None or width is None:
        raise ValueError("the worst MSD needs signal.frame with height and width")
    return mean_statistics(_depth(signal, height, width), np.zeros(3))


MSD = Metric(
    id="msd.tongue_edge@1",
    title="MSD of the tongue's edge",
    unit="mm",
    tolerance=0.05,
    better="lower",
    measure=_measure,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=3),
    worst=_worst,
    definition="mean of the two directed mean distances of contours resampled to 100 points",
    source="Li, Kambhamettu & Stone 2005, Clin. Linguist. Phon. 19",
    scale=(0.0, None),
)
