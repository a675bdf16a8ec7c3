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
"""Template: words that training texts of near power envelopes share. Copy it under a new name."""

import numpy as np


class Model:
    def __init__(self, asked, seed):  # asked holds rates, units, labels
        self.inputs, self.target = asked.inputs, asked.target

    def features(self, signals):
        found = []
        for x in (signals[name] for name in self.inputs):
            x = (x[:, ::8, ::8] if x.ndim > 2 else x).reshape(len(x), -1).astype(float)
            parts = np.array_split((x - x.mean(0)) / (x.std(0) + 1e-9), 60)
            found.append(np.log(np.stack([part.std(0) for part in parts]) + 1e-3).ravel())
        return np.concatenate(found)

    def fit(self, train, valid):
        self.known = np.stack([self.features(r) for r in train])
        self.texts = [r[self.target] for r in train]  # code points

    def predict(self, inputs, shape):
        apart = ((self.known - self.features(inputs)) ** 2).sum(axis=1)
        near = ["".join(map(chr, self.texts[i])).split() for i in apart.argsort()[:5]]
        agreed = [w for w in near[0] if sum(w in words for words in near) > len(near) / 2]
        return np.array([ord(letter) for letter in " ".join(agreed)], np.uint32)
