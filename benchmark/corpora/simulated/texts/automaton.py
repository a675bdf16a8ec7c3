"""Weighted automata of words, built backwards: a state is its arcs to states that exist already.

States with the same arcs are one, so all ways to go on alike are shared, and there is no cycle.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

END = ""  # in place of a word: the text is over


@dataclass(frozen=True, eq=False)
class State:
    """The arcs (chance, word, next) of a place in a text."""

    arcs: tuple[tuple[float, str, State | None], ...]


Arc = tuple[float, str, "State | None"]
DEAD = State(())  # no text goes on from here
_KNOWN: dict[frozenset[tuple[str, int, float]], State] = {}


def state(arcs: Iterable[Arc]) -> State:
    """The one state of such arcs; those with the same word and next become one, dead ones none.

    ValueError for a chance that is no number of 0 or more.
    """
    arcs = [*arcs]
    if wrong := [(chance, word) for chance, word, _ in arcs if not 0 <= chance < math.inf]:
        raise ValueError(f"{wrong[0][1]!r}: expected a chance of 0 or more, found {wrong[0][0]}")
    chances = defaultdict[tuple[str, int], float](float)
    nexts = dict[int, State | None]()
    for chance, word, after in arcs:
        if chance > 0 and (after is None or after.arcs):
            chances[word, id(after)] += chance
            nexts[id(after)] = after
    key = frozenset((*where, round(chance, 12)) for where, chance in chances.items())
    if key not in _KNOWN:
        _KNOWN[key] = State(tuple((c, word, nexts[at]) for (word, at), c in chances.items()))
    return _KNOWN[key]


def mix(*parts: tuple[float, State]) -> State:
    """One of several ways to go on, by their chances."""
    return state((p * chance, word, to) for p, part in parts for chance, word, to in part.arcs)


def even(parts: Sequence[State]) -> State:
    """One of several ways to go on, each as likely; ValueError for none."""
    if not parts:
        raise ValueError("expected one way or more to go on, found none")
    return mix(*((1 / len(parts), part) for part in parts))


def said(words: Sequence[str], to: State) -> State:
    """One of some words, each of the same chance; "" is none."""
    return even([state([(1.0, word, to)]) if word else to for word in words])


def maybe(chance: float, part: State, to: State) -> State:
    """`part` by this chance, which goes on to `to`; else `to` at once."""
    return mix((chance, part), (1 - chance, to))


def pushed(top: State) -> State:
    """The same texts and chances, with chances of each state that add up to one.

    ValueError where no text ends.
    """
    if not top.arcs:
        raise ValueError("expected an automaton with one text or more, found one without any")
    done: dict[int, tuple[float, State]] = {}

    def visit(one: State) -> tuple[float, State]:
        if id(one) not in done:
            found = list[Arc]()
            for chance, word, after in one.arcs:
                mass, to = (1.0, None) if after is None else visit(after)
                found.append((chance * mass, word, to))
            total = math.fsum(chance for chance, _, _ in found)
            done[id(one)] = total, state((c / total, word, to) for c, word, to in found)
        return done[id(one)]

    return visit(top)[1]


def states(top: State) -> list[State]:
    """Every state that can be reached, the first one first."""
    found, at = {id(top): top}, 0
    order = [top]
    while at < len(order):
        for _, _, after in order[at].arcs:
            if after is not None and id(after) not in found:
                found[id(after)] = after
                order.append(after)
        at += 1
    return order
