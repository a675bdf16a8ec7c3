"""Scan conversion: scan lines that leave an apex like rays -> an upright picture.

The probe is below and its first scan line at the left, so the tongue's tip is at the right where
the recording was made that way. A picture's pixel has its centre at (column, row), x right and y
down. A pixel reads the scan lines by a tent in angle and in distance which reaches as far as one
line or sample, or as one pixel where that is further: the first is bilinear interpolation, the
second averages what lies within a pixel, since picking single samples would turn fine speckle into
noise. A pixel outside the first and last line or sample is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from benchmark.core import Array, UserError

LARGEST = 1 << 24  # weights of a fan, those that are zero included; known ones have under a million


@dataclass(frozen=True)
class Fan:
    """Where the samples of a raw frame (lines, samples) lie."""

    lines: int
    samples: int
    angle: float  # radians from line to line
    offset: float  # samples from the apex to the first one
    density: float  # samples a millimetre

    @property
    def half(self) -> float:
        """Degrees from the upright to the first and to the last line."""
        return math.degrees((self.lines - 1) / 2 * self.angle)

    @property
    def near(self) -> float:
        """mm from the apex to the first sample."""
        return self.offset / self.density

    @property
    def far(self) -> float:
        """mm from the apex to the last sample."""
        return (self.offset + self.samples - 1) / self.density


@dataclass(frozen=True)
class Grid:
    """An upright picture (size, size) in millimetres about the apex, as `Signal.fan` says it."""

    size: int
    apex: tuple[float, float]  # pixels: x, y
    pitch: float  # mm a pixel


def places(fan: Fan, grid: Grid) -> tuple[Array, Array, Array]:
    """Flat indices of the pixels inside the fan (P,), and which line and sample each lies at.

    Lines and samples are float64 and count from 0; a whole number is the middle of one.
    """
    rows, columns = np.mgrid[: grid.size, : grid.size].astype(np.float64)
    across, up = (columns - grid.apex[0]) * grid.pitch, (grid.apex[1] - rows) * grid.pitch
    line = np.arctan2(across, up) / fan.angle + (fan.lines - 1) / 2
    sample = np.hypot(across, up) * fan.density - fan.offset
    inside = (line >= 0) & (line <= fan.lines - 1) & (sample >= 0) & (sample <= fan.samples - 1)
    return np.flatnonzero(inside), line[inside], sample[inside]


@lru_cache(maxsize=4)
def weights(fan: Fan, grid: Grid) -> tuple[Array, Any]:
    """Flat indices of the pixels inside the fan (P,), and what of a raw frame each one takes.

    The latter is a sparse matrix (P, lines * samples) float32 whose rows add up to one.
    """
    from scipy.sparse import csr_array

    index, line, sample = places(fan, grid)
    distance = np.maximum((sample + fan.offset) / fan.density, grid.pitch)
    nearby, by_line = _tent(line, grid.pitch / (distance * fan.angle), fan.lines)
    deep, by_sample = _tent(sample, np.full(len(sample), grid.pitch * fan.density), fan.samples)
    if by_line.size * by_sample.shape[1] > LARGEST:
        raise UserError(f"expected a fan of up to a few hundred lines and samples, got {fan}")
    values = by_line[:, :, None] * by_sample[:, None, :]
    source = nearby[:, :, None] * fan.samples + deep[:, None, :]
    begins = np.arange(len(index) + 1) * values[:1].size
    matrix = csr_array(
        (values.astype(np.float32).ravel(), source.ravel(), begins),
        shape=(len(index), fan.lines * fan.samples),
    )
    matrix.eliminate_zeros()
    return index, matrix


def upright(batches: Iterable[Array], count: int, fan: Fan, grid: Grid) -> Array:
    """Pictures (count, size, size) uint8 of as many raw frames, given as (n, lines, samples) uint8.

    ValueError where there are more or fewer of them.
    """
    index, matrix = weights(fan, grid)
    out = np.zeros((count, grid.size**2), np.uint8)
    done = 0
    for frames in batches:
        grey = matrix @ np.ascontiguousarray(frames.reshape(len(frames), -1).T, np.float32)
        out[done : done + len(frames), index] = np.clip(np.rint(grey), 0, 255).astype(np.uint8).T
        done += len(frames)
    if done != count:
        raise ValueError(f"expected {count} frames, got {done}")
    return out.reshape(-1, grid.size, grid.size)


def _tent(place: Array, reach: Array, count: int) -> tuple[Array, Array]:
    """Which of `count` neighbours (P, n) a tent about each place covers, and their weights (P, n).

    The tent is 0 from `reach` away, which is at least 1 and at most `count`. The weights of a place
    add up to one, also at the ends.
    """
    reach = np.clip(reach, 1, count)
    steps = np.arange(math.ceil(2 * reach.max(initial=1)))
    neighbour = np.floor(place - reach).astype(np.intp)[:, None] + 1 + steps
    weight = np.maximum(1 - np.abs(neighbour - place[:, None]) / reach[:, None], 0)
    weight[(neighbour < 0) | (neighbour >= count)] = 0
    return np.clip(neighbour, 0, count - 1), weight / weight.sum(axis=1, keepdims=True)
