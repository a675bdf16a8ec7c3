"""A window of brain signal becomes frames of speech, one after the other.

Shapes are (batch, time, features); a step is one place of the memory, a frame one of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from _attention import DotAttention, LocationAttention
from _nouns import Array
from _seq2seq_layers import POSITION, Encoder, Postnet, Prenet, kept, positions
from _seq2seq_losses import nearest
from torch import Tensor, nn


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

    Where frames are classified, the network goes on from what it expects of the classes and has no
    postnet. `faithful` goes on from the number of the likeliest class instead and has one, over the
    logits; its answer is the centre of the likeliest class. Also, its decoder's position is that of
    the first frame throughout, what enters the decoder is dropped out once more in training, and
    the contacts are reversed.
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
        attention: Literal["location", "dot"] = "location",
        faithful: bool = False,
    ) -> None:
        super().__init__()
        hidden, width = sizes.hidden, sizes.attention
        self.contacts, self.frames, self.out, self.teacher = contacts, frames, out, teacher
        self.aligned, self.pace, self.faithful = aligned, rate / front.stride, faithful
        self.front = front
        self.encoder = Encoder(front.features, hidden, sizes.layers, sizes.dropout)
        self.begin = nn.Linear(2 * sizes.layers * hidden, hidden)
        self.attention: nn.Module
        if attention == "dot":
            entered = sizes.prenet + POSITION
            self.attention = DotAttention(2 * hidden, entered + hidden, width)
        else:
            looked = sizes.filters, sizes.reach
            self.attention = LocationAttention(2 * hidden, hidden, width, *looked)
        self.prenet = Prenet(out, sizes.prenet, sizes.dropout, faithful)
        self.cell = nn.GRUCell(sizes.prenet + POSITION + width, hidden)
        classes = 1 if centroids is None else centroids.shape[1]
        units = sizes.head if centroids is None else sizes.head_bins
        self.dropout, self.noise = sizes.dropout, 0.0 if faithful else sizes.noise
        self.head = nn.ModuleList(
            [nn.Linear(hidden + width, units), nn.Linear(units, out * classes)]
        )
        self.postnet = None
        if centroids is None or faithful:
            self.postnet = Postnet(out * classes, sizes.postnet, sizes.dropout, faithful)
        if centroids is None:
            self.register_buffer("centroids", None)
        else:
            self.register_buffer("centroids", torch.as_tensor(centroids, dtype=torch.float32))
        if faithful:
            published_start(self)

    def forward(self, x: Tensor, mask: Tensor) -> Decoded:  # noqa: ARG002 - windows are full
        signal = x[..., : self.contacts]
        if self.training and self.noise:
            signal = signal + self.noise * torch.randn_like(signal)
        memory, embedding = self.encoder(self.front(signal.flip(2) if self.faithful else signal))
        keys, state = self.attention.memory(memory), self.begin(embedding)
        said, looked = self._decode(keys, state, self._taught(x))
        late = said if self.postnet is None else said + self.postnet(said)
        if self.centroids is None:
            return Decoded(late, said, None, embedding, looked)
        logits = late.unflatten(2, (self.out, -1))
        frames = self._likeliest(logits) if self.faithful else self._expected(logits)
        return Decoded(frames, frames, logits, embedding, looked)

    def _taught(self, x: Tensor) -> Tensor | None:
        """What the decoder is told to go on from (batch, frames, out): frame k from k - 1."""
        if not (self.training and self.teacher > 0):
            return None
        true = x[:, : self.frames, self.contacts :]
        if self.centroids is not None and self.faithful:
            true = nearest(true, self.centroids).to(true)
        return nn.functional.pad(true, (0, 0, 1, -1))

    def _decode(self, keys: Tensor, state: Tensor, taught: Tensor | None) -> tuple[Tensor, Tensor]:
        """Output of the head (batch, frames, ...), attention (batch, frames, steps)."""
        batch, steps, _ = keys.shape
        look = self._looking(keys)
        factors = self.prenet.factors(self.frames, keys)
        chance = self.dropout if self.training else 0.0
        units = kept(chance, self.frames, batch, self.head[0].out_features, like=keys)
        weights = keys.new_zeros(batch, steps)
        summed, last = weights, keys.new_zeros(batch, self.out)
        wholly = taught is not None and self.teacher >= 1
        if taught is not None:
            heard = self.prenet(taught.transpose(0, 1), factors.transpose(0, 1))
            forced = torch.rand(batch, 1, device=keys.device) < self.teacher
        code, entering = self._codes(keys), None
        if self.faithful:
            entering = kept(chance, self.frames, batch, self.prenet.width + POSITION, like=keys)
        found, said, looked = [], [], []
        for frame in range(self.frames):
            before = heard[frame] if wholly else self.prenet(last, factors[frame])
            if taught is not None and not wholly:
                before = torch.where(forced, heard[frame], before)
            entered = torch.cat([before, code[frame]], 1)
            if entering is not None:
                entered = entered * entering[frame]
            weights = look(frame, entered, state, torch.stack([weights, summed], 1))
            summed = summed + weights
            context = torch.bmm(weights[:, None], keys)[:, 0]
            state = self.cell(torch.cat([entered, context], 1), state)
            found.append(torch.cat([state, context], 1))
            looked.append(weights)
            if not wholly:
                said.append(self._head(found[-1], units[frame]))
                last = self._frame(said[-1])
        out = self._head(torch.stack(found), units) if wholly else torch.stack(said)
        return out.transpose(0, 1), torch.stack(looked, 1)

    def _looking(self, keys: Tensor) -> Callable[[int, Tensor, Tensor, Tensor], Tensor]:
        """Weights (batch, steps) of a frame by what enters, the state, and where it looked."""
        prior, attention = self._prior(keys.shape[1]).to(keys), self.attention
        if isinstance(attention, DotAttention):
            return lambda frame, entered, state, _: attention(
                torch.cat([entered, state], 1), keys, prior[frame]
            )
        located = attention.located()
        return lambda frame, _, state, past: attention(state, keys, past, located, prior[frame])

    def _codes(self, keys: Tensor) -> Tensor:
        """Positions of the frames (frames, batch, POSITION)."""
        code = positions(1).expand(self.frames, -1) if self.faithful else positions(self.frames)
        return code.to(keys)[:, None].expand(-1, len(keys), -1)

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
        if self.centroids is None:
            return said
        logits = said.unflatten(1, (self.out, -1))
        return logits.argmax(-1).to(said) if self.faithful else self._expected(logits)

    def _expected(self, logits: Tensor) -> Tensor:
        return (torch.softmax(logits, dim=-1) * self.centroids).sum(-1)

    def _likeliest(self, logits: Tensor) -> Tensor:
        return self.centroids.expand_as(logits).gather(-1, logits.argmax(-1, keepdim=True))[..., 0]


@torch.no_grad()
def published_start(network: Seq2Seq) -> None:
    """Weights as the public program draws them: uniform, by the sizes of both sides (Xavier).

    Biases, recurrent layers, `begin`, dot-product attention and 2-D and 3-D front ends start as
    torch starts them.
    """
    tanh, relu = (nn.init.calculate_gain(kind) for kind in ("tanh", "relu"))
    gains: list[tuple[nn.Module, float]] = [
        (m, 1.0) for m in (*network.prenet.layers, *network.head)
    ]
    if isinstance(network.attention, LocationAttention):
        seen = network.attention
        gains += [(layer, tanh) for layer in (seen.memory, seen.query, seen.place)]
        gains += [(layer, 1.0) for layer in (seen.past, seen.score)]
    if network.postnet is not None:
        *inner, last = [m for m in network.postnet.layers if isinstance(m, nn.Conv1d)]
        gains += [(layer, tanh) for layer in inner] + [(last, 1.0)]
    gains += [(m, relu) for m in network.front.modules() if isinstance(m, nn.Conv1d)]
    for layer, gain in gains:
        nn.init.xavier_uniform_(layer.weight, gain)
