"""The automaton of the grammar says what the grammar says, and as often."""

import math
from collections import Counter

import numpy as np
import pytest
from agreement import is_english

from benchmark.corpora.simulated.texts import automaton, grammar, heard
from benchmark.corpora.simulated.texts import words as known

TEXTS = 8000  # whose counts are compared


@pytest.fixture(scope="module")
def said():
    return [grammar.plain(text).split() for text in grammar.sentences("heard", "texts", TEXTS)]


@pytest.fixture(scope="module")
def drawn():
    """Texts by the automaton, of the lengths that the grammar keeps."""
    rng, found = np.random.default_rng(3), []
    while len(found) < TEXTS:
        state, words = heard.texts(), []
        while state is not None:
            chances = np.cumsum([arc[0] for arc in state.arcs])
            _, word, state = state.arcs[int(np.searchsorted(chances, rng.random()))]
            words.append(word)
        if 2 <= len(words) - 1 <= grammar.LONGEST:
            found.append(words[:-1])
    return found


def chance(words):
    """Of a text, by all ways through the automaton."""
    here = Counter({heard.texts(): 1.0})
    for word in (*words, automaton.END):
        after = Counter()
        for state, before in here.items():
            for part, name, to in state.arcs:
                if name == word:
                    after[to] += before * part
        here = after
    return here.total()


def punctuated(words):
    """A text without pauses, and with them where the grammar may have them."""
    yield " ".join(words)
    for place in range(1, len(words)):
        yield " ".join([*words[:place], ",", *words[place:]])
    yield " ".join([" , ".join(words[:-2]), *words[-2:]])


def test_chances_of_every_state_add_up_to_one():
    for state in automaton.states(heard.texts()):
        assert math.fsum(part for part, _, _ in state.arcs) == pytest.approx(1)


def test_it_accepts_every_text_of_the_grammar(said):
    assert [" ".join(words) for words in said[:1500] if chance(words) == 0] == []


@pytest.mark.parametrize("text", ["keep they", "a apple", "an dog", "nobody did not run", "in"])
def test_it_refuses_what_the_grammar_never_says(text):
    assert chance(text.split()) == 0


def test_what_it_accepts_is_english(drawn):
    wrong = [words for words in drawn[:1000] if not any(is_english(t) for t in punctuated(words))]
    assert wrong == []


def test_words_and_kinds_of_words_are_as_frequent_as_in_the_grammar(said, drawn):
    """Within 4.5 standard errors of a count that Poisson's law has."""
    nouns = (*known.PEOPLE, *known.THINGS, *known.PLACES)
    kinds = {
        "plural": [row[1] for row in nouns if len(row) == 2],
        "singular": [row[0] for row in nouns],
        "joiners": known.JOINERS,
        **{form: [row[k] for row in known.TRANSITIVE] for k, form in enumerate(("0", "s", "ed"))},
        **{word: [word] for words in said + drawn for word in words},
    }
    counts = [Counter(word for words in texts for word in words) for texts in (said, drawn)]
    for kind, words in kinds.items():
        one, other = (sum(count[word] for word in words) for count in counts)
        assert abs(one - other) < 4.5 * math.sqrt(one + other + 1), kind
    one, other = (np.array([len(words) for words in texts]) for texts in (said, drawn))
    assert abs(one.mean() - other.mean()) < 4 * math.sqrt((one.var() + other.var()) / TEXTS)
