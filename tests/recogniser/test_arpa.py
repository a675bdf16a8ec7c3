"""A bigram model for recognisers of others: its chances add up."""

import math
from collections import defaultdict

import pytest

from benchmark.recogniser import arpa


def test_chances_of_the_model_add_up():
    texts = ["the dog sleeps", "the cat sleeps", "i see the dog"]
    lines = arpa.bigrams(map(str.split, texts), ["never"]).splitlines()
    middle = lines.index("\\2-grams:")
    assert lines[:4] == ["\\data\\", "ngram 1=9", f"ngram 2={len(lines) - middle - 3}", ""]
    singles = {
        word: (10 ** float(chance), 10 ** float(left))
        for chance, word, left in map(str.split, filter(None, lines[5:middle]))
    }
    assert sum(chance for chance, _ in singles.values()) == pytest.approx(1, abs=1e-3)
    assert singles["never"][0] == pytest.approx(1 / 14, abs=1e-4)  # of 13 words and ends
    pairs = defaultdict(dict)
    for line in lines[middle + 1 :]:
        if line and not line.startswith("\\"):
            chance, first, second = line.split()
            pairs[first][second] = 10 ** float(chance)
    assert set(pairs["the"]) == {"dog", "cat"}
    assert math.isclose(pairs["the"]["dog"], (2 - arpa.DISCOUNT) / 3, abs_tol=1e-3)
    for first, after in pairs.items():
        assert sum(after.values()) + singles[first][1] == pytest.approx(1, abs=1e-3)
