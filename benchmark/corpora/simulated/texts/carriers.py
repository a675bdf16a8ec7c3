"""Command words, alone or beside words that say nothing: length does not tell which word it is."""

from __future__ import annotations

from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.texts.lexicon import WORDS

ALONE = 0.35  # share of the takes in which the word has no company
CARRIERS = (  # what is said before and after
    *(("please", ""), ("", "please"), ("now", ""), ("", "now"), ("say", ""), ("", "again")),
    *(("say", "again"), ("well ,", ""), ("", ", please"), ("then", ""), ("and then", "")),
    *(("", "and then"), ("it is", ""), ("not", ""), ("say", ", please"), ("and now", "")),
)


def commands(seed: str, name: str, rounds: int) -> list[str]:
    """Each command word once a round, in random order, with a random carrier or none."""
    rng = generator(seed, "commands", name)
    said = list[str]()
    for _ in range(rounds):
        for word in rng.permutation(WORDS).tolist():
            before, after = CARRIERS[int(rng.integers(len(CARRIERS)))]
            alone = rng.random() < ALONE
            said.append(word if alone else " ".join(filter(None, (before, word, after))))
    return said
