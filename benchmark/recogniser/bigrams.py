"""A language model of pairs of words, as a graph to search: what may be heard, and how likely."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, UserError
from benchmark.recogniser.decoding import NEVER, SILENCE, Graph
from benchmark.spectra.convolutions import DAMAGED


@dataclass(frozen=True, eq=False)
class Bigrams:
    """V words, their phones, and the log (V + 1, V + 1) of the chance of each word after each.

    The last row is the begin of a text, the last column its end; NEVER is what is not said.
    """

    words: tuple[str, ...]
    spellings: tuple[tuple[int, ...], ...]
    chances: Array
    kinds: int  # of phones, silence among them

    def graph(self) -> Graph:
        """The graph whose state is the last word that was said."""
        count = len(self.words)
        sources, words = np.nonzero(self.chances[:, :count].T > NEVER)[::-1]
        states = (np.arange(count + 1) + 1) % (count + 1)  # the begin is the first of a graph
        return Graph(
            words=self.words,
            ends=states[:count],
            states=states[:count],
            first_word=np.arange(count),
            phones=np.array([phone for spelling in self.spellings for phone in spelling]),
            begins=np.cumsum([0, *map(len, self.spellings)])[:-1],
            sources=states[sources],
            chances=self.chances[sources, words],
            first_arc=np.searchsorted(words, np.arange(count)),
            over=np.roll(self.chances[:, count], 1),
            kinds=self.kinds,
        )


def write(path: Path, model: Bigrams) -> None:
    """Write a model as .npz."""
    made = io.BytesIO()
    np.savez_compressed(
        made,
        allow_pickle=False,
        words=np.array(model.words),
        lengths=np.array([*map(len, model.spellings)], np.uint8),
        phones=np.array([p for spelling in model.spellings for p in spelling], np.uint8),
        chances=np.where(model.chances > NEVER, model.chances, -np.inf).astype(np.float16),
        kinds=np.array(model.kinds, np.uint8),
    )
    storage.write_whole(path, made.getvalue())


def read(path: Path) -> Bigrams:
    """Read a model; UserError where the file is missing, damaged or holds something else."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            words, chances = tuple(map(str, held["words"])), held["chances"].astype(np.float32)
            phones, ends = held["phones"], np.cumsum(held["lengths"])
            parts = np.split(phones, ends[:-1])
            kinds = int(held["kinds"])
    except DAMAGED as error:
        raise UserError(
            f"{path}: expected a language model by tools/train_recogniser.py, found {error}; make "
            "it again"
        ) from None
    if not len(ends) or ends[-1] != len(phones):
        raise UserError(
            f"{path}: expected as many phones as the words have, found {len(phones)}; make it again"
        )
    spellings = tuple(tuple(map(int, part)) for part in parts)
    if wrong := _unlike(words, spellings, chances, kinds):
        raise UserError(f"{path}: {wrong}; make it again")
    return Bigrams(words, spellings, np.maximum(chances, NEVER), kinds)


def _unlike(
    words: tuple[str, ...], spellings: tuple[tuple[int, ...], ...], chances: Array, kinds: int
) -> str:
    """What is not as such a model has it; nothing where all is."""
    if len(spellings) != len(words) or not all(spellings):
        return f"expected phones for each of {len(words)} words"
    if not all(SILENCE < phone < kinds for spelling in spellings for phone in spelling):
        return f"expected {kinds - 1} kinds of phones, found others"
    if chances.shape != (len(words) + 1,) * 2:
        return f"expected chances of {len(words) + 1} after as many, found {chances.shape}"
    if np.isnan(chances).any() or (chances > 0).any():
        return "expected logs of chances, found others"
    if not (chances[:, :-1] > -np.inf).any(axis=0).all():
        return "expected each word after some other, found one that is never said"
    if not (chances[:, -1] > -np.inf).any():
        return "expected words that a text ends with, found none"
    return ""
