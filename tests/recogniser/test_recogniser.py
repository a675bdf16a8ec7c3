"""The recogniser of simulated speech: an exact search, torch's network, and who may train it."""

import json
import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.core import UserError
from benchmark.corpora.simulated import files, fixture
from benchmark.corpora.simulated.texts import automaton, grammar, graph, lexicon
from benchmark.recogniser import acoustics, decoding

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
TAKES = ROOT / "tests" / "corpora" / "simulated" / "takes"
PHONES = len(lexicon.PHONES)


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import train_recogniser

    yield train_recogniser
    del sys.modules["train_recogniser"]


@pytest.fixture
def check(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import check_simulated

    yield check_simulated
    for name in ("check_simulated",):
        sys.modules.pop(name, None)


def network(talkers=()):
    rng = np.random.default_rng(2)
    shapes = [(8, acoustics.BANDS, 5), (8, 8, 5), (8, 8, 5), (PHONES, 8, 1)]
    layers = tuple(
        (np.float32(rng.normal(0, 0.3, s)), np.float32(rng.normal(0, 0.1, s[0]))) for s in shapes
    )
    return acoustics.Network(layers, np.full(PHONES, -math.log(PHONES)), talkers)


def spoken(text, rng):
    """Scores of phones as if a text were said with rests, under noise."""
    frames = list[int]()
    for word in ("", *text.split(), ""):
        if rng.random() < 0.3 or word in ("", ","):
            frames += [lexicon.PHONES.index(lexicon.SILENCE)] * int(rng.integers(1, 9))
        for phone in lexicon.PRONUNCIATIONS.get(word, ()):
            frames += [lexicon.PHONES.index(phone)] * int(rng.integers(2, 9))
    scores = rng.normal(0, 1, (len(frames), PHONES))
    scores[np.arange(len(frames)), frames] += 6
    return scores


def test_it_finds_texts_of_the_grammar_under_noise():
    rng = np.random.default_rng(1)
    for text in grammar.sentences("recogniser", "test", 3):
        found = decoding.recognise(spoken(text, rng), graph.of_grammar())
        assert found == grammar.plain(text)


def test_the_search_is_exact():
    """Against every way to lay a text over the frames, where there are few."""
    over = automaton.state([(1.0, automaton.END, None)])
    more = automaton.maybe(0.3, automaton.said(["he", "a", "who"], over), over)
    top = automaton.pushed(automaton.mix((0.7, automaton.said(["a", "we"], more)), (0.3, more)))
    spelt = graph.spelt(top)
    texts = [("a",), ("we",), ("he",), ("who",), *product(("a", "we"), ("he", "a", "who"))]
    prior = {1: lambda w: (0.7 * 0.5 * 0.7 if w[0] in ("a", "we") else 0.0)
             + 0.3 * 0.3 / 3 * (w[0] != "we"), 2: lambda _: 0.7 * 0.5 * 0.3 / 3}  # fmt: skip
    # A text may also be empty: 0.3 * 0.7.
    rng, frames = np.random.default_rng(4), 6
    for _ in range(25):
        scores = rng.normal(0, 1, (frames, PHONES))
        best = {(): scores[:, 0].sum() + math.log(0.3 * 0.7)}
        for words in texts:
            units = laid([lexicon.PRONUNCIATIONS[w] for w in words])
            sums = [scores[range(frames), way].sum() for way in ways(units, frames)]
            if sums and words != ("a",):
                best[words] = max(sums) + math.log(prior[len(words)](words))
            elif sums:  # two ways through the automaton, of which the likelier counts
                best[words] = max(sums) + math.log(0.7 * 0.5 * 0.7)
        expected = max(best, key=lambda words: best[words])
        assert decoding.recognise(scores, spelt) == " ".join(expected)


def laid(spellings):
    """Phones of a text in order, None where silence may be."""
    return [None, *(p for word in spellings for p in (*word, None))]


def ways(units, frames):
    """All sequences of `frames` phones, as numbers, that say some units."""
    if not units:
        if frames == 0:
            yield []
        return
    for count in range(0 if units[0] is None else 2, frames + 1):
        for rest in ways(units[1:], frames - count):
            yield [lexicon.PHONES.index(units[0] or lexicon.SILENCE)] * count + rest


def with_nan(array):
    array = array.copy()
    array[3] = np.nan
    return array


@pytest.mark.parametrize(
    ("recordings", "says"),
    [
        ([], "one recording or more of a talker to recognise, found none"),
        ([np.zeros((0, 80))], r"1 or more frames of 80 bands to recognise, found shape \(0, 80\)"),
        ([np.zeros((9, 40))], r"found shape \(9, 40\)"),
        ([with_nan(np.zeros((9, 80)))], "found 1 of 9 frames with NaN or infinite values"),
        ([np.full((2, 80), -np.inf)], "found 2 of 2 frames with NaN or infinite values"),
    ],
)
def test_what_is_no_spectrogram_is_not_recognised(recordings, says):
    with pytest.raises(UserError, match=says):
        acoustics.scores(network(), recordings)


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        (np.zeros((0, PHONES)), "in 1 or more frames, found shape"),
        (np.zeros((9, 3)), rf"expected scores of {PHONES} phones .* found shape \(9, 3\)"),
        (with_nan(np.zeros((9, PHONES))), "found 1 of 9 frames with NaN or infinite ones"),
        (np.zeros((2, PHONES)), "expected frames enough for a text .* found 2"),
    ],
)
def test_scores_that_say_no_text_are_refused(scores, says):
    over = automaton.state([(1.0, automaton.END, None)])
    spelt = graph.spelt(automaton.said(["yes", "stop"], over))
    with pytest.raises(UserError, match=says):
        decoding.recognise(scores, spelt)
    assert decoding.recognise(np.zeros((9, PHONES)), spelt) in ("yes", "stop")


