# /// script
# dependencies = ["numpy", "scipy"]
# [tool.silentbench]
# title = "Title shown on the leaderboard"
# authors = ["Who made it"]
# tasks = ["emg_speech_enhancement"]
# licence = "Apache-2.0"
# causal = false
# trained-on = "the training part of the task"
# ///
"""Template: the mean gain of bins that stand so far above a stationary noise. Copy it."""

import numpy as np
from scipy.signal import istft, stft


class Model:
    def __init__(self, asked, seed):  # asked holds rates, units, labels
        self.input, self.target = asked.inputs[0], asked.target  # the first input is the noisy one

    def spectrum(self, x):
        return stft(x, nperseg=512)[2]

    def level(self, size):  # of each bin above the noise of its frequency, in steps of 2 dB
        noise = np.quantile(size, 0.3, axis=1, keepdims=True)
        return np.clip(10 * np.log10((size + 1e-9) / (noise + 1e-9)) + 10, 0, 29).astype(int)

    def fit(self, train, valid):
        sums = np.zeros((2, 30))
        for r in train:
            noisy, clean = (
                np.abs(self.spectrum(r[self.input])),
                np.abs(self.spectrum(r[self.target])),
            )
            level = self.level(noisy).ravel()
            weight = [np.minimum(clean, noisy) * noisy, noisy**2]
            sums += [np.bincount(level, w.ravel(), 30) for w in weight]
        self.gain = sums[0] / np.maximum(sums[1], 1e-9)

    def predict(self, inputs, shape):
        spectrum = self.spectrum(inputs[self.input])
        spectrum = spectrum * self.gain[self.level(np.abs(spectrum))]
        return istft(spectrum, nperseg=512)[1][: shape[0]].astype(np.float32)
