"""Dense optical flow of a video, by OpenCV's inverse search on dense patches (DIS)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from _nouns import Array

SMALLEST = 16  # pixels a side below which the search finds no patch to follow


def flow(video: Array, factor: int = 1) -> Array:
    """(time, height, width) uint8 -> (time, 2, rows, columns) float32: motion into each frame.

    Channels are pixels a frame to the right and down, found in whole pictures, then averaged over
    squares of `factor` x `factor` pixels; rows and columns beyond a multiple of it are left out.
    The first frame has nothing before it and stands still.
    """
    import cv2

    cv2.setNumThreads(1)  # the order of sums must not depend on the machine
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    height, width = video.shape[1:]
    margins = [(0, max(0, SMALLEST - length)) for length in (height, width)]
    frames = np.pad(video, [(0, 0), *margins], mode="edge")
    rows, columns = height // factor, width // factor
    out = np.zeros((len(video), 2, rows, columns), np.float32)
    for one, (before, after) in zip(out[1:], pairwise(frames), strict=True):
        field = search.calc(before, after, None)[: rows * factor, : columns * factor]
        squares = field.reshape(rows, factor, columns, factor, 2)
        one[:] = squares.mean(axis=(1, 3)).transpose(2, 0, 1)
    return out