@pytest.mark.parametrize("chance", [math.nan, -0.1, math.inf])
def test_an_automaton_is_made_of_chances_and_has_a_text(chance):
    over = automaton.state([(1.0, automaton.END, None)])
    with pytest.raises(ValueError, match="'yes': expected a chance of 0 or more, found"):
        automaton.state([(chance, "yes", over)])
    with pytest.raises(ValueError, match="expected one way or more to go on, found none"):
        automaton.even([])
    with pytest.raises(ValueError, match="found one without any"):
        automaton.pushed(automaton.DEAD)


def test_levels_and_a_microphone_change_no_feature():
    spectrogram = np.random.default_rng(0).normal(-4, 1, (90, 80))
    assert np.allclose(acoustics.features(spectrogram), acoustics.features(spectrogram - 2.5))
    assert np.allclose(acoustics.stretched(spectrogram, np.float64(1)), spectrogram)
    bands = np.tile(acoustics.centres(), (2, 1))
    assert np.allclose(acoustics.stretched(bands, np.float64(0.9))[:, 5:], 0.9 * bands[:, 5:])


def test_the_network_is_the_one_that_was_trained(tool):
    torch.manual_seed(0)
    made = tool.network()
    inputs = torch.randn(2, acoustics.BANDS, 50)
    made(inputs)  # what normalisation keeps is not what it begins with
    expected = torch.log_softmax(made.eval()(inputs[:1])[0].T, 1).detach().numpy()
    plain = acoustics.Network(tool.plain(made), np.zeros(PHONES), ())
    assert np.allclose(acoustics.posteriors(plain, inputs[0].T.numpy()), expected, atol=1e-4)


def test_training_learns_which_phone_is_said(tool):
    rng = np.random.default_rng(0)
    sounds = rng.normal(0, 2, (PHONES, 80)).cumsum(axis=1) / 4
    said = np.repeat(rng.integers(0, 4, 60), 8)
    heard = (sounds[said] + rng.normal(0, 0.1, (len(said), 80)), said)
    found = tool.train([heard], ["one"], steps=12)
    right = acoustics.posteriors(found, acoustics.features(heard[0])).argmax(axis=1) == said
    assert right.mean() > 0.7


