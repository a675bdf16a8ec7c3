"""Time of a training step of EMG2EMA, compared with a straightforward reference: a table.

    OMP_NUM_THREADS=1 python benchmarks/training_emg2ema.py

A step is forward, loss, backward and AdamW, on one thread, on random batches without padding; the
least processor time of several repeats. The reference has the same parameters and the same
mathematics: one head after the other, each with a vector for every pair of frames, (T, T, d), and
norms and dropout of torch. Outputs and gradients of both must agree. Peak memory is that of a
separate process, including torch.
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

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import emg2ema as entry
from _strided import StridedBlock

# size -> channels, phones, recordings in a batch, frames, repeats
CASES = {"ci": (32, 33, 8, 80, 10), "paper": (8, 48, 4, 200, 3)}


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:]:
        size, version = sys.argv[1:]
        print(json.dumps(agree(size) if version == "agree" else measure(size, version)))
        return
    print("| size | batch | frames | ms | MiB | reference: ms | MiB | ratio of ms |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for size, (_, _, batch, frames, _) in CASES.items():
        alone(size, "agree")
        ours, plain = (alone(size, version) for version in FORWARD)
        print(
            f"| {size} | {batch} | {frames} | {ours[0]:.0f} | {ours[1]:.0f} "
            f"| {plain[0]:.0f} | {plain[1]:.0f} | {plain[0] / ours[0]:.2f} |",
            flush=True,
        )


def alone(size: str, version: str) -> Any:
    """In a separate process; a child's peak includes its parent's memory at the start."""
    call = [sys.executable, __file__, size, version]
    return json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout)


def measure(size: str, version: str) -> list[float]:
    """Milliseconds of a step, and peak memory in MiB."""
    network, loss, batch = made(size)
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-4)
    forward = FORWARD[version]
    spent = []
    for _ in range(1 + CASES[size][-1]):
        start = time.process_time()
        optimiser.zero_grad()
        loss(forward(network, batch[0], batch[2]), *batch[1:]).backward()
        optimiser.step()
        spent.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [1000 * min(spent[1:]), peak]


def agree(size: str) -> None:
    """Compare outputs and gradients of one recording in evaluation mode, without random numbers.

    In double precision, since rounding may put a ReLU on the other side of zero.
    """
    network, loss, batch = made(size)
    network.eval().double()
    x, rows, mask = (part[:1].double() for part in batch)
    results = []
    for forward in FORWARD.values():
        network.zero_grad()
        output = forward(network, x, mask)
        loss(output, rows, mask).backward()
        results.append([output.detach(), *(p.grad.clone() for p in network.parameters())])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


def made(size: str) -> tuple[Any, Any, tuple[Tensor, Tensor, Tensor]]:
    """Network, loss and batch; identical in every process."""
    channels, phones, count, frames, _ = CASES[size]
    torch.manual_seed(0)
    network = entry.ArticulationNetwork(channels, 12, 2, phones, **entry.SIZES[size])
    x = torch.randn(count, frames * entry.STRIDE, channels)
    phone = torch.randint(phones, (count, frames, 1)).float()
    rows = torch.cat([torch.randn(count, frames, 14), phone], dim=-1)
    loss = entry.ArticulationLoss(12, (1.0, 0.5), True)
    return network, loss, (x, rows, torch.ones(x.shape[:2]))


def reference(network: Any, x: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001 - no padding here
    """The same network, computed from its parameters only."""
    if network.training:
        x = entry.shifted(x, int(torch.randint(entry.STRIDE, ())))
    x = x.transpose(1, 2)
    for block in network.blocks.blocks:
        x = residual(block, x)
    x = network.between(x.transpose(1, 2))
    for layer in network.transformer.layers:
        x = layer.norm(x + dropped(layer, attention(layer.attention, x)))
        first, last = layer.feed[0], layer.feed[3]
        inside = dropped(layer, functional.relu(first(x)))
        x = layer.last(x + dropped(layer, last(inside)))
    return torch.cat([head(x) for head in network.heads], dim=-1)


def dropped(layer: nn.Module, x: Tensor) -> Tensor:
    return functional.dropout(x, layer.drop.p, layer.training)


def residual(block: StridedBlock, x: Tensor) -> Tensor:
    halved, mixed, carried = block.norms
    inside = functional.relu(normed(halved, block.halve(x)))
    return functional.relu(normed(mixed, block.mix(inside)) + normed(carried, block.carry(x)))


def normed(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    return functional.batch_norm(
        x, norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training
    )


def attention(module: nn.Module, x: Tensor) -> Tensor:
    """Head by head, with a vector for each pair of frames."""
    time_, reach, heads = x.shape[1], module.reach, module.heads
    apart = torch.arange(time_)[None, :] - torch.arange(time_)[:, None]
    index = apart.clamp(1 - reach, reach - 1) + reach - 1
    queries, keys, values = module.enter.weight.chunk(3)
    out = []
    for head in range(heads):
        q, k, v = (x @ w.chunk(heads)[head].T for w in (queries, keys, values))
        pairs = module.distances[head][index]  # (T, T, d)
        logits = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        logits = logits + torch.einsum("btd,tsd->bts", q, pairs)
        weights = logits.masked_fill(apart.abs() >= reach, -1e8).softmax(-1)
        out.append(functional.dropout(weights, module.dropout, module.training) @ v)
    return module.leave(torch.cat(out, dim=-1))


FORWARD: dict[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "ours": lambda network, x, mask: network(x, mask),
    "reference": reference,
}

if __name__ == "__main__":
    main()
