# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Title shown on the leaderboard"
# authors = ["Who made it"]
# tasks = ["lip_to_ultrasound"]
# licence = "Apache-2.0"
# causal = true
# trained-on = "the training part of the task"
# ///
"""Template: linear regression from small lip images to the tongue. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed):
        self.input, self.target = asked.inputs[0], asked.target

    def features(self, lips, frames):
        chosen = lips[np.linspace(0, len(lips) - 1, frames).round().astype(int)]
        return np.column_stack([chosen[:, ::8, ::8].reshape(frames, -1) / 255, np.ones(frames)])

    def fit(self, train, valid):
        y = np.concatenate([r[self.target] for r in train])
        x = np.concatenate([self.features(r[self.input], len(r[self.target])) for r in train])
        self.weights = np.linalg.lstsq(x, y.reshape(len(y), -1).astype(np.float32), rcond=1e-3)[0]

    def predict(self, inputs, shape):
        return (self.features(inputs[self.input], shape[0]) @ self.weights).reshape(shape)