def test_a_network_is_read_as_it_was_written(tmp_path):
    path, made = tmp_path / "it.npz", network(("seed/x01",))
    acoustics.write(path, made)
    held = acoustics.read(path)
    assert held.talkers == made.talkers
    for (weights, bias), (other, shift) in zip(held.layers, made.layers, strict=True):
        assert np.allclose(weights, other, atol=1e-3)
        assert np.array_equal(bias, shift)


def test_a_frequency_that_is_text_is_no_network(tmp_path):
    path, made = tmp_path / "it.npz", network(("seed/x01",))
    acoustics.write(path, replace(made, frequency=np.array(["often"] * 37)))
    with pytest.raises(UserError, match=r"it\.npz: expected a network by tools"):
        acoustics.read(path)


def test_a_damaged_network_is_named(tmp_path):
    path, made = tmp_path / "it.npz", network(("seed/x01",))
    acoustics.write(path, made)
    whole = path.read_bytes()
    turned = bytearray(whole)
    turned[len(whole) // 2] ^= 255
    for content in (b"no network", b"", b"PK", whole[: len(whole) // 2], bytes(turned)):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"it\.npz: .*train it again"):
            acoustics.read(path)


@pytest.mark.parametrize(
    ("place", "change", "says"),
    [
        (1, lambda weights, bias: (weights[:, :-1], bias), "layer 1: expected weights"),
        (0, lambda weights, bias: (weights, bias[:-1]), "layer 0: expected .* biases"),
        (2, lambda weights, bias: (weights * np.nan, bias), "layer 2: expected finite"),
        (3, lambda weights, bias: (weights[:-1], bias[:-1]), "expected 37 outputs, found 36"),
    ],
)
def test_a_network_of_another_shape_or_without_numbers_is_refused(tmp_path, place, change, says):
    path, made = tmp_path / "it.npz", network(("seed/x01",))
    layers = list(made.layers)
    layers[place] = change(*layers[place])
    acoustics.write(path, replace(made, layers=tuple(layers)))
    with pytest.raises(UserError, match=says):
        acoustics.read(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--steps", "0", "--out", "it.npz"), "--steps: expected 10 or more, found 0"),
        (("--out", "none/it.npz"), "--out: expected a file"),
        (("--talkers", "p1,zz", "--out", "it.npz"), "expected some of p1, found zz"),
    ],
)
def test_wrong_arguments_are_told_before_training(
    tool, monkeypatch, tmp_path, capsys, arguments, says
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["it", str(TAKES), *arguments])
    monkeypatch.setattr(tool, "train", lambda *_: pytest.fail("it trains"))
    with pytest.raises(SystemExit) as stopped:
        tool.main()
    assert says in f"{stopped.value}{capsys.readouterr().err}"


def test_nobody_is_recognised_who_was_trained_on(check, tmp_path):
    fixture.write(tmp_path / "corpus")
    listed = tmp_path / "corpus" / files.MANIFEST
    listed.write_text(
        json.dumps(json.loads(listed.read_text("utf-8")) | {"seed_sha256": "ab" * 32})
    )
    held = check.reader.manifest(tmp_path / "corpus")
    entries = [e for e in held["recordings"].values() if e["kind"] == "sentence"][:1]
    seed, path = held["seed_sha256"][:12], tmp_path / "it.npz"
    acoustics.write(path, network((f"{seed}/t2",)))
    held_out = check.of_others(tmp_path / "corpus", entries, path)
    assert "WER" in next(check.trained(tmp_path / "corpus", entries, held_out))
    acoustics.write(path, network((f"{seed}/{entries[0]['talker']}",)))
    with pytest.raises(UserError, match="other talkers"):
        check.of_others(tmp_path / "corpus", entries, path)


def test_a_broken_recogniser_is_named_before_anything_is_measured(
    check, monkeypatch, tmp_path, capsys
):
    (tmp_path / "it.npz").write_bytes(b"none")
    arguments = [str(TAKES), "--recogniser", str(tmp_path / "it.npz")]
    monkeypatch.setattr(sys, "argv", ["it", *arguments])
    with pytest.raises(SystemExit, match=r"it\.npz: expected a network by tools"):
        check.main()
    assert capsys.readouterr().out == ""
