"""Midsagittal ultrasound of the tongue at 60 frames/s, and the contour that made each picture.

The probe sits under the chin; its rays meet at an apex below the picture. The tongue's surface is a
bright curve with dim layers of tissue below and shadow above, the tip to the right. Brightness
falls where rays graze the surface and in shadows that move. The speckle is a recording's own: each
frame has another part of a field of smooth noise that no other recording shares, so that it tells
neither the talker nor the frame. Where the probe sits depends on the corpus's seed, talker and
session. Modelled on how B-mode tongue pictures look (Stone 2005, Clin. Linguist. Phon. 19:
455-501), not on wave physics. A picture is 96 x 96 pixels; a pixel's place is its centre, x right
and y down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.simulated.sensors.source import Source, sampled


@dataclass(frozen=True)
class Parameters:
    version: int = 4
    rate: int = 60  # frames/s
    size: int = 96  # pixels
    scale: float = 0.9  # mm a pixel
    apex: tuple[float, float] = (47.5, 106.0)  # pixels: x, y
    rise: float = 70.0  # mm from the apex to the mean tongue's highest point
    opening: float = 46.0  # degrees to either side
    depth: tuple[float, float] = (16.0, 94.0)  # mm from the apex, of the fan
    rays: int = 256  # angles at which the surface is found
    points: int = 100  # of a contour
    thickness: float = 1.7  # mm, deviation of the bright band
    band: float = 185.0  # grey levels of the band where it is met at right angles
    tissue: float = 52.0  # grey levels below the surface
    shadow: float = 12.0  # grey levels above it
    fibres: float = 0.5  # relative depth of layers in the tissue, parallel to the surface
    layer: float = 11.0  # mm from one layer to the next
    palate: float = 26.0  # grey levels of the palate's echo
    speckle: float = 0.1  # relative deviation
    dropout: float = 0.3  # relative depth of moving shadows
    shift: float = 0.8  # mm, deviation of the probe's place between sessions
    quantum: float = 2.0**-8  # mm, of the contour


PARAMETERS = Parameters()
SIGNALS = {
    "ultrasound": Signal(
        "grey level",
        "uint8",
        PARAMETERS.rate,
        (PARAMETERS.size, PARAMETERS.size),
        span=255.0,
        fan=(*PARAMETERS.apex, PARAMETERS.scale),
        sector=(PARAMETERS.opening, *PARAMETERS.depth),
    ),
    "contour": Signal("mm", "float32", PARAMETERS.rate, (PARAMETERS.points, 2)),
}
FIELD = 160  # pixels a side, of a recording's speckle, which repeats beyond
QUANTUM = 2.0**-8  # of the speckle
LEVELS = 64  # brightness of an echo, from none to full, in the table of grey levels
STEPS = 8  # entries a millimetre in the table of brightness against distance


def probe(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """Where the apex lies in the talker's coordinates (2,), mm; moves a little by session."""
    body = source.speaker.tongue[8:34]
    jitter = source.of_session("probe").standard_normal(2) * parameters.shift
    middle = (body[:, 0].min() + body[:, 0].max()) / 2
    return np.array([middle, body[:, 1].max() - parameters.rise]) + jitter


def polar(points: Array, apex: Array) -> tuple[Array, Array]:
    """Angle from the upright in radians, forward positive, and distance in mm from the apex."""
    away = points - apex
    return np.arctan2(away[..., 0], away[..., 1]), np.hypot(away[..., 0], away[..., 1])


@lru_cache(maxsize=2)  # pictures and contours of a recording start from it
def surfaces(source: Source, parameters: Parameters = PARAMETERS) -> tuple[Array, Array]:
    """Angle in rad, which never falls, and distance in mm of the visible surface, each (T, 37).

    What rays from the apex do not meet in order, and what is beyond the fan, repeats the end of
    what is seen, so that all frames have as many points.
    """
    shapes = sampled(source.tongue, source.times(parameters.rate), parameters.rate)
    angle, distance = polar(shapes, probe(source, parameters))
    place = np.arange(angle.shape[1])
    top = np.abs(angle).argmin(axis=1)[:, None]
    folds = np.diff(angle, axis=1) <= 1e-4
    first = np.where(folds & (place[:-1] < top), place[1:], 0).max(axis=1)
    last = np.where(folds & (place[:-1] >= top), place[:-1], place[-1]).min(axis=1)
    seen = np.clip(place, first[:, None], last[:, None])
    angle = np.take_along_axis(angle, seen, axis=1)
    distance = np.take_along_axis(distance, seen, axis=1)
    limit = np.radians(parameters.opening) - 0.04
    inside = np.clip(angle, -limit, limit)
    for frame in np.flatnonzero((inside != angle).any(axis=1)):
        distance[frame] = np.interp(inside[frame], angle[frame], distance[frame])
    return inside, distance


