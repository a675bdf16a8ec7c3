"""Dynamic time warping: the cheapest way to step through two sequences together.

A path goes from the first pair of frames to the last in steps (1, 0), (0, 1) and (1, 1); it costs
the sum of the Euclidean distances of the pairs on it, both ends included (Sakoe & Chiba 1978,
symmetric form without weights). Of equally cheap paths the one with the fewest pairs is taken, so
that the order of the two sequences does not matter.

Cells of one antidiagonal do not depend on each other and are computed together. Each carries the
length of its path along with the cost, so that nothing has to be traced back: memory grows with the
sum of the lengths, not with their product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FAR = np.iinfo(np.int64).max


def dtw(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[float, int]:
    """Cost of the cheapest path through u (n, k) and v (m, k), and how many pairs it has.

    The cost is infinite where a distance is too large for float64.
    """
    n, m = len(u), len(v)
    v = v[::-1]  # so that an antidiagonal is a stretch of both
    # Cell i stands for (i - 1, diagonal - i + 1); cell 0 and all that is not reached cost infinity.
    before, cost = np.full((2, n + 1), np.inf)
    length_before, length = np.zeros((2, n + 1), np.int64)
    before[0] = 0.0  # where a path starts
    for diagonal in range(n + m - 1):
        low, high = max(0, diagonal - m + 1), min(diagonal, n - 1) + 1
        shift = m - 1 - diagonal
        apart = u[low:high] - v[low + shift : high + shift]
        here, up = slice(low + 1, high + 1), slice(low, high)
        steps = before[up], cost[up], cost[here]
        lengths = length_before[up], length[up], length[here]
        best = np.minimum(np.minimum(steps[0], steps[1]), steps[2])
        fewest = np.minimum.reduce(
            [np.where(step == best, cells, FAR) for step, cells in zip(steps, lengths, strict=True)]
        )
        following, following_length = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
        following[here] = best + np.sqrt(np.einsum("ij,ij->i", apart, apart))
        following_length[here] = fewest + 1
        before, cost = cost, following
        length_before, length = length, following_length
    return float(cost[n]), int(length[n])
