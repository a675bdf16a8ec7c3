"""What a recogniser hears in true, shifted and missing speech, as spectrogram, sound, movement."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Signal, UndefinedTarget, UserError
from benchmark.corpora import embedded
from benchmark.corpora.simulated import reader
from benchmark.metrics import text
from benchmark.metrics.speech import heard
from benchmark.recogniser import acoustics, bigrams
from benchmark.recogniser import heard as recogniser
from benchmark.spectra import articulatory, mel

SENTENCES = ("u01-s005", "u04-s007", "u09-s011")
SIGNALS = reader.SIGNALS
TASKS = Path(__file__).resolve().parents[2] / "tasks"
LEXICON = json.loads((TASKS / "lexicons" / "simulated.json").read_text("utf-8"))


def scored(signal, change=lambda array: array):
    """Errors and words of some sentences by one of their signals."""
    sums = np.zeros(2)
    for id in SENTENCES:
        target = reader.read(embedded.FOLDER, id, signal)
        said = reader.read(embedded.FOLDER, id, "grammar_text")
        sums += heard.WER_HEARD.measure(change(target), target, SIGNALS[signal], said)
    return sums[0] / sums[1]


def test_most_words_of_true_speech_are_heard():
    assert scored("mel") <= 0.2
    assert scored("audio") == scored("mel")  # sound becomes the same spectrogram
    assert scored("articulation") <= 0.5


@pytest.mark.parametrize("signal", ["mel", "audio", "articulation"])
def test_speech_backwards_is_not_understood(signal):
    assert scored(signal, lambda array: array[::-1].copy()) >= 0.8


def test_the_metric_names_its_weights():
    """Other files are another version of the metric: change both, or neither."""
    assert heard.WER_HEARD.id == "wer_asr.simulated@1"
    held = (recogniser.NETWORK_SHA256, recogniser.LANGUAGE_SHA256, articulatory.SHA256)
    assert [digest[:12] for digest in held] == ["67aaa206eeb3", "f32a635d75e3", "f5b8df821e28"]


@pytest.mark.parametrize(
    ("module", "place", "load"),
    [
        (recogniser, "NETWORK", lambda: recogniser._network.__wrapped__()),
        (recogniser, "LANGUAGE", lambda: recogniser._graph.__wrapped__()),
        (articulatory, "FILE", lambda: articulatory._network.__wrapped__()),
    ],
    ids=["network", "language", "articulatory"],
)
def test_weights_that_were_changed_or_are_missing_are_noticed(
    module, place, load, tmp_path, monkeypatch
):
    load()
    whole = getattr(module, place).read_bytes()
    monkeypatch.setattr(module, place, tmp_path / "it.npz")
    # The first byte that the reader of .npz ignores: the time of the first array in it.
    turned = bytearray(whole)
    turned[10] ^= 1
    (tmp_path / "it.npz").write_bytes(turned)
    with pytest.raises(UserError, match=r"it\.npz: expected the weights with sha256 .*; restore"):
        load()
    (tmp_path / "it.npz").unlink()
    with pytest.raises(UserError, match=r"it\.npz: expected the weights .* No such file"):
        load()


def test_nothing_is_heard_in_what_is_too_short():
    for signal in ("mel", "audio", "articulation"):
        array = reader.read(embedded.FOLDER, SENTENCES[0], signal)
        short = array[: int(0.4 * SIGNALS[signal].rate)]
        assert heard.words(short, SIGNALS[signal]) == ""
    errors, words = heard.WER_HEARD.measure(
        short, short, SIGNALS["articulation"], text.encoded("two words")
    )
    assert (errors, words) == (2, 2)


def test_it_hears_the_same_bit_by_bit_and_the_same_words_at_any_level():
    target = reader.read(embedded.FOLDER, SENTENCES[0], "mel")
    moves = reader.read(embedded.FOLDER, SENTENCES[0], "articulation")[:60]
    part, network = target[:90], recogniser._network()
    again = [
        (
            acoustics.scores(network, [part.copy()])[0].tobytes(),
            articulatory.spectrogram(moves.copy()).tobytes(),
            heard.words(part.copy(), mel.SIGNAL),
        )
        for _ in range(20)
    ]
    assert set(again) == {again[0]}
    assert heard.words(part, mel.SIGNAL)
    assert heard.words(target - 2, mel.SIGNAL) == heard.words(target, mel.SIGNAL)


@pytest.fixture
def times(monkeypatch):
    """What the recogniser was given, each time that it was asked."""
    heard._words.cache_clear()
    asked, recognise = [], heard.heard.text
    monkeypatch.setattr(heard.heard, "text", lambda mel: asked.append(mel) or recognise(mel))
    return asked


@pytest.mark.parametrize("signal", ["mel", "articulation"])
def test_words_letters_and_phones_are_of_one_hearing(signal, times):
    target = reader.read(embedded.FOLDER, SENTENCES[0], signal)
    said = text.encoded("the phones of quite another sentence")
    metrics = (heard.WER_HEARD, heard.CER_HEARD, heard.phone_error_rate(LEXICON))
    found = [metric.measure(target, target, SIGNALS[signal], said) for metric in metrics]
    assert len(times) == 1
    hypothesis = text.encoded(heard.words(target, SIGNALS[signal]))
    rates = (text.WER, text.CER, text.phone_error_rate("simulated", LEXICON))
    for metric, rate, statistics in zip(metrics, rates, found, strict=True):
        assert metric.id.startswith(rate.id.partition(".")[0] + "_asr.simulated@")
        np.testing.assert_array_equal(statistics, rate.measure(hypothesis, said, SIGNALS[signal]))
    assert len({tuple(statistics) for statistics in found}) == 3


def test_another_answer_is_heard_anew(times):
    target = reader.read(embedded.FOLDER, SENTENCES[0], "mel")
    said = reader.read(embedded.FOLDER, SENTENCES[0], "grammar_text")

    def errors(array):
        return heard.CER_HEARD.measure(array, target, mel.SIGNAL, said)[0]

    answer = target.copy()
    first = errors(answer)
    answer[:] = answer[::-1].copy()  # in the same place
    assert errors(answer) > first
    assert errors(target) == first
    assert len(times) == 3


def test_every_word_that_can_be_heard_has_its_phones():
    known = bigrams.read(recogniser.LANGUAGE).words
    assert len(known) > 300
    assert "<" not in text.pronounced(" ".join(known), LEXICON)


def test_long_speech_is_heard_in_parts():
    one = reader.read(embedded.FOLDER, SENTENCES[0], "mel")
    many = np.concatenate([one] * (int(31 * mel.SIGNAL.rate / len(one)) + 1))
    assert heard.words(many, mel.SIGNAL).count(heard.words(one, mel.SIGNAL).split()[1]) > 5


@pytest.mark.parametrize("factor", [1e12, 1e38, -1e38])
@pytest.mark.parametrize("signal", ["mel", "articulation"])
def test_what_a_model_that_diverged_says_is_scored(signal, factor):
    target = reader.read(embedded.FOLDER, SENTENCES[0], signal)
    wild = (np.sign(target) * factor).astype(np.float32)
    said = text.encoded("two words")
    errors, words = heard.WER_HEARD.measure(wild, target, SIGNALS[signal], said)
    assert (errors >= 1, words) == (True, 2)


def test_what_cannot_be_heard_is_refused():
    other = Signal("mm", "float32", 100.0, (14,))
    assert not heard.fits(other)
    with pytest.raises(ValueError, match="expected a shared spectrogram, articulation"):
        heard.words(np.zeros((90, 14)), other)
    for signal, array in (
        (mel.SIGNAL, np.full((90, 80), np.nan)),
        (mel.SIGNAL, np.zeros((90, 40))),
        (SIGNALS["audio"], np.full(16_000, np.inf)),
        (SIGNALS["audio"], np.zeros((16_000, 2))),
        (SIGNALS["articulation"], np.full((90, 14), np.nan)),
        (SIGNALS["articulation"], np.zeros((90, 12))),
    ):
        with pytest.raises(ValueError, match=r"expected|holds"):
            heard.words(array, signal)
    target = reader.read(embedded.FOLDER, SENTENCES[0], "mel")
    with pytest.raises(UndefinedTarget):
        heard.WER_HEARD.measure(target, target, mel.SIGNAL, text.encoded(" . "))
    assert articulatory.spectrogram(np.full((90, 14), 1e9)).shape == (155, 80)
