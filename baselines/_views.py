"""How a recording of each task looks to a model: features and answers, both one row a frame.

`count(shape)` is the number of rows of an answer of that shape, `features(inputs, frames)` gives
(frames, features), `rows(recording)` the answer to be learnt as (frames, columns), and
`answer(rows, inputs, shape)` turns rows back into what the task asks for.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from typing import Protocol

import _features as features
import _pictures as pictures
import _spectra as spectra
import numpy as np
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape


class View(Protocol):
    frame_rate: float | None  # rows a second; None where a recording is one row

    def fit(self, train: Recordings) -> None: ...
    def count(self, shape: Shape) -> int: ...
    def features(self, inputs: Inputs | Recording, frames: int) -> Array: ...
    def rows(self, recording: Recording) -> Array: ...
    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array: ...


class Trajectory:
    """EMG or sEEG to (time, channels): log power around each frame to standardised channels."""

    def __init__(self, asked: Asked) -> None:
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate
        self.frame_rate = asked.signals[self.target].rate
        self.extract = {"emg": features.emg, "seeg": features.high_gamma}[self.input]

    def fit(self, train: Recordings) -> None:
        self.standard = features.Standard.of(r[self.target] for r in train)

    def count(self, shape: Shape) -> int:
        return shape[0]

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        return self.extract(inputs[self.input], self.rate, frames, self.frame_rate)

    def rows(self, recording: Recording) -> Array:
        return self.standard(recording[self.target])

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return self.standard.undo(rows).reshape(shape)


class Pictures:
    """Lips to ultrasound: principal components of small pictures to those of whole ones."""

    def __init__(self, asked: Asked, factor: int = 4, seen: int = 32, shown: int = 64) -> None:
        self.rate, self.frame_rate = (asked.signals[s].rate for s in ("lips", "ultrasound"))
        self.factor, self.seen, self.shown = factor, seen, shown

    def fit(self, train: Recordings) -> None:
        lips = [pictures.shrink(r["lips"], self.factor) for r in train]
        self.lips = pictures.Components.of(pictures.thin(lips), self.seen)
        self.fit_answers(train)

    def fit_answers(self, train: Recordings) -> None:
        shown = pictures.thin([r["ultrasound"] for r in train])
        self.ultrasound = pictures.Components.of(shown, self.shown)
        self.scale = float(self.ultrasound.weights(shown).std(axis=0).max())

    def count(self, shape: Shape) -> int:
        return shape[0]

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        weights = self.lips.weights(pictures.shrink(inputs["lips"], self.factor))
        return features.at_frames(weights, self.rate, frames, self.frame_rate)

    def rows(self, recording: Recording) -> Array:
        return self.ultrasound.weights(recording["ultrasound"]) / self.scale

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return self.ultrasound.pictures(rows * self.scale, shape)


class Speech:
    """Log spectrum of noisy speech, and EMG, to a bounded gain; the phase is kept."""

    softest = 0.01  # gain, 40 dB less: on validation, see `benchmarks/gain_limit.py`

    def __init__(self, asked: Asked) -> None:
        self.emg_rate = asked.signals["emg"].rate
        self.frame_rate = asked.signals["noisy"].rate / spectra.HOP

    def fit(self, train: Recordings) -> None:
        pass

    def count(self, shape: Shape) -> int:
        return spectra.frame_count(shape[0])

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        sound = spectra.log_magnitude(spectra.stft(inputs["noisy"]))
        muscles = features.emg(inputs["emg"], self.emg_rate, frames, self.frame_rate)
        return np.concatenate([sound, muscles], axis=1)

    def rows(self, recording: Recording) -> Array:
        clean, noisy = (np.abs(spectra.stft(recording[name])) for name in ("clean", "noisy"))
        return np.clip(clean / np.maximum(noisy, 1e-4), self.softest, spectra.LOUDEST)

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return spectra.filtered(inputs["noisy"], rows, self.softest).reshape(shape)


class Word:
    """EMG to a class: one row a recording, frames pooled in a few parts."""

    FRAME_RATE = 25.0  # Hz
    PARTS = 4
    frame_rate = None  # rows are whole recordings

    def __init__(self, asked: Asked) -> None:
        self.rate = asked.signals["emg"].rate
        self.classes = len(asked.signals[asked.target].labels)

    def fit(self, train: Recordings) -> None:
        pass

    def count(self, shape: Shape) -> int:
        return 1

    def sequence(self, emg: Array) -> Array:
        """(time, channels) -> (frames at 25 Hz, features): powers, and what is below 20 Hz."""
        frames = max(1, round(len(emg) / self.rate * self.FRAME_RATE))
        place = self.rate, frames, self.FRAME_RATE
        power = features.emg(emg, *place)
        return np.concatenate([power, features.slow(emg, *place)], axis=1)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = self.sequence(inputs["emg"])
        edges = np.linspace(0, len(x), self.PARTS + 1).astype(int)
        starts = np.minimum(edges[:-1], len(x) - 1)
        stops = np.maximum(edges[1:], starts + 1)
        parts = [x[a:b] for a, b in zip(starts, stops, strict=True)]
        pooled = [f(part, axis=0) for part in parts for f in (np.mean, np.std)]
        return np.broadcast_to(np.concatenate(pooled), (frames, 2 * self.PARTS * x.shape[1]))

    def rows(self, recording: Recording) -> Array:
        return np.eye(self.classes, dtype=np.float32)[[int(recording["word"])]]

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return rows.reshape(-1).argmax().reshape(shape)


VIEWS = {
    "articulation": Trajectory,
    "mel": Trajectory,
    "ultrasound": Pictures,
    "clean": Speech,
    "word": Word,
}
