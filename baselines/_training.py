"""The one training loop: batches of padded sequences, AdamW, the best state on `valid` kept."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from _nouns import Array
from torch import Tensor, nn

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
    rate: float = 2e-3  # largest step of AdamW: it rises in the first tenth, then falls
    decay: float = 1e-2
    patience: int = 10  # epochs without a better state until training ends
    chunk: int | None = None  # frames that are drawn from each recording an epoch; None is all


def train(
    network: nn.Module,
    examples: Sequence[Example],
    valid: Sequence[Example],
    loss: Loss,
    recipe: Recipe,
    seed: int,
) -> list[float]:
    """Fit `network(x, mask)`; it ends in its best state. Returns the loss on `valid` by epoch.

    Without `valid`, the training examples choose the state.
    """
    random = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * -(-len(examples) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps, pct_start=0.1
    )
    history: list[float] = []
    best = copy.deepcopy(network.state_dict())
    for epoch in range(recipe.epochs):
        network.train()
        for x, y, mask in _batches(examples, recipe, random):
            optimiser.zero_grad()
            loss(network(x, mask), y, mask).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        history.append(evaluate(network, valid or examples, loss, recipe.batch))
        if history[-1] == min(history):
            best = copy.deepcopy(network.state_dict())
        if epoch - int(np.argmin(history)) >= recipe.patience:
            break
    network.load_state_dict(best)
    network.eval()
    return history


@torch.no_grad()
def evaluate(network: nn.Module, examples: Sequence[Example], loss: Loss, batch: int) -> float:
    """Mean of the loss over batches of whole recordings, by the number of recordings in each."""
    network.eval()
    total = 0.0
    for start in range(0, len(examples), batch):
        x, y, mask = _pad([(e.x, e.y) for e in examples[start : start + batch]])
        total += float(loss(network(x, mask), y, mask)) * len(x)
    return total / len(examples)


@torch.no_grad()
def answer(network: nn.Module, x: Array) -> Array:
    """What a trained network says to one recording (time, ...): (time, out), or (out,)."""
    inputs, _, mask = _pad([(x, np.zeros(0, np.float32))])
    return np.asarray(network(inputs, mask)[0].numpy())


def size(network: nn.Module) -> int:
    """How many numbers are learnt."""
    return sum(parameter.numel() for parameter in network.parameters())


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
    """`chunk` frames from a place drawn at random, the whole where it is shorter."""
    if chunk is None or len(example.x) <= chunk:
        return example.x, example.y
    start = int(random.integers(len(example.x) - chunk + 1))
    return example.x[start : start + chunk], example.y[start : start + chunk]


def _pad(pairs: Sequence[tuple[Array, Array]]) -> tuple[Tensor, Tensor, Tensor]:
    """Arrays of different length, filled with zeros, and a mask (batch, time) of what x holds."""
    mask = _stack([np.ones(len(x), np.float32) for x, _ in pairs])
    return _stack([x for x, _ in pairs]), _stack([y for _, y in pairs]), mask


def _stack(arrays: Sequence[Array]) -> Tensor:
    out = torch.zeros(len(arrays), max(map(len, arrays)), *arrays[0].shape[1:])
    for row, array in zip(out, arrays, strict=True):
        row[: len(array)] = torch.from_numpy(np.array(array, np.float32))
    return out
