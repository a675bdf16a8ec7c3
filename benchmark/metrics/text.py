"""Word, character and phone error rate of transcripts, over a whole corpus.

    (S + D + I) / N

substitutions, deletions and insertions of the best alignment, summed over all sentences, by the
number of reference words or characters, spaces included; it may exceed 1. Not the mean of
sentence rates. Counting is jiwer's. Texts are compared as `normalised` says, both sides once:
Unicode NFC, lower case, no punctuation but apostrophes within words, single spaces.
A reference that normalises to nothing is undefined: a count of errors has no rate. As a target of
a recording it is left out.

As a signal, a text is the array of its Unicode code points (characters,), uint32. Statistics of one
recording: [errors, reference words, characters or phones], so that rates are ratios of sums. An
empty prediction has an error a word; no prediction is unscorable, hence no worst score.
Phones of a text come from a lexicon of its words; a word that is not in it counts one phone a
letter, none of which is right. The metric's id names the lexicon.
Source: jiwer 4 (process_words, process_characters).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, UndefinedTarget

NORMALISER = "nfc-lower-no-punctuation@1"
NO_REFERENCE = "no reference text"
_NO_WORD = re.compile(r"(?!(?<=\w)'(?=\w))[^\w\s]|_")


def normalised(text: str) -> str:
    """The text as it is compared: see the docstring of the module."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return " ".join(_NO_WORD.sub(" ", text).split())


def encoded(text: str) -> NDArray[np.uint32]:
    """A text as the array (characters,) of its code points."""
    return np.array([ord(character) for character in text], dtype=np.uint32)


def decoded(points: Array) -> str:
    """The text of an array (characters,) of code points; ValueError for anything else."""
    points = np.asarray(points)
    if points.ndim != 1 or points.dtype.kind not in "iu":
        raise ValueError(f"expected code points (n,), got {points.dtype} {points.shape}")
    try:
        return "".join(map(chr, points.tolist()))
    except (ValueError, OverflowError) as error:
        raise ValueError("a number that is no Unicode code point") from error


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """WER of normalised sentences; ValueError for unequal lengths, Undefined without a word."""
    return _rate(*_words(references, hypotheses))


def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """CER of normalised sentences, spaces counted; raises as `word_error_rate`."""
    return _rate(*_characters(references, hypotheses))


def _words(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[int, int]:
    """Errors, and words of the references."""
    import jiwer

    return _count(jiwer.process_words(*_checked(references, hypotheses)))


def _characters(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[int, int]:
    import jiwer

    return _count(jiwer.process_characters(*_checked(references, hypotheses)))


def _count(found: Any) -> tuple[int, int]:
    wrong = found.substitutions + found.deletions + found.insertions
    return wrong, found.substitutions + found.deletions + found.hits


def _checked(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Both as lists with single spaces: jiwer takes a tab for a letter."""
    if isinstance(references, str) or isinstance(hypotheses, str):
        raise ValueError("expected lists of sentences, got one string")
    if len(references) != len(hypotheses) or not len(references):
        raise ValueError(f"{len(references)} references but {len(hypotheses)} hypotheses")
    for sentence in (*references, *hypotheses):
        if not isinstance(sentence, str):
            raise ValueError(f"expected text, got {type(sentence).__name__}")
    return _single_spaced(references), _single_spaced(hypotheses)


def _single_spaced(sentences: Sequence[str]) -> list[str]:
    return [" ".join(sentence.split()) for sentence in sentences]


def _rate(wrong: int, total: int) -> float:
    if total == 0:
        raise UndefinedTarget(NO_REFERENCE)
    return wrong / total


def _measure(
    prediction: Array,
    target: Array,
    signal: Signal,  # noqa: ARG001
    count: Callable[[Sequence[str], Sequence[str]], tuple[int, int]],
    form: Callable[[str], str],
) -> Array:
    wrong, total = count([form(decoded(target))], [form(decoded(prediction))])
    if total == 0:
        raise UndefinedTarget(NO_REFERENCE)
    return np.array([wrong, total], dtype=np.float64)


def _reduce(sums: Array) -> Array:
    sums = np.asarray(sums, dtype=np.float64)
    return np.asarray(sums[..., 0] / sums[..., 1])


def _plausible(statistics: Array, _signal: Signal) -> Array:
    """Whole numbers: errors, and at least one word, character or phone of the reference."""
    if statistics.shape[1] != 2:
        return np.zeros(len(statistics), bool)
    whole = (np.isfinite(statistics) & (statistics == np.floor(statistics))).all(axis=1)
    return np.asarray(whole & (statistics[:, 0] >= 0) & (statistics[:, 1] >= 1))


WER = Metric(
    id="wer.corpus@1",
    title="WER",
    unit="",
    tolerance=0.02,
    better="lower",
    measure=partial(_measure, count=_words, form=normalised),
    reduce=_reduce,
    plausible=_plausible,
    definition=f"word errors by reference words, both summed; normaliser {NORMALISER}",
    source="jiwer 4, process_words",
    scale=(0.0, None),
    aligns=True,
)
CER = Metric(
    id="cer.corpus@1",
    title="CER",
    unit="",
    tolerance=0.02,
    better="lower",
    measure=partial(_measure, count=_characters, form=normalised),
    reduce=_reduce,
    plausible=_plausible,
    definition=f"character errors by reference characters with spaces; normaliser {NORMALISER}",
    source="jiwer 4, process_characters",
    scale=(0.0, None),
    aligns=True,
)


def pronounced(text: str, lexicon: Mapping[str, str]) -> str:
    """The phones of a text between spaces, letters in <> for a word that `lexicon` lacks."""
    words = normalised(text).split()
    return " ".join(lexicon.get(w) or " ".join(f"<{letter}>" for letter in w) for w in words)


def phone_error_rate(name: str, lexicon: Mapping[str, str]) -> Metric:
    """PER by a lexicon (word -> phones between spaces) that `name` stands for in the id."""
    return Metric(
        id=f"per.{name}@1",
        title="PER",
        unit="",
        tolerance=0.02,
        better="lower",
        measure=partial(_measure, count=_words, form=partial(pronounced, lexicon=lexicon)),
        reduce=_reduce,
        plausible=_plausible,
        definition=f"phone errors by reference phones, both summed; lexicon {name}",
        source="jiwer 4, process_words",
        scale=(0.0, None),
        aligns=True,
    )
