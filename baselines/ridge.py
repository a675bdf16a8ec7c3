# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Ridge regression with context"
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
"""Linear regression from the features around one frame to the answer of that frame.

Features of a frame, see `_views`, stand beside those of frames every 50 ms to either side; how far
these reach, 0 to 200 ms, and how much to shrink is chosen on `valid` by squared error, both at
once. Neighbours show the 64 largest principal components of their features, so that size and
memory stay bounded whatever the number of channels; beyond the ends the outermost frames are held.
Words are one row a recording, which has no neighbours: one-hot, and the largest one answers.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from _features import Standard
from _nouns import Array, Asked, Inputs, Recordings, Shape
from _views import VIEWS

SHRINK = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # times the number of frames
STEP = 0.05  # s from one neighbour to the next: features are means over about as much
WIDTH = 64  # numbers that a neighbour is shown by
SAMPLE = 100  # recordings that these are found from
BLOCK = 4096  # frames at a time, of recordings of any length


class Model:
    reach = 0.2  # s to either side, the most that is tried

    def __init__(self, asked: Asked, seed: int) -> None:
        self.view = VIEWS[asked.target](asked)

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.view.fit(train)
        self.standard = Standard.of(x for x, _ in self._pairs(train))
        some = [train[k] for k in range(0, len(train), -(-len(train) // SAMPLE))]
        self.components = _components(self.standard(x) for x, _ in self._pairs(some))
        self.steps = _steps(self.view.frame_rate, self.reach)
        seen, held = self._moments(train), self._moments(valid or train)
        found = {}
        for steps in range(len(self.steps) + 1):
            used = self._used(steps, len(seen[0]))
            part = np.ix_(used, used)
            for strength in SHRINK:
                weights = _solve(seen[0][part], seen[1][used], strength * seen[3])
                error = _error(weights, held[0][part], held[1][used], held[2])
                found[error, steps, strength] = weights
        best = min(found)
        _, steps, self.strength = best
        self.weights, self.steps = found[best], self.steps[:steps]
        self.parameters = int(self.weights.size)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        frames = self.view.count(shape)
        parts = self._blocks(self.view.features(inputs, frames))
        return self.view.answer(np.concatenate([x @ self.weights for x in parts]), inputs, shape)

    def _pairs(self, recordings: Recordings) -> Iterator[tuple[Array, Array]]:
        for recording in recordings:
            rows = self.view.rows(recording)
            yield self.view.features(recording, len(rows)), rows

    def _blocks(self, features: Array) -> Iterator[Array]:
        """(frames, features) -> blocks (frames, columns): itself, its neighbours, and 1."""
        x = self.standard(features)
        shown = x @ self.components
        for start in range(0, len(x), BLOCK):
            frame = np.arange(start, min(start + BLOCK, len(x)))
            near = [
                shown[np.clip(frame + offset, 0, len(x) - 1)]
                for step in self.steps
                for offset in (-step, step)
            ]
            yield np.concatenate([x[frame], *near, np.ones((len(frame), 1))], axis=1)

    def _used(self, steps: int, columns: int) -> Array:
        """The columns of a block that are those of so many steps to either side, and the last."""
        own, width = self.components.shape
        return np.append(np.arange(own + 2 * steps * width), columns - 1)

    def _moments(self, recordings: Recordings) -> tuple[Array, Array, float, int]:
        """Sums over all frames of x x', x y' and y y, and the number of frames."""
        xx, xy, yy, count = np.zeros((1, 1)), np.zeros((1, 1)), 0.0, 0
        for features, rows in self._pairs(recordings):
            y = rows.astype(np.float64)
            yy, count = yy + float(np.square(y).sum()), count + len(y)
            for start, x in enumerate(self._blocks(features)):
                of = y[start * BLOCK : (start + 1) * BLOCK]
                xx, xy = xx + x.T @ x, xy + x.T @ of
        return xx, xy, yy, count


def _steps(frame_rate: float | None, reach: float) -> list[int]:
    """Frames from one to each of its neighbours, nearest first; none where a row has no time."""
    places = np.arange(1, round(reach / STEP) + 1) * STEP * (frame_rate or 0.0)
    return sorted({round(place) for place in places.tolist()} - {0})


def _components(standardised: Iterator[Array]) -> Array:
    """Orthonormal columns (features, at most WIDTH): what varies most over all frames."""
    spread = sum(x.T @ x for x in standardised)
    _, vectors = np.linalg.eigh(np.asarray(spread, np.float64))
    return np.asarray(vectors[:, ::-1][:, :WIDTH], np.float32)


def _solve(xx: Array, xy: Array, strength: float) -> Array:
    """Weights (features + 1, columns); the last row, the offset, is not shrunk."""
    penalty = np.full(len(xx), strength)
    penalty[-1] = 0
    return np.linalg.solve(xx + np.diag(penalty), xy)


def _error(weights: Array, xx: Array, xy: Array, yy: float) -> float:
    """Summed squared error of rows whose moments these are."""
    return float(yy - 2 * (weights * xy).sum() + (weights * (xx @ weights)).sum())
