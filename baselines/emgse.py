# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "EMGSE (Wang et al. 2022)"
# authors = ["SilentBench contributors"]
# tasks = ["emg_speech_enhancement"]
# licence = "Apache-2.0"
# citation = "Wang et al., ICASSP 2022, arXiv:2202.06507"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
#
# [tool.silentbench.variants]
# all = {}
# audio = { emg = "none" }
# cheek = { emg = "cheek" }
# emg = { sound = false }
# spectrum = { mapping = "spectrum" }
# faithful = { faithful = true }
# paper = { size = "paper", mapping = "spectrum" }
# paper_faithful = { size = "paper", faithful = true }
# ///
"""EMGSE: a noisy spectrum and EMG of the face, each encoded, into a BLSTM that says clean speech.

After Wang, Liu, Wang and Tsao, "EMGSE: Acoustic/EMG Fusion for Multimodal Speech Enhancement",
ICASSP 2022, arXiv:2202.06507. With T frames of 32 ms, one every 8 ms, and C electrodes, at the
published size:

    sound: log(1 + magnitude) of an STFT, Blackman window 512, hop 128     (T, 257)
        linear, ReLU; linear, ReLU                                          (T, 128), (T, 100)
    EMG: five time-domain features an electrode, see `_time_domain`         (T, 5 C)
        31 frames side by side                                              (T, 155 C)
        linear, ReLU, dropout 0.5; linear, ReLU, dropout 0.5                (T, 200), (T, 100)
    both side by side, linear, ReLU                                         (T, 200)
    2 layers of LSTM, 300 each way; the two ways of the last are summed     (T, 300)
    linear, ReLU: log(1 + magnitude) of clean speech                        (T, 257)

4,638,381 parameters with the 35 electrodes of the CSL-EMG_Array corpus, 4,421,381 with the 28 on
the cheek, 3,513,081 without EMG. Loss: L1 distance to the clean spectrum. Adam, step 1e-4, batches
of 16 pieces of 64 frames, until validation has not improved for 14 epochs. Linear layers begin
Xavier uniform with no bias. The phase stays that of the noisy sound.

`faithful` has what the public program does (github.com/eric-wang135/EMGSE, 1090f02): the spectrum
of each recording comes as (max - x) / (max - min), in which the quietest bin is 1, while the target
keeps its level; EMG features are brought to 0 to 1 in each recording; crossings of zero are counted
behind the window, whose first and last weight numpy rounds below zero; EMG at 2048 Hz loses 3
samples of 128; the window is symmetric; recordings are cut side by side in pieces of 64 frames, and
what remains is left out; frames lie inside the signal, so that the first and last samples are seen
by windows' edges only. There a division by the vanishing sum of windows is not followed: they fade
out. What is learnt from is kept in half precision. At `ci` size the step is larger and goes up and
down once.

All other variants are corrected:
  - sound is brought to a fixed level, and the target with it, so that neither depends on how loud a
    recording is; the window is periodic; an epoch draws one piece of each recording;
  - EMG features but the mean and the sign changes become logarithms; all lose their mean over the
    recording and are standardised over the training set: minimum and maximum are outliers;
  - silence lies around the signal, so that four frames see each sample;
  - the last layer says a gain between 0.01 and 1 for the noisy magnitude, and the loss compares
    what passes: little speech does not teach a network to draw clean spectra from nothing. So the
    spectrum comes twice, as it is and without its mean over the recording, which takes steady noise
    away (32,896 weights more). Not in `spectrum` and `paper`, whose last layer says the clean
    spectrum, as published.

Variants: `all` reads sound and every electrode, `audio` sound alone, `cheek` only the electrodes
with a cheek in their name (of a corpus without names the first four fifths, 28 of 35). `emg` shows
the network no sound: the gain follows from the muscles alone. At `ci` size the layers are narrower
and the step, with weight decay, goes up and down once. `paper_faithful` is `faithful` at the
published size.
"""

# ruff: noqa: ARG001 - the signatures are given
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from _blackman import BINS, HOP, PERIODIC, SYMMETRIC, WINDOW, istft, stft
from _features import Standard, own_level
from _layers import over_real_frames
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape, Signal
from _time_domain import KINDS, at_2000_hz, logarithmic, time_domain
from _training import Example, Recipe, answer, size, train
from torch import Tensor, nn

LEAD = WINDOW // HOP - 1  # frames that begin before the signal, so that four see each sample
REACH = 15  # frames of EMG to either side of each
PIECE = 64  # frames that are learnt from at once
CHUNK = PIECE + 2 * REACH  # and the context of the outermost
RMS = 2.0  # of corrected sound: log(1 + x) is a logarithm of all but the faintest bins
SOFTEST = 0.01  # gain

Electrodes = Literal["all", "cheek", "none"]
Mapping = Literal["gain", "spectrum"]
PUBLISHED: dict[Electrodes, int] = {"all": 35, "cheek": 28, "none": 0}


