# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small convolutional network"
# authors = ["SilentBench contributors"]
# tasks = ["emg_word_classification"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# ///
"""Band powers and slow waves of the EMG through convolutions, pooled in a few parts of the word.

Electrodes differ in gain between talkers and sessions, which adds to a log power: every feature
comes as its course about its own mean and as that mean, and training shifts both at random.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
import torch
from _features import own_level
from _layers import TimeConvolution, pooled_in_parts
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Shape
from _training import Recipe
from _views import Word
from torch import Tensor, nn


class WordSequence(Word):
    """Frames rather than pooled parts; the answer is one row of scores."""

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = self.sequence(inputs["emg"])
        return np.concatenate([own_level(x), np.broadcast_to(x.mean(axis=0), x.shape)], axis=1)


class WordNetwork(nn.Module):
    """(batch, time, features) -> (batch, classes)."""

    def __init__(
        self,
        features: int,
        classes: int,
        width: int = 48,
        parts: int = 6,
        noise: float = 0.5,  # deviation of what training adds to each frame of a feature
        shift: float = 0.5,  # and to all frames of it
    ) -> None:
        super().__init__()
        self.parts, self.noise, self.shift = parts, noise, shift
        self.time = TimeConvolution(features, width, width, dilations=(1, 2), dropout=0.2)
        self.choose = nn.Sequential(nn.Dropout(0.5), nn.Linear(width * parts, classes))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            x = x + self.noise * torch.randn_like(x) + self.shift * torch.randn_like(x[:, :1])
            x = x * mask[..., None]
        return self.choose(pooled_in_parts(self.time(x, mask), mask, self.parts))


def cross_entropy(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    return nn.functional.cross_entropy(output, rows[:, 0], label_smoothing=0.1)


class Model(NetworkModel):
    recipe = Recipe(epochs=25, batch=32, rate=4e-3)
    loss = staticmethod(cross_entropy)

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(WordSequence(asked), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return WordNetwork(*frame, out)
