"""Midsagittal ultrasound of the tongue at 60 frames/s and the contour that made each picture.

The probe sits under the chin; its rays meet at an apex below the picture. The tongue's surface is a
bright curve with dim layers of tissue below and shadow above, the tip to the right. Brightness
falls where rays graze the surface and in shadows that move; speckle is a bank of smooth textures.
Modelled on how B-mode tongue pictures look (Stone 2005, Clin. Linguist. Phon. 19: 455-501), not on
wave physics. A picture is 96 x 96 pixels; a pixel's place is its centre, x right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.embedded.sensors.source import Source, sampled
from benchmark.corpora.noise import generator


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 60  # frames/s
    size: int = 96  # pixels
    scale: float = 0.9  # mm a pixel
    apex: tuple[float, float] = (47.5, 106.0)  # pixels: x, y
    rise: float = 70.0  # mm from the apex to the mean tongue's highest point
    opening: float = 46.0  # degrees to either side
    depth: tuple[float, float] = (16.0, 94.0)  # mm from the apex, of the fan
    rays: int = 512  # angles at which the surface is found
    points: int = 100  # of a contour
    thickness: float = 1.7  # mm, deviation of the bright band
    band: float = 185.0  # grey levels of the band where it is met at right angles
    tissue: float = 52.0  # grey levels below the surface
    shadow: float = 12.0  # grey levels above it
    fibres: float = 0.5  # relative depth of layers in the tissue, parallel to the surface
    layer: float = 11.0  # mm from one layer to the next
    palate: float = 26.0  # grey levels of the palate's echo
    speckle: float = 0.14  # relative deviation
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
TEXTURES = 48  # speckle textures of a speaker
STEPS = 8  # entries a millimetre in the table of brightness against distance


def probe(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """Where the apex lies in the speaker's coordinates (2,), mm; moves a little by session."""
    body = source.speaker.tongue[8:34]
    jitter = generator(source.session, "probe").standard_normal(2) * parameters.shift
    middle = (body[:, 0].min() + body[:, 0].max()) / 2
    return np.array([middle, body[:, 1].max() - parameters.rise]) + jitter


def polar(points: Array, apex: Array) -> tuple[Array, Array]:
    """Angle from the upright in radians, forward positive, and distance in mm from the apex."""
    away = points - apex
    return np.arctan2(away[..., 0], away[..., 1]), np.hypot(away[..., 0], away[..., 1])


def seen(angle: Array, distance: Array, limit: float) -> tuple[Array, Array]:
    """The part of one surface (37,) that rays meet in order, cut to `limit` radians each side."""
    top = int(np.argmin(np.abs(angle)))
    folds = np.flatnonzero(np.diff(angle) <= 1e-4)
    first = int(folds[folds < top].max(initial=-1)) + 1
    last = int(folds[folds >= top].min(initial=len(angle) - 1))
    angle, distance = angle[first : last + 1], distance[first : last + 1]
    ends = np.clip(angle[[0, -1]], -limit, limit)
    inner = (angle > ends[0]) & (angle < ends[1])
    angles = np.concatenate([ends[:1], angle[inner], ends[1:]])
    return angles, np.interp(angles, angle, distance)


def surfaces(source: Source, parameters: Parameters = PARAMETERS) -> list[tuple[Array, Array]]:
    """Visible surface of each frame as angles (rad) and distances (mm) from the apex."""
    times = source.times(parameters.rate)
    shapes = sampled(source.tongue, times, parameters.rate)
    angle, distance = polar(shapes, probe(source, parameters))
    limit = np.radians(parameters.opening) - 0.04
    return [seen(a, r, float(limit)) for a, r in zip(angle, distance, strict=True)]


