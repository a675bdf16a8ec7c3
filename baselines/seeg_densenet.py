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
# faithful = { faithful = true }
# paper = { size = "paper" }
# paper_faithful = { size = "paper", faithful = true }
# ///
"""High gamma of contacts on a grid through a 3-D DenseNet, one frame of mel at a time.

The network without recurrence beside which stereoEEG2speech was set. Layers, at published size with
9 frames of a 9 x 12 grid:

    window (1, 9, 9, 12)
    convolution 3 x 3 x 3 to 40 maps                              (40, 9, 9, 12)
    dense block: two layers that add 20 maps each                 (80, 9, 9, 12)
    transition: 1 x 1 x 1, mean over 3 x 3 x 3, stride 2, padded  (80, 5, 5, 6)
    dense block, transition                                       (120, 3, 3, 3)
    dense block                                                   (160, 3, 3, 3)
    mean over all places, Linear to 80

Each layer is batch norm, ReLU, convolution without bias. 328,160 parameters whatever the grid's
size. Contacts fill rows of 12, at least 9 rows, in the order of the channels, zeros where they end.
Loss: mean squared error; AdamW.

`faithful` does what the public program does (github.com/jonaskohler/stereoEEG2speech, commit
bf3a588). With equal weights, outputs agree to 1e-5. It sees samples of the band, 205 a second, 250
ms around a place 10 ms before the answered frame, and drops out after each convolution of a block.
All others see nine frames of high-gamma log power, every other one of 197 ms around the answered
frame.

Differences that stay: the public program takes 107 contacts and no other number, and read files of
200 samples a second for two patients, of 1,024 for the third; high gamma is 70 to 170 Hz here, and
signal and mel are standardised; its mel frame is the fourth of five of a window of 50 ms, whose
ends are reflected, ours is that of the recording; training ends in the state that is best on
`valid`; mel bins as classes are not built for this network. Neither knows the electrodes' places:
on contacts in an order without meaning a kernel that is the same everywhere, and a mean over all
places, forget which contact spoke. Expect little.

`ci` has 8 maps + 4 a layer, strides of two in the first convolution, and trains on every fifth
frame (`paper`: every 15 ms). Except for `faithful`, its grid is as square as can be and its means
are over 2 x 2 x 2 places side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from _contacts import OneScale
from _nouns import Asked, Shape
from _training import Recipe
from _windows import Place, WindowModel
from torch import Tensor, nn

FRAMES, EVERY = 9, 2  # of a window; every other frame
SAMPLES, THINNED = 255, 5  # of the band: 250 ms at 1024 Hz, and which of them are seen
LATE = 25 / 1024 - 3 * 256 / 22050  # seconds from the answered frame to their middle
HOP = 0.015  # seconds from window to window in training at the published size
ROWS, COLUMNS = 9, 12
DROPOUT = 0.1
CONTACTS, BINS = 108, 80
BLOCKS, LAYERS = 3, 2


@dataclass(frozen=True)
class Sizes:
    maps: int  # after the first convolution
    growth: int  # maps that a layer adds
    stride: int  # of the first convolution
    hop: int | None  # frames from window to window in training; None is HOP
    recipe: Recipe


SIZES = {
    "ci": Sizes(8, 4, 2, 5, Recipe(epochs=6, batch=32, rate=1e-2)),
    "paper": Sizes(40, 20, 1, None, Recipe(20, 32, 3e-4, 1e-5, 20, schedule="constant", clip=2.0)),
}


def square(contacts: int) -> tuple[int, int]:
    """Rows and columns of the smallest near-square grid that holds so many contacts."""
    rows = max(math.isqrt(contacts), 1)
    return rows, -(-contacts // rows)


def as_published(contacts: int) -> tuple[int, int]:
    """9 x 12, and more rows where there are more contacts."""
    return max(-(-contacts // COLUMNS), ROWS), COLUMNS


class Layer(nn.Module):
    """Batch norm, ReLU and a convolution, whose maps stand beside those of its input."""

    def __init__(self, maps: int, growth: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(maps)
        self.mix = nn.Conv3d(maps, growth, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.dropout(self.mix(torch.relu(self.norm(x))))], dim=1)


class Halve(nn.Module):
    """Means over 2 x 2 x 2 places; a direction with one place keeps it."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.avg_pool3d(x, [min(2, length) for length in x.shape[2:]])


class DenseNet(nn.Module):
    """(batch, samples, contacts) -> (batch, 1, out).

    `published` is about grid and means, `faithful` also about samples and dropout.
    """

    def __init__(
        self, contacts: int, out: int, sizes: Sizes, published: bool, faithful: bool = False
    ) -> None:
        super().__init__()
        published = published or faithful
        self.grid = as_published(contacts) if published else square(contacts)
        self.every, dropout = (THINNED, DROPOUT) if faithful else (EVERY, 0.0)
        maps = sizes.maps
        parts: list[nn.Module] = [nn.Conv3d(1, maps, 3, stride=sizes.stride, padding=1, bias=False)]
        for block in range(BLOCKS):
            if block:
                parts += [nn.BatchNorm3d(maps), nn.ReLU(), nn.Conv3d(maps, maps, 1, bias=False)]
                parts += [nn.Dropout(dropout), nn.AvgPool3d(3, 2, 1) if published else Halve()]
            for _ in range(LAYERS):
                parts.append(Layer(maps, sizes.growth, dropout))
                maps += sizes.growth
        parts += [nn.BatchNorm3d(maps), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
        self.layers = nn.Sequential(*parts, nn.Linear(maps, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002 - windows are full
        rows, columns = self.grid
        x = x[:, :: self.every]
        filled = nn.functional.pad(x, (0, rows * columns - x.shape[2]))
        return self.layers(filled.unflatten(2, self.grid)[:, None])[:, None]


class Model(WindowModel):
    stride = 1

    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: Literal["ci", "paper"] = "ci",
        faithful: bool = False,
    ) -> None:
        view = OneScale(asked, faithful)
        super().__init__(view, seed)
        self.sizes, self.published, self.faithful = SIZES[size], size == "paper", faithful
        rate = view.rate / view.frame_rate
        if faithful:
            self.place = Place(1, SAMPLES, rate, late=LATE * view.rate)
        else:
            self.place = Place(1, EVERY * (FRAMES - 1) + 1)
        self.recipe = self.sizes.recipe
        self.hop = self.sizes.hop or HOP * view.frame_rate

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return DenseNet(*frame, out, self.sizes, self.published, self.faithful)


def published(
    faithful: bool = False,
    contacts: int = CONTACTS,
    size: str = "paper",  # noqa: ARG001
) -> nn.Module:
    """The network at published size."""
    return DenseNet(contacts, BINS, SIZES["paper"], True, faithful)
