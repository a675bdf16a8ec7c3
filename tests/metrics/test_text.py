import pytest

from benchmark.core import Undefined
from benchmark.metrics.text import character_error_rate, normalised, word_error_rate


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
def test_refuses_what_is_no_list_of_sentences(references, hypotheses):
    with pytest.raises(ValueError, match=r"expected|references"):
        word_error_rate(references, hypotheses)
