"""How long a training step of seeg2mel takes, beside the obvious way to write it: a table.

    OMP_NUM_THREADS=1 python benchmarks/training_seeg2mel.py

A step is forward, loss, backward and AdamW, on one thread, on made-up windows; processor time, the
best of several repeats. The obvious way has the same parameters and the same mathematics: recurrent
layers as loops over steps with every gate written out, and a decoder that in each frame projects
the whole memory again, convolves where it looked, and sends one frame through prenet and head.
Dropout is off, so that outputs and gradients of both can be compared; they must agree. `taught` has
the true frames to go on from, as published; the others go on from their own. Peak memory is that of
a process of its own, with torch itself.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import seeg2mel as entry
from _seq2seq import Decoded, Seq2Seq, positions

# case -> size, front end, samples of a window, windows, chance to be taught, repeats
CASES = {
    "ci": ("ci", "1d", 54, 64, 0.0, 10),
    "ci, taught": ("ci", "1d", 54, 64, 1.0, 10),
    "paper, 1-D": ("paper", "1d", 1025, 8, 0.0, 3),
    "paper, 1-D, taught": ("paper", "1d", 1025, 8, 1.0, 3),
}
CONTACTS = entry.CONTACTS


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:]:
        print(json.dumps(measure(*sys.argv[1:])))
        return
    print("| case | windows | ms | MiB | obvious: ms | MiB | ratio of ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for case, (*_, windows, _, _) in CASES.items():
        agree(case)
        ours, obvious = (alone(case, way) for way in ("ours", "obvious"))
        print(
            f"| {case} | {windows} | {ours[0]:.0f} | {ours[1]:.0f} "
            f"| {obvious[0]:.0f} | {obvious[1]:.0f} | {obvious[0] / ours[0]:.2f} |",
            flush=True,
        )


def alone(case: str, way: str) -> list[float]:
    """Measured in a process of its own, since memory that was used counts until its end."""
    done = subprocess.run([sys.executable, __file__, case, way], check=True, capture_output=True)
    found: list[float] = json.loads(done.stdout)
    return found


def measure(case: str, way: str) -> list[float]:
    """Best milliseconds of processor time of a step, and peak memory in MiB."""
    network, x, y = made(case, Obvious if way == "obvious" else Seq2Seq)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    spent = []
    for _ in range(CASES[case][-1] + 1):
        begun = time.process_time()
        optimiser.zero_grad()
        error(network, x, y).backward()
        optimiser.step()
        spent.append(time.process_time() - begun)
    return [min(spent[1:]) * 1e3, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]


def error(network: Seq2Seq, x: Tensor, y: Tensor) -> Tensor:
    said = network(x, torch.ones(x.shape[:2]))
    return (said.frames - y).square().mean() + (said.early - y).square().mean()


def agree(case: str) -> None:
    """Outputs and gradients of both ways are the same, but for the last digits."""
    ours, x, y = made(case, Seq2Seq)
    obvious, _, _ = made(case, Obvious)
    obvious.load_state_dict(ours.state_dict())
    found = [network(x[:4], torch.ones(4, x.shape[1])) for network in (ours, obvious)]
    for name in ("frames", "early", "embedding", "attention"):
        torch.testing.assert_close(*(getattr(f, name) for f in found), atol=1e-4, rtol=1e-3)
    for network in (ours, obvious):
        error(network, x[:4], y[:4]).backward()
    for one, other in zip(ours.parameters(), obvious.parameters(), strict=True):
        scale = float(one.grad.abs().max()) + 1e-3
        torch.testing.assert_close(one.grad / scale, other.grad / scale, atol=1e-2, rtol=1e-2)


def made(case: str, kind: type[Seq2Seq]) -> tuple[Any, Tensor, Tensor]:
    size, front, samples, windows, teacher, _ = CASES[case]
    torch.manual_seed(0)
    network = kind(
        entry.front_end(size, front, CONTACTS, exact=False),
        CONTACTS,
        entry.FRAMES,
        entry.BINS,
        replace(entry.SIZES[size], dropout=0.0, noise=0.0),
        teacher=teacher,
        aligned=entry.ALIGNED,
        rate=1.0 if size == "ci" else entry.RATE,
    )
    nn.init.ones_(network.postnet.layers[-2].weight)
    y = torch.randn(windows, entry.FRAMES, entry.BINS)
    taught = functional.pad(y, (0, 0, 0, samples - entry.FRAMES))
    return network, torch.cat([torch.randn(windows, samples, CONTACTS), taught], 2), y


class Obvious(Seq2Seq):
    """The same network, step by step and frame by frame."""

    def forward(self, x: Tensor, mask: Tensor) -> Decoded:  # noqa: ARG002
        signal, true = x[..., : self.contacts], x[:, : self.frames, self.contacts :]
        seen = self.front(signal)
        code = positions(seen.shape[1]).expand(len(x), -1, -1)
        memory, embedding = read_both_ways(self.encoder.gru, torch.cat([seen, code], 2))
        state = self.begin(embedding)
        weights = torch.zeros(memory.shape[:2])
        summed, last = torch.zeros_like(weights), torch.zeros(len(x), self.out)
        said, looked = [], []
        for frame in range(self.frames):
            weights = self.look(memory, state, weights, summed, frame)
            summed = summed + weights
            context = (weights[..., None] * self.attention.memory(memory)).sum(1)
            heard = last
            for layer in self.prenet.layers:
                heard = functional.elu(layer(heard))
            place = positions(self.frames)[frame].expand(len(x), -1)
            cell = self.cell
            weighed = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
            state = gated(torch.cat([heard, place, context], 1), state, *weighed)
            out = self.head[1](functional.elu(self.head[0](torch.cat([state, context], 1))))
            last = true[:, frame] if self.teacher else out
            said.append(out)
            looked.append(weights)
        early = torch.stack(said, 1)
        return Decoded(early + self.postnet(early), early, None, embedding, torch.stack(looked, 1))

    def look(
        self, memory: Tensor, state: Tensor, weights: Tensor, summed: Tensor, frame: int
    ) -> Tensor:
        keys, query = self.attention.memory(memory), self.attention.query(state)
        past = self.attention.past(torch.stack([weights, summed], 1)).transpose(1, 2)
        energy = self.attention.score(
            torch.tanh(keys + self.attention.place(past) + query[:, None])
        )
        return torch.softmax(energy[..., 0] + self._prior(memory.shape[1])[frame], 1)


def gated(
    x: Tensor, state: Tensor, into: Tensor, back: Tensor, bias: Tensor, bias_back: Tensor
) -> Tensor:
    """One step of a GRU."""
    reset, update, new = (x @ into.T + bias).chunk(3, 1)
    reset_back, update_back, new_back = (state @ back.T + bias_back).chunk(3, 1)
    reset, update = torch.sigmoid(reset + reset_back), torch.sigmoid(update + update_back)
    return (1 - update) * torch.tanh(new + reset * new_back) + update * state


def read_both_ways(gru: nn.GRU, x: Tensor) -> tuple[Tensor, Tensor]:
    last = []
    for layer in range(gru.num_layers):
        ways = []
        for suffix in ("", "_reverse"):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            weighed = [getattr(gru, f"{name}_l{layer}{suffix}") for name in names]
            order = range(x.shape[1])
            state, states = torch.zeros(len(x), gru.hidden_size), {}
            for step in reversed(order) if suffix else order:
                state = states[step] = gated(x[:, step], state, *weighed)
            ways.append(torch.stack([states[step] for step in order], 1))
            last.append(state)
        x = torch.cat(ways, 2)
    return x, torch.cat(last, 1)


if __name__ == "__main__":
    main()
