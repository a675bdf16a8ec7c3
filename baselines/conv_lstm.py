# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "ConvLSTM"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = "Zhao et al. 2019, arXiv:1902.06927; Liu and Zhang 2021, arXiv:2106.11769"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# [tool.silentbench.variants]
# default = {}
# attention = { attention = true }
# paper = { size = "paper" }
# ///
"""ConvLSTM: recurrent layers whose states are pictures, from frames of the lips to ultrasound.

    lips       (time, 1, 96, 96)                                 ci (time, 1, 8, 8)
    ConvLSTM   three layers, 3 x 3, of 64, 64 and 32 channels    ci 16, 16 and 8
    attention  (variant) one sigmoid unit of the last layer's means multiplies its map of a frame
    map        convolution 3 x 3, 32 -> 1, which is the picture  ci 8 -> 4
    picture    none                                              ci linear, 4 * 8 * 8 -> 64

Mean squared error; Adam at 1e-3. The published size has 556,193 parameters, and the unit of
attention 33 more.

The public code of the network, arXiv:1902.06927, predicts an ultrasound frame from the 8 ultrasound
frames before it and never sees lips; here it reads frames of the lips, as where arXiv:2106.11769
compares with it. Other differences: the state is carried through a recording instead of starting
anew for each window, so that every frame is entered once instead of 8 times; the answer to a frame
is given 3 frames later, which is as far as a window of 7 sees ahead; pixels are learnt from 0 to 1,
and clipped rather than put through a ReLU, from which no gradient returns. At `ci` size pictures
are means of squares of 12 x 12 pixels, and a linear layer leads from the maps to 64 principal
components of the training ultrasound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from _convlstm import ConvLSTM
from _lips import SmallLips, WholePictures
from _network import NetworkModel
from _nouns import Asked, Shape
from _training import Recipe
from torch import Tensor, nn

AHEAD = 3  # frames that are seen before one is answered
PUBLISHED = 96  # pixels a side, of lips and of ultrasound


@dataclass(frozen=True)
class Size:
    factor: int  # pixels a side of the square whose mean is one value of the input
    hidden: tuple[int, ...]  # channels of the recurrent layers
    maps: int  # channels after them
    whole: bool  # whether pixels are learnt: the map is the picture if it has as many
    recipe: Recipe


SIZES = {
    "ci": Size(
        factor=12,
        hidden=(16, 16, 8),
        maps=4,
        whole=False,
        recipe=Recipe(epochs=11, batch=4, rate=5e-3, chunk=24, optimiser="adam", decay=0.0),
    ),
    "paper": Size(
        factor=1,
        hidden=(64, 64, 32),
        maps=1,
        whole=True,
        recipe=Recipe(
            epochs=200,
            batch=4,
            rate=1e-3,
            chunk=16,
            optimiser="adam",
            decay=0.0,
            schedule="constant",
            clip=None,
        ),
    ),
}


class LipsConvLSTM(nn.Module):
    """(batch, time, 1, height, width) -> (batch, time, out); the map itself where out is None."""

    def __init__(self, area: Shape, out: int | None, size: Size, attention: bool) -> None:
        super().__init__()
        pairs = zip((1, *size.hidden[:-1]), size.hidden, strict=True)
        self.recurrent = nn.Sequential(*(ConvLSTM(inside, outside) for inside, outside in pairs))
        self.attend = nn.Linear(size.hidden[-1], 1) if attention else None
        self.map = nn.Conv2d(size.hidden[-1], size.maps, 3, padding=1)
        self.draw = None if out is None else nn.Linear(size.maps * area[0] * area[1], out)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        hidden = self.recurrent(delayed(x, mask, AHEAD))[:, AHEAD:]
        if self.attend is not None:
            gate = self.attend(hidden.mean((-2, -1))).sigmoid()
            hidden = hidden * gate[..., None, None]
        maps = self.map(hidden.flatten(0, 1)).unflatten(0, mask.shape).flatten(2)
        return maps if self.draw is None else self.draw(maps)


def delayed(x: Tensor, mask: Tensor, frames: int) -> Tensor:
    """(batch, time, ...) -> (batch, time + frames, ...): the last real frame goes on."""
    last = mask.sum(1, keepdim=True).long() - 1
    place = torch.arange(x.shape[1] + frames, device=x.device).minimum(last)
    return x[torch.arange(len(x), device=x.device)[:, None], place]


class Model(NetworkModel):
    def __init__(self, asked: Asked, seed: int, size: str = "ci", attention: bool = False) -> None:
        self.size, self.attention = SIZES[size], attention
        self.recipe = self.size.recipe
        view = WholePictures if self.size.whole else SmallLips
        super().__init__(view(asked, self.size.factor), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        area = frame[1:]
        drawn = self.size.whole and out == prod(area)
        return LipsConvLSTM(area, None if drawn else out, self.size, self.attention)


def published(attention: bool = False, size: str = "paper") -> nn.Module:  # noqa: ARG001
    """The network at the published size, lips and ultrasound of 96 x 96."""
    return LipsConvLSTM((PUBLISHED, PUBLISHED), None, SIZES["paper"], attention)
