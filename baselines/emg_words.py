# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "SimpleCNN, SimpleTransformer, FFTCNN, GRU and TCN"
# authors = ["SilentBench contributors"]
# tasks = ["emg_word_classification"]
# licence = "Apache-2.0"
# citation = "Comparison of CNN, Transformer and FFT-CNN classifiers of EMG; no publication"
# causal = false
# trained-on = "the training part of the task"
# [tool.silentbench.variants]
# cnn = { network = "cnn" }
# cnn_10 = { network = "cnn", fraction = 0.1 }
# cnn_25 = { network = "cnn", fraction = 0.25 }
# cnn_50 = { network = "cnn", fraction = 0.5 }
# cnn_raw = { network = "cnn", raw = true }
# transformer = { network = "transformer" }
# transformer_positions = { network = "transformer_positions" }
# transformer_positions_10 = { network = "transformer_positions", fraction = 0.1 }
# transformer_positions_25 = { network = "transformer_positions", fraction = 0.25 }
# transformer_positions_50 = { network = "transformer_positions", fraction = 0.5 }
# fft = { network = "fft" }
# fft_10 = { network = "fft", fraction = 0.1 }
# fft_25 = { network = "fft", fraction = 0.25 }
# fft_50 = { network = "fft", fraction = 0.5 }
# fft_raw = { network = "fft", raw = true }
# gru = { network = "gru" }
# tcn = { network = "tcn" }
# within_session = { network = "within_session" }
# paper = { network = "cnn", size = "paper" }
# ///
"""Convolutions, attention, spectra or recurrence: which network names a recording of EMG best?

Three classifiers from a text of 2024 on EMG for silent speech, which has their layers but neither
data nor training nor results, and the two that it says to try as well, a GRU and a TCN. For its
example of 8 channels, 100 samples and 10 classes (shapes and sizes are in `_word_networks.py`):

    cnn                     convolutions 8-32-64, each with ReLU and pooling; linear      23,018
    transformer             two encoder layers of width 64, mean over time; linear        68,170
    transformer_positions   the same, told the place of each frame                        68,170
    fft                     magnitude of the spectrum through the convolutions of cnn     14,698
    gru                     one layer of 56 each way, mean over time; linear (our size)   23,306
    tcn                     four causal dilated blocks of width 32; linear (our size)     23,146

The text holds that convolutions win with little data and attention with more: variants that end in
10, 25 or 50 see so many percent of the training part, a share of each class and session that is
drawn by the seed. They see it more often, and choose with the whole of `valid`.

All see the same frames and are trained alike, by cross-entropy with smoothed labels and AdamW,
until `valid` does not get better. A frame holds the log band powers of each channel (and slow
waves, where an amplifier passes little else) without their mean over the recording: electrodes
differ in gain, which adds to a log power. Training adds noise to every frame and drops half of
what enters the last layer.

What differs from the text: it gives no filter and no sampling rate, and trains on nothing.
`raw = true` hands samples to the networks instead, each channel about its mean and on one scale.
SimpleCNN there takes 100 to 103 samples only; FFTCNN, which transforms two-sidedly for a layer of
one-sided size, takes 48 to 51, and so not its own example. Pooling in 25 parts and a one-sided
spectrum at 51 frequencies leave their layers as they are and fit recordings of any length.

`within_session` is another network, for sessions whose electrodes stay in place: three residual
dilated convolutions, their mean and maximum over time, on frames that keep their level.
`size = "paper"` trains without noise on raw samples for up to 200 epochs with Adam at 1e-3.
"""

# ruff: noqa: ARG001, ARG002 - the signatures are given
from __future__ import annotations

from dataclasses import replace
from typing import Literal

import _features as features
import numpy as np
import torch
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _training import Recipe
from _views import Word
from _word_networks import NETWORKS, SHORTEST, Disturbed
from torch import nn

CHANNELS, CLASSES = 8, 10  # of the published example

NOISE = 0.7  # deviation of what training adds to each standardised feature of a frame
DROPOUT = 0.5
STEPS = 500  # at least, if nothing stops training before
RECIPES = {
    "ci": Recipe(epochs=40, batch=32, rate=2e-3, patience=15),
    "paper": Recipe(
        epochs=200, batch=32, rate=1e-3, decay=0.0, optimiser="adam", schedule="constant"
    ),
}


class Frames(Word):
    """All frames rather than pooled parts; the answer is one row of scores."""

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = self.sequence(inputs["emg"])
        return x[np.minimum(np.arange(max(SHORTEST, len(x))), len(x) - 1)]


class Samples(Frames):
    """Samples as they were recorded, each channel about its mean and on a scale of its own."""

    def fit(self, train: Recordings) -> None:
        self.standard = features.Standard.of(features.own_level(r["emg"]) for r in train)

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


def share(recordings: Recordings, fraction: float, seed: int) -> list[Recording]:
    """So much of each class, spread over the sessions of the class in an order that is drawn."""
    random = np.random.default_rng(seed)
    by_class: dict[int, dict[str, list[Recording]]] = {}
    for recording in recordings:
        sessions = by_class.setdefault(int(recording["word"]), {})
        sessions.setdefault(recording.session, []).append(recording)
    chosen = []
    for sessions in by_class.values():
        order = random.permutation(len(sessions))
        groups = [list(sessions.values())[i] for i in order]
        ordered = [group[i] for group in groups for i in random.permutation(len(group))]
        count = max(1, round(fraction * len(ordered)))
        chosen += [ordered[int((k + 0.5) * len(ordered) / count)] for k in range(count)]
    return chosen


def stretched(recipe: Recipe, count: int) -> Recipe:
    """The recipe with up to five times the epochs, where few recordings would mean few steps."""
    times = min(max(1.0, STEPS * recipe.batch / (recipe.epochs * count)), 5.0)
    epochs, patience = round(times * recipe.epochs), round(times * recipe.patience)
    return replace(recipe, epochs=epochs, patience=patience)


def cross_entropy(output: torch.Tensor, rows: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(output, rows[:, 0], label_smoothing=0.1)


class Model(NetworkModel):
    loss = staticmethod(cross_entropy)

    def __init__(
        self,
        asked: Asked,
        seed: int,
        network: str = "cnn",
        fraction: float = 1.0,
        raw: bool = False,
        size: Literal["ci", "paper"] = "ci",
    ) -> None:
        self.kind, self.fraction, self.size = network, fraction, size
        self.raw = raw or size == "paper"
        super().__init__(self._view()(asked), seed)

    def _view(self) -> type[Frames]:
        if self.raw:
            return Samples
        return Powers if self.kind == "within_session" else Courses

    def fit(self, training: Recordings, valid: Recordings) -> None:
        chosen = training if self.fraction == 1 else share(training, self.fraction, self.seed)
        self.recipe = stretched(RECIPES[self.size], len(chosen))
        super().fit(chosen, valid)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        if self.size == "paper":
            return NETWORKS[self.kind](*frame, out)
        network = NETWORKS[self.kind](*frame, out, dropout=DROPOUT)
        return network if self.raw else Disturbed(network, NOISE)


def published(network: str = "cnn", **settings: object) -> nn.Module:
    """The layers for 8 channels and 10 classes; those of our own size where none is published."""
    return NETWORKS[network](CHANNELS, CLASSES)
