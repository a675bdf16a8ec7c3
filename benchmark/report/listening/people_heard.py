"""What pocketsphinx hears: a recogniser of people's English, held to the texts of a corpus.

Its acoustic model and dictionary (CMU, American English) come with the package. Which words may
follow each other is a bigram model of all texts of the corpus, those of test recordings included:
so it is told much, and rates are lower than those of a recogniser of any English. It compares
sounds of one corpus with each other, and stands on the page of `listen` alone: another version of
the package may hear otherwise. Words that are not in its dictionary are never heard.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.data import folds
from benchmark.metrics import text
from benchmark.recogniser import arpa
from benchmark.report.listening.kept import Place
from benchmark.report.listening.sounds import at_rate

NAME = "pocketsphinx"
RATE = 16_000  # Hz
INSTALL = "pip install -e .[asr]"
NOTE = (
    "pocketsphinx knows the texts of the corpus, also those of test recordings: its rates compare"
    " the columns of this page, and no others."
)


def texts(place: Place) -> Collection[str]:
    """All texts of the corpus of a table, each once; UserError where it has none or is not here."""
    corpus = place.snapshot.corpus(place.table)
    found = corpus.recordings(folds.find(corpus, place.paths.data))
    said = dict.fromkeys(text.normalised(recording.text) for recording in found)
    if not (worded := [words for words in said if words]):
        raise UserError(f"{corpus.name}: expected texts for {NAME} to know, found none")
    return worded


def recogniser(said: Iterable[str]) -> Callable[[Array, float], str]:
    """A recogniser of these texts: samples (n,), full scale 1, and their rate -> words heard.

    UserError where the package is missing.
    """
    try:
        package = importlib.import_module(NAME)
    except ImportError as error:
        raise UserError(f"{NAME} cannot be imported ({error}): {INSTALL}") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.lm"
        path.write_text(arpa.bigrams(words.split() for words in said), "utf-8")
        decoder = package.Decoder(lm=str(path), samprate=float(RATE), loglevel="FATAL")

    def heard(wave: Array, rate: float) -> str:
        samples = as_integers(wave, rate)
        if not samples.size:  # which the package takes for an error
            return ""
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return str(found.hypstr) if found else ""

    return heard


def as_integers(wave: Array, rate: float) -> Array:
    """Samples (n,) at `rate` Hz, full scale 1 -> int16 at 16 kHz, clipped at full scale."""
    return np.asarray(np.rint(at_rate(wave, rate, RATE) * 32767), np.int16)
