# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small convolutional network"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_articulation", "emg_to_mel"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""Band powers of the EMG through dilated convolutions: about 0.3 s of context on either side."""

from __future__ import annotations

from _layers import TimeConvolution
from _network import NetworkModel
from _nouns import Asked, Shape
from _training import Recipe
from _views import Trajectory
from torch import nn


class Model(NetworkModel):
    recipe = Recipe(epochs=40)

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(Trajectory(asked), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return TimeConvolution(*frame, out)
