"""Two views of lips and ultrasound: small pictures to components, and to pixels of a square."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import _features as features
import _pictures as pictures
import numpy as np
import torch
from _flow import flow as flow_of
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _views import Pictures
from torch.nn.functional import interpolate


class SmallLips(Pictures):
    """Lips, with the flow into each frame if wanted, as (time, 1 or 3, rows, columns)."""

    def __init__(self, asked: Asked, factor: int, flow: bool = False) -> None:
        super().__init__(asked, factor)
        self.flow = flow

    def fit(self, train: Recordings) -> None:
        self.fit_answers(train)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        streams = [pictures.shrink(inputs["lips"], self.factor)[:, None]]
        if self.flow:
            streams.append(flow_of(inputs["lips"], self.factor))
        return features.at_frames(np.concatenate(streams, 1), self.rate, frames, self.frame_rate)


class WholePictures(SmallLips):
    """Lips and ultrasound as squares of `side` pixels, from 0 to 1, whatever their own size.

    Optical flow is found in the lips' own size. Pictures of that size already stay as they are.
    """

    def __init__(self, asked: Asked, side: int, flow: bool = False) -> None:
        super().__init__(asked, 1, flow)
        self.side = side, side

    def fit_answers(self, train: Recordings) -> None:
        pass

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        streams = [resized(inputs["lips"] / np.float32(255), self.side)[:, None]]
        if self.flow:
            right, down = flow_of(inputs["lips"]).transpose(1, 0, 2, 3)
            streams.append(np.stack([resized(right, self.side), resized(down, self.side)], 1))
        return features.at_frames(np.concatenate(streams, 1), self.rate, frames, self.frame_rate)

    def rows(self, recording: Recording) -> Array:
        shown = resized(recording["ultrasound"] / np.float32(255), self.side)
        return shown.reshape(len(shown), -1)

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        shown = resized(rows.reshape(-1, *self.side), shape[1:])
        return np.clip(np.rint(255 * shown), 0, 255).astype(np.uint8)


def resized(video: Array, area: Shape) -> Array:
    """(time, height, width) -> (time, *area) float32; means of pixels where it gets smaller."""
    video = np.asarray(video, np.float32)
    if video.shape[1:] == tuple(area):
        return video
    pictures = torch.from_numpy(video)[:, None]
    return interpolate(pictures, tuple(area), mode="bilinear", antialias=True)[:, 0].numpy()
