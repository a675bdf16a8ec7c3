"""Mean courses: training answers stretched to one length and averaged, and stretched again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from _nouns import Array, Shape

POINTS = 100  # of a course, whatever the rate of the signal


def stretched(frames: Array, count: int) -> Array:
    """(time, ...) at `count` moments, from the first frame to the last, by linear interpolation."""
    place = np.linspace(0, len(frames) - 1, count)
    before = np.minimum(place.astype(int), max(len(frames) - 2, 0))
    after = np.minimum(before + 1, len(frames) - 1)
    share = (place - before).reshape(-1, *[1] * (frames.ndim - 1))
    return np.asarray((1 - share) * frames[before] + share * frames[after])


def mean_course(answers: Iterable[Array]) -> Array:
    """(POINTS, ...) float32, the mean of answers (time, ...) of any length, each counting once."""
    total, count = np.zeros(()), 0
    for answer in answers:
        total = total + stretched(np.asarray(answer, np.float64), POINTS)
        count += 1
    return np.asarray(total / count, np.float32)


def answer(course: Array, shape: Shape, dtype: str) -> Array:
    """A course stretched to the shape that is asked for; whole numbers are rounded."""
    found, kind = stretched(course, shape[0]), np.dtype(dtype)
    return (np.rint(found) if kind.kind in "iu" else found).astype(kind)
