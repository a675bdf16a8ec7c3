"""Connectionist temporal classification (Graves et al. 2006): its loss, and two ways to read it.

A text is written as symbols 1, 2, ... of an alphabet, blank is 0. Every word begins with a space,
so that words are what lies between spaces, the first one too.

`best_path` takes the likeliest symbol of every frame. `WordGraph` looks for the best sequence of
words from a closed list instead (Viterbi over time, words and their symbols), with a score for each
pair of neighbours, that of a bigram.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from _nouns import Array
from torch import Tensor
from torch.nn import functional

BLANK = 0
NEVER = -1e30  # a log probability: finite, so that differences of two have a value


@dataclass(frozen=True)
class Alphabet:
    """Which letter a symbol is: symbol n is letters[n - 1]."""

    letters: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> Alphabet:
        return cls("".join(sorted({" ", *"".join(texts)})))

    @property
    def symbols(self) -> int:
        """How many, blank included."""
        return len(self.letters) + 1

    def written(self, text: str) -> Array:
        """The symbols of a text, a space before each word; unknown letters are left out."""
        spaced = "".join(f" {word}" for word in text.split())
        return np.array([self.letters.index(c) + 1 for c in spaced if c in self.letters], np.int64)

    def read(self, symbols: Iterable[int]) -> str:
        return " ".join("".join(self.letters[symbol - 1] for symbol in symbols).split())


def ctc(output: Tensor, symbols: Tensor, mask: Tensor) -> Tensor:
    """Mean over recordings of -log p(text) by its number of symbols.

    Scores (batch, frames, symbols), texts (batch, length) filled with 0, mask (batch, frames).
    """
    log_p = functional.log_softmax(output.float(), dim=-1).transpose(0, 1)
    frames, lengths = mask.sum(1).long(), (symbols > 0).sum(1)
    return functional.ctc_loss(log_p, symbols.long(), frames, lengths, zero_infinity=True)


def log_softmax(scores: Array) -> Array:
    return torch.log_softmax(torch.from_numpy(np.asarray(scores, np.float64)), dim=-1).numpy()


def best_path(log_p: Array) -> list[int]:
    """(frames, symbols) -> the symbols of the best path, repeats and blanks taken out."""
    best = log_p.argmax(axis=1)
    kept = (best != BLANK) & (best != np.concatenate([[-1], best[:-1]]))
    return [int(symbol) for symbol in best[kept]]


class WordGraph:
    """Words in order, as nodes; `first`, `last` (nodes,) and `after` (nodes, nodes) are log scores.

    after[a, b] is the score of b behind a. A node has the states blank, symbol, blank, symbol, ...
    and is left from its last symbol or from the blank behind it.
    """

    def __init__(
        self, words: Sequence[str], alphabet: Alphabet, first: Array, after: Array, last: Array
    ) -> None:
        self.words = list(words)
        self.first, self.after, self.last = first, after, last
        spelled = [alphabet.written(word) for word in words]
        self.states = np.zeros((len(words), 2 * max(map(len, spelled)) + 1), np.int64)
        self.exits = np.array([2 * len(symbols) for symbols in spelled])
        for row, symbols in zip(self.states, spelled, strict=True):
            row[1 : 2 * len(symbols) : 2] = symbols
        place = np.arange(self.states.shape[1])
        self.valid = place <= self.exits[:, None]
        self.skips = np.zeros_like(self.valid)  # a blank may be left out between unlike symbols
        self.skips[:, 2:] = (self.states[:, 2:] != BLANK) & (
            self.states[:, 2:] != self.states[:, :-2]
        )

    def best(self, log_p: Array) -> str:
        """The best sequence of words for (frames, symbols), "" where none fits in."""
        nodes, states = self.states.shape
        rows = np.arange(nodes)
        score = np.full((nodes, states), NEVER)
        history = np.full((nodes, states), -1)  # the last link of the path into each state
        links: list[tuple[int, int]] = []  # (link before, node)
        enter, through = self.first, np.full(nodes, -1)
        for frame in log_p:
            came, via = _best_of(score, history, self.skips)
            new = enter[:, None] > came[:, :2]
            came[:, :2] = np.where(new, enter[:, None], came[:, :2])
            via[:, :2] = np.where(new, through[:, None], via[:, :2])
            score = np.where(self.valid, came + frame[self.states], NEVER)
            history = via
            ends = np.stack([score[rows, self.exits - 1], score[rows, self.exits]])
            side = ends.argmax(axis=0)
            left, before = ends.max(axis=0), history[rows, self.exits - 1 + side]
            links += [(int(link), node) for node, link in enumerate(before)]
            total = left[:, None] + self.after
            source = total.argmax(axis=0)
            enter, through = total.max(axis=0), len(links) - nodes + source
        final = left + self.last
        node = int(final.argmax())
        if final[node] <= NEVER / 2:
            return ""
        return " ".join(self._words(links, len(links) - nodes + node))

    def _words(self, links: Sequence[tuple[int, int]], link: int) -> list[str]:
        found = []
        while link >= 0:
            link, node = links[link]
            found.append(self.words[node])
        return found[::-1]


def _best_of(score: Array, history: Array, skips: Array) -> tuple[Array, Array]:
    """For each state the best of staying, the state before, and the one before that."""
    came, via = score.copy(), history.copy()
    for step, allowed in ((1, np.ones_like(skips[:, 1:])), (2, skips[:, 2:])):
        better = allowed & (score[:, :-step] > came[:, step:])
        came[:, step:] = np.where(better, score[:, :-step], came[:, step:])
        via[:, step:] = np.where(better, history[:, :-step], via[:, step:])
    return came, via


def bigram(texts: Sequence[str], alphabet: Alphabet, weight: float, add: float = 0.1) -> WordGraph:
    """Any words of the texts in any number, with the log probability of each pair of neighbours.

    Pairs are counted with `add` more each, then multiplied by `weight`.
    """
    words = sorted({word for text in texts for word in text.split()})
    place = {word: n for n, word in enumerate(words)}
    counts = np.full((len(words) + 1, len(words) + 1), add)  # the last is the text's end
    for text in texts:
        chain = [-1, *(place[word] for word in text.split()), -1]
        for one, other in pairwise(chain):
            counts[one, other] += 1
    log_p = weight * np.log(counts / counts.sum(axis=1, keepdims=True))
    return WordGraph(words, alphabet, log_p[-1, :-1], log_p[:-1, :-1], log_p[:-1, -1])
