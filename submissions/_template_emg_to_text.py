# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Title shown on the leaderboard"
# authors = ["Who made it"]
# tasks = ["emg_to_text"]
# licence = "Apache-2.0"
# causal = false
# trained-on = "the training part of the task"
# ///
"""Template: the training sentence whose EMG envelope is nearest. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed):
        self.target = asked.target

    def features(self, emg):
        parts = np.array_split(emg - emg.mean(axis=0), 20)
        return np.log(np.stack([part.std(axis=0) for part in parts]) + 1e-6).ravel()

    def fit(self, train, valid):
        self.known = np.stack([self.features(r["emg"]) for r in train])
        self.texts = [r[self.target] for r in train]  # code points

    def predict(self, inputs, shape):
        apart = np.abs(self.known - self.features(inputs["emg"])).sum(axis=1)
        return self.texts[apart.argmin()]
