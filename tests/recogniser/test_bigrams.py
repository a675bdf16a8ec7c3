"""Pairs of words: counted exactly, searched as the automaton they come from, kept in a file."""

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora.simulated.texts import automaton, graph, heard, lexicon
from benchmark.recogniser import bigrams, decoding
from benchmark.recogniser import heard as recogniser

PHONES = len(lexicon.PHONES)


def small():
    """Texts of which each word tells all that comes before it, so pairs lose nothing."""
    over = automaton.state([(1.0, automaton.END, None)])
    more = automaton.maybe(0.3, automaton.said(["he", "they", "who"], over), over)
    return automaton.pushed(automaton.said(["a", "we"], more))


def texts_of(state, said=(), chance=1.0):
    for one, word, after in state.arcs:
        if after is None:
            yield said, chance * one
        else:
            yield from texts_of(after, (*said, word), chance * one)


def test_pairs_are_counted_over_all_texts():
    top, counts = small(), defaultdict(float)
    for said, chance in texts_of(top):
        for pair in zip(("", *said), (*said, ""), strict=True):
            counts[pair] += chance
    before = defaultdict(float)
    for (first, _), count in counts.items():
        before[first] += count
    model = graph.pairs(top)
    names = (*model.words, "")
    for row, first in enumerate(names):
        for column, second in enumerate(names):
            expected = counts.get((first, second), 0.0)
            found = math.exp(model.chances[row, column])
            assert found == pytest.approx(expected / before[first], abs=1e-6)


def test_silence_is_the_phone_that_the_search_takes_for_it():
    assert lexicon.PHONES[decoding.SILENCE] == lexicon.SILENCE


def test_pairs_are_searched_as_the_automaton_is():
    spelt, paired = graph.spelt(small()), graph.pairs(small()).graph()
    rng, found = np.random.default_rng(0), set()
    for frames in (6, 9, 14, 20) * 8:
        scores = rng.normal(0, 1, (frames, PHONES))
        text = decoding.recognise(scores, spelt)
        assert decoding.recognise(scores, paired) == text
        found.add(text)
    assert len(found) > 5


def test_the_model_beside_the_network_is_that_of_the_grammar():
    kept, made = bigrams.read(recogniser.LANGUAGE), graph.pairs(heard.texts())
    assert (kept.words, kept.spellings, kept.kinds) == (made.words, made.spellings, made.kinds)
    np.testing.assert_allclose(kept.chances, made.chances, atol=5e-3, rtol=1e-3)
    assert np.exp(kept.chances).sum(axis=1) == pytest.approx(1, abs=0.01)


def endless(chances):
    return np.where(np.arange(len(chances)) == len(chances) - 1, -2e9, chances)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: {"spellings": m.spellings[:-1]}, "expected phones for each of"),
        (lambda m: {"spellings": (*m.spellings[:-1], ())}, "expected phones for each of"),
        (lambda _: {"kinds": 3}, "expected 2 kinds of phones"),
        (lambda m: {"chances": m.chances[:-1]}, "expected chances of 6 after as many"),
        (lambda m: {"chances": m.chances + 2e9}, "expected logs of chances"),
        (lambda m: {"chances": 0 * m.chances - 2e9}, "expected each word after some other"),
        (lambda m: {"chances": endless(m.chances)}, "expected words that a text ends with"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(tmp_path, change, says):
    path, model = tmp_path / "it.npz", graph.pairs(small())
    with np.errstate(invalid="ignore", over="ignore"):
        bigrams.write(path, replace(model, **change(model)))
    with pytest.raises(UserError, match=rf"it\.npz: {says}.*make it again"):
        bigrams.read(path)


def test_phones_that_no_word_has_are_refused(tmp_path):
    path = tmp_path / "it.npz"
    bigrams.write(path, graph.pairs(small()))
    with np.load(path) as held:
        arrays = dict(held)
    np.savez(path, **{**arrays, "phones": np.append(arrays["phones"], 1)})
    with pytest.raises(UserError, match="expected as many phones as the words have"):
        bigrams.read(path)


def test_a_damaged_model_is_named(tmp_path):
    path = tmp_path / "it.npz"
    for content in (b"", b"PK", b"none", recogniser.LANGUAGE.read_bytes()[:999]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"it\.npz: expected a language model"):
            bigrams.read(path)
    path.unlink()
    with pytest.raises(UserError, match=r"it\.npz: expected a language model"):
        bigrams.read(path)
