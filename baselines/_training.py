"""The one training loop: batches of padded sequences, the best state on `valid` kept."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from _nouns import Array
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

SAVE_SECONDS = 30.0  # between checkpoints

# loss(output, answer, mask) of a batch: a mean over its real frames, or its recordings
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Example:
    """One recording: x (time, ...), and y (time, ...) or one row for all of it."""

    x: Array
    y: Array


@dataclass(frozen=True)
class Recipe:
    """How to train; time grows with the training set, whose every part is seen once an epoch."""

    epochs: int
    batch: int = 8
    rate: float = 2e-3  # largest step
    decay: float = 1e-2
    patience: int = 10  # epochs without a better state until training ends
    chunk: int | None = None  # frames that are drawn from each recording an epoch; None is all
    optimiser: Literal["adamw", "adam"] = "adamw"
    # cycle: the step rises in the first tenth, then falls; plateau: it is halved after `halve`
    # epochs without a better state, and may rise in the first `warm_up` batches
    schedule: Literal["cycle", "plateau", "constant"] = "cycle"
    warm_up: int = 0
    halve: int = 5
    clip: float | None = 1.0  # norm of the gradient at most


@dataclass
class Course:
    """How training went: the loss on `valid` by epoch, and the operations it took."""

    history: list[float]
    flops: float  # of all forward and backward passes, from the first batch by its size


def train(
    network: nn.Module,
    examples: Sequence[Example],
    valid: Sequence[Example],
    loss: Loss,
    recipe: Recipe,
    seed: int,
    name: str = "network",
) -> Course:
    """Fit `network(x, mask)`; it ends in its best state, at rest.

    Without `valid`, the training examples choose the state. Where the run has a folder for
    checkpoints, a killed training goes on from its last epoch with the same numbers as without
    the kill; `name` tells several networks of one model apart. With SILENTBENCH_EPOCH it ends
    after that epoch instead, in the state that it has then.
    """
    network.to(device())
    run = _Run(network, recipe, -(-len(examples) // recipe.batch), seed)
    checkpoint = _checkpoint(name)
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
    saved = time.monotonic()
    while not run.ended:
        network.train()
        for batch in _batches(examples, recipe, run.random):
            run.step(batch, loss)
        run.close_epoch(evaluate(network, valid or examples, loss, recipe.batch))
        if checkpoint is not None and (run.ended or time.monotonic() - saved >= SAVE_SECONDS):
            run.save(checkpoint)
            saved = time.monotonic()
    if last_epoch() is None:
        network.load_state_dict(run.best)
    network.eval()
    return Course(run.history, run.flops)


def device() -> torch.device:
    """The GPU where there is one, unless SILENTBENCH_DEVICE names another place."""
    default = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(os.environ.get("SILENTBENCH_DEVICE", default))


def fast() -> bool:
    """SILENTBENCH_FAST=1: bfloat16 and compiled graphs, which change the last digits."""
    return os.environ.get("SILENTBENCH_FAST") == "1"


def last_epoch() -> int | None:
    """SILENTBENCH_EPOCH: after which epoch, counted from 1, a kept network is asked for."""
    asked = os.environ.get("SILENTBENCH_EPOCH")
    return int(asked) if asked else None


def _checkpoint(name: str) -> Path | None:
    folder = os.environ.get("SILENTBENCH_CHECKPOINTS")
    return Path(folder) / f"{name}.pt" if folder else None


class _Run:
    """Everything that a checkpoint has to hold."""

    def __init__(self, network: nn.Module, recipe: Recipe, batches: int, seed: int) -> None:
        self.network, self.recipe = network, recipe
        kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[recipe.optimiser]
        self.optimiser = kind(network.parameters(), recipe.rate, weight_decay=recipe.decay)
        self.by_batch, self.by_epoch = _schedules(self.optimiser, recipe, batches)
        self.forward = torch.compile(network) if fast() else network
        self.random = np.random.default_rng(seed)
        self.history: list[float] = []
        self.best = copy.deepcopy(network.state_dict())
        self.flops, self.flops_a_frame = 0.0, 0.0

    @property
    def ended(self) -> bool:
        epochs = len(self.history)
        late = epochs > 0 and epochs - 1 - int(np.argmin(self.history)) >= self.recipe.patience
        return epochs >= min(self.recipe.epochs, last_epoch() or epochs + 1) or late

    def step(self, batch: tuple[Tensor, Tensor, Tensor], loss: Loss) -> None:
        frames = batch[0].shape[0] * batch[0].shape[1]
        if not self.flops_a_frame:
            with FlopCounterMode(display=False) as counter:
                self._learn(batch, loss, self.network)
            self.flops_a_frame = counter.get_total_flops() / frames
        else:
            self._learn(batch, loss, self.forward)
        self.flops += self.flops_a_frame * frames

    def _learn(
        self,
        batch: tuple[Tensor, Tensor, Tensor],
        loss: Loss,
        forward: Callable[[Tensor, Tensor], Tensor],
    ) -> None:
        x, y, mask = (part.to(device()) for part in batch)
        self.optimiser.zero_grad()
        with torch.autocast(device().type, torch.bfloat16, enabled=fast()):
            error = loss(forward(x, mask), y, mask)
        error.backward()
        if self.recipe.clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.optimiser.step()
        for schedule in self.by_batch:
            schedule.step()

    def close_epoch(self, error: float) -> None:
        self.history.append(error)
        if error == min(self.history):
            self.best = copy.deepcopy(self.network.state_dict())
        for schedule in self.by_epoch:
            schedule.step(error)

    def _parts(self) -> dict[str, Any]:
        schedules = [*self.by_batch, *self.by_epoch]
        named = {f"schedule{n}": schedule for n, schedule in enumerate(schedules)}
        return {"network": self.network, "optimiser": self.optimiser, **named}

    def save(self, path: Path) -> None:
        """Whole or absent, like every file of a run."""
        state = {name: part.state_dict() for name, part in self._parts().items()}
        state["more"] = {
            "history": self.history,
            "best": self.best,
            "flops": [self.flops, self.flops_a_frame],
            "random": json.dumps(self.random.bit_generator.state),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if device().type == "cuda" else None,
        }
        unique = path.with_suffix(f".{os.getpid()}")
        torch.save(state, unique)
        os.replace(unique, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location=device())
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        more = state["more"]
        self.history, self.best = more["history"], more["best"]
        self.flops, self.flops_a_frame = more["flops"]
        self.random.bit_generator.state = json.loads(more["random"])
        torch.set_rng_state(more["torch"].cpu())
        if more["cuda"] is not None:  # what dropout on a GPU draws from
            torch.cuda.set_rng_state(more["cuda"].cpu())


def _schedules(
    optimiser: torch.optim.Optimizer, recipe: Recipe, batches: int
) -> tuple[list[Any], list[Any]]:
    """What changes the step after each batch, and what after each epoch."""
    rates = torch.optim.lr_scheduler
    if recipe.schedule == "cycle":
        steps = recipe.epochs * batches
        cycle = rates.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.1)
        return [cycle], []
    warm = []
    if recipe.warm_up:
        first = 1 / recipe.warm_up
        warm = [rates.LinearLR(optimiser, first, total_iters=recipe.warm_up)]
    if recipe.schedule == "constant":
        return warm, []
    return warm, [rates.ReduceLROnPlateau(optimiser, factor=0.5, patience=recipe.halve)]


@torch.no_grad()
def evaluate(network: nn.Module, examples: Sequence[Example], loss: Loss, batch: int) -> float:
    """Mean of the loss over batches of whole recordings, by the number of recordings in each."""
    network.eval()
    total = 0.0
    for start in range(0, len(examples), batch):
        pairs = [(e.x, e.y) for e in examples[start : start + batch]]
        x, y, mask = (part.to(device()) for part in _pad(pairs))
        total += float(loss(network(x, mask), y, mask)) * len(x)
    return total / len(examples)


@torch.no_grad()
def answer(network: nn.Module, x: Array) -> Array:
    """What a trained network says to one recording (time, ...): (time, out), or (out,)."""
    inputs, _, mask = _pad([(x, np.zeros(0, np.float32))])
    said = network(inputs.to(device()), mask.to(device()))[0]
    return np.asarray(said.float().cpu().numpy())


def size(network: nn.Module) -> int:
    """How many numbers are learnt."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def squared(output: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over the real frames and all columns."""
    return (((output - target) ** 2).mean(-1) * mask).sum() / mask.sum()


