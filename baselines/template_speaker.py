# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Template of the speaker, told by the input's levels"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_articulation", "emg_to_mel", "seeg_to_mel", "lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A floor: the mean course of the speaker's own training answers, stretched to the length asked.

A model is not told who speaks. It takes the training speaker whose recordings are most like this
one in mean and level of each input channel or pixel, in standard deviations within speakers. Where
that gives no better answers to the validation part than the mean course of all, as with speakers
who are new, the answer is the latter.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from _courses import answer, mean_course
from _nouns import Array, Asked, Inputs, Shape

SMALL = 1e-6
MOST = 2048  # means and levels that are compared; of more of them, evenly spaced ones


class Recording(Protocol):
    speaker: str

    def __getitem__(self, signal: str) -> Array: ...


class Model:
    def __init__(self, asked: Asked, seed: int) -> None:  # noqa: ARG002 - the signature is given
        self.inputs, self.target = asked.inputs, asked.target
        self.dtype = asked.signals[asked.target].dtype

    def fit(self, train: list[Recording], valid: list[Recording]) -> None:
        groups: dict[str, list[Recording]] = {}
        for recording in train:
            groups.setdefault(recording.speaker, []).append(recording)
        self.of_all = mean_course(recording[self.target] for recording in train)
        self.courses = [mean_course(r[self.target] for r in group) for group in groups.values()]
        seen = [[self._levels(recording) for recording in group] for group in groups.values()]
        self.places: list[Array | None] = [_mean(rows) for rows in seen]
        alike = [(r, p.size) for r, p in zip(seen, self.places, strict=True) if p is not None]
        self.spread = {
            size: _within([rows for rows, n in alike if n == size])
            for size in {n for _, n in alike}
        }
        if self._error(valid, own=True) >= self._error(valid, own=False):
            self.courses = []
        self.parameters = self.of_all.size + sum(course.size for course in self.courses)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        return answer(self._course(inputs), shape, self.dtype)

    def _levels(self, inputs: Inputs | Recording) -> Array:
        """Mean and ln of the standard deviation over time of each channel or pixel, (n,)."""
        found = []
        for name in self.inputs:
            x = np.asarray(inputs[name], np.float64)
            x = x.reshape(len(x), -1)
            found += [x.mean(axis=0), np.log(x.std(axis=0) + SMALL)]
        levels = np.concatenate(found)
        return levels[:: -(-levels.size // MOST)]

    def _course(self, inputs: Inputs | Recording) -> Array:
        if not self.courses:
            return self.of_all
        levels = self._levels(inputs)
        far = [
            float(np.square((levels - place) / self.spread[levels.size]).sum())
            if place is not None and place.size == levels.size
            else np.inf
            for place in self.places
        ]
        nearest = int(np.argmin(far))
        return self.courses[nearest] if np.isfinite(far[nearest]) else self.of_all

    def _error(self, recordings: list[Recording], own: bool) -> float:
        """Mean squared error of the answers to these recordings; 0 without any."""
        total = 0.0
        for recording in recordings:
            truth = np.asarray(recording[self.target], np.float64)
            course = self._course(recording) if own else self.of_all
            total += float(np.square(answer(course, truth.shape, self.dtype) - truth).mean())
        return total / max(1, len(recordings))


def _mean(rows: list[Array]) -> Array | None:
    """The mean of what is equally long; None where the recordings of a speaker differ in it."""
    return np.mean(rows, axis=0) if len({row.size for row in rows}) == 1 else None


def _within(speakers: list[list[Array]]) -> Array:
    """Standard deviation (n,) of recordings about the mean of their speaker."""
    apart = [row - np.mean(rows, axis=0) for rows in speakers for row in rows]
    return np.asarray(np.sqrt(np.square(apart).mean(axis=0))) + SMALL
