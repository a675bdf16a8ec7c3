# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Title shown on the leaderboard"
# authors = ["Who made it"]
# tasks = ["emg_word_classification"]
# licence = "Apache-2.0"
# causal = false
# trained-on = "the training part of the task"
# ///
"""Template: the word whose mean power envelope is nearest. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed):
        self.target = asked.target

    def features(self, emg):
        parts = np.array_split(emg - emg.mean(axis=0), 10)
        return np.log(np.stack([part.std(axis=0) for part in parts]) + 1e-6).ravel()

    def fit(self, train, valid):
        x, words = [self.features(r["emg"]) for r in train], [int(r[self.target]) for r in train]
        self.words = np.unique(words)
        self.means = np.stack([np.mean(np.array(x)[words == w], axis=0) for w in self.words])

    def predict(self, inputs, shape):
        return self.words[np.abs(self.means - self.features(inputs["emg"])).sum(axis=1).argmin()]