@dataclass(frozen=True)
class Widths:
    """Outputs of each layer; LSTM of each way."""

    sound: tuple[int, int] = (128, 100)
    muscles: tuple[int, int] = (200, 100)
    joined: int = 200
    hidden: int = 300


WIDTHS = {"ci": Widths(muscles=(64, 64), joined=128, hidden=64), "paper": Widths()}
RECIPES = {
    "ci": Recipe(24, 16, 2e-3, decay=1e-2, chunk=CHUNK),
    "paper": Recipe(
        500,
        16,
        1e-4,
        decay=0.0,
        patience=14,
        chunk=CHUNK,
        optimiser="adam",
        schedule="constant",
        clip=None,
    ),
}

SIDE_BY_SIDE = {  # where recordings are cut in pieces: at `ci`, six or seven of each
    "ci": replace(RECIPES["ci"], epochs=4, chunk=None),
    "paper": replace(RECIPES["paper"], chunk=None),
}


def inverted(x: Array) -> Array:
    """Loudest to 0 and quietest to 1: as published, minimum and maximum in each other's place."""
    return np.asarray((x.max() - x) / max(x.max() - x.min(), 1e-8))


def unit_range(x: Array) -> Array:
    """Each column of (frames, features) from 0 to 1."""
    low, high = x.min(axis=0), x.max(axis=0)
    return np.asarray((x - low) / np.maximum(high - low, 1e-8))


