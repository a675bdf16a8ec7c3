"""Residual convolutions that halve the rate: (batch, channels, time) in and out, and a mask."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedNorm(nn.BatchNorm1d):
    """Batch normalisation whose mean and variance leave out what pads the batch."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, channels, time), (batch, 1, time) -> (batch, channels, time)."""
        if not self.training:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        count = mask.sum()
        mean = (x * mask).sum((0, 2)) / count
        centred = x - mean[:, None]
        variance = (centred.square() * mask).sum((0, 2)) / count
        with torch.no_grad():
            unbiased = variance * count / (count - 1).clamp(min=1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias[:, None], centred, scale[:, None])


class StridedBlock(nn.Module):
    """Two convolutions, the first of stride 2, around which a third of one sample carries."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.halve = nn.Conv1d(channels, width, 3, stride=2, padding=1)
        self.mix = nn.Conv1d(width, width, 3, padding=1)
        self.carry = nn.Conv1d(channels, width, 1, stride=2)
        self.norms = nn.ModuleList(MaskedNorm(width) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, channels, time), (batch, 1, half the time) -> (batch, width, half the time).

        What pads the batch is zero in and out: a convolution must see no more there than at the
        end of a recording.
        """
        halved, mixed, carried = self.norms
        inside = functional.relu(halved(self.halve(x), mask)) * mask
        out = mixed(self.mix(inside), mask) + carried(self.carry(x), mask)
        return functional.relu(out) * mask


class StridedBlocks(nn.Module):
    """So many blocks: (batch, time, channels) -> (batch, time / 2^blocks, width), and a mask."""

    def __init__(self, channels: int, width: int, blocks: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            StridedBlock(width if number else channels, width) for number in range(blocks)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = x.transpose(1, 2)
        for block in self.blocks:
            mask = mask[:, ::2]
            x = block(x, mask[:, None])
        return x.transpose(1, 2), mask
