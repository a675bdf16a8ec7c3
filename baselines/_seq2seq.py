"""A window of brain signal becomes frames of speech: front ends, encoder, attention, decoder.

Shapes are (batch, time, features); a step is one place of the memory, a frame one of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from _nouns import Array
from torch import Tensor, nn

POSITION = 32  # features of the sinusoidal code of a step or a frame
POOL = 2  # steps, and rows of contacts, that one maximum is taken of


def positions(count: int, width: int = POSITION) -> Tensor:
    """Sinusoidal code (count, width): sines of falling frequency, then the cosines."""
    octave = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2) / width)
    angle = torch.arange(count)[:, None] * octave
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Convolution(NamedTuple):
    """One layer of a front end; the second number of a pair is over contacts."""

    maps: int
    kernel: tuple[int, int]
    stride: tuple[int, int]


class NoFront(nn.Module):
    """The contacts as they are."""

    def __init__(self, contacts: int, convolutions: Sequence[Convolution]) -> None:  # noqa: ARG002
        super().__init__()
        self.features, self.stride = contacts, 1

    def forward(self, x: Tensor) -> Tensor:
        return x


class Front1d(nn.Module):
    """Convolutions over time that mix all contacts, ends padded; then maxima of two steps."""

    def __init__(self, contacts: int, convolutions: Sequence[Convolution]) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for maps, (kernel, _), (stride, _) in convolutions:
            parts += [
                nn.Conv1d(contacts, maps, kernel, stride, padding=kernel // 2),
                nn.BatchNorm1d(maps),
                nn.ELU(),
            ]
            contacts = maps
        self.layers = nn.Sequential(*parts, nn.MaxPool1d(POOL))
        self.features = contacts
        self.stride = POOL * math.prod(c.stride[0] for c in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.transpose(1, 2)).transpose(1, 2)


class Front2d(nn.Module):
    """Convolutions over time and contacts alike, ends not padded; then maxima over both.

    For the maximum of two rows to leave one, the convolutions have to leave two or three: as
    published (`exact`) of 101 to 124 contacts. Else absent contacts are zeros up to that least
    number, and the maximum is over all rows that are left: the same network for 101 to 112.
    """

    def __init__(
        self, contacts: int, convolutions: Sequence[Convolution], exact: bool = False
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        before, least, slack = 1, POOL, POOL - 1
        for maps, kernel, stride in convolutions:
            parts += [
                nn.Conv2d(before, maps, kernel, stride),
                nn.BatchNorm2d(maps),
                nn.ELU(),
            ]
            before = maps
        for _, (_, kernel), (_, stride) in reversed(convolutions):
            least = (least - 1) * stride + kernel
            slack = slack * stride + stride - 1
        if exact and not least <= contacts <= least + slack:
            message = f"the 2-D front end as published takes {least} to {least + slack} contacts"
            raise ValueError(f"{message}, these are {contacts}")
        self.missing = max(least - contacts, 0)
        self.layers = nn.Sequential(*parts)
        self.exact = exact
        self.features = before
        self.stride = POOL * math.prod(c.stride[0] for c in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.layers(nn.functional.pad(x, (0, self.missing))[:, None])
        rows = seen[..., :POOL] if self.exact else seen
        return nn.functional.max_pool1d(rows.amax(3), POOL).transpose(1, 2)


FRONTS = {"none": NoFront, "1d": Front1d, "2d": Front2d}


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
        """Weights (batch, steps) of the keys (batch, steps, width)."""
        kernel, ends = self.past.kernel_size[0], self.past.padding[0]
        around = nn.functional.pad(past, (ends, ends)).unfold(2, kernel, 1)
        seen = around.transpose(1, 2).flatten(2) @ located
        energy = self.score(torch.tanh(keys + seen + self.query(query)[:, None]))
        return torch.softmax(energy[..., 0] + prior, dim=1)


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
        if self.apart:  # each frame alone: only the middle of each kernel meets anything
            return self.layers(x.flatten(0, 1)[..., None])[..., 0].unflatten(0, x.shape[:2])
        return self.layers(x.transpose(1, 2)).transpose(1, 2)


@dataclass(frozen=True)
class Sizes:
    """What a network of one size is made of."""

    hidden: int  # of the encoder each way, and of the decoder
    layers: int  # of the encoder
    attention: int
    prenet: int
    postnet: int
    head: int  # hidden units before the frame
    head_bins: int  # the same where each bin has classes
    dropout: float
    filters: int = 32  # of where attention looked
    reach: int = 31  # steps
    noise: float = 0.0  # deviation of what training adds to the signal


class Decoded(NamedTuple):
    """What the network says of a batch of windows."""

    frames: Tensor  # (batch, frames, out)
    early: Tensor  # the same before the postnet
    logits: Tensor | None  # (batch, frames, out, classes)
    embedding: Tensor  # (batch, features): the last states of the encoder
    attention: Tensor  # (batch, frames, steps)


class Seq2Seq(nn.Module):
    """Windows (batch, samples, contacts) -> frames (batch, frames, out), one after the other.

    In training the columns of x after the contacts hold the true frames in their first rows; with
    probability `teacher` a window goes on from those rather than from its own.
    """

    def __init__(
        self,
        front: nn.Module,
        contacts: int,
        frames: int,
        out: int,
        sizes: Sizes,
        *,
        teacher: float,
        aligned: float | None = None,  # deviation in frames of where attention expects a frame
        rate: float = 1.0,  # samples a frame
        centroids: Array | None = None,  # (out, classes), where frames are classified
        faithful: bool = False,
    ) -> None:
        super().__init__()
        hidden, width = sizes.hidden, sizes.attention
        self.contacts, self.frames, self.out, self.teacher = contacts, frames, out, teacher
        self.aligned, self.pace, self.faithful = aligned, rate / front.stride, faithful
        self.front = front
        self.encoder = Encoder(front.features, hidden, sizes.layers, sizes.dropout)
        self.begin = nn.Linear(2 * sizes.layers * hidden, hidden)
        self.attention = LocationAttention(2 * hidden, hidden, width, sizes.filters, sizes.reach)
        self.prenet = Prenet(out, sizes.prenet, sizes.dropout, faithful)
        self.cell = nn.GRUCell(sizes.prenet + POSITION + width, hidden)
        classes = 1 if centroids is None else centroids.shape[1]
        units = sizes.head if centroids is None else sizes.head_bins
        self.dropout, self.noise = sizes.dropout, 0.0 if faithful else sizes.noise
        self.head = nn.ModuleList(
            [nn.Linear(hidden + width, units), nn.Linear(units, out * classes)]
        )
        self.postnet = None
        if centroids is None:
            self.postnet = Postnet(out, sizes.postnet, sizes.dropout, faithful)
            self.register_buffer("centroids", None)
        else:
            self.register_buffer("centroids", torch.as_tensor(centroids, dtype=torch.float32))

    def forward(self, x: Tensor, mask: Tensor) -> Decoded:  # noqa: ARG002 - windows are full
        signal = x[..., : self.contacts]
        if self.training and self.noise:
            signal = signal + self.noise * torch.randn_like(signal)
        memory, embedding = self.encoder(self.front(signal.flip(2) if self.faithful else signal))
        keys, state = self.attention.memory(memory), self.begin(embedding)
        if self.training and self.teacher > 0:
            true = x[:, : self.frames, self.contacts :]
            taught = nn.functional.pad(true, (0, 0, 1, -1))  # frame k goes on from k - 1
        else:
            taught = None
        said, looked = self._decode(keys, state, taught)
        if self.postnet is None:
            logits = said.unflatten(2, (self.out, -1))
            frames = self._expected(logits)
            return Decoded(frames, frames, logits, embedding, looked)
        return Decoded(said + self.postnet(said), said, None, embedding, looked)

    def _decode(self, keys: Tensor, state: Tensor, taught: Tensor | None) -> tuple[Tensor, Tensor]:
        """Output of the head (batch, frames, ...), attention (batch, frames, steps)."""
        batch, steps, _ = keys.shape
        prior = self._prior(steps).to(keys)
        located = self.attention.located()
        code = positions(self.frames).to(keys)[:, None].expand(-1, batch, -1)
        factors = self.prenet.factors(self.frames, keys)
        chance = self.dropout if self.training else 0.0
        units = kept(chance, self.frames, batch, self.head[0].out_features, like=keys)
        weights = keys.new_zeros(batch, steps)
        summed, last = weights, keys.new_zeros(batch, self.out)
        wholly = taught is not None and self.teacher >= 1
        if taught is not None:
            heard = self.prenet(taught.transpose(0, 1), factors.transpose(0, 1))
            forced = torch.rand(batch, 1, device=keys.device) < self.teacher
        found, said, looked = [], [], []
        for frame in range(self.frames):
            past = torch.stack([weights, summed], 1)
            weights = self.attention(state, keys, past, located, prior[frame])
            summed = summed + weights
            context = torch.bmm(weights[:, None], keys)[:, 0]
            before = heard[frame] if wholly else self.prenet(last, factors[frame])
            if taught is not None and not wholly:
                before = torch.where(forced, heard[frame], before)
            state = self.cell(torch.cat([before, code[frame], context], 1), state)
            found.append(torch.cat([state, context], 1))
            looked.append(weights)
            if not wholly:
                said.append(self._head(found[-1], units[frame]))
                last = self._frame(said[-1])
        out = self._head(torch.stack(found), units) if wholly else torch.stack(said)
        return out.transpose(0, 1), torch.stack(looked, 1)

    def _head(self, found: Tensor, factors: Tensor) -> Tensor:
        enter, leave = self.head
        return leave(nn.functional.elu(enter(found)) * factors)

    def _prior(self, steps: int) -> Tensor:
        """What attention adds (frames, steps): zeros, or how far a step is from a frame's place."""
        if self.aligned is None:
            return torch.zeros(self.frames, steps)
        place = (steps - 1) / 2 + self.pace * (torch.arange(self.frames) - (self.frames - 1) / 2)
        far = (torch.arange(steps) - place[:, None]) / (self.pace * self.aligned)
        return -0.5 * far**2

    def _frame(self, said: Tensor) -> Tensor:
        """What the decoder goes on from, (batch, out)."""
        if self.postnet is not None:
            return said
        return self._expected(said.unflatten(1, (self.out, -1)))

    def _expected(self, logits: Tensor) -> Tensor:
        return (torch.softmax(logits, dim=-1) * self.centroids).sum(-1)