def _batches(
    examples: Sequence[Example], recipe: Recipe, random: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    order = random.permutation(len(examples))
    for start in range(0, len(order), recipe.batch):
        chosen = [examples[i] for i in order[start : start + recipe.batch]]
        yield _pad([_cut(example, recipe.chunk, random) for example in chosen])


def _cut(example: Example, chunk: int | None, random: np.random.Generator) -> tuple[Array, Array]:
    """`chunk` frames from a place drawn at random, the whole where it is shorter.

    One row for all of a recording stays.
    """
    if chunk is None or len(example.x) <= chunk:
        return example.x, example.y
    start = int(random.integers(len(example.x) - chunk + 1))
    y = example.y if len(example.y) == 1 else example.y[start : start + chunk]
    return example.x[start : start + chunk], y


def _pad(pairs: Sequence[tuple[Array, Array]]) -> tuple[Tensor, Tensor, Tensor]:
    """Arrays of different length, filled with zeros, and a mask (batch, time) of what x holds."""
    mask = _stack([np.ones(len(x), np.float32) for x, _ in pairs])
    return _stack([x for x, _ in pairs]), _stack([y for _, y in pairs]), mask


def _stack(arrays: Sequence[Array]) -> Tensor:
    out = torch.zeros(len(arrays), max(map(len, arrays)), *arrays[0].shape[1:])
    for row, array in zip(out, arrays, strict=True):
        row[: len(array)] = torch.from_numpy(np.array(array, np.float32))
    return out
