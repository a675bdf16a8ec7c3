"""The likeliest text of a language model for scores of phones: an exact search, without a beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmark.core import Array, UserError

SILENCE = 0  # among the phones
NEVER = np.float32(-1e9)
Path: TypeAlias = list[tuple[Array, Array]]  # by frame and state: word that ended, and its begin


@dataclass(frozen=True, eq=False)
class Graph:
    """An automaton of words, each spelt out in phones; S states, W words at a place, P phones.

    A word at a place is a word and the state after it, whatever comes before.
    """

    words: tuple[str, ...]  # W of them, ordered by the state after them
    ends: Array  # (W,) the state after
    states: Array  # those that words lead to, in order
    first_word: Array  # of each of `states`, its first among the W
    phones: Array  # (P,) the phones of all W, one word after the other
    begins: Array  # (W,) of each word its first phone among the P
    sources: Array  # (A,) of all arcs, ordered by the word, where they come from
    chances: Array  # (A,) their log
    first_arc: Array  # (W,) of each word, its first arc
    over: Array  # (S,) log of the chance that the text ends
    kinds: int  # of phones, silence among them

    @property
    def lasts(self) -> Array:
        """(W,) of each word its last phone."""
        return np.append(self.begins[1:], len(self.phones)) - 1


def recognise(scores: Array, graph: Graph) -> str:
    """The text whose phones have the greatest sum of `scores` (T, kinds of phones) and of the logs
    of its chances. A phone lasts two frames or more; between words there may be silence.

    UserError where the scores are not finite, are too few for any text of the graph, or are of
    other phones.
    """
    if scores.ndim != 2 or scores.shape[1] != graph.kinds or not len(scores):
        raise UserError(
            f"expected scores of {graph.kinds} phones in 1 or more frames, found shape "
            f"{scores.shape}; look at what gave them"
        )
    if bad := np.count_nonzero(~np.isfinite(scores).all(axis=1)):
        raise UserError(
            f"expected finite scores of phones, found {bad} of {len(scores)} frames with NaN or "
            "infinite ones; look at what gave them"
        )
    scores = scores.astype(np.float32)
    best = np.full(len(graph.over), NEVER, np.float32)
    best[0] = 0
    history, path = [best], Path()
    early = np.full(len(graph.phones), NEVER, np.float32)  # in the first frame of the phone
    late = early.copy()
    begun = np.zeros((2, len(graph.phones)), np.int32)  # when the word of each did
    place = np.searchsorted(graph.states, graph.ends)
    lasts = graph.lasts
    arcs = np.empty(len(graph.sources), np.float32)  # filled anew: a new array a frame takes longer
    for time, frame in enumerate(scores):
        np.take(history[-1], graph.sources, out=arcs, mode="clip")  # other modes copy first
        arcs += graph.chances
        entering = np.maximum.reduceat(arcs, graph.first_arc)
        following = np.empty_like(late)
        following[1:], following[graph.begins] = late[:-1], entering
        since = np.empty_like(begun[0])
        since[1:], since[graph.begins] = begun[1, :-1], time
        heard_now = frame[graph.phones]
        begun[1] = np.where(early > late, begun[0], begun[1])
        late = np.maximum(early, late) + heard_now
        early, begun[0] = following + heard_now, since
        reached = late[lasts]
        most = np.maximum.reduceat(reached, graph.first_word)
        now = history[-1] + frame[SILENCE]
        hits = np.flatnonzero(reached == most[place])
        winners = np.zeros(len(most), int)
        winners[place[hits]] = hits
        better = most > now[graph.states]
        word, begin = np.full(len(now), -1), np.zeros(len(now), int)
        states = graph.states[better]
        now[states] = most[better]
        word[states], begin[states] = winners[better], begun[1, lasts[winners[better]]]
        history.append(now)
        path.append((word, begin))
    return " ".join(_back(history, path, graph))


def _back(history: list[Array], path: Path, graph: Graph) -> list[str]:
    ended = history[-1] + graph.over
    state, time, words = int(np.argmax(ended)), len(path), list[str]()
    if ended[state] <= NEVER / 2:
        raise UserError(
            f"expected frames enough for a text of the grammar, found {time}, in which none ends; "
            "recognise a longer recording"
        )
    while time > 0:
        word, begin = (int(of[state]) for of in path[time - 1])
        if word < 0:  # silence
            time -= 1
            continue
        words.append(graph.words[word])
        last = graph.first_arc[word + 1] if word + 1 < len(graph.words) else len(graph.sources)
        arcs = slice(graph.first_arc[word], last)
        from_here = history[begin][graph.sources[arcs]] + graph.chances[arcs]
        state, time = int(graph.sources[arcs][np.argmax(from_here)]), begin
    return words[::-1]
