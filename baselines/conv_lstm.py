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
# lips_8x8 = {}
# attention = { attention = true }
# faithful = { faithful = true }
# paper = { size = "paper" }
# paper_faithful = { size = "paper", faithful = true }
# ///
"""ConvLSTM: recurrent layers whose states are pictures, from frames of the lips to ultrasound.

    lips       (time, 1, 96, 96)                                 ci (time, 1, 8, 8)
    ConvLSTM   three layers, 3 x 3, of 64, 64 and 32 channels    ci 16, 16 and 8
    attention  (variant) one sigmoid unit of the last layer's means multiplies its map of a frame
    map        convolution 3 x 3, 32 -> 1, which is the picture  ci 8 -> 4
    picture    none                                              ci linear, 4 * 8 * 8 -> 64

Mean squared error; Adam at 1e-3. The published size has 556,193 parameters, and the unit of
attention 33 more.

`faithful` does what the public program does (github.com/shuiliwanwu/ConvLstm-ultrasound-videos,
commit 7ca625d). With equal weights, pictures agree to 1e-5 of white. A window of 8 frames, from a
state of zeros, gives one picture, of the frame that follows it; a ReLU ends the map; batches of 16
windows, pixels as they are. Differences that stay: the program reads the ultrasound before a frame
and never sees lips, here it reads lips, as where arXiv:2106.11769 compares with it; pixels are 0 to
1 where it learns 0 to 255, which is the same to Adam; training ends in the state that is best on
`valid`, where the program keeps all and its predictions load one chosen by hand.

All others carry the state through a recording instead of starting anew for each window, so that
every frame is entered once instead of 8 times; the answer to a frame is given 3 frames later, which
is as far as a window of 7 sees ahead; pixels are clipped rather than put through a ReLU, from which
no gradient returns. `paper` and `faithful` see and draw squares of pixels (`paper` 96 x 96, `ci`
24 x 24), to and from which pictures of other sizes are scaled. The others at `ci` size see means of
squares of 12 x 12 pixels, and a linear layer leads from the maps to 64 principal components of the
training ultrasound. `faithful` at `ci` size has 8, 8 and 4 channels and trains on every twelfth
window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from _convlstm import ConvLSTM
from _features import Standard
from _lips import SmallLips, WholePictures
from _nouns import Asked, Shape
from _training import Example, Recipe
from _windows import EitherModel, Place
from torch import Tensor, nn

AHEAD = 3  # frames that are seen before one is answered
WINDOW = 8  # frames before the answered one, where windows are apart
PUBLISHED = 96  # pixels a side, of lips and of ultrasound


@dataclass(frozen=True)
class Size:
    view: Callable[..., SmallLips]  # how large pictures are
    hidden: tuple[int, ...]  # channels of the recurrent layers
    maps: int  # channels after them
    whole: bool  # whether the map is the picture
    recipe: Recipe
    hop: int = 1  # frames from window to window in training, where windows are examples


CONSTANT = Recipe(200, 16, 1e-3, 0.0, optimiser="adam", schedule="constant", clip=None)
SIZES = {
    "ci": Size(
        view=partial(SmallLips, factor=12),
        hidden=(16, 16, 8),
        maps=4,
        whole=False,
        recipe=Recipe(epochs=11, batch=4, rate=5e-3, chunk=24, optimiser="adam", decay=0.0),
    ),
    "ci, faithful": Size(
        view=partial(WholePictures, side=24),
        hidden=(8, 8, 4),
        maps=1,
        whole=True,
        recipe=replace(CONSTANT, epochs=6),
        hop=12,
    ),
    "paper": Size(
        view=partial(WholePictures, side=PUBLISHED),
        hidden=(64, 64, 32),
        maps=1,
        whole=True,
        recipe=replace(CONSTANT, batch=4, chunk=16),
    ),
}
SIZES["paper, faithful"] = replace(SIZES["paper"], recipe=CONSTANT)


class LipsConvLSTM(nn.Module):
    """(batch, time, 1, height, width) -> (batch, time, out); the map itself where out is None.

    Each recording of a batch is one window where they are `apart`, answered by (batch, 1, out).
    """

    def __init__(
        self, area: Shape, out: int | None, size: Size, attention: bool, apart: bool = False
    ) -> None:
        super().__init__()
        self.apart = apart
        pairs = zip((1, *size.hidden[:-1]), size.hidden, strict=True)
        self.recurrent = nn.Sequential(*(ConvLSTM(inside, outside) for inside, outside in pairs))
        self.attend = nn.Linear(size.hidden[-1], 1) if attention else None
        self.map = nn.Conv2d(size.hidden[-1], size.maps, 3, padding=1)
        self.draw = None if out is None else nn.Linear(size.maps * area[0] * area[1], out)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.apart:
            hidden = self.recurrent(x)[:, -1:]
        else:
            hidden = self.recurrent(delayed(x, mask, AHEAD))[:, AHEAD:]
        if self.attend is not None:
            gate = self.attend(hidden.mean((-2, -1))).sigmoid()
            hidden = hidden * gate[..., None, None]
        maps = self.map(hidden.flatten(0, 1)).unflatten(0, hidden.shape[:2]).flatten(2)
        if self.apart:
            maps = maps.relu()
        return maps if self.draw is None else self.draw(maps)


def delayed(x: Tensor, mask: Tensor, frames: int) -> Tensor:
    """(batch, time, ...) -> (batch, time + frames, ...): the last real frame goes on."""
    last = mask.sum(1, keepdim=True).long() - 1
    place = torch.arange(x.shape[1] + frames, device=x.device).minimum(last)
    return x[torch.arange(len(x), device=x.device)[:, None], place]


class Model(EitherModel):
    stride = 1
    together = 16  # whole windows of whole pictures are large
    place = Place(1, WINDOW, late=-(WINDOW + 1) / 2)  # ends with the frame before the answered one

    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: str = "ci",
        attention: bool = False,
        faithful: bool = False,
    ) -> None:
        self.size = SIZES[f"{size}, faithful" if faithful else size]
        self.attention, self.apart = attention, faithful
        self.recipe, self.hop = self.size.recipe, self.size.hop
        super().__init__(self.size.view(asked), seed)

    def scale_of(self, examples: Sequence[Example]) -> Standard:
        if self.apart:
            return Standard(np.zeros(1, np.float32), np.ones(1, np.float32))
        return super().scale_of(examples)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        drawn = None if self.size.whole else out
        return LipsConvLSTM(frame[1:], drawn, self.size, self.attention, self.apart)


def published(
    attention: bool = False,
    faithful: bool = False,
    size: str = "paper",  # noqa: ARG001
) -> nn.Module:
    """The network at the published size, lips and ultrasound of 96 x 96."""
    return LipsConvLSTM((PUBLISHED, PUBLISHED), None, SIZES["paper"], attention, faithful)
