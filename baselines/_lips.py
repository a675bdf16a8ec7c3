"""Two views of lips and ultrasound: small pictures to components, and to all pixels."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import _features as features
import _pictures as pictures
import numpy as np
from _flow import flow as flow_of
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape
from _views import Pictures


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
    """The same to the pixels of the ultrasound, from 0 to 1."""

    def fit_answers(self, train: Recordings) -> None:
        pass

    def rows(self, recording: Recording) -> Array:
        shown = recording["ultrasound"]
        return shown.reshape(len(shown), -1).astype(np.float32) / 255

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        return np.clip(np.rint(255 * rows), 0, 255).astype(np.uint8).reshape(shape)
