# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Noisy speech, handed through"
# authors = ["SilentBench contributors"]
# tasks = ["emg_speech_enhancement"]
# licence = "Apache-2.0"
# citation = ""
# causal = true
# trained-on = "nothing"
# ///
"""What the listener has without any enhancement."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

import numpy as np
from _nouns import Array, Asked, Inputs, Recordings, Shape


class Model:
    parameters = 0

    def __init__(self, asked: Asked, seed: int) -> None:
        pass

    def fit(self, train: Recordings, valid: Recordings) -> None:
        pass

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        return inputs["noisy"].astype(np.float32)
