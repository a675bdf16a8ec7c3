# /// script
# dependencies = ["numpy", "torch", "opencv-python-headless"]
# [tool.silentbench]
# title = "TS-CNN-LSTM"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = "Liu and Zhang 2021, arXiv:2106.11769"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# [tool.silentbench.variants]
# lips_12x12 = {}
# faithful = { faithful = true }
# no_flow = { flow = false }
# no_attention = { attention = false }
# raw = { flow = false, attention = false }
# frames_3 = { frames = 3 }
# frames_5 = { frames = 5 }
# frames_9 = { frames = 9 }
# paper = { size = "paper" }
# paper_faithful = { size = "paper", faithful = true }
# ///
"""TS-CNN-LSTM: two streams of lip frames and optical flow, an LSTM, attention, the ultrasound.

The ultrasound frame at time t is drawn from the window of 7 lip frames around t and the 6 fields
of dense optical flow between them. Shapes of one window at `paper` size, and at `ci` size:

    stream 1   frames (7, 1, 96, 96) -> tower -> (7, 1152)       ci (7, 1, 12, 12) -> (7, 96)
    stream 2   flow   (6, 2, 96, 96) -> tower -> (6, 1152)       ci (6, 2, 12, 12) -> (6, 96)
    tower      a layer for each of 32, 64, 128, 128, 128 filters (ci 8, 16, 24): convolution 3 x 3
               of stride 2, batch norm, LeakyReLU, dropout 0.25 (ci none)
    LSTM       over the 7 frames, both streams side by side, 512 cells (ci 64)
    attention  one sigmoid unit multiplies the LSTM's output at each frame
    full       7 * 512 -> 1024 (ci 7 * 64 -> 128), batch norm, LeakyReLU, dropout 0.5 (ci 0.1)
    code       1024 -> 512, batch norm, dropout 0.5              ci 128 -> 64
    picture    512 -> 96 * 96                                    ci 64 -> 96 * 96, not learnt

Mean squared error; Adam at 1e-3 (ci 3e-3, rising and falling) until the error on `valid` stops
falling. 15,474,337 parameters at `paper` size.

A reimplementation of arXiv:2106.11769, which gives the kinds of layers, dropout, activations and
loss, but no number of layers, filters or cells: all sizes are ours, and the count of parameters
cannot be compared. There is no public program, so `faithful` is what the publication says: each
window of 7 frames is an example of its own, 32 of which are drawn for a batch; dropout of 0.25 and
0.5; the picture is learnt, pixel by pixel; steps of constant size. It and `paper` see and draw
squares of pixels (`paper` 96 x 96, `ci` 24 x 24), to and from which pictures of other sizes are
scaled. All others hold all windows of some stretches of recordings in a batch. Towers, and the
products of the LSTM's weights with what the towers give, are computed once a frame and shared by
all windows that hold it, so that batch norm weighs all frames alike. At rest, both agree.

Differences that stay: the initial step, "10*e^-4", is read as 1e-3; the flow is OpenCV's DIS; the
target is the frame in the middle; a field joins the frame that it leads into, so the first frame of
a window has none; frames at the ends of a recording are repeated; the last two layers, which have
no LeakyReLU, have no activation at all; windows of one recording train or test, never both.

At `ci` size, unless `faithful`, pictures are means of squares of 8 x 8 pixels, and the last layer
holds 64 principal components of the training ultrasound. `faithful` at `ci` size trains on every
sixth window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from _lips import SmallLips, WholePictures
from _nouns import Asked, Shape
from _training import Recipe
from _two_streams import Tower, WindowLSTM, windows
from _windows import EitherModel, Place
from torch import Tensor, nn

PUBLISHED = 96  # pixels a side, of lips and of ultrasound


@dataclass(frozen=True)
class Size:
    view: Callable[..., SmallLips]  # how large pictures are
    tower: tuple[int, ...]  # filters of its layers
    hidden: int  # cells of the LSTM
    full: int  # units of the fully connected layer
    code: int | None  # units of the layer before the picture; None: components are the answer
    dropout: tuple[float, float]  # after convolutions, after fully connected layers
    recipe: Recipe
    hop: int = 1  # frames from window to window in training, where windows are examples


CONSTANT = Recipe(50, 32, 1e-3, 0.0, optimiser="adam", schedule="constant", clip=None)
SIZES = {
    "ci": Size(
        view=partial(SmallLips, factor=8),
        tower=(8, 16, 24),
        hidden=64,
        full=128,
        code=None,
        dropout=(0.0, 0.1),  # so few filters cannot spare a quarter
        recipe=Recipe(epochs=11, batch=2, rate=3e-3, optimiser="adam", decay=0.0),
    ),
    "ci, faithful": Size(
        view=partial(WholePictures, side=24),
        tower=(8, 16, 24),
        hidden=64,
        full=128,
        code=64,
        dropout=(0.25, 0.5),
        recipe=replace(CONSTANT, epochs=12),
        hop=6,
    ),
    "paper": Size(
        view=partial(WholePictures, side=PUBLISHED),
        tower=(32, 64, 128, 128, 128),
        hidden=512,
        full=1024,
        code=512,
        dropout=(0.25, 0.5),
        recipe=replace(CONSTANT, batch=4, chunk=64),
    ),
}
SIZES["paper, faithful"] = replace(SIZES["paper"], recipe=CONSTANT)


class TwoStreams(nn.Module):
    """(batch, time, 1 or 3, height, width) -> (batch, time, out); (batch, 1, out) if `apart`.

    Each recording of a batch is one window where they are `apart`.
    """

    def __init__(
        self,
        frame: Shape,
        out: int,
        size: Size,
        frames: int,
        attention: bool,
        apart: bool = False,
    ) -> None:
        super().__init__()
        channels, *area = frame
        after_conv, after_full = size.dropout
        self.frames, self.apart = frames, apart
        self.lips = Tower(1, tuple(area), size.tower, after_conv)
        self.flow = None
        if channels > 1:
            self.flow = Tower(channels - 1, tuple(area), size.tower, after_conv)
        moving = self.flow.features if self.flow is not None else 0
        self.lstm = WindowLSTM(self.lips.features, moving, size.hidden)
        self.attend = nn.Linear(size.hidden, 1) if attention else None
        layers: list[nn.Module] = [
            nn.Linear(frames * size.hidden, size.full),
            nn.BatchNorm1d(size.full),
            nn.LeakyReLU(),
            nn.Dropout(after_full),
        ]
        last = size.full
        if size.code is not None:
            layers += [
                nn.Linear(last, size.code),
                nn.BatchNorm1d(size.code),
                nn.Dropout(after_full),
            ]
            last = size.code
        self.draw = nn.Sequential(*layers, nn.Linear(last, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.apart:
            return self._of_windows(x)[:, None]
        return self._of_recordings(x, mask)

    def _of_recordings(self, x: Tensor, mask: Tensor) -> Tensor:
        """Frames that pad the batch are left out before the first layer: batch norm sees none."""
        real = mask.bool()
        x = x[real]
        flow = None if self.flow is None else self.flow(x[:, 1:])
        drawn = self._drawn(self.lips(x[:, :1]), flow, windows(mask, self.frames))
        return drawn.new_zeros(*mask.shape, drawn.shape[-1]).index_put((real,), drawn)

    def _of_windows(self, x: Tensor) -> Tensor:
        """Towers see every frame of every window, and no flow into its first frame."""
        lips, flow = self.lips(x[:, :, :1].flatten(0, 1)), None
        if self.flow is not None:
            moved = self.flow(x[:, 1:, 1:].flatten(0, 1)).unflatten(0, (len(x), -1))
            flow = nn.functional.pad(moved, (0, 0, 1, 0)).flatten(0, 1)
        index = torch.arange(len(lips), device=x.device).view(len(x), -1)
        return self._drawn(lips, flow, index)

    def _drawn(self, lips: Tensor, flow: Tensor | None, index: Tensor) -> Tensor:
        """Pictures (windows, out) from the frames that `index` (windows, frames) names."""
        hidden = self.lstm(lips, flow, index)
        if self.attend is not None:
            hidden = hidden * self.attend(hidden).sigmoid()
        alone = self.training and len(hidden) == 1
        self.draw.train(self.training and not alone)  # one window has no variance
        return self.draw(hidden.flatten(1))


class Model(EitherModel):
    stride = 1
    together = 64  # whole windows of whole pictures are large

    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: str = "ci",
        frames: int = 7,
        flow: bool = True,
        attention: bool = True,
        faithful: bool = False,
    ) -> None:
        self.size = SIZES[f"{size}, faithful" if faithful else size]
        self.frames, self.attention, self.apart = frames, attention, faithful
        self.recipe, self.hop, self.place = self.size.recipe, self.size.hop, Place(1, frames)
        super().__init__(self.size.view(asked, flow=flow), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return TwoStreams(frame, out, self.size, self.frames, self.attention, self.apart)


def published(
    frames: int = 7,
    flow: bool = True,
    attention: bool = True,
    faithful: bool = False,
    size: str = "paper",  # noqa: ARG001
) -> nn.Module:
    """The network at `paper` size, lips and ultrasound of 96 x 96."""
    frame = (3 if flow else 1, PUBLISHED, PUBLISHED)
    return TwoStreams(frame, PUBLISHED**2, SIZES["paper"], frames, attention, faithful)