def on_the_cheek(emg: Signal, channels: int) -> list[int]:
    """Electrodes by their names, or the first four fifths."""
    named = [k for k, name in enumerate(emg.channels[:channels]) if "cheek" in name]
    return named or list(range(max(1, channels * 4 // 5)))


class EnhancementNetwork(nn.Module):
    """(batch, REACH + time + REACH, features) -> (batch, time, 257), log(1 + magnitude).

    Features are the noisy spectrum, with `gain` the same without its mean, and those of EMG. With
    `gain` the last layer says what passes of the noisy magnitude, else the clean spectrum.
    """

    def __init__(self, muscles: int, widths: Widths, gain: bool, sound: bool = True) -> None:
        super().__init__()
        self.gain, self.hears = gain, sound
        self.heard = BINS * (1 + gain)
        first, code = widths.sound
        self.sound = nn.Sequential(
            nn.Linear(self.heard, first), nn.ReLU(), nn.Linear(first, code), nn.ReLU()
        )
        self.muscles = None
        if muscles:
            first, last = widths.muscles
            self.muscles = nn.Sequential(
                *(nn.Linear(muscles * (2 * REACH + 1), first), nn.ReLU(), nn.Dropout(0.5)),
                *(nn.Linear(first, last), nn.ReLU(), nn.Dropout(0.5)),
            )
            code += last
        self.join = nn.Sequential(nn.Linear(code, widths.joined), nn.ReLU())
        self.lstm = nn.LSTM(widths.joined, widths.hidden, 2, batch_first=True, bidirectional=True)
        self.leave = nn.Linear(widths.hidden, BINS)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        frames = x.shape[1] - 2 * REACH
        heard = x[:, REACH : REACH + frames, : self.heard]
        said = self.leave(self.both_ways(self.join(self.encoded(x, heard)), within(mask)))
        if not self.gain:
            return torch.relu(said)
        gain = SOFTEST + (1 - SOFTEST) * torch.sigmoid(said)
        return torch.log1p(gain * torch.expm1(heard[..., :BINS]))

    def encoded(self, x: Tensor, heard: Tensor) -> Tensor:
        parts = [self.sound(heard if self.hears else torch.zeros_like(heard))]
        if self.muscles is not None:
            context = x[..., self.heard :].unfold(1, 2 * REACH + 1, 1)
            parts.append(self.muscles(context.flatten(2)))
        return torch.cat(parts, dim=-1)

    def both_ways(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, joined) -> (batch, time, hidden); backwards begins at each last frame."""
        forwards, backwards = over_real_frames(self.lstm, x, mask).chunk(2, dim=-1)
        return forwards + backwards


def within(mask: Tensor) -> Tensor:
    """Of (batch, REACH + time + REACH): which of the frames in the middle are real."""
    return mask[:, 2 * REACH :]


def absolute(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
    """L1 distance, a mean over real frames and bins; rows have the context around them, too."""
    error = (output - rows[:, REACH : REACH + output.shape[1]]).abs().mean(-1)
    return (error * within(mask)).sum() / within(mask).sum()


def surrounded(x: Array) -> Array:
    """Zeros for the context of the first and last frame; half precision as memory is short."""
    return np.pad(x, ((REACH, REACH), (0, 0))).astype(np.float16)


def pieces(example: Example) -> list[Example]:
    """PIECE frames after PIECE frames, each with its context, as views; the rest is left out.

    What has fewer frames stays whole.
    """
    starts = range(0, max(1, len(example.x) - CHUNK + 1), PIECE)
    return [Example(example.x[k : k + CHUNK], example.y[k : k + CHUNK]) for k in starts]


class Model:
    def __init__(
        self,
        asked: Asked,
        seed: int,
        size: Literal["ci", "paper"] = "ci",
        sound: bool = True,
        emg: Electrodes = "all",
        mapping: Mapping | None = None,  # None: "spectrum" where faithful, else "gain"
        faithful: bool = False,
    ) -> None:
        if faithful and mapping == "gain":
            raise ValueError(
                "mapping = 'gain': faithful says the spectrum; leave out one of the two"
            )
        self.signal, self.seed, self.sound, self.emg = asked.signals["emg"], seed, sound, emg
        self.lead = 0 if faithful else LEAD
        self.window = SYMMETRIC if faithful else PERIODIC
        self.corrected, self.gain = not faithful, not faithful and mapping != "spectrum"
        self.widths = WIDTHS[size]
        self.recipe = SIDE_BY_SIDE[size] if faithful else RECIPES[size]

    def fit(self, training: Recordings, valid: Recordings) -> None:
        muscles = [self.muscles(r["emg"]) for r in training]
        self.standard = Standard.of(muscles)
        examples, held = (self.examples(recordings) for recordings in (training, valid))
        self.network = EnhancementNetwork(muscles[0].shape[1], self.widths, self.gain, self.sound)
        self.parameters = size(self.network)
        course = train(self.network, examples, held, absolute, self.recipe, self.seed)
        self.history, self.flops = course.history, course.flops

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        noisy = inputs["noisy"]
        log = answer(self.network, surrounded(self.features(inputs))).astype(np.float64)
        said = np.expm1(np.maximum(log, 0)) / self.level(noisy)
        spectrum = self.spectrum(noisy)
        spectrum *= said / np.maximum(np.abs(spectrum), 1e-12)
        heard = istft(spectrum, self.window)[self.lead * HOP :][: len(noisy)]
        return np.pad(heard, (0, len(noisy) - len(heard))).astype(np.float32).reshape(shape)

    def examples(self, recordings: Recordings) -> list[Example]:
        whole = [
            Example(surrounded(self.features(r)), surrounded(self.spectrum_of(r["clean"], r)))
            for r in recordings
        ]
        return whole if self.corrected else [piece for one in whole for piece in pieces(one)]

    def features(self, inputs: Inputs | Recording) -> Array:
        """(frames, features): sound, then EMG, whose first and last frame are held."""
        heard = self.spectrum_of(inputs["noisy"], inputs)
        sound = [heard if self.corrected else inverted(heard)]
        if self.gain:
            sound.append(own_level(heard))
        muscles = self.muscles(inputs["emg"])
        if self.corrected:
            muscles = self.standard(muscles)
        frame = np.clip(np.arange(len(heard)) - self.lead, 0, len(muscles) - 1)
        return np.concatenate([*sound, muscles[frame]], axis=1)

    def muscles(self, emg: Array) -> Array:
        """(frames, features) of the chosen electrodes, none without."""
        if self.emg == "cheek":
            emg = emg[:, on_the_cheek(self.signal, emg.shape[1])]
        emg, rate = (emg[:, :0] if self.emg == "none" else emg), self.signal.rate
        if self.corrected:
            return own_level(logarithmic(time_domain(emg, rate)))
        if rate == 2048:
            emg, rate = at_2000_hz(emg), 2000.0
        return unit_range(time_domain(emg, rate, published=True))

    def spectrum_of(self, sound: Array, inputs: Inputs | Recording) -> Array:
        """log(1 + magnitude) at the level that the noisy sound asks for, (frames, 257)."""
        return np.log1p(self.level(inputs["noisy"]) * np.abs(self.spectrum(sound)))

    def level(self, noisy: Array) -> float:
        root = np.sqrt(np.mean(np.square(noisy, dtype=np.float64)))
        return RMS / max(float(root), 1e-6) if self.corrected else 1.0

    def spectrum(self, sound: Array) -> Array:
        """(frames, 257) complex; corrected, frames go beyond both ends."""
        after = self.lead * HOP + (-len(sound) % HOP if self.corrected else 0)
        padded = np.pad(sound.astype(np.float64), (self.lead * HOP, after))
        return stft(np.pad(padded, (0, max(0, WINDOW - len(padded)))), self.window)


def published(
    size: str = "paper",
    sound: bool = True,
    emg: Electrodes = "all",
    mapping: Mapping | None = None,
    faithful: bool = False,
) -> nn.Module:
    """The published network, which says the spectrum, without what a gain adds to a layer."""
    return EnhancementNetwork(PUBLISHED[emg] * KINDS, Widths(), gain=False, sound=sound)
