"""Mel bins as classes, and what training of the sEEG network may reward beside squared errors."""

from __future__ import annotations

import numpy as np
import torch
from _nouns import Array
from torch import Tensor, nn


def centroids(values: Array, count: int, rounds: int = 100) -> Array:
    """Centres (count,) of the k-means clusters of numbers, in rising order.

    Clusters of sorted numbers are intervals, so that a round is a search and a difference of sums.
    A centre that nothing is near moves to the number that is farthest from its own.
    """
    numbers = np.sort(values.astype(np.float64), axis=None)
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    centres = np.quantile(numbers, (np.arange(count) + 0.5) / count)
    for _ in range(rounds):
        inside = np.searchsorted(numbers, (centres[:-1] + centres[1:]) / 2)
        edges = np.concatenate([[0], inside, [len(numbers)]])
        sizes = np.diff(edges)
        moved = np.diff(sums[edges]) / np.maximum(sizes, 1)
        far = np.abs(numbers - np.repeat(moved, sizes))
        for empty in np.flatnonzero(sizes == 0):
            moved[empty] = numbers[far.argmax()]
            far[far.argmax()] = 0
        moved.sort()
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres.astype(np.float32)


def nearest(frames: Tensor, centres: Tensor) -> Tensor:
    """Which of the rising centres (out, classes) is nearest to each value (..., out)."""
    edges = (centres[:, :-1] + centres[:, 1:]) / 2
    return (frames[..., None] > edges).sum(-1)


def contrastive(embedding: Tensor, talker: Tensor, margin: float = 1.0) -> Tensor:
    """How near different talkers are, and how far one is from itself; 0 where there is but one.

    Mean over pairs of one talker of d**2, plus mean over pairs of two of max(0, margin - d)**2,
    with d the root mean square difference of two embeddings (batch, features).
    """
    distance = (embedding[:, None] - embedding).square().mean(2)
    same = talker[:, None] == talker
    pairs = torch.ones_like(same).triu(1)
    within, across = same & pairs, ~same & pairs
    if not across.any():
        return embedding.new_zeros(())
    apart = (margin - (distance[across] + 1e-12).sqrt()).clamp(min=0).square()
    near = distance[within]
    return apart.mean() + near.sum() / max(len(near), 1)


def soft_correlation(logits: Tensor, classes: Tensor) -> Tensor:
    """Pearson's r over frames between the probability of each class and whether it is the true one.

    Logits (batch, frames, out, classes), classes (batch, frames, out); the mean over batch, bins
    and classes, where a class that never occurs counts 0.
    """
    likely = torch.softmax(logits, dim=-1)
    true = nn.functional.one_hot(classes, logits.shape[-1]).to(likely)
    one, other = (x - x.mean(1, keepdim=True) for x in (true, likely))
    return nn.functional.cosine_similarity(one, other, dim=1).mean()
