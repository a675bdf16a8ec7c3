# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "EMG2EMA (Lee et al. 2025)"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_articulation", "emg_to_mel"]
# licence = "Apache-2.0"
# citation = "Lee et al., Interspeech 2025, arXiv:2505.13814"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# # Electrodes are numbered from 1 in the names, as in the publication, from 0 in `electrodes`.
# [tool.silentbench.variants]
# default = {}
# electrodes_2346 = { electrodes = [1, 2, 3, 5] }
# electrodes_246 = { electrodes = [1, 3, 5] }
# electrodes_24 = { electrodes = [1, 3] }
# without_1 = { electrodes = [1, 2, 3, 4, 5, 6, 7] }
# without_2 = { electrodes = [0, 2, 3, 4, 5, 6, 7] }
# without_3 = { electrodes = [0, 1, 3, 4, 5, 6, 7] }
# without_4 = { electrodes = [0, 1, 2, 4, 5, 6, 7] }
# without_5 = { electrodes = [0, 1, 2, 3, 5, 6, 7] }
# without_6 = { electrodes = [0, 1, 2, 3, 4, 6, 7] }
# without_7 = { electrodes = [0, 1, 2, 3, 4, 5, 7] }
# without_8 = { electrodes = [0, 1, 2, 3, 4, 5, 6] }
# wave = { front = "wave" }
# faithful = { faithful = true }
# paper = { size = "paper", mains = 60.0 }
# paper_faithful = { size = "paper", mains = 60.0, faithful = true }
# ///
"""EMG2EMA: surface EMG through strided convolutions and a Transformer to articulation.

After Lee et al., "Articulatory Feature Prediction from Surface EMG during Speech Production",
Interspeech 2025, arXiv:2505.13814. With C electrodes, T frames and P phones, at the published size:

    EMG at 8 times the target's rate                                        (8 T, C)
    training only: shifted by 0 to 7 samples, the same for a batch          (8 T, C)
    3 residual blocks: convolutions 3 of stride 2 and 3, norms, ReLU;
        around them a convolution 1 of stride 2 and a norm                  (T, 768)
    linear                                                                  (T, 768)
    6 layers of a post-norm Transformer: 8 heads, 3072 within, dropout 0.2,
        learned relative positions up to 99 frames, none beyond             (T, 768)
    linear heads: 12 positions, pitch, loudness, P phones                   (T, 14 + P)

54,136,382 parameters with 8 electrodes and 48 phones, 54,124,094 with 4.

Input: zero-phase notches at mains and harmonics, zero-phase high-pass at 2 Hz, the wave read at 8
times the target's rate, 50 tanh(x / 1000). Loss, a mean over frames: Euclidean distance of the
positions, not squared, + 0.5 |pitch| + |loudness| + 0.5 cross-entropy of the phones, where
recordings to learn from have them. AdamW, decay 1e-7; the step rises to 5e-4 within 500 batches,
then is halved when validation has not improved for 5 epochs; 150 epochs.

What differs in all variants: recordings are filtered one by one, mirrored at their ends, for want
of their neighbours in the session; the best epoch on validation is kept, which the publication
chooses by hand; what is learnt from is kept in half precision. Norms do not count what pads a
batch. Around layers, dropout is a multiple of 1 / 256.

Variants. `electrodes_*` keep those of the publication's comparison, `without_*` all but one; any
others are a setting, as `electrodes = [0, 4]`. `wave`, `faithful` and `paper` read the wave, as
published.

`faithful` does what the public program does (github.com/lee-jhwn/IS25-emg-ema, d8bd5cf), at `ci`
size with shorter training and a step of 1e-3: notches end at the seventh; the wave is read at
689.06 Hz and the target at 86.16 Hz, between samples by lines, and the answer is brought back; a
frame begins one frame later in the EMG; the input is not standardised, pitch is (p - 130) / 70,
loudness and positions in SPARC's unit are left as they are; projections of attention begin small,
and its vectors of distances are never learnt (916,992 numbers less at the published size). Windows
of 200 frames are cut from the recordings one after the other. Here they are cut once, not anew each
epoch from an order that is drawn, and a short batch is used; positions in millimetres are
standardised. Where a target ends, EMG that is missing is held rather than the target cut.

All other variants have none of this: inputs and targets are standardised by the training set,
notches go to the highest harmonic there is, EMG and target begin together, a low-pass comes before
the wave is read at a lower rate, distances are learnt. `paper` has the published size, with batches
of 32 whole recordings; `paper_faithful` has both. At these, mains are 60 Hz, as where the published
corpus was recorded.

At `ci` size (twenty minutes of speech, one core) the network is smaller: width 64, 256 within, 2
heads, 3 layers, dropout 0.1. The other variants there are given, instead of the wave, the log of
its power in 20 ms at 8 times the target's rate, for each electrode in four bands between 20 and
450 Hz: convolutions learn from so little speech to find power in noise, but not as well, and a wave
at 400 Hz has nothing above 200 Hz. Blocks, shift, loss and heads stay; the step goes up and down
once.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from _features import Standard
from _movement import BLOCKS, STRIDE, Front, Movement, PublishedMovement
from _network import NetworkModel
from _nouns import Asked, Recordings, Shape
from _relative import RelativeTransformer
from _strided import StridedBlocks
from _training import Example, Recipe
from torch import Tensor, nn
from torch.nn import functional

PHONES = 0.5  # weight of their cross-entropy
WINDOW = 200  # frames of a window where recordings are cut in such

SIZES: dict[str, dict[str, Any]] = {
    "ci": {"width": 64, "feed": 256, "heads": 2, "layers": 3, "dropout": 0.1},
    "paper": {},
}
PLATEAU = Recipe(
    epochs=150,
    batch=32,  # about 256 s, the published batch
    rate=5e-4,
    decay=1e-7,
    patience=150,
    schedule="plateau",
    warm_up=500,
    halve=5,
    clip=None,
)
RECIPES = {  # by size, and whether faithful
    ("ci", False): Recipe(epochs=11, batch=8, rate=3e-3),
    ("ci", True): replace(PLATEAU, epochs=11, batch=4, rate=1e-3, warm_up=100),
    ("paper", False): PLATEAU,
    ("paper", True): replace(PLATEAU, batch=110),
}


def shifted(x: Tensor, samples: int) -> Tensor:
    """(batch, time, channels) so many samples earlier, zeros at the end; a new tensor."""
    return functional.pad(x[:, samples:], (0, 0, 0, samples))


class ArticulationNetwork(nn.Module):
    """(batch, STRIDE * time, channels) -> (batch, time, positions + others + phones)."""

    def __init__(
        self,
        channels: int,
        positions: int,
        others: int,
        phones: int,
        width: int = 768,
        feed: int = 3072,
        heads: int = 8,
        layers: int = 6,
        dropout: float = 0.2,
        published: bool = False,  # attention that of the public program, see `_relative`
    ) -> None:
        super().__init__()
        self.blocks = StridedBlocks(channels, width, BLOCKS)
        self.between = nn.Linear(width, width)
        self.transformer = RelativeTransformer(
            width, heads, feed, layers, dropout=dropout, published=published
        )
        sizes = [positions, *[1] * others, phones]
        self.heads = nn.ModuleList(nn.Linear(width, size) for size in sizes if size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            x = shifted(x, int(torch.randint(STRIDE, ())))
        x, mask = self.blocks(x, mask)
        x = self.transformer(self.between(x), mask)
        return torch.cat([head(x) for head in self.heads], dim=-1)


@dataclass(frozen=True)
class ArticulationLoss:
    """Distances of positions and of other channels, and cross-entropy of phones, a mean a frame."""

    positions: int
    weights: tuple[float, ...]  # of the other channels
    phones: bool

    def __call__(self, output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        first, last = self.positions, self.positions + len(self.weights)
        error = functional.pairwise_distance(output[..., :first], rows[..., :first])
        for column, weight in enumerate(self.weights, first):
            error = error + weight * (output[..., column] - rows[..., column]).abs()
        if self.phones:
            scores, said = output[..., last:].transpose(1, 2), rows[..., last].long()
            error = error + PHONES * functional.cross_entropy(scores, said, reduction="none")
        mask = mask[:, ::STRIDE]
        return (error * mask).sum() / mask.sum()


def windows(examples: Sequence[Example], frames: int) -> list[Example]:
    """All examples one after the other, cut every so many frames; the last may be shorter."""
    x, y = (np.concatenate([getattr(e, part) for e in examples]) for part in "xy")
    return [
        Example(x[start * STRIDE : (start + frames) * STRIDE], y[start : start + frames])
        for start in range(0, len(y), frames)
    ]


class Model(NetworkModel):
    view: Movement

    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: Literal["ci", "paper"] = "ci",
        electrodes: Sequence[int] | None = None,  # those kept, numbered from 0; None is all
        front: Front | None = None,
        mains: float = 50.0,  # Hz
        faithful: bool = False,
    ) -> None:
        if faithful and front == "power":
            raise ValueError("front = 'power': faithful reads the wave; leave one of them out")
        front = front or ("power" if size == "ci" else "wave")
        view = (
            PublishedMovement(asked, electrodes, mains)
            if faithful
            else Movement(asked, electrodes, front, mains)
        )
        super().__init__(view, seed)
        self.recipe, self.sizes, self.faithful = RECIPES[size, faithful], SIZES[size], faithful

    def layers(self, frame: Shape, out: int) -> nn.Module:
        view = self.view
        positions, weights = len(view.positions), tuple(view.others.values())
        self.loss = ArticulationLoss(positions, weights, view.phone_count > 0)
        return ArticulationNetwork(
            *frame,
            positions,
            len(weights),
            view.phone_count,
            **self.sizes,
            published=self.faithful,
        )

    def scale_of(self, examples: Sequence[Example]) -> Standard:
        return Standard.unchanged() if self.faithful else super().scale_of(examples)

    def _examples(self, recordings: Recordings) -> list[Example]:
        examples = super()._examples(recordings)
        return windows(examples, WINDOW) if self.faithful and examples else examples


def published(
    electrodes: Sequence[int] | None = None, faithful: bool = False, **_: Any
) -> nn.Module:
    """The network as published, for the wave of 8 electrodes or of those kept, and 48 phones."""
    count = 8 if electrodes is None else len(electrodes)
    return ArticulationNetwork(count, 12, 2, 48, published=faithful)
