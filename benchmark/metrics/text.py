"""Word and character error rate of transcripts, over a whole corpus.

    (S + D + I) / N

substitutions, deletions and insertions of the best alignment, summed over all sentences, by the
number of reference words or characters, spaces included; it may exceed 1. Not the mean of
sentence rates. Counting is jiwer's. Texts are compared as `normalised` says, both sides once:
Unicode NFC, lower case, no punctuation but apostrophes within words, single spaces.
No reference word at all is undefined: a count of errors has no rate.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from benchmark.core import Undefined

NORMALISER = "nfc-lower-no-punctuation@1"
_NO_WORD = re.compile(r"(?!(?<=\w)'(?=\w))[^\w\s]|_")


def normalised(text: str) -> str:
    """The text as it is compared; see the module."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return " ".join(_NO_WORD.sub(" ", text).split())


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """WER of normalised sentences; ValueError for unequal lengths, Undefined without a word."""
    import jiwer

    counts = jiwer.process_words(*_checked(references, hypotheses))
    wrong = counts.substitutions + counts.deletions + counts.insertions
    return _rate(wrong, counts.substitutions + counts.deletions + counts.hits)


def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """CER of normalised sentences, spaces counted; raises as `word_error_rate`."""
    import jiwer

    counts = jiwer.process_characters(*_checked(references, hypotheses))
    wrong = counts.substitutions + counts.deletions + counts.insertions
    return _rate(wrong, counts.substitutions + counts.deletions + counts.hits)


def _checked(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Both as lists with single spaces: jiwer takes a tab for a letter."""
    if isinstance(references, str) or isinstance(hypotheses, str):
        raise ValueError("expected lists of sentences, got one string")
    if len(references) != len(hypotheses) or not references:
        raise ValueError(f"{len(references)} references but {len(hypotheses)} hypotheses")
    for sentence in (*references, *hypotheses):
        if not isinstance(sentence, str):
            raise ValueError(f"expected text, got {type(sentence).__name__}")
    return _single_spaced(references), _single_spaced(hypotheses)


def _single_spaced(sentences: Sequence[str]) -> list[str]:
    return [" ".join(sentence.split()) for sentence in sentences]


def _rate(wrong: int, total: int) -> float:
    if total == 0:
        raise Undefined("target: no reference text")
    return wrong / total
