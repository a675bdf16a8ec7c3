# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Negative of the mean training picture"
# authors = ["SilentBench contributors"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = true
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A floor that shows what CW-SSIM cannot see: the mean picture with light and dark exchanged."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
from _nouns import Array, Asked, Inputs, Recordings, Shape


class Model:
    parameters = 0

    def __init__(self, asked: Asked, seed: int) -> None:
        self.target = asked.target
        self.signal = asked.signals[asked.target]

    def fit(self, train: Recordings, valid: Recordings) -> None:
        answers = [recording[self.target] for recording in train]
        total = sum(a.sum(axis=0, dtype=np.float64) for a in answers)
        self.answer = self.signal.span - np.rint(total / sum(map(len, answers)))

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        return np.broadcast_to(self.answer, shape).astype(self.signal.dtype)
