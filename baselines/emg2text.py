# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Strided convolutions, relative Transformer and CTC"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_text"]
# licence = "Apache-2.0"
# citation = "encoder of Lee et al. 2025, arXiv:2505.13814; CTC as Gaddy and Klein 2021"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# [tool.silentbench.variants]
# letters = {}
# bigram = { reading = "bigram" }
# paper = { size = "paper" }
# ///
"""Letters from EMG: an encoder that halves the rate three times, attention, and CTC.

Log powers of the EMG in four bands at 400 Hz go through three strided residual blocks and a
Transformer with relative positions (the encoder of EMG2EMA) to scores of letters, space and blank
at 50 Hz. Trained with the CTC loss. Two ways of reading the scores, which are variants of their
own so that nobody takes a language model for a decoder:

- `letters`: the best path, letter by letter; it knows no words.
- `bigram`: Viterbi over the words of the training texts with a bigram of them.

Sizes: `ci` trains on one core in a few minutes; `paper` has the encoder's published 768 channels
and six layers, and the optimiser of EMG2EMA.
"""

from __future__ import annotations

import _features as features
import numpy as np
import torch
from _ctc import Alphabet, best_path, bigram, ctc, log_softmax
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _relative import RelativeTransformer
from _strided import StridedBlocks
from _training import Example, Recipe, answer
from torch import Tensor, nn

BLOCKS = 3
STRIDE = 2**BLOCKS
RATE = 50.0  # Hz, of the scores
WINDOW = 0.03  # seconds
BIGRAM = 0.5  # weight of its log probability, between those of half a letter and of two
SIZES = {
    "ci": {"width": 96, "feed": 256, "heads": 4, "layers": 2},
    "paper": {"width": 768, "feed": 3072, "heads": 8, "layers": 6},
}
RECIPES = {
    "ci": Recipe(epochs=20, batch=8, rate=2e-3, patience=20),
    "paper": Recipe(
        epochs=150, batch=32, rate=5e-4, decay=1e-7, schedule="plateau", warm_up=500, patience=20
    ),
}


class Envelopes:
    """EMG (time, channels) to log powers at STRIDE times the rate of the scores."""

    def __init__(self, asked: Asked) -> None:
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate

    def fit(self, train: Recordings) -> None:
        self.texts = ["".join(map(chr, r[self.target])) for r in train]
        self.alphabet = Alphabet.of(self.texts)

    def features(self, inputs: Inputs | Recording, frames: int = 0) -> Array:  # noqa: ARG002
        x = np.asarray(inputs[self.input], np.float64)
        place = max(STRIDE, round(len(x) / self.rate * RATE) * STRIDE), RATE * STRIDE
        bands = [band for band in features.EMG_BANDS if band[1] < self.rate / 2]
        parts = [
            features.log_power(features.band(x, self.rate, *band), self.rate, *place, WINDOW)
            for band in bands
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def rows(self, recording: Recording) -> Array:
        return self.alphabet.written("".join(map(chr, recording[self.target])))


class TextNetwork(nn.Module):
    """(batch, time, channels) -> scores (batch, time / 8, symbols)."""

    def __init__(
        self,
        channels: int,
        symbols: int,
        width: int,
        feed: int,
        heads: int,
        layers: int,
        noise: float = 0.0,
        shift: float = 0.0,
    ) -> None:
        super().__init__()
        self.noise, self.shift = noise, shift  # deviation of what training adds: alone, to all
        self.blocks = StridedBlocks(channels, width, BLOCKS)
        self.linear = nn.Linear(width, width)
        self.transformer = RelativeTransformer(width, heads, feed, layers)
        self.choose = nn.Linear(width, symbols)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.training and self.noise:
            x = x + self.noise * torch.randn_like(x) + self.shift * torch.randn_like(x[:, :1])
            x = x * mask[..., None]
        x, mask = self.blocks(x, mask)
        return self.choose(self.transformer(self.linear(x), mask))


def published(reading: str = "letters", size: str = "paper") -> nn.Module:  # noqa: ARG001
    """The network for 8 electrodes, and 26 letters, space and blank."""
    return TextNetwork(8, 28, **SIZES["paper"])


def letters_error(output: Tensor, symbols: Tensor, mask: Tensor) -> Tensor:
    return ctc(output, symbols, mask[:, ::STRIDE])


class Model(NetworkModel):
    loss = staticmethod(letters_error)

    def __init__(self, asked: Asked, seed: int, reading: str = "letters", size: str = "ci") -> None:
        super().__init__(Envelopes(asked), seed)
        self.reading, self.sizes, self.recipe = reading, SIZES[size], RECIPES[size]
        self.noise = {"noise": 0.3, "shift": 0.3} if size == "ci" else {}
        self.dtype = np.dtype(asked.signals[asked.target].dtype)

    def layers(self, frame: Shape, out: int) -> nn.Module:  # noqa: ARG002
        return TextNetwork(*frame, self.view.alphabet.symbols, **self.sizes, **self.noise)

    def fit(self, training: Recordings, valid: Recordings) -> None:
        super().fit(training, valid)
        if self.reading == "bigram":
            self.graph = bigram(self.view.texts, self.view.alphabet, BIGRAM)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:  # noqa: ARG002
        log_p = log_softmax(answer(self.network, self.standard(self.view.features(inputs))))
        if self.reading == "letters":
            text = self.view.alphabet.read(best_path(log_p))
        else:
            text = self.graph.best(log_p)
        return np.array([ord(letter) for letter in text], self.dtype)

    def _example(self, recording: Recording) -> Example:
        x = self.view.features(recording)
        return Example(x.astype(np.float16), self.view.rows(recording).astype(np.float16))
