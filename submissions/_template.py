# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Title shown on the leaderboard"
# authors = ["Who made it"]
# tasks = ["emg_to_articulation"]
# licence = "Apache-2.0"
# citation = "Paper, year, link; empty if there is none"
# causal = false
# trained-on = "the training part of the task"
# variants = { default = { power = 1.0 }, root = { power = 0.5 } }  # settings of Model, optional
# ///
"""Template: rectified signals to target frames by least squares. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed, power):  # asked holds rates, units, labels
        self.input, self.target, self.power = asked.inputs[0], asked.target, power

    def features(self, x, n):
        return [np.append(part.mean(0), 1) for part in np.array_split(abs(x) ** self.power, n)]

    def fit(self, train, valid):
        x = np.concatenate([self.features(r[self.input], len(r[self.target])) for r in train])
        self.weights = np.linalg.lstsq(x, np.concatenate([r[self.target] for r in train]))[0]

    def predict(self, inputs, shape):
        return np.array(self.features(inputs[self.input], shape[0])) @ self.weights
