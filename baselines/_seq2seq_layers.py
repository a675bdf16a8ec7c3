"""Encoder, prenet and postnet of the sEEG network; shapes are (batch, time, features)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

POSITION = 32  # features of the sinusoidal code of a step or a frame


def positions(count: int, width: int = POSITION) -> Tensor:
    """Sinusoidal code (count, width): sines of falling frequency, then the cosines."""
    octave = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2) / width)
    angle = torch.arange(count)[:, None] * octave
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Encoder(nn.Module):
    """GRUs that read both ways: memory (batch, steps, 2 hidden), last states side by side."""

    def __init__(self, features: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(
            features + POSITION,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = positions(x.shape[1]).to(x).expand(len(x), -1, -1)
        memory, last = self.gru(self.dropout(torch.cat([x, code], dim=2)))
        return memory, last.transpose(0, 1).flatten(1)


def kept(dropout: float, *shape: int, like: Tensor) -> Tensor:
    """Factors of dropout for all frames at once: to draw them frame by frame is slow."""
    ones = like.new_ones(shape)
    return nn.functional.dropout(ones, dropout) if dropout else ones


class Prenet(nn.Module):
    """The last frame through a bottleneck; its dropout may stay on when training is over."""

    def __init__(self, out: int, width: int, dropout: float, always: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(inside, width, bias=False) for inside in (out, width))
        self.width, self.dropout, self.always = width, dropout, always

    def factors(self, frames: int, like: Tensor) -> Tensor:
        """(frames, layers, batch, width), of ones at rest."""
        dropout = self.dropout if self.training or self.always else 0.0
        return kept(dropout, frames, len(self.layers), len(like), self.width, like=like)

    def forward(self, x: Tensor, factors: Tensor) -> Tensor:
        for layer, factor in zip(self.layers, factors, strict=True):
            x = nn.functional.elu(layer(x)) * factor
        return x


class Postnet(nn.Module):
    """Convolutions over frames whose output is added to them."""

    KERNEL, LAYERS = 5, 5

    def __init__(self, out: int, width: int, dropout: float, apart: bool) -> None:
        super().__init__()
        widths = [out, *[width] * (self.LAYERS - 1), out]
        parts: list[nn.Module] = []
        for inside, outside in pairwise(widths):
            parts += [
                nn.Conv1d(inside, outside, self.KERNEL, padding=self.KERNEL // 2),
                nn.BatchNorm1d(outside),
                nn.Tanh(),
                nn.Dropout(dropout),
            ]
        del parts[-2]  # the last tanh would bound what can be mended
        self.layers, self.apart = nn.Sequential(*parts), apart
        if not apart:  # it begins with adding nothing: else its noise drowns small training sets
            nn.init.zeros_(parts[-2].weight)

    def forward(self, x: Tensor) -> Tensor:
        if not self.apart:
            return self.layers(x.transpose(1, 2)).transpose(1, 2)
        # Each frame alone: only the middle of each kernel meets anything, and in training each
        # frame has a batch normalisation of its own, unless there is but one window to normalise.
        if self.training and len(x) > 1:
            return torch.stack([self.layers(one[..., None])[..., 0] for one in x.unbind(1)], 1)
        return self.layers(x.flatten(0, 1)[..., None])[..., 0].unflatten(0, x.shape[:2])
