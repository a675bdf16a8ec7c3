"""Simulated corpora: what a vocal tract model is made to say, and what sensors would record of it.

In the order of the pipeline: `texts` (what is said and when), `talkers` (who says it), `plan` (who
says what), `synthesis` (movement and sound; the only part that needs the synthesiser), `files` and
`reader`, `sensors` (signals, derived from movement and sound when they are read), `mixtures`.

The corpus `simulated` is one that the user builds, of any size, with tools/build_embedded.py.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmark.core import Checks, Corpus
from benchmark.corpora.mixtures import facets
from benchmark.corpora.simulated import built, files, reader

NAME = "simulated"


def locate(root: Path) -> Path | None:
    """The folder `simulated` of the user's data, if a corpus has been built there to its end."""
    folder = root / NAME
    return folder if (folder / files.MANIFEST).exists() else None


CORPUS = Corpus(
    name=NAME,
    title="Simulated speakers, as many as are asked for",
    version="1",
    licence="Simulated with VocalTractLab (GPL-3.0); the data hold no part of the program",
    citation="Birkholz (2013), Modeling consonant-vowel coarticulation for articulatory speech "
    "synthesis, PLoS ONE 8(4): e60603 (VocalTractLab); sensors: docs/embedded_corpus.md",
    advice="Build it: python tools/build_embedded.py --talkers 8 --minutes 60 --seed NAME "
    "--out data/simulated (about 2 CPU minutes a minute of voiced speech)",
    signals=reader.SIGNALS,
    locate=locate,
    recordings=reader.recordings,
    digest=reader.digest,
    verify=reader.verify,
    files=reader.listed,
    synthetic=True,
    size="about 0.6 MB a minute",
    source="docs/embedded_corpus.md",
    known_issues=(
        "Simulated: a score says that a method works on this simulation, nothing about people.",
        "Not every recording has every signal: silent takes have no `audio`, `word` is of command "
        "words, `noisy` and `clean` are of mixtures, which otherwise have `emg` only.",
        "`mel`, loudness, pitch and voicing of a silent take are those of a voiced take of the "
        "same text, brought to its time by what both move: near, but not its own.",
        "The number of contacts of `seeg` differs from speaker to speaker; about 5 % of them are "
        "bad, marked as such by `sensors.seeg.contacts`, and left out.",
    ),
    tasks=tuple(built.SERVED),
    splits=built.split_rules(),
    facets=facets,
    noiseless={name: partial(reader.read_noiseless, name) for name in reader.NOISELESS},
    checks=Checks(
        signals=reader.has,
        flat=("ultrasound",),  # beyond the fan
        # Of mixtures of one sentence, of a silent take and the voiced one, and of words said alike.
        shared=("emg", "clean", "text", "word", "voicing", "phones", "speech"),
    ),
)
