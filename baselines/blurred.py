# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "A blurred training answer drawn blindly"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = true
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A floor: another recording's ultrasound, blurred in time and space, whatever comes in.

SSIM and squared errors reward a blurred picture over an equally wrong sharp one: an entry has to be
better than this before one can say that it knows where the tongue is.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
from _draws import generator
from _nouns import Array, Asked, Inputs, Recordings, Shape

FRAMES, PIXELS = 4.0, 1.0  # deviations of the Gaussian in time and in space


def smoothing(length: int, deviation: float) -> Array:
    """(length, length): Gaussian weights about each place, also at the ends of sum 1."""
    place = np.arange(length) / deviation
    weights = np.exp(-0.5 * np.square(place[:, None] - place))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def blur(video: Array, frames: float = FRAMES, pixels: float = PIXELS) -> Array:
    """(time, height, width) uint8 -> the same, smoothed along each axis and rounded."""
    count, height, width = video.shape
    soft = smoothing(count, frames) @ video.reshape(count, -1).astype(np.float32)
    rows, columns = smoothing(height, pixels), smoothing(width, pixels)
    soft = rows @ soft.reshape(video.shape) @ columns.T
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8)


class Model:
    parameters = 0

    def __init__(self, asked: Asked, seed: int) -> None:
        self.target = asked.target
        self.seed = seed

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.train = train

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        random = generator(self.seed, inputs, shape)
        answer = blur(self.train[random.integers(len(self.train))][self.target])
        return answer[np.arange(shape[0]) % len(answer)]  # repeated or cut to the length asked
