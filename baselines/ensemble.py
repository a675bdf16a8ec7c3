# /// script
# dependencies = ["numpy", "torch"]
# [tool.silentbench]
# title = "Ensemble of a convolutional, a recurrent and an attention network"
# authors = ["SilentBench contributors"]
# tasks = [
#     "emg_to_articulation", "emg_to_mel", "emg_word_classification", "seeg_to_mel",
#     "emg_speech_enhancement", "lip_to_ultrasound",
# ]
# licence = "Apache-2.0"
# citation = "Hansen and Salamon 1990, doi:10.1109/34.58871"
# causal = false
# trained-on = "the training part of the task"
# suite = "full"
# ///
"""The mean of what three networks of different kinds say, each of which learns by its own loss.

Features, loss and training are those of `recurrent` and `attention`, at three times the work. The
gradients of all are clipped together, and the epoch that is kept is the best one of the mean. It
does no text: by CTC, networks say the same letter in different frames, so that their mean loses
some.
"""

from __future__ import annotations

import torch
from _layers import Recurrent, TimeConvolution
from _nouns import Asked
from _relative import RelativeTransformer
from _sequences import SequenceModel
from _training import Loss
from torch import Tensor, nn


class AttentionNetwork(nn.Module):
    """The network of `attention`: (batch, time, features) -> (batch, time, out).

    It stands here again because an entry's results are of its own files and those that it shares:
    to move it would make all results of `attention` stale.
    """

    def __init__(self, features: int, out: int, width: int) -> None:
        super().__init__()
        self.inwards, self.outwards = nn.Linear(features, width), nn.Linear(width, out)
        self.between = RelativeTransformer(
            width, heads=4, feed=2 * width, layers=2, reach=50, dropout=0.1
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.outwards(self.between(self.inwards(x), mask))


class Ensemble(nn.Module):
    """(batch, time, features) -> (batch, time, out), the mean of the members.

    In training what each of them says comes one below the other, (members * batch, time, out).
    """

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        said = [member(x, mask) for member in self.members]
        return torch.cat(said) if self.training else torch.stack(said).mean(dim=0)


def apart(of_one: Loss) -> Loss:
    """The mean loss of members whose answers come one below the other."""

    def loss(output: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        members = len(output) // len(rows)
        return of_one(output, torch.cat([rows] * members), torch.cat([mask] * members))

    return loss


class Model(SequenceModel):
    def __init__(self, asked: Asked, seed: int, width: int = 0) -> None:
        super().__init__(asked, seed, width)
        self.loss = apart(self.view.loss)

    def sequence(self, count: int, out: int) -> nn.Module:
        kinds = TimeConvolution, Recurrent, AttentionNetwork
        return Ensemble([kind(count, out, self.width) for kind in kinds])