def contour(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 100, 2) float32 mm: the visible surface, equal steps of arc, root to tip.

    The coordinates are the picture's, x right and y down from the centre of the top left pixel:
    divide by `scale` for pixels.
    """
    angle, distance = surfaces(source, parameters)
    left, top = np.array(parameters.apex) * parameters.scale
    line = left + distance * np.sin(angle) + 1j * (top - distance * np.cos(angle))
    arc = np.zeros(angle.shape)
    np.cumsum(np.abs(np.diff(line)), axis=1, out=arc[:, 1:])
    steps = np.linspace(0, arc[:, -1], parameters.points, axis=1)
    out = np.stack([np.interp(*row) for row in zip(steps, arc, line, strict=True)])
    grid = np.round(out.view(np.float64) / parameters.quantum) * parameters.quantum
    return np.asarray(grid.reshape(-1, parameters.points, 2), np.float32)


@lru_cache(maxsize=2)
def _pixels(parameters: Parameters) -> tuple[Array, Array, Array]:
    """Flat indices of the fan's pixels (P,), their distance in mm and the number of their ray."""
    rows, columns = np.mgrid[: parameters.size, : parameters.size].astype(np.float64)
    across = (columns - parameters.apex[0]) * parameters.scale
    up = (parameters.apex[1] - rows) * parameters.scale
    angle, distance = np.arctan2(across, up), np.hypot(across, up)
    half, (near, far) = np.radians(parameters.opening), parameters.depth
    inside = (np.abs(angle) <= half) & (distance >= near) & (distance <= far)
    index = np.flatnonzero(inside)
    ray = np.round((angle[inside] / half + 1) / 2 * (parameters.rays - 1)).astype(np.int64)
    return index, distance[inside].astype(np.float32), ray


def profiles(parameters: Parameters) -> tuple[Array, Array]:
    """Band (0 to 1) and body (grey) against distance past the surface, STEPS a mm, -128 to 128."""
    past = np.arange(-128 * STEPS, 128 * STEPS + 1) / STEPS
    band = np.exp(-0.5 * (past / parameters.thickness) ** 2)
    below = 1 / (1 + np.exp(np.clip(past / 0.8, -50, 50)))
    deep = 0.45 + 0.55 * np.exp(-np.maximum(-past, 0) / 25)
    deep *= 1 - parameters.fibres * (0.5 + 0.5 * np.cos(2 * np.pi * past / parameters.layer))
    body = parameters.shadow + (parameters.tissue * deep - parameters.shadow) * below
    return (parameters.band * band).astype(np.float32), body.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Fan:
    """What all pictures have in common: of each pixel its distance and ray, and grey levels."""

    inside: Array  # (96, 96) bool
    ray: Array  # (96, 96) int, from 0
    depth: Array  # (96, 96) int: distance from the apex in steps, as a place in a row of `grey`
    grey: Array  # (LEVELS * width,) float32: a row for each brightness, see `profiles`
    width: int


@lru_cache(maxsize=2)
def fan(parameters: Parameters) -> Fan:
    index, depth, ray = _pixels(parameters)
    band, body = profiles(parameters)
    brightness = np.linspace(0, 1, LEVELS, dtype=np.float32)[:, None]
    return Fan(
        inside=_picture(np.ones(len(index), bool), index, parameters),
        ray=_picture(ray, index, parameters),
        # Pixels beyond the fan get a distance, too, whose place is within the row.
        depth=_picture(np.round(depth * STEPS).astype(np.int64), index, parameters) + 128 * STEPS,
        grey=(brightness * band + body).ravel(),
        width=len(band),
    )


def _picture(values: Array, index: Array, parameters: Parameters) -> Array:
    """(96, 96) with the values (P,) of the fan's pixels, which lie at `index`, and 0 elsewhere."""
    picture = np.zeros(parameters.size**2, values.dtype)
    picture[index] = values
    return picture.reshape(parameters.size, parameters.size)


