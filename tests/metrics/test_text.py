import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.text import (
    CER,
    WER,
    character_error_rate,
    decoded,
    encoded,
    normalised,
    phone_error_rate,
    pronounced,
    word_error_rate,
)

TEXT = Signal("text", "uint32")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,  World!", "hello world"),
        ("don’t stop -- 'quoted'", "don't stop quoted"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("tab\tand\nline", "tab and line"),
        ("snake_case", "snake case"),
        ("...", ""),
    ],
)
def test_texts_are_normalised(text, expected):
    assert normalised(text) == expected
    assert normalised(expected) == expected


def test_errors_are_summed_over_the_corpus():
    # 1 substitution in 6 words, 1 deletion and 1 insertion in 1 word: not the mean of sentences.
    references = ["bin blue at f two now", "again"]
    hypotheses = ["bin blue at s two now", "place please"]
    assert word_error_rate(references, hypotheses) == pytest.approx(3 / 7)


def test_a_rate_may_exceed_one():
    assert word_error_rate(["a"], ["b c d"]) == 3.0


def test_characters_count_spaces():
    assert character_error_rate(["a b"], ["ab"]) == pytest.approx(1 / 3)
    assert character_error_rate(["a\tb"], ["a  b"]) == 0.0


def test_an_empty_sentence_counts_in_a_corpus_and_is_undefined_alone():
    assert word_error_rate(["a b", ""], ["a b", "x"]) == 0.5
    for rate in (word_error_rate, character_error_rate):
        with pytest.raises(Undefined, match="no reference"):
            rate(["", " "], ["a b", ""])


@pytest.mark.parametrize(
    ("references", "hypotheses"),
    [(["a"], ["a", "b"]), ([], []), (["a"], [None]), ("a", ["a"]), (["a"], "a")],
)
def test_refuses_other_input_than_lists_of_sentences(references, hypotheses):
    with pytest.raises(ValueError, match=r"expected|references"):
        word_error_rate(references, hypotheses)


def test_arrays_of_sentences_are_lists_too():
    assert word_error_rate(np.array(["a b", "c"]), np.array(["a b", "d"])) == pytest.approx(1 / 3)


def test_rates_are_ratios_of_sums_over_recordings():
    references = ["Bin blue, at F two now", "again"]
    hypotheses = ["bin blue at s two now", ""]
    parts = {
        metric: sum(
            metric.measure(encoded(h), encoded(r), TEXT)
            for r, h in zip(references, hypotheses, strict=True)
        )
        for metric in (WER, CER)
    }
    assert parts[WER].tolist() == [2.0, 7.0]
    assert WER.reduce(parts[WER]) == pytest.approx(2 / 7)
    assert parts[CER].tolist() == [6.0, 26.0]


@pytest.mark.parametrize("reference", ["", " ", "...!"])
def test_a_reference_without_text_is_left_out(reference):
    for metric in (WER, CER, phone_error_rate("tiny", {})):
        with pytest.raises(Undefined, match=r"^target: no reference text"):
            metric.measure(encoded("a b"), encoded(reference), TEXT)


@pytest.mark.parametrize("text", ["", "plain", "\u00e9\u4e2d\U0001f600"])
def test_a_text_comes_back_from_its_code_points(text):
    assert encoded(text).dtype == np.uint32
    assert decoded(encoded(text)) == text


@pytest.mark.parametrize("bad", [np.zeros((2, 2), int), np.zeros(2), np.array([-1]), [2**31]])
def test_other_arrays_than_code_points_are_refused(bad):
    with pytest.raises(ValueError, match="code point"):
        decoded(bad)


def test_phones_come_from_a_lexicon():
    lexicon = {"bin": "b I n", "by": "b a I"}
    assert pronounced("Bin, by!", lexicon) == "b I n b a I"
    assert pronounced("bin bay", lexicon) == "b I n <b> <a> <y>"
    metric = phone_error_rate("tiny", lexicon)
    assert metric.id == "per.tiny@1"
    statistics = metric.measure(encoded("by bay"), encoded("bin by"), TEXT)
    # b stays, I n become a I, and of the second word no letter is right: 5 of 6.
    assert statistics.tolist() == [5.0, 6.0]
