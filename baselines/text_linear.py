# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Linear with context, and CTC"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_text"]
# licence = "Apache-2.0"
# citation = "loss: Graves et al. 2006"
# causal = false
# trained-on = "the training part of the task"
# ///
"""Letters from 0.2 s of band powers to either side of a frame, linearly, trained with the CTC loss.

The linear system of a task whose answers have no frames of their own to regress on.
"""

from __future__ import annotations

from _sequences import TEXT_RATE, SequenceModel
from torch import Tensor, nn

CONTEXT = 0.2  # seconds to either side


class LinearContext(nn.Module):
    """(batch, time, features) -> (batch, time, out); beyond the ends of a recording are zeros."""

    def __init__(self, features: int, out: int) -> None:
        super().__init__()
        reach = round(CONTEXT * TEXT_RATE)
        self.weights = nn.Conv1d(features, out, 2 * reach + 1, padding=reach)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inside = x * mask[..., None]
        return self.weights(inside.transpose(1, 2)).transpose(1, 2)


class Model(SequenceModel):
    def sequence(self, count: int, out: int) -> nn.Module:
        return LinearContext(count, out)
