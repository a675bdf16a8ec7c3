# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "stereoEEG2speech: sequence to sequence with attention"
# authors = ["SilentBench contributors"]
# tasks = ["seeg_to_mel"]
# licence = "Apache-2.0"
# citation = "Kohler et al., Neurons, Behavior, Data analysis, and Theory 2022, arXiv:2111.01457"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# [tool.silentbench.variants]
# default = {}
# free_attention = { aligned = false }
# taught = { teacher = 1.0 }
# front_2d = { front = "2d" }
# front_none = { front = "none" }
# bins = { loss = "bins" }
# bins_local = { loss = "bins", local = true }
# mixed = { loss = "mixed" }
# joint = { contrast = 0.1 }
# raw = { raw = true }
# faithful = { faithful = true, raw = true, front = "2d", aligned = false, teacher = 1.0 }
# paper = { size = "paper", front = "2d", aligned = false, teacher = 1.0 }
# ///
"""stereoEEG2speech: windows of sEEG to frames of mel, one after the other, with attention.

After Kohler et al. 2022, arXiv:2111.01457. At the published size, a window of 1,025 samples of 112
contacts (200 ms, with two such windows before and behind it) becomes 18 frames of 80 bins:

    convolutions over time and contacts, 25 - 50 - 75 maps, kernels 25, 12, 8, strides 2, 3, 2
    (`front = "2d"`), or over time only (`"1d"`), or none; batch norm, ELU; maxima of two
    sinusoidal positions beside them; 3 layers of GRU, 256 each way
    location-sensitive attention over those steps
    decoder: the last frame through a prenet of two layers, position, context; GRU 256; two layers
    postnet: five convolutions over time, added to the frames

6,007,659 parameters with the 2-D front end. Loss: mean squared error; or cross-entropy over classes
of each bin, whose centroids come from training frames (`loss = "bins"`, of each bin by itself where
`local`); or three parts of that and one of correlation (`"mixed"`). Several talkers in one training
set: `contrast` adds a loss that is small where windows of one talker lie close and those of others
far, the sign that was meant.

`faithful` keeps what the published program does where it matters: the 2-D front end collapses to
one row only for 101 to 124 contacts, the postnet sees one frame at a time, attention is free, and
training is told the true last frame. All other variants pool over what is left of the contacts, so
any number of them will do, and put the postnet over the whole window. The prenet's dropout stays on
when answering, as published, from a fixed seed.

`ci` size, for 40 sentences of a talker: high-gamma power at the answer's frames instead of samples
(`raw` keeps band-passed samples), one layer of GRU, narrower everywhere, attention expected
around the place in time that an answer has (`aligned`), own last frame in training (`teacher` is
the share of windows that are told the true one). Windows overlap when answering; their mean counts.
"""

from __future__ import annotations

from typing import Literal

import _features as features
import numpy as np
import torch
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _seq2seq import (
    FRONTS,
    Convolution,
    Decoded,
    Front2d,
    Seq2Seq,
    Sizes,
    centroids,
    contrastive,
    correlation,
    nearest,
)
from _training import Recipe
from _views import Trajectory
from _windows import Place, WindowModel
from torch import Tensor, nn

FRAMES = 18  # of the answer in a window: 209 ms
CONTEXT = 3  # times as many frames of high gamma are seen at `ci` size
SAMPLES = 1025  # of the raw signal, five windows of 200 ms at 1024 Hz
ALIGNED = 3.0  # frames, deviation of where attention expects a frame
CLASSES = 10  # of each mel bin, where they are classified
CONTACTS, BINS, RATE = 112, 80, 1024 / (22050 / 256)  # as published; samples a frame

SIZES = {
    "ci": Sizes(64, 1, 32, 32, 32, 64, 64, dropout=0.2, filters=8, reach=15, noise=0.5),
    "paper": Sizes(256, 3, 256, 256, 256, 256, 3 * BINS * CLASSES, dropout=0.1),
}
RECIPES = {
    "ci": Recipe(epochs=8, batch=64, rate=8e-3),
    "raw": Recipe(epochs=4, batch=32, rate=4e-3),
    "paper": Recipe(20, 32, 3e-4, 1e-5, patience=20, schedule="constant", clip=2.0),
}
HOPS = {"ci": 6, "raw": 18, "paper": 1}  # frames from window to window in training
STRIDE = 6  # the same in answers, which are means of three windows

Front = Literal["none", "1d", "2d"]
Loss = Literal["mse", "bins", "mixed"]


def _square(maps: tuple[int, ...]) -> list[Convolution]:
    """The 2-D front end as published: the same over time and contacts."""
    kernels = ((25, 2), (12, 3), (8, 2))
    return [Convolution(m, (k, k), (s, s)) for m, (k, s) in zip(maps, kernels, strict=True)]


def _along(maps: tuple[int, ...]) -> list[Convolution]:
    """The 1-D front end as published."""
    return [Convolution(m, (k, 1), (3, 1)) for m, k in zip(maps, (25, 11, 5), strict=True)]


CONVOLUTIONS = {
    ("ci", "1d"): [Convolution(64, (5, 1), (1, 1))],
    ("ci", "2d"): [
        Convolution(8, (5, 9), (1, 3)),
        Convolution(16, (3, 6), (1, 2)),
        Convolution(32, (3, 4), (1, 2)),
    ],
    ("raw", "1d"): _along((32, 32, 32)),
    ("raw", "2d"): _square((3, 6, 24)),
    ("paper", "1d"): _along((50, 75, 100)),
    ("paper", "2d"): _square((25, 50, 75)),
}


