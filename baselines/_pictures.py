"""Videos as few numbers: smaller pictures, and their principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from _nouns import Array

FRAMES = 1500  # at most, to find components from: more cost time and change little


def shrink(video: Array, factor: int) -> Array:
    """(time, height, width) uint8 -> means of squares of pixels, float32 from 0 to 1.

    Rows and columns beyond a multiple of `factor` are left out.
    """
    count, height, width = video.shape
    rows, columns = height // factor, width // factor
    cut = video[:, : rows * factor, : columns * factor]
    parts = cut.reshape(count, rows, factor, columns, factor)
    return parts.mean(axis=(2, 4), dtype=np.float32) / 255


def thin(videos: Sequence[Array]) -> Array:
    """Evenly spaced frames of all videos, at most FRAMES of them, as one video."""
    step = -(-sum(map(len, videos)) // FRAMES)
    return np.concatenate([video[i % step :: step] for i, video in enumerate(videos)])


@dataclass(frozen=True)
class Components:
    """Mean picture (pixels,) and orthonormal rows (count, pixels), the most varied first."""

    mean: Array
    rows: Array

    @classmethod
    def of(cls, pictures: Array, count: int) -> Components:
        """From (frames, height, width); fewer than `count` where there are fewer frames."""
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        mean = flat.mean(axis=0)
        flat -= mean
        values, vectors = np.linalg.eigh((flat @ flat.T).astype(np.float64))
        largest = np.argsort(values)[::-1][: min(count, len(flat))]
        largest = largest[values[largest] > 1e-6 * max(values.max(), 1e-6)]
        rows = vectors[:, largest].T.astype(np.float32) @ flat
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return cls(mean, rows)

    def weights(self, pictures: Array) -> Array:
        """(frames, height, width) -> (frames, count) float32."""
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        return (flat - self.mean) @ self.rows.T

    def pictures(self, weights: Array, shape: tuple[int, ...]) -> Array:
        """(frames, count) -> uint8 pictures of exactly `shape`, rounded."""
        flat = weights @ self.rows + self.mean
        return np.clip(np.rint(flat), 0, 255).astype(np.uint8).reshape(shape)
