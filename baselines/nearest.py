# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Nearest training frame"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = true
# trained-on = "the training part of the task"
# ///
"""A reference: the training ultrasound frame whose lips are nearest, one frame at a time.

Near means a small Euclidean distance between principal components of shrunk pictures of the lips.
Every picture is a real one, sharp and speckled, but nothing makes one follow from the last.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
from _nouns import Array, Asked, Inputs, Recordings, Shape
from _views import Pictures

COMPONENTS = 16  # more tell little more


class Lips(Pictures):
    """Components of the lips alone."""

    def fit_answers(self, train: Recordings) -> None:
        pass


class Model:
    parameters = 0  # the training set itself answers

    def __init__(self, asked: Asked, seed: int) -> None:
        self.view = Lips(asked, seen=COMPONENTS)

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.view.fit(train)
        self.shown = np.concatenate([r["ultrasound"] for r in train])
        self.known = np.concatenate([self.view.features(r, len(r["ultrasound"])) for r in train])

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        seen = self.view.features(inputs, shape[0])
        distance = np.square(self.known).sum(axis=1) - 2 * seen @ self.known.T
        return self.shown[distance.argmin(axis=1)]
