"""Weights and inputs from seeds, the same in any version of the libraries.

With them outputs of public programs were made, which lie in `tests/baselines/public`: the same
numbers were put into a public network there as are put into ours here.
"""

from zlib import crc32

import numpy as np
import torch
from torch import nn


def numbers(*shape: int, seed: int) -> torch.Tensor:
    """Uniform from -1 to 1, float32; bits of the generator alone decide."""
    random = np.random.Generator(np.random.PCG64(seed))
    return torch.from_numpy(np.asarray(2 * random.random(shape) - 1, np.float32))


@torch.no_grad()
def fill(network: nn.Module, seed: int) -> nn.Module:
    """The network with weights that only depend on the seed, their names and their shapes.

    They are of a size that carries values of about 1 through a layer; variances are 0.5 to 1.5,
    factors of norms 0.7 to 1.3. Counters and buffers that hold no statistics stay.
    """
    for name, value in network.state_dict().items():
        if not value.dim():
            continue
        drawn = numbers(*value.shape, seed=crc32(f"{seed} {name}".encode()))
        last = name.rpartition(".")[2]
        if last == "running_var":
            value.copy_(1 + 0.5 * drawn)
        elif last == "running_mean" or "bias" in last:
            value.copy_(0.3 * drawn)
        elif last.startswith("weight") and value.dim() == 1:
            value.copy_(1 + 0.3 * drawn)
        elif last.startswith("weight"):
            value.copy_(drawn * (3 / value[0].numel()) ** 0.5)
    return network
