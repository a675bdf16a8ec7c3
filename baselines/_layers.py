"""Shared layers: (batch, time, features) in and out, and a mask of real frames."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """One dilated convolution over time around which its input is carried."""

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        reach = dilation * (kernel - 1) // 2
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, kernel, padding=reach, dilation=dilation)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, width), (batch, time) -> (batch, time, width)."""
        inside = self.norm(x) * mask[..., None]  # what pads a batch must look like the silence
        mixed = self.mix(inside.transpose(1, 2)).transpose(1, 2)
        return x + self.out(self.dropout(nn.functional.gelu(mixed)))


class TimeConvolution(nn.Module):
    """Residual convolutions of growing reach: (batch, time, features) -> (batch, time, out)."""

    def __init__(
        self,
        features: int,
        out: int,
        width: int = 96,
        kernel: int = 5,
        dilations: tuple[int, ...] = (1, 2, 4),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.blocks = nn.ModuleList(Residual(width, kernel, d, dropout) for d in dilations)
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.enter(x)
        for block in self.blocks:
            x = block(x, mask)
        return self.leave(x)


class Recurrent(nn.Module):
    """A GRU that reads a recording both ways: (batch, time, features) -> (batch, time, out)."""

    def __init__(self, features: int, out: int, width: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Linear(features, width), nn.Dropout(dropout))
        self.gru = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.leave = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, out))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.leave(over_real_frames(self.gru, self.enter(x), mask))


def over_real_frames(recurrent: nn.RNNBase, x: Tensor, mask: Tensor) -> Tensor:
    """Output (batch, time, width) of a batch-first recurrent network that stops at each last frame.

    Torch takes lengths on the CPU alone, wherever the signal is.
    """
    packed = nn.utils.rnn.pack_padded_sequence(
        x, mask.sum(1).long().cpu(), batch_first=True, enforce_sorted=False
    )
    out, _ = nn.utils.rnn.pad_packed_sequence(
        recurrent(packed)[0], batch_first=True, total_length=x.shape[1]
    )
    return out


def pooled_in_parts(x: Tensor, mask: Tensor, parts: int) -> Tensor:
    """Means over equal parts of the real frames, (batch, time, width) -> (batch, width * parts)."""
    lengths = mask.sum(1).long().tolist()
    means = [
        nn.functional.adaptive_avg_pool1d(one[:length].T[None], parts)[0]
        for one, length in zip(x, lengths, strict=True)
    ]
    return torch.stack(means).flatten(1)