class Contacts(Trajectory):
    """sEEG to log-mel: high-gamma power at the answer's frames, or the band itself (`raw`).

    Rows are mel over one scale for all bins, so that their error is the task's, then the talker's
    number. Of several talkers each recording is standardised by itself, since its talker may be
    unknown when it is answered; contacts that one lacks are zeros.
    """

    def __init__(self, asked: Asked, raw: bool, classes: int, local: bool) -> None:
        super().__init__(asked)
        self.raw, self.classes, self.local = raw, classes, local

    def fit(self, train: Recordings) -> None:
        super().fit(train)
        mean, scale = self.standard.mean, self.standard.scale
        common = np.full_like(scale, np.sqrt(np.mean(scale**2)))
        self.standard = features.Standard(mean, common)
        self.talkers = sorted({_talker(recording) for recording in train})
        self.contacts = max(recording[self.input].shape[1] for recording in train)
        self.centroids = self._centroids(train) if self.classes else None

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        if self.raw:
            x = features.band(inputs[self.input], self.rate, *features.HIGH_GAMMA)
        else:
            x = super().features(inputs, frames)
        if len(self.talkers) > 1:
            x = features.Standard.of([x])(x)[:, : self.contacts]
            x = np.pad(x, ((0, 0), (0, self.contacts - x.shape[1])))
        return x.astype(np.float32)

    def rows(self, recording: Recording) -> Array:
        mel, talker = super().rows(recording), _talker(recording)
        number = self.talkers.index(talker) if talker in self.talkers else len(self.talkers)
        return np.concatenate([mel, np.full((len(mel), 1), number)], axis=1)

    def _centroids(self, train: Recordings) -> Array:
        """Classes (bins, classes) of each bin, the same for all unless they are `local`."""
        mel = np.concatenate([super(Contacts, self).rows(recording) for recording in train])
        if self.local:
            return np.stack([centroids(column, self.classes) for column in mel.T])
        return np.tile(centroids(mel, self.classes), (mel.shape[1], 1))


def _talker(recording: Recording) -> str:
    return getattr(recording, "speaker", "")


class Model(WindowModel):
    stride = STRIDE

    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: Literal["ci", "paper"] = "ci",
        front: Front = "1d",
        raw: bool = False,
        loss: Loss = "mse",
        local: bool = False,
        aligned: bool = True,
        teacher: float = 0.0,
        contrast: float = 0.0,
        faithful: bool = False,
    ) -> None:
        kind = "paper" if size == "paper" else "raw" if raw else "ci"
        classes = 0 if loss == "mse" else CLASSES
        view = Contacts(asked, kind != "ci", classes, local)
        super().__init__(view, seed)
        self.recipe, self.hop = RECIPES[kind], HOPS[kind]
        if kind == "ci":
            self.place = Place(FRAMES, CONTEXT * FRAMES)
        else:
            self.place = Place(FRAMES, SAMPLES, view.rate / view.frame_rate)
        self.kind, self.size, self.front, self.form = kind, size, front, loss
        self.aligned, self.teacher = aligned, teacher
        self.contrast, self.faithful = contrast, faithful

    def layers(self, frame: Shape, out: int) -> nn.Module:
        self.beside = out - 1  # the last column is the talker's number
        return Seq2Seq(
            front_end(self.kind, self.front, *frame, exact=self.faithful),
            *frame,
            FRAMES,
            out - 1,
            SIZES[self.size],
            teacher=self.teacher,
            aligned=ALIGNED if self.aligned else None,
            rate=self.place.rate,
            centroids=self.view.centroids,
            faithful=self.faithful,
        )

    def loss(self, output: Decoded, rows: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002
        mel, talker = rows[..., :-1], rows[:, 0, -1]
        error = self._squared(output, mel) if self.form == "mse" else self._classified(output, mel)
        if self.contrast:
            error = error + self.contrast * contrastive(output.embedding, talker)
        return error

    def _squared(self, output: Decoded, mel: Tensor) -> Tensor:
        late = (output.frames - mel).square().mean()
        if self.faithful:
            return late
        return (late + (output.early - mel).square().mean()) / 2

    def _classified(self, output: Decoded, mel: Tensor) -> Tensor:
        classes = nearest(mel, self.network.centroids)
        error = nn.functional.cross_entropy(output.logits.flatten(0, 2), classes.flatten())
        if self.form == "bins":
            return error
        return 0.75 * error - 0.25 * correlation(output.frames, mel)

    def rows(self, output: Decoded) -> Tensor:
        return output.frames

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        """Whatever dropout stays on draws the same numbers for every recording."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return super().predict(inputs, shape)


def front_end(kind: str, front: Front, contacts: int, exact: bool) -> nn.Module:
    layers = CONVOLUTIONS.get((kind, front), [])
    if front == "2d":
        return Front2d(contacts, layers, exact)
    return FRONTS[front](contacts, layers)


def published(
    front: Front = "1d",
    loss: Loss = "mse",
    faithful: bool = False,
    contacts: int = CONTACTS,
    **others: object,  # noqa: ARG001 - change no layer
) -> nn.Module:
    """The network at published size: windows of 1,025 samples of 112 contacts, 18 x 80 out."""
    return Seq2Seq(
        front_end("paper", front, contacts, exact=faithful),
        contacts,
        FRAMES,
        BINS,
        SIZES["paper"],
        teacher=1.0,
        rate=RATE,
        centroids=np.zeros((BINS, CLASSES)) if loss != "mse" else None,
        faithful=faithful,
    )
