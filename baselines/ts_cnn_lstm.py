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
# default = {}
# no_flow = { flow = false }
# no_attention = { attention = false }
# raw = { flow = false, attention = false }
# frames_3 = { frames = 3 }
# frames_5 = { frames = 5 }
# frames_9 = { frames = 9 }
# paper = { size = "paper" }
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
cannot be compared. Its initial step, "10*e^-4", is read as 1e-3. Also ours: the flow is OpenCV's
DIS; the target is the frame in the middle; a field joins the frame that it leads into, so the first
frame of a window has none; frames at the ends of a recording are repeated; the last two layers,
which have no LeakyReLU, have no activation at all; a batch holds all windows of some stretches of
recordings, not 32 windows drawn apart. At `ci` size pictures are means of squares of 8 x 8 pixels,
and the last layer holds 64 principal components of the training ultrasound.

Towers, and the products of the LSTM's weights with what the towers give, are computed once a frame
and shared by all windows that hold it. So batch norm weighs all frames alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from _lips import SmallLips, WholePictures
from _network import NetworkModel
from _nouns import Asked, Shape
from _training import Recipe
from torch import Tensor, nn

PUBLISHED = 96  # pixels a side, of lips and of ultrasound


@dataclass(frozen=True)
class Size:
    factor: int  # pixels a side of the square whose mean is one value of the input
    tower: tuple[int, ...]  # filters of its layers
    hidden: int  # cells of the LSTM
    full: int  # units of the fully connected layer
    code: int | None  # units of the layer before the picture; None: components are the answer
    dropout: tuple[float, float]  # after convolutions, after fully connected layers
    recipe: Recipe


SIZES = {
    "ci": Size(
        factor=8,
        tower=(8, 16, 24),
        hidden=64,
        full=128,
        code=None,
        dropout=(0.0, 0.1),  # so few filters cannot spare a quarter
        recipe=Recipe(epochs=11, batch=2, rate=3e-3, optimiser="adam", decay=0.0),
    ),
    "paper": Size(
        factor=1,
        tower=(32, 64, 128, 128, 128),
        hidden=512,
        full=1024,
        code=512,
        dropout=(0.25, 0.5),
        recipe=Recipe(
            epochs=50,
            batch=4,
            rate=1e-3,
            chunk=64,
            optimiser="adam",
            decay=0.0,
            schedule="constant",
            clip=None,
        ),
    ),
}


class Tower(nn.Sequential):
    """(frames, channels, height, width) -> (frames, features); each layer halves both sides."""

    def __init__(self, channels: int, area: Shape, filters: tuple[int, ...], dropout: float):
        layers: list[nn.Module] = []
        for inside, outside in zip((channels, *filters[:-1]), filters, strict=True):
            layers += [
                nn.Conv2d(inside, outside, 3, stride=2, padding=1),
                nn.BatchNorm2d(outside),
                nn.LeakyReLU(),
                nn.Dropout(dropout),
            ]
        super().__init__(*layers, nn.Flatten())
        left = [-(-length // 2 ** len(filters)) for length in area]  # a half is rounded up
        self.features = filters[-1] * left[0] * left[1]


def windows(mask: Tensor, frames: int) -> Tensor:
    """Mask (batch, time) -> (real frames, frames): which real frames lie around each of them.

    They are numbered through the batch; the ends of a recording are repeated.
    """
    lengths = mask.sum(1).long()[:, None, None]
    first = lengths.cumsum(0) - lengths
    offset = torch.arange(frames, device=mask.device) - frames // 2
    place = torch.arange(mask.shape[1], device=mask.device)[:, None] + offset
    return (first + place.clamp(min=0).minimum(lengths - 1))[mask.bool()]


class WindowLSTM(nn.Module):
    """An LSTM that starts anew in each window; products with a frame are computed once for all."""

    def __init__(self, lips: int, flow: int, hidden: int) -> None:
        super().__init__()
        self.lips = nn.Linear(lips, 4 * hidden)
        self.flow = nn.Linear(flow, 4 * hidden, bias=False) if flow else None
        self.carry = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, lips: Tensor, flow: Tensor | None, index: Tensor) -> Tensor:
        """(frames, lips), (frames, flow), (windows, steps) -> (windows, steps, hidden)."""
        entered = self.lips(lips)
        gates = entered[index[:, 0]]  # the flow into a window's first frame comes from outside it
        if self.flow is not None:
            entered = entered + self.flow(flow)
        write, _, new, show = gates.chunk(4, -1)
        cell = write.sigmoid() * new.tanh()
        out = [show.sigmoid() * cell.tanh()]
        for frame in index[:, 1:].unbind(1):
            write, forget, new, show = (entered[frame] + self.carry(out[-1])).chunk(4, -1)
            cell = forget.sigmoid() * cell + write.sigmoid() * new.tanh()
            out.append(show.sigmoid() * cell.tanh())
        return torch.stack(out, 1)


class TwoStreams(nn.Module):
    """(batch, time, 1 or 3, height, width) -> (batch, time, out)."""

    def __init__(self, frame: Shape, out: int, size: Size, frames: int, attention: bool) -> None:
        super().__init__()
        channels, *area = frame
        after_conv, after_full = size.dropout
        self.frames = frames
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
        """Frames that pad the batch are left out before the first layer: batch norm sees none."""
        real = mask.bool()
        x = x[real]
        flow = None if self.flow is None else self.flow(x[:, 1:])
        hidden = self.lstm(self.lips(x[:, :1]), flow, windows(mask, self.frames))
        if self.attend is not None:
            hidden = hidden * self.attend(hidden).sigmoid()
        drawn = self.draw(hidden.flatten(1))
        return drawn.new_zeros(*mask.shape, drawn.shape[-1]).index_put((real,), drawn)


class Model(NetworkModel):
    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: str = "ci",
        frames: int = 7,
        flow: bool = True,
        attention: bool = True,
    ) -> None:
        self.size, self.frames, self.attention = SIZES[size], frames, attention
        self.recipe = self.size.recipe
        view = SmallLips if self.size.code is None else WholePictures
        super().__init__(view(asked, self.size.factor, flow), seed)

    def layers(self, frame: Shape, out: int) -> nn.Module:
        return TwoStreams(frame, out, self.size, self.frames, self.attention)


def published(
    frames: int = 7,
    flow: bool = True,
    attention: bool = True,
    size: str = "paper",  # noqa: ARG001
) -> nn.Module:
    """The network at `paper` size, lips and ultrasound of 96 x 96."""
    frame = (3 if flow else 1, PUBLISHED, PUBLISHED)
    return TwoStreams(frame, PUBLISHED**2, SIZES["paper"], frames, attention)