def centroids(values: Array, count: int, rounds: int = 100) -> Array:
    """Centres (count,) of the k-means clusters of numbers, in rising order.

    Clusters of sorted numbers are intervals, so that a round is a search and a difference of sums.
    A centre that nothing is near moves to the number that is farthest from its own.
    """
    numbers = np.sort(values.astype(np.float64), axis=None)
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    centres = np.quantile(numbers, (np.arange(count) + 0.5) / count)
    for _ in range(rounds):
        inside = np.searchsorted(numbers, (centres[:-1] + centres[1:]) / 2)
        edges = np.concatenate([[0], inside, [len(numbers)]])
        sizes = np.diff(edges)
        moved = np.diff(sums[edges]) / np.maximum(sizes, 1)
        far = np.abs(numbers - np.repeat(moved, sizes))
        for empty in np.flatnonzero(sizes == 0):
            moved[empty] = numbers[far.argmax()]
            far[far.argmax()] = 0
        moved.sort()
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres.astype(np.float32)


def nearest(frames: Tensor, centres: Tensor) -> Tensor:
    """Which of the rising centres (out, classes) is nearest to each value (..., out)."""
    edges = (centres[:, :-1] + centres[:, 1:]) / 2
    return (frames[..., None] > edges).sum(-1)


def contrastive(embedding: Tensor, talker: Tensor, margin: float = 1.0) -> Tensor:
    """How near different talkers are, and how far one is from itself; 0 where there is but one.

    Mean over pairs of one talker of d**2, plus mean over pairs of two of max(0, margin - d)**2,
    with d the root mean square difference of two embeddings (batch, features).
    """
    distance = (embedding[:, None] - embedding).square().mean(2)
    same = talker[:, None] == talker
    pairs = torch.ones_like(same).triu(1)
    within, across = same & pairs, ~same & pairs
    if not across.any():
        return embedding.new_zeros(())
    apart = (margin - (distance[across] + 1e-12).sqrt()).clamp(min=0).square()
    near = distance[within]
    return apart.mean() + near.sum() / max(len(near), 1)


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Pearson's r over frames of (batch, frames, out), mean over the rest; flat ones count 0."""
    one, other = (x - x.mean(1, keepdim=True) for x in (one, other))
    both = one.square().sum(1) * other.square().sum(1)
    return ((one * other).sum(1) / (both + 1e-8).sqrt()).mean()
