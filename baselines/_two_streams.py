"""Parts of TS-CNN-LSTM: towers of convolutions, windows of a batch, an LSTM over windows."""

from __future__ import annotations

import torch
from _nouns import Shape
from torch import Tensor, nn


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
