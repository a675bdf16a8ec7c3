# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small recurrent network"
# authors = ["SilentBench contributors"]
# tasks = ["seeg_to_mel"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""High-gamma power of all contacts through a GRU that reads each sentence both ways."""

from __future__ import annotations

from _layers import Recurrent
from _network import NetworkModel
from _nouns import Asked, Shape
from _training import Recipe
from _views import Trajectory
from torch import nn


class Model(NetworkModel):
    recipe = Recipe(epochs=14, batch=4, rate=4e-3)

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(Trajectory(asked), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return Recurrent(*frame, out)
