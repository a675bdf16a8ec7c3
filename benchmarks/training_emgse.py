"""Time of a training step of EMGSE, compared with a straightforward reference: a table.

    OMP_NUM_THREADS=1 python benchmarks/training_emgse.py

A step is forward, loss, backward and AdamW, on one thread, on a random batch of the published 16
pieces of 64 frames; the fastest of several repeats. The reference has the same parameters and the
same mathematics: frame by frame, the context of each is cut out of the EMG and an LSTM cell makes
one step for each layer and direction. Outputs and gradients of both must agree. Peak memory is that
of a separate process, including torch.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import emgse as entry

# size -> electrodes, gain, repeats
CASES = {"ci": (8, True, 10), "paper": (35, False, 4)}
BATCH = 16


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:]:
        print(json.dumps(measure(*sys.argv[1:])))
        return
    print("| size | parameters | ms | MiB | reference: ms | MiB | ratio of ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for size in CASES:
        agree(size)
        ours, reference = (alone(size, version) for version in ("ours", "reference"))
        print(
            f"| {size} | {entry.size(made(size)[0]):,} | {ours[0]:.0f} | {ours[1]:.0f} "
            f"| {reference[0]:.0f} | {reference[1]:.0f} | {reference[0] / ours[0]:.2f} |",
            flush=True,
        )


def alone(size: str, version: str) -> list[float]:
    """Measured in a separate process, since peak memory cannot be reset."""
    done = subprocess.run(
        [sys.executable, __file__, size, version], check=True, capture_output=True
    )
    measured: list[float] = json.loads(done.stdout)
    return measured


def measure(size: str, version: str) -> list[float]:
    """Milliseconds of a step, and peak memory in MiB."""
    network, batch = made(size)
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-4)
    spent = []
    for _ in range(1 + CASES[size][-1]):
        start = time.perf_counter()
        optimiser.zero_grad()
        entry.absolute(FORWARD[version](network, batch[0], batch[2]), *batch[1:]).backward()
        optimiser.step()
        spent.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [1000 * min(spent[1:]), peak]


def agree(size: str) -> None:
    """Compare outputs and gradients in evaluation mode, without dropout."""
    network, batch = made(size)
    network.eval()
    results = []
    for forward in FORWARD.values():
        network.zero_grad()
        output = forward(network, batch[0], batch[2])
        entry.absolute(output, *batch[1:]).backward()
        gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
        results.append((output.detach(), gradients))
    (output, gradients), (expected, others) = results
    torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


def made(size: str) -> tuple[Any, tuple[Tensor, Tensor, Tensor]]:
    """Network and batch; identical in every process."""
    electrodes, gain, _ = CASES[size]
    torch.manual_seed(0)
    network = entry.EnhancementNetwork(electrodes * entry.KINDS, entry.WIDTHS[size], gain)
    x = torch.rand(BATCH, entry.CHUNK, network.heard + electrodes * entry.KINDS)
    rows = torch.rand(BATCH, entry.CHUNK, entry.BINS)
    return network, (x, rows, torch.ones(x.shape[:2]))


def by_cell(network: Any, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001 - no padding here
    """The same network from its layers, one frame at a time."""
    joined = []
    for middle in range(entry.REACH, x.shape[1] - entry.REACH):
        around = x[:, middle - entry.REACH : middle + entry.REACH + 1, network.heard :]
        muscles = network.muscles(around.transpose(1, 2).flatten(1))
        sound = network.sound(x[:, middle, : network.heard])
        joined.append(network.join(torch.cat([sound, muscles], dim=-1)))
    first = [direction(network.lstm, 0, joined, backwards) for backwards in (False, True)]
    both = [torch.cat(pair, dim=-1) for pair in zip(*first, strict=True)]
    second = [direction(network.lstm, 1, both, backwards) for backwards in (False, True)]
    output = torch.stack([network.leave(a + b) for a, b in zip(*second, strict=True)], dim=1)
    if not network.gain:
        return torch.relu(output)
    noisy = x[:, entry.REACH : x.shape[1] - entry.REACH, : entry.BINS].expm1()
    return torch.log1p((entry.SOFTEST + (1 - entry.SOFTEST) * output.sigmoid()) * noisy)


def direction(lstm: nn.LSTM, layer: int, x: list[Tensor], backwards: bool) -> list[Tensor]:
    """One direction of a layer of the LSTM, step by step."""
    name = f"l{layer}{'_reverse' if backwards else ''}"
    weights = [
        getattr(lstm, f"{kind}_{name}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    hidden = cell = x[0].new_zeros(len(x[0]), lstm.hidden_size)
    out = []
    for frame in reversed(x) if backwards else x:
        hidden, cell = torch.lstm_cell(frame, (hidden, cell), *weights)
        out.append(hidden)
    return out[::-1] if backwards else out


FORWARD: dict[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "ours": lambda network, x, mask: network(x, mask),
    "reference": by_cell,
}

if __name__ == "__main__":
    main()
