"""What a silent take would be aloud: the voiced take of its text, brought to its own time.

A silent take has movement but no sound, so its targets of sound are those of the take aloud. Which
moment of one belongs to which of the other is known here from what both moved: dynamic time warping
of the points in the talker's deviations. The two are takes of their own, so the targets are as near
as a talker's second take is, not exact.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from benchmark.core import Array
from benchmark.corpora.io.warping import between, path
from benchmark.corpora.simulated.sensors import articulation as moved
from benchmark.corpora.simulated.sensors import sound
from benchmark.corpora.simulated.sensors.source import FRAME_RATE, Source, standard

REST = 3.0  # deviations: how far apart a frame of a phone is from one of rest, besides movement


def voiced_take(source: Source) -> Source:
    """The take aloud of a silent one; ValueError where there is none."""
    if source.aloud is None:
        raise ValueError(f"{source.id}: expected a silent take with its voiced one, found none")
    return source.aloud


@lru_cache(maxsize=4)  # several signals of a recording need it
def times(source: Source) -> Array:
    """(N,) s of the take aloud, rising: the moment that each frame of the silent `source` is."""
    other = voiced_take(source)
    own, its = (
        np.column_stack([standard(take), REST * take.speaking.astype(np.float64)])
        for take in (source, other)
    )
    distance = np.sqrt(np.maximum((own**2).sum(1)[:, None] + (its**2).sum(1) - 2 * own @ its.T, 0))
    rows, columns = path(distance)
    count = np.bincount(rows, minlength=len(own))
    return np.asarray(np.bincount(rows, columns, len(own)) / count / FRAME_RATE)


def brought(source: Source, frames: Array, rate: float) -> Array:
    """`frames` (T, ...) at `rate` of the take aloud -> (source.length(rate), ...) float64."""
    at = np.interp(source.times(rate), np.arange(len(source.points)) / FRAME_RATE, times(source))
    return between(frames, at * rate)


def mel(source: Source) -> Array:
    """(T, 80) float32 at 86.1328 Hz of a take: its own, or brought from the take aloud."""
    if not source.silent:
        return sound.mel(source)
    return brought(source, sound.mel(voiced_take(source)), sound.MEL_RATE).astype(np.float32)


def articulation(source: Source) -> Array:
    """(T, 14) float32 at 50 Hz: a silent take moves itself; loudness and pitch are brought."""
    own = moved.articulation(source)
    if source.silent:
        theirs = moved.articulation(voiced_take(source))
        own[:, 12:] = brought(source, theirs[:, 12:], moved.PARAMETERS.rate)
    return own


def voicing(source: Source) -> Array:
    """(T,) uint8 at 50 Hz: 1 where the vocal folds vibrate, or would."""
    if not source.silent:
        return moved.voicing(source)
    voiced = moved.voicing(voiced_take(source)).astype(np.float64)
    return (brought(source, voiced, moved.PARAMETERS.rate) >= 0.5).astype(np.uint8)
