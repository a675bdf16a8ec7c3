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
# suite = "full"
# [tool.silentbench.variants]
# cnn = { network = "cnn" }
# cnn_10 = { network = "cnn", fraction = 0.1 }
# cnn_25 = { network = "cnn", fraction = 0.25 }
# cnn_50 = { network = "cnn", fraction = 0.5 }
# cnn_0p25s = { network = "cnn", seconds = 0.25 }
# cnn_0p5s = { network = "cnn", seconds = 0.5 }
# cnn_1s = { network = "cnn", seconds = 1.0 }
# cnn_raw = { network = "cnn", raw = true }
# transformer = { network = "transformer" }
# transformer_raw = { network = "transformer", raw = true }
# transformer_positions = { network = "transformer_positions" }
# transformer_positions_10 = { network = "transformer_positions", fraction = 0.1 }
# transformer_positions_25 = { network = "transformer_positions", fraction = 0.25 }
# transformer_positions_50 = { network = "transformer_positions", fraction = 0.5 }
# transformer_positions_0p25s = { network = "transformer_positions", seconds = 0.25 }
# transformer_positions_0p5s = { network = "transformer_positions", seconds = 0.5 }
# transformer_positions_1s = { network = "transformer_positions", seconds = 1.0 }
# transformer_positions_raw = { network = "transformer_positions", raw = true }
# fft = { network = "fft" }
# fft_10 = { network = "fft", fraction = 0.1 }
# fft_25 = { network = "fft", fraction = 0.25 }
# fft_50 = { network = "fft", fraction = 0.5 }
# fft_raw = { network = "fft", raw = true }
# hybrid = { network = "hybrid" }
# hybrid_0p25s = { network = "hybrid", seconds = 0.25 }
# hybrid_0p5s = { network = "hybrid", seconds = 0.5 }
# hybrid_1s = { network = "hybrid", seconds = 1.0 }
# hybrid_raw = { network = "hybrid", raw = true }
# gru = { network = "gru" }
# tcn = { network = "tcn" }
# within_session = { network = "within_session" }
# faithful = { network = "cnn", faithful = true }
# faithful_transformer = { network = "transformer", faithful = true }
# faithful_fft = { network = "fft", faithful = true }
# paper = { network = "cnn", size = "paper" }
# paper_faithful = { network = "cnn", size = "paper", faithful = true }
# ///
"""Convolutions, attention, spectra or recurrence: which network names a recording of EMG best?

Three classifiers from a text of 2024 on EMG for silent speech, which has their layers but neither
data nor training nor results, and those that it says to try as well: a hybrid, a GRU and a TCN. For
its example of 8 channels, 100 samples and 10 classes (shapes and sizes are in `_word_networks.py`):

    cnn                     convolutions 8-32-64, each with ReLU and pooling; linear      23,018
    transformer             two encoder layers of width 64, mean over time; linear        68,170
    transformer_positions   the same, told the place of each frame                        68,170
    fft                     magnitude of the spectrum through the convolutions of cnn     14,698
    hybrid                  convolutions of cnn, one encoder layer, mean (our size)       41,130
    gru                     one layer of 56 each way, mean over time; linear (our size)   23,306
    tcn                     four causal dilated blocks of width 32; linear (our size)     23,146

The text holds that convolutions win with little data and attention with more: variants that end in
10, 25 or 50 see so many percent of the training part, a share of each class and session that is
drawn by the seed. They see it more often, and choose with the whole of `valid`. It also holds that
attention pays in long sequences: variants that end in seconds see only so much of each recording,
from its middle.

All see the same frames and are trained alike, by cross-entropy with smoothed labels and AdamW,
until `valid` does not get better. A frame holds the log band powers of each channel (and slow
waves, where an amplifier passes little else) without their mean over the recording: electrodes
differ in gain, which adds to a log power. Training adds noise to every frame and drops half of
what enters the last layer.

What differs from the text: it gives no filter and no sampling rate, and trains on nothing.
`raw = true` hands samples to the networks instead, each channel about its mean and on one scale.
SimpleCNN there takes 100 to 103 samples only; FFTCNN, which transforms two-sidedly for a layer of
one-sided size, takes 48 to 51, and so not its own example. Pooling in 25 parts and a one-sided
spectrum at 51 frequencies leave their layers as they are and fit recordings of any length. The
cost of attention grows with the square of the length, so raw Transformers learn from 512 samples
of each recording, drawn anew in each epoch, and answer from all of it.

`faithful` has the layers as printed, without noise and without dropout before the last one, on raw
samples in windows of 100, as in the example: each learns the word of its recording, whose scores
are the mean over its windows. Only the spectrum is one-sided, since nothing comes out as printed.
They are trained with Adam at 1e-3. `size = "paper"` has the same layers on whole recordings, for up
to 200 epochs; `paper_faithful` has windows and as many epochs. Both keep smoothed labels.

`within_session` is another network, for sessions whose electrodes stay in place: three residual
dilated convolutions, their mean and maximum over time, on frames that keep their level.
"""

# ruff: noqa: ARG001 - the signatures are given
from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _training import Example, Recipe, answer
from _word_frames import Courses, Frames, Powers, Samples
from _word_networks import FRAMES, NETWORKS, Disturbed
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
PIECES = {"ci": replace(RECIPES["paper"], epochs=15, patience=5), "paper": RECIPES["paper"]}
CHUNK = 512  # samples of a recording from which attention learns in an epoch


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


def pieces(x: Array) -> list[Array]:
    """(time, channels) cut in FRAMES samples, the rest left out; what is shorter stays whole."""
    return [x[start : start + FRAMES] for start in range(0, max(1, len(x) - FRAMES + 1), FRAMES)]


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
        seconds: float | None = None,  # of each recording, from its middle; None is all
        raw: bool = False,
        size: Literal["ci", "paper"] = "ci",
        faithful: bool = False,
    ) -> None:
        self.kind, self.fraction, self.faithful = network, fraction, faithful
        self.raw = raw or faithful or size == "paper"
        self.printed = faithful or size == "paper"
        super().__init__(self._view()(asked, seconds), seed)
        self.budget = (PIECES if faithful else RECIPES)[size]
        if raw and "transformer" in network:
            self.budget = replace(self.budget, chunk=CHUNK)

    def _view(self) -> type[Frames]:
        if self.raw:
            return Samples
        return Powers if self.kind == "within_session" else Courses

    def fit(self, training: Recordings, valid: Recordings) -> None:
        chosen = training if self.fraction == 1 else share(training, self.fraction, self.seed)
        count = sum(len(pieces(r["emg"])) for r in chosen) if self.faithful else len(chosen)
        self.recipe = stretched(self.budget, count)
        super().fit(chosen, valid)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        if self.printed:
            return NETWORKS[self.kind](*frame, out)
        network = NETWORKS[self.kind](*frame, out, dropout=DROPOUT)
        return network if self.raw else Disturbed(network, NOISE)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        if not self.faithful:
            return super().predict(inputs, shape)
        x = self.standard(self.view.features(inputs, 1))
        scores = np.mean([answer(self.network, piece) for piece in pieces(x)], axis=0)
        return self.view.answer(scores, inputs, shape)

    def _examples(self, recordings: Recordings) -> list[Example]:
        examples = super()._examples(recordings)
        if not self.faithful:
            return examples
        return [Example(piece, e.y) for e in examples for piece in pieces(e.x)]


def published(network: str = "cnn", **settings: object) -> nn.Module:
    """The layers for 8 channels and 10 classes; those of our own size where none is published."""
    return NETWORKS[network](CHANNELS, CLASSES)
