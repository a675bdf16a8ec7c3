# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Linear regression on stacked high gamma"
# authors = ["SilentBench contributors"]
# tasks = ["seeg_to_mel"]
# licence = "Apache-2.0"
# citation = "Verwoert et al. 2022, Scientific Data 9: 434, doi:10.1038/s41597-022-01542-9"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# [tool.silentbench.variants]
# pca50 = {}
# ols = { components = 0 }
# ///
"""High-gamma envelopes of 400 ms to a frame of mel by least squares, on 50 principal components.

The baseline that came with the SingleWordProductionDutch corpus: 70-170 Hz without the second and
third harmonic of the mains (98-102 and 148-152 Hz), the magnitude of the analytic signal, means of
50 ms, and at each frame the nine of them that lie -200 to +200 ms away in steps of 50 ms. Features
are standardised with the training set, reduced to their 50 strongest principal components and
mapped to mel by ordinary least squares; nothing is shrunk and nothing chosen on validation.

`ols` leaves the components out: 9 x contacts features, one linear layer. With as few frames as in
the embedded corpus it fits noise, which is its point. This is not the OLS of stereoEEG2speech,
which saw a window of 50 ms of the raw signal.

Differs from the published script: filters are responses in frequency rather than recursive ones
there and back, windows are centred on the answer's 11.6 ms frames rather than every 10 ms, signals
are held beyond their ends rather than cut by 200 ms, and mel has the bins of the task, not 23.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from _features import HIGH_GAMMA, Standard, mean_around
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape

MAINS = ((98.0, 102.0), (148.0, 152.0))  # Hz
WINDOW = 0.05  # seconds
STEPS = range(-4, 5)  # of 50 ms, from the frame
COMPONENTS = 50


def response(frequency: Array, low: float, high: float, order: int = 4) -> Array:
    """Gain of a Butterworth band-pass there and back, as of `_features.band`."""
    offset = (frequency - low * high / frequency) / (high - low)
    return 1 / (1 + offset ** (2 * order))


def envelope(x: Array, rate: float) -> Array:
    """(time, contacts) -> magnitude of the analytic signal of its high gamma, same shape.

    All in one spectrum; the mirror image follows the signal, so that its period has no jump.
    """
    count = len(x)
    x = np.asarray(x, np.float64)
    spectrum = np.fft.rfft(np.concatenate([x, x[::-1]]), axis=0)
    frequency = np.maximum(np.fft.rfftfreq(2 * count, 1 / rate), 1e-9)
    gain = 2 * response(frequency, *HIGH_GAMMA)  # twice, for the negative frequencies left out
    for edges in MAINS:
        gain *= 1 - response(frequency, *edges)
    return np.abs(np.fft.ifft(spectrum * gain[:, None], 2 * count, axis=0)[:count])


def stacked(x: Array, rate: float, frames: int, frame_rate: float) -> Array:
    """sEEG (time, contacts) -> (frames, 9 * contacts) float32, the earliest window first."""
    power, places = envelope(x, rate), np.arange(len(x))
    parts = []
    for step in STEPS:
        moved = power[np.clip(places + round(step * WINDOW * rate), 0, len(x) - 1)]
        parts.append(mean_around(moved, rate, frames, frame_rate, WINDOW))
    return np.concatenate(parts, axis=1).astype(np.float32)


class Model:
    def __init__(self, asked: Asked, seed: int, components: int = COMPONENTS) -> None:  # noqa: ARG002
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate
        self.frame_rate = asked.signals[self.target].rate
        self.components = components

    def fit(self, train: Recordings, valid: Recordings) -> None:  # noqa: ARG002
        seen = [self._features(r, len(r[self.target])) for r in train]
        self.standard = Standard.of(seen)
        x = self.standard(np.concatenate(seen)).astype(np.float64)
        y = np.concatenate([r[self.target] for r in train]).astype(np.float64)
        self.offset = y.mean(axis=0)
        self.weights = self._solved(x, y - self.offset)
        self.parameters = int(self.weights.size + self.offset.size)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        x = self.standard(self._features(inputs, shape[0]))
        return (x @ self.weights + self.offset).astype(np.float32).reshape(shape)

    def _features(self, inputs: Inputs | Recording, frames: int) -> Array:
        return stacked(inputs[self.input], self.rate, frames, self.frame_rate)

    def _solved(self, x: Array, y: Array) -> Array:
        """Weights (features, bins) of least squares, within the strongest components of x."""
        strength, directions = np.linalg.eigh(x.T @ x)  # the weakest first
        kept = strength > 1e-8 * strength[-1]
        if self.components:
            kept[: -self.components] = False
        strength, directions = strength[kept], directions[:, kept]
        return directions @ (directions.T @ (x.T @ y) / strength[:, None])


def published(**settings: object) -> NoReturn:
    raise NotImplementedError("linear regression is no network")
