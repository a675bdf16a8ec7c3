"""Recordings cut into windows of one length, the frames to be answered at their centre."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import torch
from _network import NetworkModel
from _nouns import Array, Inputs, Recordings, Shape
from _training import Example, device, size, train
from torch import Tensor


@dataclass(frozen=True)
class Place:
    """What a window holds: some frames of the answer, and the signal around them."""

    frames: int  # of the answer
    samples: int  # of the signal, centred on those frames
    rate: float = 1.0  # samples of the signal a frame
    late: float = 0.0  # samples that the signal's centre lies after that of the frames

    def starts(self, count: int, hop: float) -> list[int]:
        """First frames of windows that cover so many frames; the last window ends with them.

        Where the hop is no whole number of frames, a window starts at the nearest one.
        """
        last = max(count - self.frames, 0)
        return sorted({*(round(k * hop) for k in range(math.ceil(last / hop))), last})

    def signal(self, x: Array, start: int) -> Array:
        """The samples around the frames from `start`; beyond its ends the signal is held."""
        centre = (start + (self.frames - 1) / 2) * self.rate
        first = round(centre + self.late - (self.samples - 1) / 2)
        return x[np.clip(np.arange(first, first + self.samples), 0, len(x) - 1)]

    def answer(self, y: Array, start: int) -> Array:
        return y[np.clip(np.arange(start, start + self.frames), 0, len(y) - 1)]

    def joined(self, windows: Array, starts: Sequence[int], count: int) -> Array:
        """Answers of windows (windows, frames, ...) -> (count, ...); where they overlap, means."""
        reach = max(count, self.frames)
        total, times = np.zeros((reach, *windows.shape[2:])), np.zeros(reach)
        for start, window in zip(starts, windows, strict=True):
            total[start : start + self.frames] += window
            times[start : start + self.frames] += 1
        return (total[:count].T / times[:count]).T.astype(np.float32)


class Windows(Sequence[Example]):
    """Recordings as windows, which are cut when they are asked for: overlap takes no memory.

    With `beside`, so many columns of the answer stand in the first rows of further columns of x:
    the frames that a decoder is taught to go on from.
    """

    def __init__(
        self, recordings: Sequence[Example], place: Place, hop: float, beside: int = 0
    ) -> None:
        self.recordings, self.place, self.beside = recordings, place, beside
        self.starts = [
            (number, start)
            for number, recording in enumerate(recordings)
            for start in place.starts(len(recording.y), hop)
        ]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Example]:
        return (self._cut(*start) for start in self.starts)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self._cut(*start) for start in self.starts[index]]
        return self._cut(*self.starts[index])

    def _cut(self, number: int, start: int) -> Example:
        recording = self.recordings[number]
        x, y = self.place.signal(recording.x, start), self.place.answer(recording.y, start)
        if not self.beside:
            return Example(x, y)
        taught = np.zeros((len(x), self.beside), x.dtype)
        taught[: len(y)] = y[:, : self.beside]
        return Example(np.concatenate([x, taught], axis=1), y)


class WindowModel(NetworkModel):
    """A network that learns and answers window by window; entries fill in the rest."""

    place: Place
    hop: float  # frames from window to window in training
    stride: int  # and in answers: below `place.frames`, the means of several are given
    together = 512  # windows that are answered at once
    beside = 0  # columns of the answer that training shows to the network

    def rows(self, output: Any) -> Tensor:
        """(windows, frames, columns) out of what the network says."""
        return output

    def fit(self, training: Recordings, valid: Recordings) -> None:
        self.view.fit(training)
        examples, held = self._examples(training), self._examples(valid)
        self.standard = self.scale_of(examples)
        examples, held = self._standardised(examples), self._standardised(held)
        self.network = self.layers(examples[0].x.shape[1:], examples[0].y.shape[-1])
        self.parameters = size(self.network)
        learnt = Windows(examples, self.place, self.hop, self.beside)
        checked = Windows(held, self.place, self.place.frames, self.beside)
        course = train(self.network, learnt, checked, self.loss, self.recipe, self.seed)
        self.history, self.flops = course.history, course.flops

    @torch.no_grad()
    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        count = self.view.count(shape)
        x = self.standard(self.view.features(inputs, count))
        starts = self.place.starts(count, self.stride)
        windows = torch.from_numpy(np.stack([self.place.signal(x, start) for start in starts]))
        said = [
            self.rows(self.network(part.to(device()), torch.ones(part.shape[:2], device=device())))
            for part in windows.split(self.together)
        ]
        joined = self.place.joined(torch.cat(said).float().cpu().numpy(), starts, count)
        return self.view.answer(joined, inputs, shape)


class EitherModel(WindowModel):
    """Windows apart, or whole recordings whose windows share what they have in common."""

    apart: bool

    def fit(self, training: Recordings, valid: Recordings) -> None:
        (WindowModel if self.apart else NetworkModel).fit(self, training, valid)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        return (WindowModel if self.apart else NetworkModel).predict(self, inputs, shape)
