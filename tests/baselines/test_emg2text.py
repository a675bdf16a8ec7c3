"""EMG to text: CTC loss, decoders, and an entry that learns to spell."""

import itertools

import numpy as np
import pytest
import torch
from spelled import ASKED, spoken


@pytest.fixture(scope="module")
def reading(module):
    return module("_ctc")


def alignment(log_p, symbols):
    """The score of the best alignment, state by state."""
    states = [0, *itertools.chain.from_iterable((symbol, 0) for symbol in symbols)]
    score = np.full(len(states), -np.inf)
    score[:2] = [log_p[0, state] for state in states[:2]]
    for frame in log_p[1:]:
        new = np.empty_like(score)
        for n, state in enumerate(states):
            before = [score[n], *score[max(n - 1, 0) : n]]
            if n > 1 and state and state != states[n - 2]:
                before.append(score[n - 2])
            new[n] = max(before) + frame[state]
        score = new
    return max(score[-2:])


def test_a_text_is_spelled_with_a_space_before_each_word(reading):
    alphabet = reading.Alphabet.of(["bin at", "at b"])
    assert alphabet.letters == " abint"
    assert alphabet.symbols == 7
    written = alphabet.written("at  bin?")
    assert written.tolist() == [1, 2, 6, 1, 3, 4, 5]
    assert alphabet.read(written) == "at bin"


def test_best_path_decoding_removes_repeats_and_blanks(reading):
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    log_p = np.log(np.eye(3)[path] * 0.8 + 0.1)
    assert reading.best_path(log_p) == [1, 1, 2]


def in_turn(reading, alphabet, *choices):
    """A graph of one word of each of the choices after the other."""
    words = [word for choice in choices for word in choice]
    place = np.repeat(np.arange(len(choices)), [len(choice) for choice in choices])
    after = np.where(place[:, None] + 1 == place, 0.0, reading.NEVER)
    first, last = (np.where(place == end, 0.0, reading.NEVER) for end in (0, place[-1]))
    return reading.WordGraph(words, alphabet, first, after, last)


@pytest.mark.parametrize("seed", range(8))
def test_a_graph_finds_the_best_of_all_its_sentences(reading, seed):
    alphabet = reading.Alphabet.of(["ab ba"])
    rng = np.random.default_rng(seed)
    log_p = reading.log_softmax(2 * rng.normal(size=(int(rng.integers(9, 14)), alphabet.symbols)))
    graph = in_turn(reading, alphabet, ("a", "ab", "b"), ("ba", "b", "bb"))
    every = [f"{one} {other}" for one in ("a", "ab", "b") for other in ("ba", "b", "bb")]
    scores = {text: alignment(log_p, alphabet.written(text)) for text in every}
    assert graph.best(log_p) == max(scores, key=scores.get)


@pytest.mark.parametrize("seed", range(6))
def test_a_bigram_finds_the_best_of_all_sequences(reading, seed):
    texts = ["a b", "b b a", "a"]
    alphabet = reading.Alphabet.of(texts)
    rng = np.random.default_rng(seed)
    log_p = reading.log_softmax(2 * rng.normal(size=(7, alphabet.symbols)))
    graph = reading.bigram(texts, alphabet, weight=0.7)
    scores = {}
    for length in (1, 2, 3):
        for chain in itertools.product(range(2), repeat=length):
            prior = graph.first[chain[0]] + graph.last[chain[-1]]
            prior += sum(graph.after[a, b] for a, b in itertools.pairwise(chain))
            text = " ".join("ab"[n] for n in chain)
            scores[text] = prior + alignment(log_p, alphabet.written(text))
    assert graph.best(log_p) == max(scores, key=scores.get)


def test_a_bigram_adds_up_to_one(reading):
    texts = ["a b", "b b a", "a"]
    graph = reading.bigram(texts, reading.Alphabet.of(texts), weight=1.0)
    after = np.exp(np.column_stack([graph.after, graph.last]))
    np.testing.assert_allclose(after.sum(axis=1), 1)
    # Of three texts two begin with a; 0.1 is added for each of a, b and the end.
    assert np.exp(graph.first[0]) == pytest.approx(2.1 / 3.3)


def test_a_text_longer_than_its_frames_has_no_alignment(reading):
    alphabet = reading.Alphabet.of(["bin blue"])
    graph = in_turn(reading, alphabet, ["bin"], ["blue"])
    log_p = reading.log_softmax(np.zeros((4, alphabet.symbols)))
    assert graph.best(log_p) == ""


def test_the_loss_ignores_padding(reading):
    torch.manual_seed(0)
    output, mask = torch.randn(2, 12, 5), torch.ones(2, 12)
    mask[1, 8:] = 0
    symbols = torch.tensor([[1.0, 2, 3, 4], [2, 2, 0, 0]])
    both = reading.ctc(output, symbols, mask)
    alone = [
        reading.ctc(output[:1], symbols[:1], mask[:1]),
        reading.ctc(output[1:, :8], symbols[1:, :2], mask[1:, :8]),
    ]
    assert both == pytest.approx(float(sum(alone) / 2), rel=1e-5)


@pytest.fixture(scope="module")
def entry(module):
    return module("emg2text")


@pytest.mark.parametrize("reading", ["letters", "bigram"])
def test_it_learns_to_spell(entry, monkeypatch, reading):
    from dataclasses import replace

    monkeypatch.setitem(entry.RECIPES, "ci", replace(entry.RECIPES["ci"], epochs=60, rate=4e-3))
    torch.manual_seed(0)
    model = entry.Model(ASKED, 1, reading=reading)
    model.fit([spoken(n) for n in range(20)], [spoken(n) for n in range(20, 25)])
    for number in range(30, 35):
        recording = spoken(number)
        answer = model.predict({"emg": recording["emg"]}, (-1,))
        assert answer.dtype == np.uint32
        assert "".join(map(chr, answer)) == recording.text


def test_a_short_silent_recording_gets_a_prediction(entry, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(entry.RECIPES, "ci", replace(entry.RECIPES["ci"], epochs=1))
    for reading in ("letters", "bigram"):
        model = entry.Model(ASKED, 1, reading=reading)
        model.fit([spoken(n) for n in range(5)], [])
        assert model.predict({"emg": np.zeros((3, 2), np.float32)}, (-1,)).ndim == 1


def test_the_published_size(entry):
    network = entry.published()
    assert network(torch.zeros(1, 160, 8), torch.ones(1, 160)).shape == (1, 20, 28)
    assert sum(p.numel() for p in network.parameters()) > 50_000_000


def test_a_doubled_letter_needs_a_blank_between(reading):
    alphabet = reading.Alphabet.of(["bb"])
    graph = in_turn(reading, alphabet, ["bb"])
    path = [1, 2, 2]
    assert graph.best(np.log(np.eye(3)[path] * 0.8 + 0.1)) == ""
    path = [1, 2, 0, 2]
    assert graph.best(np.log(np.eye(3)[path] * 0.8 + 0.1)) == "bb"
