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
of their neighbours in the session; notches go to the highest harmonic there is rather than to the
seventh; inputs and targets are standardised by the training set; the best epoch on validation is
kept, which the publication chooses by hand. Norms do not count what pads a batch. Around layers,
dropout is a multiple of 1 / 256.

Variants. `electrodes_*` keep those of the publication's comparison, `without_*` all but one.
`wave`, `faithful` and `paper` read the wave, as published. `paper` has the published size, with
batches of 32 whole recordings instead of windows that straddle them, and with a low-pass before the
wave is read at a lower rate. `faithful` has neither of these corrections: the recordings one after
the other are cut in windows of 200 frames, and samples are interpolated linearly; at `ci` size it
has shorter training and a step of 1e-3.

At `ci` size (twenty minutes of speech, one core) the network is smaller: width 64, 256 within, 2
heads, 3 layers, dropout 0.1. The other variants there are given, instead of the wave, the log of
its power in 20 ms at 8 times the target's rate, for each electrode in four bands between 20 and
450 Hz: convolutions learn from so little speech to find power in noise, but not as well, and a wave
at 400 Hz has nothing above 200 Hz. Blocks, shift, loss and heads stay; the step goes up and down
once.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import _features as features
import numpy as np
import torch
from _network import NetworkModel
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _relative import RelativeTransformer
from _strided import StridedBlocks
from _training import Example, Recipe
from torch import Tensor, nn
from torch.nn import functional

BLOCKS = 3
STRIDE = 2**BLOCKS  # samples of the input in a frame of the target
WEIGHTS = {"loudness": 1.0, "pitch": 0.5}  # in the loss; all other channels are positions
PHONES = 0.5  # weight of their cross-entropy
WINDOW = 200  # frames of a window where recordings are cut in such
POWER_WINDOW = 0.02  # seconds
FINER = 4  # how often a wave is sampled more densely before it is read between two samples

Front = Literal["wave", "power"]

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


def filtered(x: Array, rate: float, gain: Callable[[Array], Array], finer: int = 1) -> Array:
    """(time, channels) with each frequency multiplied by gain(f), sampled `finer` times as often.

    The mirror image follows the signal, so that its period has no jump.
    """
    count = len(x)
    spectrum = np.fft.rfft(np.concatenate([x, x[::-1]]), axis=0)
    gains = gain(np.fft.rfftfreq(2 * count, 1 / rate))
    whole = np.fft.irfft(finer * spectrum * gains[:, None], 2 * count * finer, axis=0)
    return whole[: count * finer]


def cleaned(x: Array, rate: float, mains: float) -> Array:
    """Without drift and hum: a Butterworth filter of order 3 and notches of Q 30, both squared."""

    def gain(f: Array) -> Array:
        out = 1 / (1 + (2.0 / np.maximum(f, 1e-9)) ** 6)
        for harmonic in np.arange(mains, rate / 2, mains):
            apart = (f**2 - harmonic**2) ** 2
            out *= apart / (apart + (f * harmonic / 30) ** 2)
        return out

    return filtered(x, rate, gain)


def resampled(x: Array, rate: float, count: int, new_rate: float) -> Array:
    """The wave at `new_rate`, (count, channels), without what that rate cannot hold."""
    fine = filtered(x, rate, lambda f: 1 / (1 + (f / (0.45 * new_rate)) ** 16), FINER)
    return features.at_frames(fine, rate * FINER, count, new_rate)


def compressed(x: Array) -> Array:
    """Microvolts so that 50 is never reached: nearly linear below 300."""
    return 50 * np.tanh(x / 20 / 50)


def band_powers(x: Array, rate: float, count: int, new_rate: float) -> Array:
    """Log of the power in each band that the rate allows, (count, bands * channels)."""
    bands = [edges for edges in features.EMG_BANDS if edges[1] < rate / 2]
    place = rate, count, new_rate, POWER_WINDOW
    return np.concatenate(
        [features.log_power(features.band(x, rate, *edges), *place) for edges in bands], axis=1
    )


class Movement:
    """EMG at STRIDE times the target's rate; targets as positions, other channels, phone."""

    def __init__(
        self,
        asked: Asked,
        electrodes: Sequence[int] | None = None,
        front: Front = "wave",
        mains: float = 50.0,
        faithful: bool = False,
    ) -> None:
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate
        self.frame_rate = asked.signals[self.target].rate
        self.channels = asked.signals[self.target].channels
        self.phones = asked.signals.get("phones")
        self.electrodes, self.front, self.mains = electrodes, front, mains
        self.faithful = faithful

    @property
    def phone_count(self) -> int:
        return 0 if self.phones is None else len(self.phones.labels)

    def fit(self, train: Recordings) -> None:
        self.standard = features.Standard.of(r[self.target] for r in train)
        count = train[0][self.target].shape[1]
        self.others = {n: WEIGHTS[c] for n, c in enumerate(self.channels) if c in WEIGHTS}
        self.positions = [n for n in range(count) if n not in self.others]
        self.order = [*self.positions, *self.others]

    def count(self, shape: Shape) -> int:
        return shape[0]

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        emg = self._kept(np.asarray(inputs[self.input], np.float64))
        x = cleaned(emg, self.rate, self.mains)
        place = self.rate, frames * STRIDE, self.frame_rate * STRIDE
        if self.front == "power":
            return band_powers(x, *place)
        wave = features.at_frames(x, *place) if self.faithful else resampled(x, *place)
        return compressed(wave)

    def _kept(self, x: Array) -> Array:
        """The chosen electrodes, as far as the corpus has them."""
        if self.electrodes is None:
            return x
        kept = [number for number in self.electrodes if number < x.shape[1]]
        if not kept:
            raise ValueError(f"electrodes {self.electrodes}: the corpus has {x.shape[1]}")
        return x[:, kept]

    def rows(self, recording: Recording) -> Array:
        target = self.standard(recording[self.target])[:, self.order]
        if self.phones is None:
            return target
        said = recording["phones"]
        place = np.rint(np.arange(len(target)) / self.frame_rate * self.phones.rate).astype(int)
        return np.column_stack([target, said[np.minimum(place, len(said) - 1)]])

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        out = np.empty(shape, np.float32)
        out[:, self.order] = rows[:, : len(self.order)]
        return self.standard.undo(out)


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
    ) -> None:
        super().__init__()
        self.blocks = StridedBlocks(channels, width, BLOCKS)
        self.between = nn.Linear(width, width)
        self.transformer = RelativeTransformer(width, heads, feed, layers, dropout=dropout)
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
        front = front or ("power" if size == "ci" and not faithful else "wave")
        super().__init__(Movement(asked, electrodes, front, mains, faithful), seed)
        self.recipe, self.sizes, self.faithful = RECIPES[size, faithful], SIZES[size], faithful

    def layers(self, frame: Shape, out: int) -> nn.Module:
        view = self.view
        positions, weights = len(view.positions), tuple(view.others.values())
        self.loss = ArticulationLoss(positions, weights, view.phone_count > 0)
        return ArticulationNetwork(*frame, positions, len(weights), view.phone_count, **self.sizes)

    def _examples(self, recordings: Recordings) -> list[Example]:
        examples = super()._examples(recordings)
        return windows(examples, WINDOW) if self.faithful and examples else examples


def published(electrodes: Sequence[int] | None = None, **_: Any) -> nn.Module:
    """The network as published, for the wave of 8 electrodes or of those kept, and 48 phones."""
    return ArticulationNetwork(8 if electrodes is None else len(electrodes), 12, 2, 48)
