# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Small convolutional network with CTC"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_text"]
# licence = "Apache-2.0"
# citation = "loss: Graves et al. 2006"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""Letters from band powers of the EMG through dilated convolutions, trained with the CTC loss."""

from __future__ import annotations

from _layers import TimeConvolution
from _sequences import SequenceModel
from torch import nn


class Model(SequenceModel):
    def sequence(self, count: int, out: int) -> nn.Module:
        return TimeConvolution(count, out, self.width)
