"""Midsagittal ultrasound of the tongue at 60 frames/s, and the contour that made each picture.

Geometry, brightness and contour are those of the embedded corpus. The speckle is a recording's own:
each frame has another part of a field of smooth noise that no other recording shares, so that it
tells neither the talker nor the frame. Where the probe sits depends on the corpus's seed, talker
and session; shadows that move, on the recording.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors import ultrasound as plain
from benchmark.corpora.embedded.sensors.ultrasound import STEPS, Parameters
from benchmark.corpora.simulated.sensors.lips import under_seed
from benchmark.corpora.simulated.sensors.source import Source

PARAMETERS = replace(plain.PARAMETERS, version=2, rays=256, speckle=0.1)
SIGNALS = plain.SIGNALS
FIELD = 160  # pixels a side, of a recording's speckle, which repeats beyond
QUANTUM = 2.0**-8  # of the speckle


def contour(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 100, 2) float32 mm: the visible surface, equal steps of arc, root to tip."""
    return plain.contour(under_seed(source), parameters)


def speckle(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """A field (FIELD + size, FIELD + size) float32 of mean 1 that repeats after FIELD pixels."""
    from scipy.ndimage import gaussian_filter

    noise = source.random("speckle").standard_normal((FIELD, FIELD))
    smooth = gaussian_filter(noise, (0.8, 1.1), mode="wrap")
    smooth = 1 + smooth * (parameters.speckle / smooth.std())
    grid = (np.round(smooth / QUANTUM) * QUANTUM).astype(np.float32)
    return np.pad(grid, (0, parameters.size), mode="wrap")


def rays(source: Source, parameters: Parameters) -> tuple[Array, Array]:
    """Distance of the surface in mm and brightness of its echo, each (T, rays) float32."""
    half = np.radians(parameters.opening)
    grid = np.linspace(-half, half, parameters.rays)
    found = plain.surfaces(under_seed(source), parameters)
    distance = np.stack([np.interp(grid, a, r) for a, r in found])
    steep = np.gradient(distance, grid[1] - grid[0], axis=1) / distance
    bright = 0.35 + 0.65 / (1 + steep * steep)
    ends = np.array([[a[0], a[-1]] for a, _ in found])
    past = np.maximum(ends[:, :1] - grid, grid - ends[:, 1:])
    bright *= np.clip(1 - past / 0.02, 0, 1)
    bright *= 1 - parameters.dropout * (0.5 + 0.5 * shadows(source, len(found), parameters))
    return distance.astype(np.float32), bright.astype(np.float32)


def shadows(source: Source, count: int, parameters: Parameters) -> Array:
    """(count, rays) from -1 to 1: three waves over the fan, each of which moves at its own pace."""
    across = np.pi * np.linspace(-1, 1, parameters.rays)
    times = np.arange(count) / parameters.rate
    rng = source.random("dropout")
    wave = np.zeros((count, parameters.rays))
    for cycles in (1.0, 2.0, 3.0):
        phase = 2 * np.pi * (rng.random() + rng.uniform(-0.6, 0.6) * times)
        angle = 2 * cycles * across  # sin(angle + phase), without a sine for each place
        wave += np.outer(np.cos(phase), np.sin(angle)) + np.outer(np.sin(phase), np.cos(angle))
    return wave / 3


@lru_cache(maxsize=2)
def tables(parameters: Parameters) -> tuple[Array, Array]:
    """Band (0 to 1) and body in grey levels against distance past the surface, as `profiles`."""
    return plain.profiles(parameters)


def ultrasound(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 96, 96) uint8 at 60 frames/s; the brightest place along each ray is the contour."""
    size = parameters.size
    index, depth, ray = plain.fan(parameters)
    distance, bright = rays(source, parameters)
    band, body = tables(parameters)
    still = plain.echo(under_seed(source), parameters)
    field = speckle(source, parameters).ravel()
    width = FIELD + size
    place = (index // size) * width + index % size
    corners = source.random("corners").integers(0, FIELD, (len(distance), 2)) @ [width, 1]
    scaled = depth * np.float32(STEPS) + np.float32(128 * STEPS + 0.5)
    ahead = distance * np.float32(STEPS)
    out = np.zeros((len(distance), size * size), np.uint8)
    for frame, corner in enumerate(corners.tolist()):
        table = (scaled - ahead[frame].take(ray)).astype(np.intp)
        grey = band.take(table, mode="clip")
        grey *= bright[frame].take(ray)
        grey += body.take(table, mode="clip")
        grey += still
        grey *= field[corner:].take(place)
        out[frame, index] = np.minimum(grey, 255)
    return out.reshape(-1, size, size)
