# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "3-D DenseNet over a grid of contacts"
# authors = ["SilentBench contributors"]
# tasks = ["seeg_to_mel"]
# licence = "Apache-2.0"
# citation = "Angrick et al. 2019, Journal of Neural Engineering 16: 036019; as in arXiv:2111.01457"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# [tool.silentbench.variants]
# default = {}
# paper = { size = "paper" }
# ///
"""High gamma of contacts on a grid through a 3-D DenseNet, one frame of mel at a time.

The network without recurrence beside which stereoEEG2speech was set. Layers, at published size with
9 frames of a 9 x 12 grid:

    window (1, 9, 9, 12)
    convolution 3 x 3 x 3 to 40 maps                    (40, 9, 9, 12)
    dense block: two layers that add 20 maps each       (80, 9, 9, 12)
    transition: 1 x 1 x 1, mean over 2 x 2 x 2          (80, 4, 4, 6)
    dense block, transition                             (120, 2, 2, 3)
    dense block                                         (160, 2, 2, 3)
    mean over all places, Linear to 80

Each layer is batch norm, ReLU, convolution without bias. 328,160 parameters whatever the grid's
size. Loss: mean squared error; AdamW.

The published network saw 50 ms of signal and knew its electrode's places. Here a window is nine
frames of high-gamma log power, every other one of 197 ms around the answered frame, and contacts
fill a grid as square as can be, row by row in the order of the channels, zeros where they end:
recordings say neither shafts nor places. On contacts in an order without meaning a kernel that is
the same everywhere, and a mean over all places, forget which contact spoke: expect little.

`ci` has 8 maps + 4 a layer, strides of two in the first convolution, and sees every fifth frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from _features import Standard
from _nouns import Asked, Recordings, Shape
from _training import Recipe
from _views import Trajectory
from _windows import Place, WindowModel
from torch import Tensor, nn

FRAMES, EVERY = 9, 2  # of a window; every other frame
CONTACTS, BINS = 108, 80
BLOCKS, LAYERS = 3, 2


@dataclass(frozen=True)
class Sizes:
    maps: int  # after the first convolution
    growth: int  # maps that a layer adds
    stride: int  # of the first convolution
    hop: int  # frames from window to window in training
    recipe: Recipe


SIZES = {
    "ci": Sizes(8, 4, 2, 5, Recipe(epochs=6, batch=32, rate=1e-2)),
    "paper": Sizes(40, 20, 1, 1, Recipe(20, 32, 3e-4, 1e-5, 20, schedule="constant", clip=2.0)),
}


def grid(contacts: int) -> tuple[int, int]:
    """Rows and columns of the smallest near-square grid that holds so many contacts."""
    rows = max(math.isqrt(contacts), 1)
    return rows, -(-contacts // rows)


class Layer(nn.Module):
    """Batch norm, ReLU and a convolution, whose maps stand beside those of its input."""

    def __init__(self, maps: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(maps)
        self.mix = nn.Conv3d(maps, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.mix(torch.relu(self.norm(x)))], dim=1)


class Halve(nn.Module):
    """Means over 2 x 2 x 2 places; a direction with one place keeps it."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.avg_pool3d(x, [min(2, length) for length in x.shape[2:]])


class DenseNet(nn.Module):
    """(batch, samples, contacts) -> (batch, 1, out)."""

    def __init__(self, contacts: int, out: int, sizes: Sizes) -> None:
        super().__init__()
        self.grid = grid(contacts)
        maps = sizes.maps
        parts: list[nn.Module] = [nn.Conv3d(1, maps, 3, stride=sizes.stride, padding=1, bias=False)]
        for block in range(BLOCKS):
            if block:
                parts += [nn.BatchNorm3d(maps), nn.ReLU(), nn.Conv3d(maps, maps, 1, bias=False)]
                parts.append(Halve())
            for _ in range(LAYERS):
                parts.append(Layer(maps, sizes.growth))
                maps += sizes.growth
        parts += [nn.BatchNorm3d(maps), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
        self.layers = nn.Sequential(*parts, nn.Linear(maps, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002 - windows are full
        rows, columns = self.grid
        x = x[:, ::EVERY]
        filled = nn.functional.pad(x, (0, rows * columns - x.shape[2]))
        return self.layers(filled.unflatten(2, self.grid)[:, None])[:, None]


class Mel(Trajectory):
    """High gamma to mel over one scale for all bins, so that the error is the task's."""

    def fit(self, train: Recordings) -> None:
        super().fit(train)
        mean, scale = self.standard.mean, self.standard.scale
        self.standard = Standard(mean, np.full_like(scale, np.sqrt(np.mean(scale**2))))


class Model(WindowModel):
    place = Place(1, EVERY * (FRAMES - 1) + 1)
    stride = 1

    def __init__(self, asked: Asked, seed: int, size: Literal["ci", "paper"] = "ci") -> None:
        super().__init__(Mel(asked), seed)
        self.sizes = SIZES[size]
        self.recipe, self.hop = self.sizes.recipe, self.sizes.hop

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return DenseNet(*frame, out, self.sizes)


def published(**settings: object) -> nn.Module:  # noqa: ARG001 - there is but one
    """The network at published size."""
    return DenseNet(CONTACTS, BINS, SIZES["paper"])
