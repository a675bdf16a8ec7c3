# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "A training answer drawn blindly"
# authors = ["SilentBench contributors"]
# tasks = ["*"]
# licence = "Apache-2.0"
# citation = ""
# causal = true
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A floor: another recording's answer, a new draw each time, whatever comes in.

It looks like an answer and knows nothing, so it shows what a metric gives for the right kind alone.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
from _draws import generator
from _nouns import Array, Asked, Inputs, Recordings, Shape


class Model:
    parameters = 0

    def __init__(self, asked: Asked, seed: int) -> None:
        self.target = asked.target
        self.seed = seed

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.train = train

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        random = generator(self.seed, inputs, shape)
        answer = self.train[random.integers(len(self.train))][self.target]
        if answer.ndim == 0 or shape == (-1,):
            return answer
        return answer[np.arange(shape[0]) % len(answer)]  # repeated or cut to the length asked
