"""Gaddy and Klein's silent speech corpus: EMG of face and neck while one man reads, aloud or not.

    emg_data/voiced_parallel_data/<session>/<i>_*      the same sentences aloud ...
    emg_data/silent_parallel_data/<session>_silent/    ... and mouthed without voice
    emg_data/nonparallel_data/<session>/               other sentences, aloud
    emg_data/closed_vocab/{voiced,silent}/<session>/   dates and times of 67 words, both ways
        <i>_emg.npy (T, 8) float64 at 1000 Hz, <i>_audio.flac and <i>_audio_clean.flac at 16 kHz,
        <i>_button.npy (not used), <i>_info.json, <i>_audio_clean_ema.pkl (made by the user)
    text_alignments/<session>/<session>_<i>_audio.TextGrid    words and phones, got separately
    sparc-targets/<settings>/<recording>.npz                  made by `data targets`

What was said aloud in parallel with silent speech is also mixed with noise (see `mixtures`):
`voiced-5-4-0118-War_of_the_Worlds-0522+pink-m11`. Sentences of the official lists are mixed to test
and to choose by, the others to train, with one noise at each SNR.

Signals of the sound and what is made of it (`audio`, `mel`, `phones`, `articulation`, `voicing`)
exist of what was said aloud only; but parallel silent utterances have the `mel` of the voiced one
of the same book and sentence, brought to their time by the EMG of both (`io/warping.py`). For known
issues see CORPUS.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from benchmark import storage
from benchmark.core import Checks, Corpus, Recording, UserError
from benchmark.corpora import mixtures
from benchmark.corpora.gaddy2020 import files, phones, signals
from benchmark.corpora.gaddy2020.checks import corpus_files, doubts, verify
from benchmark.corpora.gaddy2020.files import AUDIO_RATE, EMG_RATE, KINDS, SILENT, Clip
from benchmark.corpora.gaddy2020.phones import PHONES
from benchmark.corpora.gaddy2020.signals import NAME, SIGNALS
from benchmark.corpora.io import mel, sparc
from benchmark.corpora.io.download import Published, fetch_published

LISTS = Path(__file__).parent / "data" / "sentences.json"  # official, by book and number
ARCHIVE = Published(  # as https://zenodo.org/records/4064409 lists it
    "emg_data.tar.gz",
    "https://zenodo.org/records/4064409/files/emg_data.tar.gz?download=1",
    3_919_507_637,
    "md5:7f97d2182b896652999b1b2d0c69fd7b",
)
PROTOCOL = mixtures.Protocol(draws=1)  # 1,300 utterances train, five times those of a CSL speaker
SETS = {"voiced": "parallel", "silent": "parallel", "nonparallel": "not parallel"}
SLACK = 0.5  # seconds, between the streams of a recording
OF_SOUND = ("audio", "mel", "phones", "articulation", "voicing")
# Everything that changes a signal; `version` stands for the code.
READER = {
    "version": 1,
    "emg": [files.NOTCHES, files.NOTCH_Q, files.DRIFT, files.DRIFT_ORDER, EMG_RATE],
    "audio": [AUDIO_RATE, files.RECLEANED_RATE],
    "mel": asdict(mel.PARAMETERS),
    "phones": [PHONES, dict(phones.SAID), sparc.RATE],
    "sparc": [sparc.RATE, sparc.VOICED, sparc.SLACK],
    "mixtures": [mixtures.READER, asdict(PROTOCOL)],
}


def locate(root: Path) -> Path | None:
    """The first of root/gaddy2020, root/silent_speech and root that holds the voiced sessions."""
    places = (root / NAME, root / "silent_speech", root)
    return next((place for place in places if files.base(place) is not None), None)


def recordings(folder: Path) -> list[Recording]:
    """All utterances, kind after kind, by session and in order of time, then all mixtures.

    Opens info files only. Ids are `<kind>-<session>-<i>-<book>-<sentence>`, such as
    voiced-5-4-0118-War_of_the_Worlds-0522; a character of a name that is no letter, digit, `-` or
    `_` is `_`. Left out are clips between utterances and texts without a letter. The span counts
    what was kept: takes that were thrown away are not in it. UserError names the first bad file.
    """
    base = files.base(folder)
    if base is None:
        raise UserError(f"{folder}: expected emg_data/{KINDS['voiced']}, found none")
    aloud: dict[tuple[str, int], list[Clip]] = {}  # voiced clips by book and sentence
    found = [one for kind in KINDS for one in _of_kind(folder, base, kind, aloud)]
    twice = [name for name, count in Counter(one.id for one in found).items() if count > 1]
    if twice:
        raise UserError(f"{folder}: expected one recording {twice[0]}, got two; rename a session")
    return [*found, *_mixed(folder, [one for one in found if one.id.startswith("voiced-")])]


def _mixed(folder: Path, spoken: list[Recording]) -> Iterator[Recording]:
    """The mixtures of utterances; none where there are too few voices to babble."""
    known, noises = {one.id: one for one in spoken}, mixtures.noises(folder)
    roles = {id: role_of(id) for id in known}
    if min(list(roles.values()).count(side) for side in mixtures.SIDES) <= len(mixtures.BABBLE):
        return
    for recipe in mixtures.recipes(roles, noises, protocol=PROTOCOL):
        one = known[recipe.clean]
        read = partial(signals.read_mixture, recipe, known, noises)
        yield Recording(recipe.id, one.speaker, one.session, one.text, read, one.span)


def role_of(id: str) -> str:
    """What an utterance is mixed for: the official lists test and validate, the rest trains."""
    book, sentence = id.rsplit("-", 2)[-2:]
    lists = _lists()
    for role in ("test", "valid"):
        if book == lists["book"] and int(sentence) in lists[role]:
            return role
    return "train"


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LISTS.read_text("utf-8"))
    return found


def _of_kind(
    folder: Path, base: Path, kind: str, aloud: dict[tuple[str, int], list[Clip]]
) -> Iterator[Recording]:
    """The utterances of a kind; voiced ones, which come first, are put down in `aloud`."""
    for session in files.sessions(base, kind):
        name = f"{kind}-{_plain(session.name)}"
        begin, expected = 0, 0
        for clip in files.clips(session, kind):
            span = begin / EMG_RATE, (begin + clip.length) / EMG_RATE
            known = clip.number == expected  # how long a missing clip lasted is not known
            begin, expected = begin + clip.length, clip.number + 1 if known else -1
            if is_utterance(clip):
                id = f"{name}-{clip.number:04d}-{_plain(_stem(clip.book))}-{clip.sentence:04d}"
                same = aloud.setdefault((clip.book, clip.sentence), [])
                if kind == "voiced":
                    same.append(clip)
                read = partial(signals.read, folder, id, clip, same if kind == "silent" else ())
                yield Recording(id, "s1", name, clip.text, read, span if known else None)


def is_utterance(clip: Clip) -> bool:
    """Whether a clip is an utterance with something to say: a sentence with a letter in it."""
    return clip.sentence >= 0 and re.search("[A-Za-z]", clip.text) is not None


def _stem(book: str) -> str:
    return PurePosixPath(book).stem


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def facets(id: str) -> dict[str, str]:
    """How it was said and in which set, which is how an id begins; noise and SNR of a mixture."""
    if "+" in id:
        return mixtures.facets(id)
    kind = id.partition("-")[0]
    return {
        "manner": "silent" if kind in SILENT else "voiced",
        "set": SETS.get(kind, "closed vocabulary"),
    }


def fetch(root: Path) -> None:
    """Download the corpus into root/gaddy2020, without the alignments, which have no published sum.

    UserError: see `fetch_published`.
    """
    fetch_published([ARCHIVE], root / NAME, verify)


def digest() -> str:
    """sha256 of what the reader does, 64 hex digits; the files have checksums of their own."""
    return storage.digest([NAME, READER])


def has(id: str) -> tuple[str, ...]:
    """Signals of a recording; `articulation` and `voicing` only where somebody has made them."""
    if "+" in id:
        return ("emg", "emg_raw", "text", "noisy", "clean")
    muscles, kind = ("emg", "emg_raw", "text"), id.partition("-")[0]
    if kind == "silent":
        return (*muscles, "mel")
    return muscles if kind in SILENT else (*muscles, "audio", "mel", "phones")


CORPUS = Corpus(
    name=NAME,
    title="Gaddy and Klein: EMG of silent and voiced reading, one speaker",
    version="1.0",
    licence="CC BY 4.0 (the corpus, on Zenodo); the alignments state none",
    citation=(
        "Gaddy and Klein (2020), Digital Voicing of Silent Speech, EMNLP, arXiv:2010.02960; "
        "data: 10.5281/zenodo.4064408"
    ),
    advice=(
        "silentbench data prepare gaddy2020 --accept-licence downloads emg_data.tar.gz (3.9 "
        "GB), or takes the folder that holds emg_data with --from PATH; put text_alignments beside "
        "emg_data for phones"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    files=corpus_files,
    size="3.9 GB to fetch, about 7 GB on disk (estimated)",
    source=(
        "https://doi.org/10.5281/zenodo.4064408; alignments: "
        "https://github.com/dgaddy/silent_speech_alignments"
    ),
    known_issues=(
        "The recordings of silent sessions have sound files, in which nobody speaks: they are not "
        "read. Those of sentences that were read aloud in parallel have the mel of that take, "
        "brought to their time by EMG: no measurement of theirs. How near it is was measured on "
        "another corpus (emg_uka_trial).",
        "Clips with a sentence_index of -1 lie between utterances; they are no recordings, but an "
        "utterance's EMG is filtered together with the clips before and after it.",
        "For that reason the last milliseconds of a filtered utterance depend a little on its "
        "neighbour, which may be in another part of a split; emg_raw does not.",
        "Some texts are a lone punctuation mark: what has no letter is left out.",
        "EMG is microvolt as the amplifier's software scales it, with hum of 60 Hz and drift.",
        "Cleaned sound is 16 kHz as published and 22,050 Hz where the authors' later script has "
        "cleaned it again; it is resampled. Its level was evened out over neighbouring utterances.",
        "EMG and sound of an utterance need not be equally long, since they came in chunks: each "
        "is held against what its info file counts, and they may differ by up to "
        f"{SLACK:g} s.",
        "A recording without a TextGrid has phones, all of the class unknown, which is not "
        "silence; so have the words for which the aligner had no pronunciation (spn).",
        "Articulation is no measurement: SPARC has estimated it from the sound, in coordinates of "
        "its own. Its pitch in unvoiced frames is whatever the tracker said.",
        "Targets are looked for in sparc-targets, and only where that is not there as pickles "
        "beside the sound; making them changes the files of the corpus: prepare it again.",
        "Times within a session count what was kept; takes that were begun again are missing.",
        "Published noises may not be passed on: mixtures are with synthesised noise and babble of "
        "the speaker's own voice, unless there are wav files in noise/train and noise/test.",
        "The official test list names sentence 806 twice, so it has 99 sentences, not 100.",
    ),
    facets=facets,
    transfers={
        "voiced_to_silent": ("silent", "voiced"),
        "silent_official": ("silent", "silent"),
        "silent_and_voiced": ("silent", "both"),
    },
    checks=Checks(
        signals=has,
        slack=SLACK,
        levels={"emg": (0.1, 1e5), "emg_raw": (0.1, files.MOST_EMG)},
        flat=("phones",),  # where there is no TextGrid
        shared=("text", "phones"),  # phones where there is no TextGrid
        doubts=doubts,
    ),
)
