"""Time of a training step of seeg2mel, compared with a straightforward reference: a table.

    OMP_NUM_THREADS=1 python benchmarks/training_seeg2mel.py

A step is forward, loss, backward and AdamW, on one thread, on random windows; the least processor
time of several repeats. The reference has the same parameters and the same mathematics: recurrent
layers as loops over steps with every gate written out, and a decoder that in each frame projects
the whole memory again, convolves its attention weights, and passes one frame through prenet and
head. Dropout is off, so that outputs and gradients of both can be compared; they must agree.
`taught` uses teacher forcing, as published; the others decode from their own frames. Peak memory is
that of a separate process, including torch.
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
from _seq2seq import Decoded, Seq2Seq
from _seq2seq_layers import positions

# case -> size, front end, samples of a window, windows, probability of teacher forcing, repeats
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
    print("| case | windows | ms | MiB | reference: ms | MiB | ratio of ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for case, (*_, windows, _, _) in CASES.items():
        agree(case)
        ours, reference = (alone(case, version) for version in ("ours", "reference"))
        print(
            f"| {case} | {windows} | {ours[0]:.0f} | {ours[1]:.0f} "
            f"| {reference[0]:.0f} | {reference[1]:.0f} | {reference[0] / ours[0]:.2f} |",
            flush=True,
        )


def alone(case: str, version: str) -> list[float]:
    """Measured in a separate process, since peak memory cannot be reset."""
    done = subprocess.run(
        [sys.executable, __file__, case, version], check=True, capture_output=True
    )
    measured: list[float] = json.loads(done.stdout)
    return measured


def measure(case: str, version: str) -> list[float]:
    """Least processor time of a step in ms, and peak memory in MiB."""
    network, x, y = made(case, Reference if version == "reference" else Seq2Seq)
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
    output = network(x, torch.ones(x.shape[:2]))
    return (output.frames - y).square().mean() + (output.early - y).square().mean()


def agree(case: str) -> None:
    """Compare outputs and gradients of both; they may differ by rounding."""
    ours, x, y = made(case, Seq2Seq)
    reference, _, _ = made(case, Reference)
    reference.load_state_dict(ours.state_dict())
    outputs = [network(x[:4], torch.ones(4, x.shape[1])) for network in (ours, reference)]
    for name in ("frames", "early", "embedding", "attention"):
        torch.testing.assert_close(*(getattr(o, name) for o in outputs), atol=1e-4, rtol=1e-3)
    for network in (ours, reference):
        error(network, x[:4], y[:4]).backward()
    for one, other in zip(ours.parameters(), reference.parameters(), strict=True):
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


class Reference(Seq2Seq):
    """The same network, step by step and frame by frame."""

    def forward(self, x: Tensor, mask: Tensor) -> Decoded:  # noqa: ARG002
        signal, true = x[..., : self.contacts], x[:, : self.frames, self.contacts :]
        seen = self.front(signal)
        code = positions(seen.shape[1]).expand(len(x), -1, -1)
        memory, embedding = bidirectional(self.encoder.gru, torch.cat([seen, code], 2))
        state = self.begin(embedding)
        weights = torch.zeros(memory.shape[:2])
        summed, last = torch.zeros_like(weights), torch.zeros(len(x), self.out)
        frames, looked = [], []
        for frame in range(self.frames):
            weights = self.look(memory, state, weights, summed, frame)
            summed = summed + weights
            context = (weights[..., None] * self.attention.memory(memory)).sum(1)
            heard = last
            for layer in self.prenet.layers:
                heard = functional.elu(layer(heard))
            position = positions(self.frames)[frame].expand(len(x), -1)
            cell = self.cell
            parameters = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
            state = gated(torch.cat([heard, position, context], 1), state, *parameters)
            out = self.head[1](functional.elu(self.head[0](torch.cat([state, context], 1))))
            last = true[:, frame] if self.teacher else out
            frames.append(out)
            looked.append(weights)
        early = torch.stack(frames, 1)
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


def bidirectional(gru: nn.GRU, x: Tensor) -> tuple[Tensor, Tensor]:
    last = []
    for layer in range(gru.num_layers):
        directions = []
        for suffix in ("", "_reverse"):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            parameters = [getattr(gru, f"{name}_l{layer}{suffix}") for name in names]
            order = range(x.shape[1])
            state, states = torch.zeros(len(x), gru.hidden_size), {}
            for step in reversed(order) if suffix else order:
                state = states[step] = gated(x[:, step], state, *parameters)
            directions.append(torch.stack([states[step] for step in order], 1))
            last.append(state)
        x = torch.cat(directions, 2)
    return x, torch.cat(last, 1)


if __name__ == "__main__":
    main()