def contour(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 100, 2) float32: the visible surface, equal steps of arc, root to tip, in mm.

    The coordinates are the picture's, x right and y down from the centre of the top left pixel:
    divide by `scale` for pixels.
    """
    out = np.empty((source.length(parameters.rate), parameters.points, 2))
    left, top = np.array(parameters.apex) * parameters.scale
    for frame, (angle, distance) in enumerate(surfaces(source, parameters)):
        line = np.stack([left + distance * np.sin(angle), top - distance * np.cos(angle)], axis=1)
        arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        steps = np.linspace(0, arc[-1], parameters.points)
        out[frame, :, 0] = np.interp(steps, arc, line[:, 0])
        out[frame, :, 1] = np.interp(steps, arc, line[:, 1])
    return (np.round(out / parameters.quantum) * parameters.quantum).astype(np.float32)


@lru_cache(maxsize=2)
def fan(parameters: Parameters = PARAMETERS) -> tuple[Array, Array, Array]:
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


@lru_cache(maxsize=4)
def textures(speaker: str, parameters: Parameters = PARAMETERS) -> Array:
    """Speckle (TEXTURES, P) float32: smooth noise of mean 1 on the fan's pixels."""
    from scipy.ndimage import gaussian_filter

    noise = generator(speaker, "speckle").standard_normal(
        (TEXTURES, parameters.size, parameters.size)
    )
    smooth = gaussian_filter(noise, (0, 0.8, 1.1), mode="wrap")
    smooth *= parameters.speckle / smooth.std()
    flat = (1 + smooth).reshape(TEXTURES, -1)[:, fan(parameters)[0]]
    return np.asarray((np.round(flat * 256) / 256).astype(np.float32))


def rays(source: Source, parameters: Parameters) -> tuple[Array, Array]:
    """Distance of the surface in mm and brightness of its echo, each (T, rays) float32."""
    half = np.radians(parameters.opening)
    grid = np.linspace(-half, half, parameters.rays)
    found = surfaces(source, parameters)
    distance = np.stack([np.interp(grid, a, r) for a, r in found])
    steep = np.gradient(distance, grid, axis=1) / distance
    bright = 0.35 + 0.65 / (1 + steep**2)
    ends = np.array([[a[0], a[-1]] for a, _ in found])
    past = np.maximum(ends[:, :1] - grid, grid - ends[:, 1:])
    bright *= np.clip(1 - past / 0.02, 0, 1)
    times = np.arange(len(found))[:, None] / parameters.rate
    rng = generator(source.id, "dropout")
    wave = np.zeros_like(distance)
    for cycles in (1.0, 2.0, 3.0):
        phase = rng.random() * 2 * np.pi + 2 * np.pi * rng.uniform(-0.6, 0.6) * times
        wave += np.sin(2 * np.pi * cycles * grid / half + phase) / 3
    bright *= 1 - parameters.dropout * (0.5 + 0.5 * wave)
    return distance.astype(np.float32), bright.astype(np.float32)


def profiles(parameters: Parameters) -> tuple[Array, Array]:
    """Band (0 to 1) and body (grey) against distance past the surface, STEPS a mm, -128 to 128."""
    past = np.arange(-128 * STEPS, 128 * STEPS + 1) / STEPS
    band = np.exp(-0.5 * (past / parameters.thickness) ** 2)
    below = 1 / (1 + np.exp(np.clip(past / 0.8, -50, 50)))
    deep = 0.45 + 0.55 * np.exp(-np.maximum(-past, 0) / 25)
    deep *= 1 - parameters.fibres * (0.5 + 0.5 * np.cos(2 * np.pi * past / parameters.layer))
    body = parameters.shadow + (parameters.tissue * deep - parameters.shadow) * below
    return (parameters.band * band).astype(np.float32), body.astype(np.float32)


def echo(source: Source, parameters: Parameters) -> Array:
    """Faint picture (P,) float32 of the palate, which stands still."""
    angle, distance = polar(source.speaker.palate, probe(source, parameters))
    order = np.argsort(angle)
    _, depth, ray = fan(parameters)
    half = np.radians(parameters.opening)
    grid = np.linspace(-half, half, parameters.rays)
    where = np.interp(grid, angle[order], distance[order], left=1e3, right=1e3)
    past = depth - where[ray]
    return (parameters.palate * np.exp(-0.5 * (past / 1.2) ** 2)).astype(np.float32)


def ultrasound(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s; the brightest place along each ray is the contour."""
    index, depth, ray = fan(parameters)
    distance, bright = rays(source, parameters)
    band, body = profiles(parameters)
    still = echo(source, parameters)
    bank = textures(source.speaker.id, parameters)
    choice = generator(source.id, "speckle").integers(0, TEXTURES, (2, len(distance)))
    out = np.zeros((len(distance), parameters.size**2), np.uint8)
    for frame in range(len(distance)):
        place = (depth - distance[frame][ray]) * np.float32(STEPS) + np.float32(128 * STEPS + 0.5)
        table = np.clip(place, 0, 256 * STEPS).astype(np.intp)
        grey = band[table] * bright[frame][ray] + body[table] + still
        grey *= (bank[choice[0, frame]] + bank[choice[1, frame]][::-1]) * np.float32(0.5)
        out[frame, index] = np.clip(grey, 0, 255)
    return out.reshape(-1, parameters.size, parameters.size)
