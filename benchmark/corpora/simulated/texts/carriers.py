"""Command words, mostly alone, else beside a word that says nothing: length tells no word."""

from __future__ import annotations

from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.texts.lexicon import WORDS

# A recurrent network found a quarter of the words of new talkers where two takes in three had
# company, and more than half where none had; rest around a word still hides its place and length.
ALONE = 0.8  # share of the takes in which the word has no company
CARRIERS = (  # what is said before and after: one word
    *(("please", ""), ("", "please"), ("now", ""), ("", "now"), ("say", ""), ("", "again")),
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
