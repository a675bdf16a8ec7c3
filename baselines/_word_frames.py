"""EMG of a word as frames or samples, (time, features), and the answer as one row of scores."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import _features as features
import numpy as np
from _nouns import Array, Asked, Inputs, Recording, Recordings
from _views import Word
from _word_networks import SHORTEST


class Frames(Word):
    """All frames rather than pooled parts; the answer is one row of scores.

    With `seconds`, frames of so much of each recording, from its middle.
    """

    def __init__(self, asked: Asked, seconds: float | None = None) -> None:
        super().__init__(asked)
        self.seconds = seconds

    def emg(self, inputs: Inputs | Recording) -> Array:
        """(time, channels), at least one sample."""
        x = inputs["emg"]
        if self.seconds is None:
            return x
        kept = max(1, round(self.seconds * self.rate))
        return x[max(0, (len(x) - kept) // 2) :][:kept]

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = self.sequence(self.emg(inputs))
        return x[np.minimum(np.arange(max(SHORTEST, len(x))), len(x) - 1)]


class Samples(Frames):
    """Samples as they were recorded, each channel about its mean and on a scale of its own."""

    def fit(self, train: Recordings) -> None:
        self.standard = features.Standard.of(features.own_level(self.emg(r)) for r in train)

    def sequence(self, emg: Array) -> Array:
        return self.standard(features.own_level(emg))


class Powers(Frames):
    """Band powers, and slow waves from amplifiers that were not made for EMG."""

    FRAME_RATE = 50.0  # Hz
    EMG_RATE = 500.0  # Hz: slower amplifiers lose much of the EMG, and its sites still move

    def sequence(self, emg: Array) -> Array:
        frames = max(1, round(len(emg) / self.rate * self.FRAME_RATE))
        place = self.rate, frames, self.FRAME_RATE
        x = features.emg(emg, *place)
        if self.rate < self.EMG_RATE:
            x = np.concatenate([x, features.slow(emg, *place)], axis=1)
        return x


class Courses(Powers):
    """The same without the mean over the recording: gains differ between talkers and sessions."""

    def sequence(self, emg: Array) -> Array:
        return features.own_level(super().sequence(emg))
