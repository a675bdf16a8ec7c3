"""The grammar as words in phones, for `benchmark/recogniser`: its texts, or pairs of its words."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache

import numpy as np

from benchmark.corpora.simulated.texts import automaton, heard, lexicon
from benchmark.recogniser.bigrams import Bigrams
from benchmark.recogniser.decoding import NEVER, Graph


@cache
def of_grammar() -> Graph:
    """The graph of all texts of the grammar."""
    return spelt(heard.texts())


def spelt(top: automaton.State) -> Graph:
    """The words of an automaton in phones of the lexicon."""
    states = automaton.states(top)
    number = {state: k for k, state in enumerate(states)}
    over = np.full(len(states), NEVER, np.float32)
    arcs = list[tuple[int, str, int, float]]()
    for state in states:
        for chance, word, after in state.arcs:
            if after is None:
                over[number[state]] = math.log(chance)
            else:
                arcs.append((number[after], word, number[state], math.log(chance)))
    arcs.sort()
    places = sorted({arc[:2] for arc in arcs})
    where = {place: k for k, place in enumerate(places)}
    ends = np.array([end for end, _ in places])
    reached, first_word = np.unique(ends, return_index=True)
    spellings = [lexicon.PRONUNCIATIONS[word] for _, word in places]
    of_arcs = np.array([where[arc[:2]] for arc in arcs])
    return Graph(
        words=tuple(word for _, word in places),
        ends=ends,
        states=reached,
        first_word=first_word,
        phones=np.array([lexicon.PHONES.index(phone) for word in spellings for phone in word]),
        begins=np.cumsum([0, *map(len, spellings)])[:-1],
        sources=np.array([arc[2] for arc in arcs]),
        chances=np.array([arc[3] for arc in arcs], np.float32),
        first_arc=np.searchsorted(of_arcs, np.arange(len(places))),
        over=over,
        kinds=len(lexicon.PHONES),
    )


def pairs(top: automaton.State) -> Bigrams:
    """How likely each word follows each other one in the texts of an automaton: exact, no sample.

    ValueError for a word that the lexicon lacks.
    """
    masses: dict[int, dict[str, float]] = {id(top): {automaton.END: 1.0}}
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for state in _ordered(top):
        for before, mass in masses.get(id(state), {}).items():
            for chance, word, after in state.arcs:
                counts[before, word] += mass * chance
                if after is not None:
                    coming = masses.setdefault(id(after), {})
                    coming[word] = coming.get(word, 0.0) + mass * chance
    words = sorted({word for pair in counts for word in pair if word != automaton.END})
    if missing := [word for word in words if word not in lexicon.PRONUNCIATIONS]:
        raise ValueError(f"expected words of the lexicon, found {', '.join(missing)}")
    place = {word: k for k, word in enumerate((*words, automaton.END))}
    table = np.zeros((len(place), len(place)))
    for (before, word), count in counts.items():
        table[place[before], place[word]] = count
    table /= table.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        chances = np.maximum(np.log(table), NEVER).astype(np.float32)
    phones = [[lexicon.PHONES.index(p) for p in lexicon.PRONUNCIATIONS[word]] for word in words]
    return Bigrams(tuple(words), tuple(map(tuple, phones)), chances, len(lexicon.PHONES))


def _ordered(top: automaton.State) -> list[automaton.State]:
    """All states, each after all that lead to it."""
    done: dict[int, automaton.State] = {}

    def visit(state: automaton.State) -> None:
        for _, _, after in state.arcs:
            if after is not None and id(after) not in done:
                visit(after)
        done[id(state)] = state

    visit(top)
    return [*done.values()][::-1]
