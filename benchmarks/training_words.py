"""Time of a training step of the word networks, compared with a straightforward reference: a table.

    OMP_NUM_THREADS=1 python benchmarks/training_words.py

One step is forward, loss, backward and AdamW, in one thread. The reference uses the weights of the
network and processes one recording after the other at its own length: a loop over frames, heads or
frequencies, no padding and no fused operation. Both must give the same outputs. Sizes: `ci` are 8
words of 25 to 50 frames with 40 features, `published` 8 words of 100 frames with 8 channels.
Memory is the peak that the steps add to a fresh process after all imports.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1] / "baselines"))

from _word_networks import FRAMES, NETWORKS, sinusoids

CLASSES = 10
SIZES = {"ci": ([25, 27, 29, 31, 35, 40, 45, 50], 40), "published": ([100] * 8, 8)}
OURS, THEIRS = 20, 3  # steps that are timed, the median counts

Run = Callable[[], Tensor]


def convolved(x: Tensor, layer: nn.Conv1d, before: int, after: int) -> Tensor:
    """(time, features) -> (time, width), one frame at a time."""
    (step,) = layer.dilation
    x = torch.cat([x.new_zeros(before, x.shape[1]), x, x.new_zeros(after, x.shape[1])])
    rows = []
    for t in range(len(x) - before - after):
        taps = [layer.weight[:, :, k] @ x[t + k * step] for k in range(layer.kernel_size[0])]
        rows.append(sum(taps) + layer.bias)
    return torch.stack(rows)


def stacked(stack: nn.Module, x: Tensor) -> Tensor:
    for layer in stack.layers:
        x = convolved(x, layer, 1, 1).clamp(min=0)
        x = torch.stack([torch.maximum(x[t], x[t + 1]) for t in range(0, len(x) - 1, 2)])
    return x


def cnn(network: nn.Module, x: Tensor) -> Tensor:
    x, parts = stacked(network.stack, x), network.PARTS
    edges = [(k * len(x) // parts, -(-(k + 1) * len(x) // parts)) for k in range(parts)]
    return network.choose(torch.cat([x[a:b].mean(0) for a, b in edges]))


def fft(network: nn.Module, x: Tensor) -> Tensor:
    time = torch.arange(len(x))
    rows = []
    for k in range(FRAMES // 2 + 1):
        angle = 2 * torch.pi * k * time / FRAMES
        rows.append(((angle.cos() @ x) ** 2 + (angle.sin() @ x) ** 2).sqrt())
    return network.choose(stacked(network.stack, torch.stack(rows)).T.flatten())


def transformer(network: nn.Module, x: Tensor) -> Tensor:
    x = network.enter(x)
    if network.positions:
        x = x + sinusoids(*x.shape)
    for layer in network.encoder.layers:
        inside = layer.self_attn
        q, k, v = (x @ inside.in_proj_weight.T + inside.in_proj_bias).chunk(3, dim=1)
        width = x.shape[1] // inside.num_heads
        heads = []
        for h in range(inside.num_heads):
            part = slice(h * width, (h + 1) * width)
            attention = (q[:, part] @ k[:, part].T / width**0.5).softmax(1)
            heads.append(attention @ v[:, part])
        x = layer.norm1(x + inside.out_proj(torch.cat(heads, dim=1)))
        x = layer.norm2(x + layer.linear2(layer.linear1(x).clamp(min=0)))
    return network.choose(x.mean(0))


def gru(network: nn.Module, x: Tensor) -> Tensor:
    directions = []
    for step, end in ((1, ""), (-1, "_reverse")):
        weights = [getattr(network.gru, f"{n}_l0{end}") for n in ("weight_ih", "weight_hh")]
        biases = [getattr(network.gru, f"{n}_l0{end}") for n in ("bias_ih", "bias_hh")]
        state, states = x.new_zeros(network.gru.hidden_size), []
        for frame in x[::step] if step == 1 else x.flip(0):
            a = (weights[0] @ frame + biases[0]).chunk(3)
            b = (weights[1] @ state + biases[1]).chunk(3)
            reset, keep = (a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid()
            state = (1 - keep) * (a[2] + reset * b[2]).tanh() + keep * state
            states.append(state)
        directions.append(torch.stack(states).mean(0))
    return network.choose(torch.cat(directions))


def tcn(network: nn.Module, x: Tensor) -> Tensor:
    for block in network.blocks:
        inside = x
        for layer in block.layers:
            inside = convolved(inside, layer, block.before, 0).clamp(min=0)
        carried = x
        if isinstance(block.carry, nn.Conv1d):
            carried = convolved(x, block.carry, 0, 0)
        x = (inside + carried).clamp(min=0)
    return network.choose(x.mean(0))


REFERENCES: dict[str, Callable[[nn.Module, Tensor], Tensor]] = {
    "cnn": cnn,
    "transformer": transformer,
    "transformer_positions": transformer,
    "fft": fft,
    "gru": gru,
    "tcn": tcn,
}


def prepared(name: str, size: str) -> tuple[nn.Module, Tensor, Run, Run]:
    """A network without dropout, the classes of a batch, and logits: of network, of reference."""
    lengths, features = SIZES[size]
    torch.manual_seed(0)
    network = NETWORKS[name](features, CLASSES)
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        if isinstance(part, nn.MultiheadAttention):
            part.dropout = 0.0
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).float()
    x = torch.randn(len(lengths), max(lengths), features) * mask[..., None]
    y = torch.randint(CLASSES, (len(lengths),))
    reference = REFERENCES[name]

    def ours() -> Tensor:
        return network(x, mask)

    def theirs() -> Tensor:
        return torch.stack([reference(network, r[:n]) for r, n in zip(x, lengths, strict=True)])

    return network, y, ours, theirs


def seconds(network: nn.Module, y: Tensor, scores: Run, steps: int) -> float:
    """Median time of a training step, after one warm-up step."""
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    spent = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimiser.zero_grad()
        nn.functional.cross_entropy(scores(), y).backward()
        optimiser.step()
        spent.append(time.perf_counter() - start)
    return sorted(spent[1:])[steps // 2]


def agree(network: nn.Module, ours: Run, theirs: Run) -> None:
    """Compare the outputs of both and their gradients."""
    gradients = []
    for scores in (ours, theirs):
        network.zero_grad()
        (scores() ** 2).sum().backward()
        gradients.append([p.grad.clone() for p in network.parameters()])
    torch.testing.assert_close(ours(), theirs(), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(*gradients, atol=1e-3, rtol=1e-2)


def main() -> None:
    torch.set_num_threads(1)
    print("| network | size | ours ms | reference ms | ratio | ours MiB | reference MiB |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name in REFERENCES:
        for size in SIZES:
            network, y, ours, theirs = prepared(name, size)
            agree(network, ours, theirs)
            fast = 1000 * seconds(network, y, ours, OURS)
            slow = 1000 * seconds(network, y, theirs, THEIRS)
            memory = " | ".join(f"{growth(name, size, which):.0f}" for which in ("0", "1"))
            print(f"| {name} | {size} | {fast:.1f} | {slow:.1f} | {slow / fast:.1f} | {memory} |")


def growth(name: str, size: str, which: str) -> float:
    """MiB that three steps add to a separate process."""
    command = [sys.executable, __file__, name, size, which]
    return float(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)


def alone(name: str, size: str, which: str) -> None:
    torch.set_num_threads(1)
    network, y, *both = prepared(name, size)
    small = nn.Linear(2, CLASSES)  # its steps import what optimisers need
    seconds(small, torch.zeros(1, dtype=torch.long), lambda: small(torch.ones(1, 2)), 1)
    before = resident("VmRSS")
    seconds(network, y, both[int(which)], 2)
    print(resident("VmHWM") - before)


def resident(field: str) -> float:
    """MiB of this process, resident (VmRSS) or peak (VmHWM); getrusage would include its parent."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


if __name__ == "__main__":
    alone(*sys.argv[1:]) if len(sys.argv) > 1 else main()
