"""Attention of a decoder over the steps of a memory, one frame at a time.

Both kinds look at keys (batch, steps, width), which `keys` makes of the memory once for all frames,
and give weights (batch, steps). `prior` (steps,) is added before the softmax.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LocationAttention(nn.Module):
    """Additive attention that knows where it looked: at the last frame, and in sum."""

    def __init__(self, memory: int, query: int, width: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.memory = nn.Linear(memory, width, bias=False)
        self.query = nn.Linear(query, width, bias=False)
        self.past = nn.Conv1d(2, filters, kernel, padding=kernel // 2, bias=False)
        self.place = nn.Linear(filters, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)

    def located(self) -> Tensor:
        """`place` of `past` as one matrix (2 * kernel, width): there is nothing between them."""
        return torch.einsum("wf,fck->ckw", self.place.weight, self.past.weight).flatten(0, 1)

    def forward(
        self, query: Tensor, keys: Tensor, past: Tensor, located: Tensor, prior: Tensor
    ) -> Tensor:
        """The query is the decoder's state (batch, query), past the weights (batch, 2, steps)."""
        kernel, ends = self.past.kernel_size[0], self.past.padding[0]
        around = nn.functional.pad(past, (ends, ends)).unfold(2, kernel, 1)
        seen = around.transpose(1, 2).flatten(2) @ located
        energy = self.score(torch.tanh(keys + seen + self.query(query)[:, None]))
        return torch.softmax(energy[..., 0] + prior, dim=1)


class DotAttention(nn.Module):
    """Products of keys with what the decoder is about to enter and its state, unscaled."""

    def __init__(self, memory: int, query: int, width: int) -> None:
        super().__init__()
        self.memory = nn.Linear(memory, width)
        self.query = nn.Linear(query, width)

    def forward(self, query: Tensor, keys: Tensor, prior: Tensor) -> Tensor:
        """The query is (batch, query): the last frame's prenet, its position, the state."""
        return torch.softmax((keys @ self.query(query)[..., None])[..., 0] + prior, dim=1)
