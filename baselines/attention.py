# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Attention"
# authors = ["SilentBench contributors"]
# tasks = [
#     "emg_to_articulation", "emg_to_mel", "emg_to_text", "emg_word_classification", "seeg_to_mel",
#     "emg_speech_enhancement", "lip_to_ultrasound",
# ]
# licence = "Apache-2.0"
# citation = "Vaswani et al. 2017, arXiv:1706.03762; Shaw et al. 2018, arXiv:1803.02155"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""A Transformer encoder of two layers that hears distances in time, without any convolution.

From the same features as `recurrent`.
"""

from __future__ import annotations

from _relative import RelativeTransformer
from _sequences import SequenceModel
from torch import Tensor, nn

HEADS, LAYERS = 4, 2
REACH = 50  # frames to either side that a frame attends to
DROPOUT = 0.1


class AttentionNetwork(nn.Module):
    """(batch, time, features) -> (batch, time, out)."""

    def __init__(self, features: int, out: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.encoder = RelativeTransformer(
            width, heads=HEADS, feed=2 * width, layers=LAYERS, reach=REACH, dropout=DROPOUT
        )
        self.leave = nn.Linear(width, out)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.leave(self.encoder(self.enter(x), mask))


class Model(SequenceModel):
    def sequence(self, count: int, out: int) -> nn.Module:
        return AttentionNetwork(count, out, self.width)
