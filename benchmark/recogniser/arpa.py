"""A bigram model of texts in the ARPA format, as recognisers of others read it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

DISCOUNT = 0.5  # of each count of a bigram


def bigrams(texts: Iterable[Sequence[str]], more: Iterable[str] = ()) -> str:
    """The model of texts, each as its words, with absolute discounting; `more` words once each."""
    said = [("<s>", *words, "</s>") for words in texts]
    single = Counter(word for one in said for word in one)
    single.update(more)  # also what no text has
    pairs = Counter(pair for one in said for pair in pairwise(one))
    before, kinds = Counter[str](), Counter[str]()
    for (first, _), count in pairs.items():
        before[first] += count
        kinds[first] += 1
    total = single.total() - single["<s>"]
    lines = ["\\data\\", f"ngram 1={len(single)}", f"ngram 2={len(pairs)}", "", "\\1-grams:"]
    for word, count in sorted(single.items()):
        chance = -99.0 if word == "<s>" else math.log10(count / total)
        left = math.log10(DISCOUNT * kinds[word] / before[word]) if before[word] else 0.0
        lines.append(f"{chance:.4f} {word} {left:.4f}")
    lines += ["", "\\2-grams:"]
    for (first, second), count in sorted(pairs.items()):
        lines.append(f"{math.log10((count - DISCOUNT) / before[first]):.4f} {first} {second}")
    return "\n".join([*lines, "", "\\end\\", ""])
