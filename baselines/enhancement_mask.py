# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small network that masks noise"
# authors = ["SilentBench contributors"]
# tasks = ["emg_speech_enhancement"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A gain between 0 and 1 for each bin of the noisy spectrum, from sound and EMG together.

It is trained on magnitudes to the power 0.3, near to loudness.
"""

from __future__ import annotations

import _features as features
import _spectra as spectra
import numpy as np
import torch
from _layers import TimeConvolution
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Shape
from _training import Recipe
from _views import Speech
from torch import Tensor, nn

POWER = 0.3


class Masks(Speech):
    """Rows hold what the loss needs, noisy and clean magnitudes; what is learnt is the gain."""

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        """Also without their mean over the recording: steady noise goes, what moves stays."""
        x = super().features(inputs, frames)
        return np.concatenate([x, features.own_level(x)], axis=1)

    def rows(self, recording: Recording) -> Array:
        both = [np.abs(spectra.stft(recording[name])) ** POWER for name in ("noisy", "clean")]
        return np.concatenate(both, axis=1)

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        gain = 1 / (1 + np.exp(-rows.astype(np.float64)))
        return spectra.filtered(inputs["noisy"], gain, self.softest).reshape(shape)


def loudness_error(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error of compressed magnitudes over real frames."""
    noisy, clean = rows.chunk(2, dim=-1)
    heard = torch.sigmoid(output) ** POWER * noisy
    return (((heard - clean) ** 2).mean(-1) * mask).sum() / mask.sum()


class Model(NetworkModel):
    recipe = Recipe(epochs=8, batch=4, rate=3e-3)
    loss = staticmethod(loudness_error)

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(Masks(asked), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return TimeConvolution(*frame, out // 2, width=96, kernel=3, dilations=(1, 2, 4, 8, 16))
