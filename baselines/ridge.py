# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Ridge regression, frame by frame"
# authors = ["SilentBench contributors"]
# tasks = [
#     "emg -> articulation", "emg -> mel", "emg -> word", "seeg -> articulation", "seeg -> mel",
#     "noisy, emg -> clean", "lips -> ultrasound",
# ]
# licence = "Apache-2.0"
# citation = "Hoerl and Kennard 1970, Technometrics 12: 55-67"
# causal = false
# trained-on = "the training part of the task"
# ///
"""Linear regression from the features of one frame to the answer of that frame.

No context in time beyond the window of a feature; how much to shrink is chosen on `valid`. Words
are one-hot rows, and the largest one answers.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from _features import Standard
from _nouns import Array, Asked, Inputs, Recordings, Shape
from _views import VIEWS

SHRINK = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # times the number of frames


class Model:
    def __init__(self, asked: Asked, seed: int) -> None:
        self.view = VIEWS[asked.target](asked)

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.view.fit(train)
        self.standard = Standard.of(x for x, _ in self._pairs(train))
        seen, held = self._moments(train), self._moments(valid or train)
        found = {strength: _solve(*seen[:2], strength * seen[3]) for strength in SHRINK}
        self.strength = min(found, key=lambda strength: _error(found[strength], *held[:3]))
        self.weights = found[self.strength]
        self.parameters = int(self.weights.size)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        frames = self.view.count(shape)
        x = _with_one(self.standard(self.view.features(inputs, frames)))
        return self.view.answer(x @ self.weights, inputs, shape)

    def _pairs(self, recordings: Recordings) -> Iterator[tuple[Array, Array]]:
        for recording in recordings:
            rows = self.view.rows(recording)
            yield self.view.features(recording, len(rows)), rows

    def _moments(self, recordings: Recordings) -> tuple[Array, Array, float, int]:
        """Sums over all frames of x x', x y' and y y, and the number of frames."""
        xx, xy, yy, count = np.zeros((1, 1)), np.zeros((1, 1)), 0.0, 0
        for features, rows in self._pairs(recordings):
            x, y = _with_one(self.standard(features)), rows.astype(np.float64)
            xx, xy = xx + x.T @ x, xy + x.T @ y
            yy, count = yy + float(np.square(y).sum()), count + len(x)
        return xx, xy, yy, count


def _with_one(x: Array) -> Array:
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def _solve(xx: Array, xy: Array, strength: float) -> Array:
    """Weights (features + 1, columns); the last row, the offset, is not shrunk."""
    penalty = np.full(len(xx), strength)
    penalty[-1] = 0
    return np.linalg.solve(xx + np.diag(penalty), xy)


def _error(weights: Array, xx: Array, xy: Array, yy: float) -> float:
    """Summed squared error of rows whose moments these are."""
    return float(yy - 2 * (weights * xy).sum() + (weights * (xx @ weights)).sum())
