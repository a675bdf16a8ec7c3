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
# variants = { default = { context = 3 }, narrow = { context = 1 } }  # settings of Model, optional
# ///
"""Template: ridge regression from mean and power of each input around a frame. Copy it."""

import numpy as np


class Model:
    def __init__(self, asked, seed, context):  # asked holds rates, units, labels
        self.inputs, self.target, self.context = asked.inputs, asked.target, context

    def features(self, signals, n):  # of n frames
        around = np.clip(np.arange(n)[:, None] + self.context * np.arange(-2, 3), 0, n - 1)
        found = []
        for x in (signals[name] for name in self.inputs):
            x = (x[:, ::16, ::16] if x.ndim > 2 else x).reshape(len(x), -1).astype(float)
            d = np.diff(x, axis=0, prepend=x[:1])
            start, stop = np.arange(n) * len(x) // n, -(-np.arange(1, n + 1) * len(x) // n)
            sums = np.cumsum(np.pad([x, x**2, d**2], [(0, 0), (1, 0), (0, 0)]), axis=1)
            mean, power, rough = (sums[:, stop] - sums[:, start]) / (stop - start)[:, None]
            frames = np.hstack([mean, np.log(power + 1e-9), np.log(rough + 1e-9)])
            found += [frames[around].reshape(n, -1), np.tile(frames.mean(0), (n, 1))]
        course = np.maximum(0, 1 - abs(np.linspace(0, 49, n)[:, None] - np.arange(50)))
        return np.hstack([course, *found])  # the first say where in its recording a frame is

    def solve(self, recordings):
        y = [r[self.target].reshape(len(r[self.target]), -1).astype(float) for r in recordings]
        x = [self.features(r, len(frames)) for r, frames in zip(recordings, y, strict=True)]
        return np.concatenate(x), np.concatenate(y)

    def fit(self, train, valid):
        x, y = self.solve(train)
        self.middle, self.scale = x.mean(0), x.std(0) + 1e-9
        self.middle[:50], self.scale[:50] = 0, 1
        x = (x - self.middle) / self.scale
        square, product = x.T @ x / len(x), x.T @ y / len(x)
        unseen, truth = self.solve(valid or train)
        unseen = (unseen - self.middle) / self.scale
        free = np.append(np.full(50, 1e4), np.ones(len(square) - 50))  # the mean course is kept
        values, vectors = np.linalg.eigh(square * free * free[:, None])
        vectors *= free[:, None]
        seen, product = unseen @ vectors, vectors.T @ product
        strengths = 10.0 ** np.arange(-1, 5)
        errors = [np.mean((seen / (values + r) @ product - truth) ** 2) for r in strengths]
        self.weights = vectors / (values + strengths[np.argmin(errors)]) @ product

    def predict(self, inputs, shape):
        x = (self.features(inputs, shape[0]) - self.middle) / self.scale
        return (x @ self.weights).reshape(shape).astype(np.float32)
