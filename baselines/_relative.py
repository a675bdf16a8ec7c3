"""A Transformer that hears how far frames lie apart: (batch, time, width) in and out, and a mask.

Every head has a learned vector for each distance from -(reach - 1) to reach - 1 frames (Shaw et
al. 2018, arXiv 1803.02155, keys only). Its product with a query is added to the logit of the key
at that distance; keys further away are not attended to.

With `published`, attention is that of the public program of Lee et al. (Interspeech 2025): vectors
of distances stay as they were drawn, since it pads them where no gradient is kept, and its
projections begin at about a quarter of the usual size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

UNSEEN = -1e4  # a logit that no other comes near; finite, so that a row of them has a gradient


def by_key(near: Tensor, reach: int) -> Tensor:
    """(batch, heads, T, 2 reach - 1) by distance to (batch, heads, T, T) by key, reach <= T.

    Column d is the key at distance d - (reach - 1) from its query, so each row starts one column
    before the last: seen with rows shorter by one, all keys lie below each other.
    """
    time = near.shape[2]
    beyond = time - reach
    wide = functional.pad(near, (beyond, beyond + 1), value=UNSEEN)  # rows of 2 T
    strides = (*wide.stride()[:2], 2 * time - 1, 1)
    return wide.as_strided((*near.shape[:2], time, time), strides, time - 1)


class RelativeAttention(nn.Module):
    """Attention of several heads whose logits are q k / sqrt(d) + q r, r being of the distance."""

    def __init__(
        self, width: int, heads: int, reach: int, dropout: float, published: bool = False
    ) -> None:
        super().__init__()
        self.heads, self.reach, self.dropout = heads, reach, dropout
        self.enter = nn.Linear(width, 3 * width, bias=False)  # queries, keys and values at once
        self.leave = nn.Linear(width, width, bias=False)
        part = width // heads
        self.distances = nn.Parameter(torch.randn(heads, 2 * reach - 1, part) * part**-0.5)
        if published:
            self.distances.requires_grad_(False)
            # Xavier's rule for tensors (heads, width, part) and (heads, part, width).
            nn.init.normal_(self.enter.weight, std=(2 / (part * (width + heads))) ** 0.5)
            nn.init.normal_(self.leave.weight, std=(2 / (width * (part + heads))) ** 0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, width), (batch, time) -> (batch, time, width)."""
        q, k, v = self.enter(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(q, k, v, self.bias(q, mask), dropout)
        return self.leave(mixed.transpose(1, 2).flatten(2))

    def bias(self, q: Tensor, mask: Tensor) -> Tensor:
        """What is added to the logits, (batch, heads, time, time): distance, and what to leave."""
        reach = min(self.reach, q.shape[2])
        distances = self.distances[:, self.reach - reach : self.reach + reach - 1]
        near = torch.einsum("bhtd,hrd->bhtr", q, distances)
        unseen = (UNSEEN * (1 - mask))[:, None, None].to(near.dtype)
        return by_key(near, reach) + unseen


class ByteDropout(nn.Module):
    """As torch's, at a third of its cost on a CPU: one random byte a number, so p is n / 256."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = 256 - round(256 * self.p)
        words = torch.randint(-(2**63), 2**63 - 1, (-(-x.numel() // 8),), device=x.device)
        drawn = words.view(torch.uint8)[: x.numel()].view(x.shape)
        return x * ((drawn < kept).to(x.dtype) * (256 / kept))


class RelativeLayer(nn.Module):
    """Attention, then two linear layers, a norm after each sum."""

    def __init__(
        self,
        width: int,
        heads: int,
        feed: int,
        reach: int,
        dropout: float,
        published: bool = False,
    ) -> None:
        super().__init__()
        self.attention = RelativeAttention(width, heads, reach, dropout, published)
        self.norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.Linear(width, feed), nn.ReLU(), ByteDropout(dropout), nn.Linear(feed, width)
        )
        self.last = nn.LayerNorm(width)
        self.drop = ByteDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(x + self.drop(self.attention(x, mask)))
        return self.last(x + self.drop(self.feed(x)))


class RelativeTransformer(nn.Module):
    """Such layers one after the other."""

    def __init__(
        self,
        width: int,
        heads: int = 8,
        feed: int = 3072,
        layers: int = 6,
        reach: int = 100,
        dropout: float = 0.2,
        published: bool = False,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            RelativeLayer(width, heads, feed, reach, dropout, published) for _ in range(layers)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x, mask)
        return x
