# /// script
# dependencies = ["numpy", "scipy"]
# [tool.silentbench]
# title = "As the leaderboard shall call it"
# authors = ["Who made it"]
# tasks = ["emg_speech_enhancement"]
# licence = "Apache-2.0"
# causal = false
# trained-on = "the training part of the task"
# ///
"""A copy of this under another name is an entry: what is always there is taken for noise."""

import numpy as np
from scipy.signal import istft, stft


class Model:
    def __init__(self, asked, seed):
        self.input = asked.inputs[0]  # the noisy speech; the others are EMG

    def fit(self, train, valid):
        pass

    def predict(self, inputs, shape):
        spectrum = stft(inputs[self.input], nperseg=512)[2]
        noise = np.quantile(np.abs(spectrum), 0.2, axis=1, keepdims=True)
        gain = np.maximum(1 - noise / np.maximum(np.abs(spectrum), 1e-9), 0.1)
        return istft(spectrum * gain, nperseg=512)[1][: shape[0]].astype(np.float32)
