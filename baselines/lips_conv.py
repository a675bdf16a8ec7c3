# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small convolutional network"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""Small pictures of the lips through convolutions, also over time, to components of ultrasound."""

from __future__ import annotations

import _features as features
import _pictures as pictures
from _layers import TimeConvolution
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _training import Recipe
from _views import Pictures
from torch import Tensor, nn


class SmallPictures(Pictures):
    """The lips as pictures of 24 x 24 rather than as components of them."""

    def fit(self, train: Recordings) -> None:
        self.fit_answers(train)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        small = pictures.shrink(inputs["lips"], self.factor)
        return features.at_frames(small, self.rate, frames, self.frame_rate)


class LipsNetwork(nn.Module):
    """(batch, time, 24, 24) -> (batch, time, out)."""

    def __init__(self, frame: Shape, out: int, width: int = 64) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for inside, outside in ((1, 8), (8, 16), (16, 24)):
            parts += [nn.Conv2d(inside, outside, 3, stride=2, padding=1), nn.ReLU()]
        left = [-(-length // 8) for length in frame]  # each stride halves, rounded up
        self.eye = nn.Sequential(*parts, nn.Flatten(), nn.Linear(24 * left[0] * left[1], width))
        self.time = TimeConvolution(width, out, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        seen = self.eye(x.flatten(0, 1)[:, None])
        return self.time(seen.unflatten(0, x.shape[:2]), mask)


class Model(NetworkModel):
    recipe = Recipe(epochs=11, batch=4, rate=3e-3)

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(SmallPictures(asked, factor=4), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return LipsNetwork(frame, out)
