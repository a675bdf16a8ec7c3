"""A recurrent layer whose state is a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvLSTM(nn.Module):
    """An LSTM with convolutions for products, without peepholes, from a state of zeros."""

    def __init__(self, channels: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.channels, self.hidden = channels, hidden
        self.both = nn.Conv2d(channels + hidden, 4 * hidden, kernel, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, channels, height, width) -> (batch, time, hidden, height, width)."""
        first, *later = x.unbind(1)
        weight = self.both.weight[:, : self.channels]  # the state of zeros adds nothing
        alone = nn.functional.conv2d(first, weight, self.both.bias, padding="same")
        write, _, show, new = self._gates(alone)
        cell = write * new
        out = [show * cell.tanh()]
        for entered in later:
            sums = self.both(torch.cat([entered, out[-1]], 1))
            write, forget, show, new = self._gates(sums)
            cell = forget * cell + write * new
            out.append(show * cell.tanh())
        return torch.stack(out, 1)

    def _gates(self, sums: Tensor) -> tuple[Tensor, ...]:
        opened, new = sums.split([3 * self.hidden, self.hidden], 1)
        return *opened.sigmoid().chunk(3, 1), new.tanh()
