"""Every task as a sequence of frames: features, loss and reading that do not depend on the layers.

Networks of different kinds that are built on it see the same features, learn by the same loss and
train by the same rule, so that they differ in their layers alone. A network gives one row for each
frame, (batch, time, features) -> (batch, time, columns), also where the answer is one word (the
mean over frames is read) or a text (by CTC).
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import _features as features
import _pictures as pictures
import _spectra as spectra
import numpy as np
import torch
from _ctc import Alphabet, best_path, ctc, log_softmax
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _training import Loss, Recipe, squared
from _views import Pictures, Speech, Trajectory, View, Word
from torch import Tensor, nn

LOUDNESS = 0.3  # power of a magnitude, near to how loud it is heard
TEXT_RATE = 50.0  # Hz, of the scores of letters
AUGMENTED = 0.3  # deviation of what training adds to standardised features of words and texts


class Frames(View):
    """A view whose features and rows a network of any kind can learn from."""

    loss: Loss = staticmethod(squared)
    noise = 0.0  # deviation of what training adds to the features

    def columns(self, of_rows: int) -> int:
        """How many numbers a network gives for each frame, by the columns of the rows."""
        return of_rows


class TrajectoryFrames(Trajectory, Frames):
    """EMG or sEEG to (time, channels), frame by frame."""


class LipFrames(Pictures, Frames):
    """Small pictures of the lips, all pixels of a frame in one row, to components of ultrasound."""

    def fit(self, train: Recordings) -> None:
        self.fit_answers(train)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        small = pictures.shrink(inputs["lips"], self.factor)
        at = features.at_frames(small, self.rate, frames, self.frame_rate)
        return at.reshape(frames, -1)


def loudness_error(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over real frames of noisy magnitudes through a gain from clean ones."""
    noisy, clean = rows.chunk(2, dim=-1)
    heard = torch.sigmoid(output) ** LOUDNESS * noisy
    return squared(heard, clean, mask)


class SpeechFrames(Speech, Frames):
    """Noisy speech and EMG to a gain; rows hold magnitudes, noisy ones beside clean ones."""

    loss = staticmethod(loudness_error)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        """Also about their mean over the recording: steady noise goes, what moves stays."""
        x = super().features(inputs, frames)
        return np.concatenate([x, features.own_level(x)], axis=1)

    def rows(self, recording: Recording) -> Array:
        both = [np.abs(spectra.stft(recording[name])) ** LOUDNESS for name in ("noisy", "clean")]
        return np.concatenate(both, axis=1)

    def columns(self, of_rows: int) -> int:
        return of_rows // 2

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        gain = 1 / (1 + np.exp(-rows.astype(np.float64)))
        return super().answer(gain, inputs, shape)


def word_error(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy of the mean score over real frames."""
    mean = (output * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    return nn.functional.cross_entropy(mean, rows[:, 0], label_smoothing=0.1)


class WordFrames(Word, Frames):
    """EMG at 25 Hz to classes: the course of each feature about its mean, and that mean."""

    loss = staticmethod(word_error)
    noise = AUGMENTED

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = self.sequence(inputs["emg"])
        return np.concatenate([features.own_level(x), np.broadcast_to(x.mean(axis=0), x.shape)], 1)

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return rows.mean(axis=0).argmax().reshape(shape)


class TextFrames(Frames):
    """EMG to letters, blank and space at 50 Hz, read by the best path; it knows no words."""

    loss = staticmethod(ctc)
    noise = AUGMENTED
    frame_rate = TEXT_RATE

    def __init__(self, asked: Asked) -> None:
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate
        self.dtype = np.dtype(asked.signals[self.target].dtype)

    def fit(self, train: Recordings) -> None:
        self.alphabet = Alphabet.of(self._text(recording) for recording in train)

    def count(self, shape: Shape) -> int:
        return 0  # the length of a text says nothing of the number of frames

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = inputs[self.input]
        count = max(1, round(len(x) / self.rate * TEXT_RATE))
        return features.emg(x, self.rate, count, TEXT_RATE)

    def rows(self, recording: Recording) -> Array:
        return self.alphabet.written(self._text(recording))

    def columns(self, of_rows: int) -> int:
        return self.alphabet.symbols

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        text = self.alphabet.read(best_path(log_softmax(rows)))
        return np.array([ord(letter) for letter in text], self.dtype)

    def _text(self, recording: Recording) -> str:
        return "".join(map(chr, recording[self.target]))


FRAMES = {
    "articulation": TrajectoryFrames,
    "mel": TrajectoryFrames,
    "ultrasound": LipFrames,
    "clean": SpeechFrames,
    "word": WordFrames,
    "text": TextFrames,
}


@dataclass(frozen=True)
class Chosen:
    """The better of two trials on validation recordings, see docs/search.jsonl."""

    rate: float = 2.8e-3  # largest step
    width: int = 64


# Two to four minutes in one thread on the embedded corpus, and 25 where that is less.
EPOCHS = {
    "emg_speech_enhancement": 8,
    "emg_to_mel": 15,
    "emg_to_text": 30,  # CTC gives blanks alone for the first hundreds of steps
    "lip_to_ultrasound": 15,
}


class SequenceModel(NetworkModel):
    """Layers from frames to rows, for every task; entries fill in the layers."""

    chosen: Mapping[str, Chosen] = {}  # by task; the others take what `Chosen` begins with

    def __init__(self, asked: Asked, seed: int, width: int = 0) -> None:
        super().__init__(FRAMES[asked.target](asked), seed)
        settings = self.chosen.get(asked.task, Chosen())
        self.recipe = Recipe(EPOCHS.get(asked.task, 25), batch=8, rate=settings.rate)
        self.width = width or settings.width
        self.loss = self.view.loss

    def layers(self, frame: Shape, out: int) -> nn.Module:
        (count,) = frame
        return Augmented(self.sequence(count, self.view.columns(out)), self.view.noise)

    def sequence(self, count: int, out: int) -> nn.Module:
        """Layers (batch, time, count), mask (batch, time) -> (batch, time, out)."""
        raise NotImplementedError


class Augmented(nn.Module):
    """Layers whose training adds noise to each frame, and as much to all frames of a recording.

    The latter stands for what differs between sessions and speakers: the gain of an electrode adds
    to the log of a power.
    """

    def __init__(self, network: nn.Module, noise: float) -> None:
        super().__init__()
        self.network, self.noise = network, noise

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.training and self.noise:
            added = torch.randn_like(x) + torch.randn_like(x[:, :1])
            x = (x + self.noise * added) * mask[..., None]
        return self.network(x, mask)