def speckle(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """A field (FIELD + size, FIELD + size) float32 of mean 1 that repeats after FIELD pixels."""
    from scipy.ndimage import gaussian_filter

    noise = source.random("speckle").standard_normal((FIELD, FIELD))
    smooth = gaussian_filter(noise, (0.8, 1.1), mode="wrap")
    smooth = 1 + smooth * (parameters.speckle / smooth.std())
    grid = (np.round(smooth / QUANTUM) * QUANTUM).astype(np.float32)
    return np.pad(grid, (0, parameters.size), mode="wrap")


def rays(source: Source, parameters: Parameters, moving: bool = True) -> tuple[Array, Array]:
    """Distance of the surface in mm and brightness of its echo, 0 to 1, each (T, rays).

    Where shadows are not `moving`, each place is as bright as it is on average.
    """
    half = np.radians(parameters.opening)
    grid = np.linspace(-half, half, parameters.rays)
    found = surfaces(source, parameters)
    distance = np.stack([np.interp(grid, *row) for row in zip(*found, strict=True)])
    steep = np.gradient(distance, grid[1] - grid[0], axis=1)
    steep /= distance
    bright = 0.35 + 0.65 / (1 + steep * steep)
    first, last = found[0][:, :1], found[0][:, -1:]
    bright *= np.clip(1 - np.maximum(first - grid, grid - last) / 0.02, 0, 1)
    dark = shadows(source, len(distance), parameters) if moving else 0.0
    bright *= 1 - parameters.dropout * (0.5 + 0.5 * dark)
    return distance, bright


def shadows(source: Source, count: int, parameters: Parameters) -> Array:
    """(count, rays) from -1 to 1: three waves over the fan, each of which moves at its own pace."""
    cycles = np.array([[1.0], [2.0], [3.0]])
    angle = 2 * np.pi * cycles * np.linspace(-1, 1, parameters.rays)
    times = np.arange(count) / parameters.rate
    rng = source.random("dropout")
    drawn = [(rng.random(), rng.uniform(-0.6, 0.6)) for _ in cycles]
    phase = np.stack([2 * np.pi * (begin + pace * times) for begin, pace in drawn], axis=1)
    # sin(angle + phase), without a sine for each place
    return np.asarray((np.cos(phase) @ np.sin(angle) + np.sin(phase) @ np.cos(angle)) / 3)


def echo(source: Source, parameters: Parameters) -> Array:
    """Faint picture (96, 96) float32 of the palate, which stands still."""
    angle, distance = polar(source.speaker.palate, probe(source, parameters))
    order = np.argsort(angle)
    index, depth, ray = _pixels(parameters)
    half = np.radians(parameters.opening)
    grid = np.linspace(-half, half, parameters.rays)
    where = np.interp(grid, angle[order], distance[order], left=1e3, right=1e3)
    past = depth - where[ray]
    seen = (parameters.palate * np.exp(-0.5 * (past / 1.2) ** 2)).astype(np.float32)
    return _picture(seen, index, parameters)


def noiseless(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8: the same pictures without speckle, and with shadows that stand still.

    Both are drawn at random for each recording, so that no model can know them.
    """
    return ultrasound(source, replace(parameters, speckle=0.0), moving=False)


def ultrasound(source: Source, parameters: Parameters = PARAMETERS, moving: bool = True) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s; the brightest place along each ray is the contour."""
    size, made = parameters.size, fan(parameters)
    distance, bright = rays(source, parameters, moving)
    # Where each ray's surface lies in the table of grey levels, and in which row.
    ahead = np.round(bright * (LEVELS - 1)).astype(np.int64) * made.width
    ahead -= np.round(distance * STEPS).astype(np.int64)
    still = echo(source, parameters)
    field = speckle(source, parameters)
    corners = source.random("corners").integers(0, FIELD, (len(distance), 2))
    most = np.full((size, size), 255, np.float32)  # NumPy takes far longer for a number
    out = np.empty((len(distance), size, size), np.uint8)
    for frame, (row, column) in enumerate(corners.tolist()):
        place = ahead[frame].take(made.ray)
        place += made.depth
        grey = made.grey.take(place)
        grey += still
        grey *= field[row : row + size, column : column + size]
        np.minimum(grey, most, out=grey)
        out[frame] = grey
    out *= made.inside
    return out
