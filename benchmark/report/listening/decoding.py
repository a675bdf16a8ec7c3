"""SPARC's decoder for the recordings of a table: articulation of people, heard in their own voice.

Each recording needs the embedding of its speaker, which `data targets` keeps with its articulation.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmark.core import Array
from benchmark.corpora import sparc_voice
from benchmark.corpora.io import sparc
from benchmark.data import folds
from benchmark.report.listening.kept import Place
from benchmark.report.listening.sounds import Decoder

NAME = "sparc"  # of the built-in vocoder of articulation


def decoder(place: Place, tell: Callable[[str], None]) -> Decoder:
    """SPARC's decoder with the corpus of a table.

    UserError where the corpus is not here, and without the package, its weights or, once a sound is
    asked for, the embedding of a recording's speaker.
    """
    corpus = place.snapshot.corpus(place.table)
    folder = folds.find(corpus, place.paths.data)
    voice = sparc_voice.load(tell)

    def sound(id: str, answer: Array) -> Array:
        return sparc_voice.sound(voice, id, answer, sparc.speaker(folder, id, corpus.name))

    return Decoder(sound, voice.rate)
