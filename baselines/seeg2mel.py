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
# dot_attention = { aligned = false, attention = "dot" }
# taught = { teacher = 1.0 }
# front_2d = { front = "2d" }
# front_3d = { front = "3d" }
# front_none = { front = "none" }
# bins = { loss = "bins" }
# bins_local = { loss = "bins", local = true }
# mixed = { loss = "mixed" }
# raw = { raw = true }
# faithful = { faithful = true, raw = true, aligned = false, teacher = 1.0 }
# faithful_2d = { faithful = true, raw = true, front = "2d", aligned = false, teacher = 1.0 }
# faithful_bins = { faithful = true, raw = true, aligned = false, teacher = 1.0, loss = "bins" }
# faithful_mixed = { faithful = true, raw = true, aligned = false, teacher = 1.0, loss = "mixed" }
# paper = { size = "paper", front = "2d", aligned = false, teacher = 1.0 }
# paper_faithful = { size = "paper", front = "2d", aligned = false, teacher = 1.0, faithful = true }
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

6,007,659 parameters with the 2-D front end. The 3-D one sees a grid of 12 contacts a row (15 - 30
maps, kernels 3, strides 2). Attention may be by dot product instead. Loss: mean squared error; or
cross-entropy over classes of each bin, whose centroids come from training frames (`loss = "bins"`,
of each bin by itself where `local`); or three parts of that less one of the correlation over frames
between probabilities and true classes (`"mixed"`). Where one training set holds several talkers,
`contrast` weighs a loss that is small where windows of one talker lie close and those of others
far, the sign that was meant. No variant uses it, since all splits hold one talker.

`faithful` does what the public program does (github.com/jonaskohler/stereoEEG2speech, commit
bf3a588). With equal weights, outputs agree to 1e-5, in training as well. In it

    the 2-D front end takes 101 to 124 contacts only, the 3-D one 107; 1-D takes any
    contacts are reversed (meant was time)
    the decoder's position is that of frame 0 throughout
    the postnet sees one frame at a time, and has its own batch norm for each frame
    what enters the decoder passes through two dropouts, the prenet's first two at rest as well
    classes: a postnet over the logits; the decoder goes on from the number of the likeliest class
    windows are answered side by side, without overlap; weights start as Xavier's

All other variants pool over what is left of the contacts, put the postnet over the whole window, go
on from the expected value of the classes, and answer with means of overlapping windows.

Differences that stay in all variants: frames are those of the recording's mel, not made anew, with
reflected ends, in each window, so 18 of them last 209 ms instead of being read as 200; mel is
standardised and the signal as well, where the public program leaves both as they are; high gamma
only (70 to 170 Hz; two patients had beta beside it); classes come from each training set; training
ends in the state that is best on `valid`, not in the last; no averaging of weights (by the
published settings it begins after the last epoch); no classes of raw sound. In training windows
start every 15 ms, at the nearest frame, at the published size, and more sparsely at `ci` size.

`ci` size, for 40 sentences of a talker: high-gamma power at the answer's frames instead of samples
(`raw` keeps band-passed samples), one layer of GRU, narrower everywhere, attention expected
around the place in time that an answer has (`aligned`), own last frame in training (`teacher` is
the share of windows that are told the true one). The dropout that stays on when answering draws
from a fixed seed.
"""

from __future__ import annotations

from typing import Literal

import _fronts as fronts
import numpy as np
import torch
from _contacts import Contacts
from _fronts import Convolution
from _nouns import Array, Asked, Inputs, Shape
from _seq2seq import Decoded, Seq2Seq, Sizes
from _seq2seq_losses import contrastive, nearest, soft_correlation
from _training import Recipe
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
HOPS = {"ci": 6, "raw": 18}  # frames from window to window in training
HOP = 0.015  # the same at the published size, in seconds, cut to whole samples
STRIDE = 6  # frames from window to window in answers, which are means of three windows

Front = Literal["none", "1d", "2d", "3d"]
Loss = Literal["mse", "bins", "mixed"]
Attention = Literal["location", "dot"]


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
    ("ci", "3d"): [Convolution(m, (3, 3), (1, 2)) for m in (8, 16)],
    ("raw", "1d"): _along((32, 32, 32)),
    ("raw", "2d"): _square((3, 6, 24)),
    ("raw", "3d"): [Convolution(m, (3, 3), (2, 2)) for m in (4, 8)],
    ("paper", "1d"): _along((50, 75, 100)),
    ("paper", "2d"): _square((25, 50, 75)),
    ("paper", "3d"): [Convolution(m, (3, 3), (2, 2)) for m in (15, 30)],
}


class Model(WindowModel):
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
        attention: Attention = "location",
        teacher: float = 0.0,
        contrast: float = 0.0,
        faithful: bool = False,
    ) -> None:
        kind = "paper" if size == "paper" else "raw" if raw else "ci"
        classes = 0 if loss == "mse" else CLASSES
        view = Contacts(asked, kind != "ci", classes, local)
        super().__init__(view, seed)
        self.recipe = RECIPES[kind]
        if kind == "ci":
            self.place = Place(FRAMES, CONTEXT * FRAMES)
        else:
            self.place = Place(FRAMES, SAMPLES, view.rate / view.frame_rate)
        self.hop = HOPS.get(kind, int(HOP * view.rate) / self.place.rate)
        self.stride = FRAMES if faithful else STRIDE
        self.kind, self.size, self.front, self.form = kind, size, front, loss
        self.aligned, self.attention, self.teacher = aligned, attention, teacher
        self.contrast, self.faithful = contrast, faithful

    def layers(self, frame: Shape, out: int) -> nn.Module:
        self.beside = out - 1  # the last column is the talker's number
        if self.contrast and len(self.view.talkers) < 2:
            raise ValueError(
                f"contrast = {self.contrast} compares talkers, but all training recordings are of "
                "one: choose a split that trains several together, or contrast = 0"
            )
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
            attention=self.attention,
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
        return 0.75 * error - 0.25 * soft_correlation(output.logits, classes)

    def rows(self, output: Decoded) -> Tensor:
        return output.frames

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        """Whatever dropout stays on draws the same numbers for every recording."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return super().predict(inputs, shape)


def front_end(kind: str, front: Front, contacts: int, exact: bool) -> nn.Module:
    return fronts.front_end(front, contacts, CONVOLUTIONS.get((kind, front), []), exact)


def published(
    front: Front = "1d",
    loss: Loss = "mse",
    attention: Attention = "location",
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
        attention=attention,
        faithful=faithful,
    )
