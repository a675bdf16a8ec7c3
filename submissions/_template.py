# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "As the leaderboard shall call it"
# tasks = ["emg_to_articulation"]
# licence = "Apache-2.0"
# citation = "Paper, year, link; empty where there is none"
# causal = false
# trained-on = "the training part of the task"
# variants = { default = { power = 1.0 }, root = { power = 0.5 } }  # settings of Model; optional
# ///
"""A copy of this under another name is an entry: rectified EMG to movement by least squares."""

import numpy as np


class Model:
    def __init__(self, asked, seed, power):  # noqa: ARG002 - asked holds rates, units, labels
        self.power = power

    def features(self, emg, frames):
        parts = np.array_split(np.abs(emg) ** self.power, frames)
        return np.stack([np.append(part.mean(axis=0), 1) for part in parts])

    def fit(self, train, valid):  # noqa: ARG002 - valid is there to choose with
        x = np.concatenate([self.features(r["emg"], len(r["articulation"])) for r in train])
        self.weights = np.linalg.lstsq(x, np.concatenate([r["articulation"] for r in train]))[0]

    def predict(self, inputs, shape):
        return (self.features(inputs["emg"], shape[0]) @ self.weights).astype(np.float32)
