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
"""Template: the class whose mean power envelope is nearest. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed):  # asked holds rates, units, labels
        self.inputs, self.target = asked.inputs, asked.target

    def features(self, signals):
        found = []
        for x in (signals[name] for name in self.inputs):
            x = (x[:, ::8, ::8] if x.ndim > 2 else x).reshape(len(x), -1).astype(float)
            parts = np.array_split((x - x.mean(0)) / (x.std(0) + 1e-9), 10)
            found.append(np.log(np.stack([part.std(0) for part in parts]) + 1e-3).ravel())
        return np.concatenate(found)

    def fit(self, train, valid):
        x, classes = [self.features(r) for r in train], [int(r[self.target]) for r in train]
        self.classes = np.unique(classes)
        self.means = np.stack([np.mean(np.array(x)[classes == c], axis=0) for c in self.classes])

    def predict(self, inputs, shape):
        return self.classes[np.abs(self.means - self.features(inputs)).sum(axis=1).argmin()]
