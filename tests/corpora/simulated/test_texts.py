"""Words and sentences of simulated talkers."""

from collections import Counter
from itertools import pairwise

import pytest
from agreement import is_english

from benchmark.core import UserError
from benchmark.corpora.simulated import plan
from benchmark.corpora.simulated.texts import carriers, grammar, lexicon
from benchmark.corpora.simulated.texts.grammar import plain

# What the synthesiser's segment sequences know; it drops all others silently.
SPOKEN = (
    "a e i o u E: 2 y I E O U 9 Y @ 6 p b t d k g f v T D s z S Z C j x r R h m n N l ts tS dZ pf"
)
WRONG = (
    "keep they",
    "I dances",
    "who dance",
    "she dance",
    "the boys sleeps",
    "the boy sleep",
    "he am happy",
    "you was here",
    "two dog sleep",
    "these dog slept",
    "a dogs slept",
    "every books",
    "a apple",
    "an dog",
    "an old big",
    "a milk",
    "us sees him",
    "does they sleep",
    "do she sleep",
    "did he slept",
    "what do he want",
    "must he sleeps",
    "yesterday she runs",
    "I see me",
    "we hold us",
    "he not sleep",
    "he does not never sleep",
    "she sleeps the book",
    "let us sleeps",
    "and the dog",
    "the very dog",
    "apples bread and milk",
)
RIGHT = (
    "keep them",
    "I dance",
    "who dances",
    "an old dog holds an egg",
    "a green apple",
    "yesterday , she ran",
    "what does he want",
    "when the boy falls , we walk slowly",
    "apples , bread and milk",
)


@pytest.fixture(scope="module")
def texts():
    return grammar.sentences("some seed", "u01", 1500)


def test_the_checker_tells_right_from_wrong():
    assert [text for text in WRONG if is_english(text)] == []
    assert [text for text in RIGHT if not is_english(text)] == []


def test_verbs_and_articles_agree_in_every_text(texts):
    takes = (*plan.release().takes, *plan.development().takes)
    said = {take.text for take in takes if take.kind == "sentence"}
    assert [text for text in (*said, *texts[:300]) if not is_english(text)] == []


def test_texts_are_short_varied_and_different(texts):
    words = [plain(text).split() for text in texts]
    lengths = [len(w) for w in words]
    assert (min(lengths), max(lengths)) == (2, grammar.LONGEST)
    assert 5.5 < sum(lengths) / len(lengths) < 7.5
    assert len({plain(text) for text in texts}) == len(texts)
    assert sum("," in text for text in texts) > 0.2 * len(texts)
    assert sum(map(grammar.asks, texts)) > 0.05 * len(texts)
    # A model of the texts alone has little to say: most words follow one that they seldom follow.
    pairs = Counter(pair for w in words for pair in pairwise(w))
    assert sum(n for n in pairs.values() if n < 6) > 0.3 * pairs.total()
    assert pairs.most_common(1)[0][1] < 0.03 * pairs.total()


def test_the_vocabulary_is_used_and_can_be_spoken(texts):
    said = {word for text in texts for word in plain(text).split()}
    assert 250 <= len(lexicon.PRONUNCIATIONS) <= 350
    unused = set(lexicon.PRONUNCIATIONS) - said
    in_carriers = {w for pair in carriers.CARRIERS for part in pair for w in part.split()}
    assert unused <= {*lexicon.WORDS} | in_carriers
    assert said <= set(lexicon.PRONUNCIATIONS)
    labels = {phone for sounds in lexicon.PRONUNCIATIONS.values() for phone in sounds}
    assert labels == {*lexicon.PHONES} - {lexicon.SILENCE}
    assert {lexicon.SUBSTITUTES.get(label, label) for label in labels} <= {*SPOKEN.split()}


def test_no_two_command_words_sound_alike_and_each_can_be_accented():
    assert len({lexicon.PRONUNCIATIONS[word] for word in lexicon.WORDS}) == len(lexicon.WORDS)
    assert set(lexicon.WORDS) <= set(lexicon.STRESSED)
    for word, place in lexicon.STRESSED.items():
        assert lexicon.PRONUNCIATIONS[word][place] in lexicon.VOWELS


def test_texts_depend_on_seed_and_name_alone():
    assert grammar.sentences("s", "n", 5) == grammar.sentences("s", "n", 20)[:5]
    assert grammar.sentences("s", "n", 5) != grammar.sentences("t", "n", 5)
    assert grammar.sentences("s", "n", 5) != grammar.sentences("s", "m", 5)


def test_a_text_that_was_seen_does_not_come_again_whatever_its_pauses():
    first = grammar.sentences("s", "n", 30)
    seen = [text.replace(" ,", "") for text in first]
    again = grammar.sentences("s", "n", 30, seen)
    assert not {plain(text) for text in again} & {plain(text) for text in first}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("does it swim quickly", True),
        ("well , is she here", True),
        ("do not sleep", False),
        ("who sings", False),
        ("she was sad", False),
    ],
)
def test_questions_are_told_by_their_first_words(text, asked):
    assert grammar.asks(text) is asked


def test_a_command_is_the_only_command_word_of_its_carrier():
    said = carriers.commands("s", "u01-a", 200)
    words = [lexicon.command(text) for text in said]
    assert Counter(words) == dict.fromkeys(lexicon.WORDS, 200)
    alone = sum(text == word for text, word in zip(said, words, strict=True))
    assert 0.78 < alone / len(said) < 0.82
    with pytest.raises(UserError, match="expected one of"):
        lexicon.command("open the door or close it")


def test_words_are_found_among_phones():
    phones = [("D", 0.5, 0.6), ("@", 0.6, 0.7), ("sil", 0.7, 0.9), ("V", 0.9, 1.0), ("p", 1.0, 1.2)]
    assert lexicon.spans("the up", phones) == [("the", 0.5, 0.7), ("up", 0.9, 1.2)]
    with pytest.raises(UserError, match="its phones are"):
        lexicon.spans("the down", phones)


def test_an_unknown_word_is_named():
    with pytest.raises(UserError, match="'elephant'"):
        lexicon.sounds("the elephant")
