# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Recurrent network"
# authors = ["SilentBench contributors"]
# tasks = [
#     "emg_to_articulation", "emg_to_mel", "emg_to_text", "emg_word_classification", "seeg_to_mel",
#     "emg_speech_enhancement", "lip_to_ultrasound",
# ]
# licence = "Apache-2.0"
# citation = "Cho et al. 2014, arXiv:1406.1078"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A GRU that reads a recording both ways, from the same features as `attention`."""

from __future__ import annotations

from _layers import Recurrent
from _sequences import SequenceModel
from torch import nn


class Model(SequenceModel):
    def sequence(self, count: int, out: int) -> nn.Module:
        return Recurrent(count, out, self.width)
