"""Geometry of scan-converted ultrasound pictures: the pixels inside the fan, and the tongue's edge.

Pixel (row, column) has its centre at x = column, y = row; x points right, y down. `signal.fan` is
the apex, where all rays meet, as x and y in pixels, which may lie outside the picture, and the
millimetres a pixel. `signal.sector` is the half opening in degrees from the upright, then the
nearest and the farthest distance from the apex in mm; the limits belong to the fan.

The tongue's edge is found by one rule for target and prediction alike. The image is smoothed
(Gaussian, sigma 1 pixel). Rays leave the apex, one a degree; on each, the brightest point of those
inside the image is the edge, found at steps of one pixel with bilinear interpolation and refined
by the parabola through it and its two neighbours. A ray counts if its peak reaches half way from
the darkest to the brightest value on any ray. A frame has no contour if fewer than 10 rays count,
or if brightest minus darkest is below 5 % of the span of values: a blank frame has no edge,
whatever its rounding errors look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Signal

Floats = NDArray[np.float64]
SMOOTHING = 1.0  # pixels
STEP = 1.0  # degrees
LEAST_SAMPLES = 8  # of a ray inside the image
LEAST_RAYS = 10
LEAST_HEIGHT = 0.5  # of a ray's peak between darkest and brightest
LEAST_CONTRAST = 0.05  # of the span of values


def fan_mask(signal: Signal, height: int, width: int) -> NDArray[np.bool_]:
    """(height, width): which pixels lie inside; ValueError where the signal describes no fan."""
    if signal.fan is None or signal.sector is None:
        raise ValueError("the pixels inside the fan need signal.fan and signal.sector")
    x, y, pitch = signal.fan
    half, near, far = signal.sector
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    forward, up = (columns - x) * pitch, (y - rows) * pitch
    angle, distance = np.arctan2(forward, up), np.hypot(forward, up)
    return np.asarray((np.abs(angle) <= np.radians(half)) & (distance >= near) & (distance <= far))


@dataclass(frozen=True)
class Rays:
    """Where `count` rays of `length` samples read an image, and which way they point."""

    pixels: NDArray[np.intp]  # (4, visible) flat indices of the neighbouring pixels
    weights: Floats  # (4, visible)
    visible: NDArray[np.bool_]  # (count, length) which samples lie inside the image
    directions: Floats  # (count, 2) unit vectors, x and y
    apex: Floats  # (2,)


def depth(height: int, width: int, apex: tuple[float, float]) -> float:
    """Pixels from the apex to the farthest pixel of an image: no ray is longer."""
    x = max(abs(apex[0]), abs(width - 1 - apex[0]))
    y = max(abs(apex[1]), abs(height - 1 - apex[1]))
    return float(np.hypot(x, y))


@lru_cache(maxsize=8)
def rays(height: int, width: int, apex: tuple[float, float]) -> Rays:
    """All rays from `apex` (x, y in pixels) that cross an image of this size.

    Their order begins and ends behind the apex as seen from the image, so that the contour's two
    ends are where the fan is open.
    """
    ahead = np.arctan2((height - 1) / 2 - apex[1], (width - 1) / 2 - apex[0])
    angles = ahead + np.radians(np.arange(-180.0, 180.0, STEP))
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    radii = np.arange(int(depth(height, width, apex)) + 1.0)
    x = apex[0] + directions[:, :1] * radii
    y = apex[1] + directions[:, 1:] * radii
    visible = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    crossing = visible.sum(axis=1) >= LEAST_SAMPLES
    x, y, visible = x[crossing], y[crossing], visible[crossing]
    column, row = (_left(v, n) for v, n in ((x, width), (y, height)))
    across, down = x - column, y - row
    pixels = [(row + i) * width + column + j for i in (0, 1) for j in (0, 1)]
    weights = [
        (down if i else 1 - down) * (across if j else 1 - across) for i in (0, 1) for j in (0, 1)
    ]
    return Rays(
        pixels=np.stack(pixels)[:, visible],
        weights=np.stack(weights)[:, visible],
        visible=visible,
        directions=directions[crossing],
        apex=np.array(apex),
    )


def _left(position: Floats, size: int) -> NDArray[np.intp]:
    """The pixel before each position, such that the next one is in the image too."""
    return np.clip(np.floor(position), 0, size - 2).astype(np.intp)


def contours(frames: Array, apex: tuple[float, float], span: float) -> tuple[Floats, Array]:
    """Edge points (time, rays, 2), x and y in pixels, and which count (time, rays), of frames.

    `frames` is (time, height, width); a frame without contour has no ray that counts.
    """
    grid = rays(frames.shape[1], frames.shape[2], apex)
    # A prediction may hold numbers whose sums are infinite: such rays do not count.
    with np.errstate(over="ignore", invalid="ignore"):
        profiles = _profiles(frames, grid)
        index = profiles.argmax(axis=2)
        peak = np.take_along_axis(profiles, index[..., None], axis=2)[..., 0]
        darkest = profiles.min(axis=(1, 2), where=grid.visible, initial=np.inf)[:, None]
        contrast = peak.max(axis=1, keepdims=True, initial=-np.inf) - darkest
        counts = (peak - darkest >= LEAST_HEIGHT * contrast) & np.isfinite(contrast)
        counts &= contrast >= LEAST_CONTRAST * span
        radius = index + _offset(profiles, index)
    counts &= counts.sum(axis=1, keepdims=True) >= LEAST_RAYS
    return grid.apex + radius[..., None] * grid.directions, counts


def _profiles(frames: Array, grid: Rays) -> Floats:
    """Smoothed intensity (time, rays, samples) along each ray, -inf outside the image."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(frames.astype(np.float64), (0, SMOOTHING, SMOOTHING), mode="nearest")
    flat = smooth.reshape(len(frames), -1)
    seen = np.zeros((len(frames), grid.pixels.shape[1]))
    part = np.empty_like(seen)  # filled anew: four new arrays of this size take longer
    for pixels, weights in zip(grid.pixels, grid.weights, strict=True):
        np.take(flat, pixels, axis=1, out=part, mode="clip")  # other modes copy first
        part *= weights
        seen += part
    values = np.full((len(frames), *grid.visible.shape), -np.inf)
    values[:, grid.visible] = seen
    return values


def _offset(profiles: Floats, index: NDArray[np.intp]) -> Floats:
    """From the brightest sample to the top of the parabola through its neighbours, in samples."""
    last = profiles.shape[2] - 1
    before, at, after = (
        np.take_along_axis(profiles, np.clip(index + i, 0, last)[..., None], axis=2)[..., 0]
        for i in (-1, 0, 1)
    )
    bend = before - 2 * at + after
    # No neighbour at an end of the ray, no bend on a plateau: the sample itself is the answer.
    curved = np.isfinite(bend) & (bend < 0) & (index > 0) & (index < last)
    top = 0.5 * (before - after) / np.where(curved, bend, -1.0)
    return np.where(curved, top, 0.0)
