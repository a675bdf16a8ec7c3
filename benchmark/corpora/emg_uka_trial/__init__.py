"""EMG-UKA Trial corpus: EMG of the face and speech, audible, whispered and silent, four speakers.

13 sessions, 1:52 h of read sentences: 1,120 audible, 300 whispered and 300 silent ones. Each
session and manner has 40 sentences to train on and 10 to test on, which are the same 10 everywhere;
the large session 002-101 has 500 and, each of the 10 twice, 20. `Subsets` lists them, `files` says
how they lie. Recordings are called `<manner>-<speaker>-<session>-<number>-<role>`, such as
`audible-002-001-0122-test`, and mixtures `audible-002-001-0122-test+pink-m11`.

For enhancement what was said aloud is mixed with noise (see `mixtures`): the authors' test
sentences to test, of the others those whose number ends in 0 to choose by, all else to train, with
one noise at each SNR.

Sound (`audio`) exists of what can be heard, audible and whispered. Of silent utterances there is
`mel` all the same: that of the audible one with the same words in the same session, which each has,
brought to its time by the EMG of both (`io/warping.py`). For known issues see CORPUS. Wand, Janke
and Schultz 2014, Interspeech.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora import mixing, mixtures
from benchmark.corpora.emg_uka_trial import alignments, files
from benchmark.corpora.emg_uka_trial.checks import NAME, corpus_files, verify
from benchmark.corpora.emg_uka_trial.files import AUDIO_RATE, EMG_RATE, Utterance
from benchmark.corpora.io import mel, warping

PROTOCOL = mixtures.Protocol(draws=1)
MEL_RATE = Fraction(mel.PARAMETERS.rate, mel.PARAMETERS.hop)
# Everything that changes a signal; `version` stands for the code.
READER = {
    "version": 1,
    "emg": [EMG_RATE, files.MICROVOLTS],
    "mel": asdict(mel.PARAMETERS),
    "phones": [alignments.UNKNOWN, *alignments.PHONES],
    "mixtures": [mixtures.READER, asdict(PROTOCOL)],
}
SOUND = Signal("full scale", "float32", float(AUDIO_RATE), span=2.0)
CHANNELS = tuple(f"EMG {number}" for number in range(1, files.COLUMNS))
SIGNALS: Mapping[str, Signal] = {
    "emg": Signal("µV", "float32", float(EMG_RATE), (len(CHANNELS),), CHANNELS),
    "audio": SOUND,
    "clean": SOUND,
    "noisy": SOUND,
    "mel": mel.SIGNAL,
    "text": Signal("code point", "uint32", free=True),
    "phones": Signal(
        "phone",
        "uint8",
        float(alignments.PHONE_RATE),
        labels=(alignments.UNKNOWN, *alignments.PHONES),
    ),
}
SPOKEN, HEARD, MIXED = ("emg", "text", "phones"), ("audio", "mel"), ("noisy", "clean")
LEFT_OUT = 4  # of EMG's channels, where silent and audible ones are compared: the authors' fifth


def locate(root: Path) -> Path | None:
    """The first of root/emg_uka_trial, root/EMG-UKA-Trial-Corpus and root that has its lists."""
    for folder in (root / NAME, root / "EMG-UKA-Trial-Corpus", root):
        if all(path.is_file() for _, _, path in files.lists(folder)):
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Utterances by manner, speaker, session and number, then mixtures; opens texts only.

    Utterances have `emg` (T, 6), `text`, `phones` (T,) and `mel` (T, 80), and if they can be heard
    `audio` (N,); mixtures `noisy`, `clean` (N,), `emg` and `text`. All begin at once and last
    equally long. There are no mixtures where too few speak. UserError names the first bad text.
    """
    known = {one.id: one for one in files.utterances(folder)}
    texts = {id: alignments.transcript(one) for id, one in known.items()}
    reader = _Reader(known, texts, mixtures.noises(folder))
    spoken = [
        Recording(id, one.speaker, _session(one), texts[id], partial(reader.utterance, id))
        for id, one in known.items()
    ]
    return [*spoken, *_mixed(known, texts, reader)]


def _session(one: Utterance) -> str:
    return f"{one.speaker}-{one.session}"


def _mixed(
    known: Mapping[str, Utterance], texts: Mapping[str, str], reader: _Reader
) -> Iterator[Recording]:
    roles = {id: role_of(one) for id, one in known.items() if one.manner == "audible"}
    if min(list(roles.values()).count(side) for side in mixtures.SIDES) <= len(mixtures.BABBLE):
        return
    speakers = {id: known[id].speaker for id in roles}
    for recipe in mixtures.recipes(roles, reader.noises, speakers, PROTOCOL):
        one = known[recipe.clean]
        read = partial(reader.mixture, recipe)
        yield Recording(recipe.id, one.speaker, _session(one), texts[recipe.clean], read)


def role_of(one: Utterance) -> str:
    """What an utterance is mixed for; the authors have no sentences to choose by."""
    return "valid" if one.role == "train" and one.number.endswith("0") else one.role


class _Reader:
    """Reads signals of one list of recordings; mixtures in a row share one utterance."""

    def __init__(
        self, known: Mapping[str, Utterance], texts: Mapping[str, str], noises: mixtures.Noises
    ) -> None:
        self.known, self.texts, self.noises = known, texts, noises
        # Of several takes of a text in a session the first.
        audible = [one for one in known.values() if one.manner == "audible"]
        self.aloud = {(_session(one), texts[one.id]): one.id for one in reversed(audible)}
        self.sound = lru_cache(2)(lambda id: files.sound(known[id]))
        self.mixed = lru_cache(1)(self._mixed)

    def utterance(self, id: str, signal: str) -> Array:
        one = self.known[id]
        if signal == "emg":
            return files.emg(one)
        if signal == "text":
            return np.array([ord(letter) for letter in self.texts[id]], np.uint32)
        if signal == "phones":
            return alignments.phones(one)
        if signal not in HEARD:
            has = ", ".join(signals_of(id))
            raise UserError(f"{id} is an utterance and has no {signal!r}; it has {has}")
        if one.manner == "silent":
            if signal == "mel":
                return self._brought(one)
            raise UserError(f"{id} is silent and has no {signal}: nobody can be heard")
        audio = self.sound(id)
        if signal == "audio":
            return np.asarray(audio, np.float32)
        return mel.spectrogram(audio, _frames(len(audio), AUDIO_RATE))

    def _brought(self, one: Utterance) -> Array:
        """(T, 80) float32: the mel of the audible take, in the time of a silent utterance."""
        key = _session(one), self.texts[one.id]
        if key not in self.aloud:
            raise UserError(
                f"{one.id}: expected an audible utterance of its words in session {key[0]}, found "
                f"none; {files.AGAIN}"
            )
        both = [files.emg(each) for each in (one, self.known[self.aloud[key]])]
        compared = [np.delete(emg, LEFT_OUT, axis=1) for emg in both]
        at = warping.times(*(warping.features(emg, EMG_RATE) for emg in compared))
        spectrogram = self.utterance(self.aloud[key], "mel")
        count = _frames(len(both[0]), EMG_RATE)
        return warping.brought(spectrogram, float(MEL_RATE), at, count).astype(np.float32)

    def mixture(self, recipe: mixtures.Recipe, signal: str) -> Array:
        if signal in ("emg", "text"):
            return self.utterance(recipe.clean, signal)
        if signal not in MIXED:
            has = ", ".join(signals_of(recipe.id))
            raise UserError(f"{recipe.id} is a mixture and has no {signal!r}; it has {has}")
        return self.mixed(recipe)[MIXED.index(signal)].copy()

    def _mixed(self, recipe: mixtures.Recipe) -> tuple[Array, Array]:
        return mixing.mix(recipe, self.sound(recipe.clean), self.voice)

    def voice(self, name: str) -> Array:
        return mixing.sound(self.noises, name) if name in self.noises.files else self.sound(name)


def _frames(samples: int, rate: int) -> int:
    """How many frames of mel there are in so many samples."""
    return int(Fraction(samples, rate) * MEL_RATE + Fraction(1, 2))


def signals_of(id: str) -> Collection[str]:
    """Names of the signals that a recording of this id has."""
    if "+" in id:
        return (*MIXED, "emg", "text")
    return (*SPOKEN, "mel") if id.startswith("silent-") else (*SPOKEN, *HEARD)


def facets(id: str) -> dict[str, str]:
    """How and in which session it was said; noise and SNR of a mixture."""
    if "+" in id:
        return mixtures.facets(id)
    manner, speaker, session, *_ = id.split("-")
    return {"manner": manner, "session": f"{speaker}-{session}"}


def digest() -> str:
    """sha256 of what the reader does, 64 hex digits; the files have checksums of their own."""
    return storage.digest([NAME, READER])


CORPUS = Corpus(
    name=NAME,
    title="EMG-UKA Trial: EMG of audible, whispered and silent reading, 4 speakers, 13 sessions",
    version="1",
    licence="not stated by its authors",
    citation=(
        "M. Wand, M. Janke, T. Schultz (2014). The EMG-UKA Corpus for Electromyographic Speech "
        "Processing. Interspeech 2014"
    ),
    advice=(
        "ask its authors (Cognitive Systems Lab, University of Bremen) for the EMG-UKA Trial "
        f"corpus, then silentbench data prepare {NAME} --from PATH --accept-licence"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=corpus_files,
    size="486 MB on disk",
    source=(
        "https://www.uni-bremen.de/csl, its authors' group; their document "
        "Doc_EMG-UKA-Trial-Corpus.pdf comes with it"
    ),
    known_issues=(
        "Terms: no licence comes with the corpus. Its document says that the speakers have agreed "
        "by signature that their data be used for further research and distribution; whether you "
        "may have, publish or pass on anything of it is between you and its authors. Nothing of it "
        "is in this project, and results on it are published as aggregates only.",
        "The same ten sentences test in all sessions and manners, and in 002-101 twice: intervals "
        "say little of other sentences. Four speakers cannot differ significantly.",
        "Speakers read English, which is not their first language.",
        "The authors name no sentences to choose by: here those of training whose number ends in "
        "0.",
        "EMG is microvolt at the electrodes, 0.033 a bit. Channels have an offset of up to 400 µV, "
        "and loud or tense moments are cut off at 16 bits. Channels 1, 3, 4 and 5 of session "
        "004-001 are mostly hum of 50 Hz.",
        "The authors leave channel 5 out, which tends to artefacts; it is kept here.",
        "The sound of 002-101 is cut off at 16 bits in nearly every utterance.",
        "Both signals are cut as the offset files say, 0.2 s after the marker rises, and the "
        "sample that they name as the end is not read.",
        "Silent utterances have sound too, in which single consonants can be heard: it is not "
        "read. Their mel is that of the audible take of the same words, brought to their time by "
        "EMG: no measurement of theirs, and late or early where that errs, 0.03 s in the median.",
        "Alignments were computed, those of silent speech from EMG alone. 51 whispered and silent "
        "utterances of 004-001 and 006-001 have none: their phones are all of the class unknown. "
        "In a few the last silence is missing: there the last phone lasts until the end.",
        "A frame of an alignment is the 27 ms after its time, so phones are about 10 ms early.",
        "Published noises may not be passed on: mixtures are with synthesised noise and babble of "
        "the corpus's own voices, unless there are wav files in noise/train and noise/test.",
        "With fewer speakers other voices babble: mixtures of a part of the corpus are not those "
        "of the whole.",
    ),
    facets=facets,
    transfers={"silent": ("silent", "silent")},
    checks=Checks(
        signals=signals_of,
        slack=0.02,
        slacks={"phones": 0.04},
        levels={"emg": (50.0, 1000.0), "audio": (5e-4, 0.5), "clean": (5e-4, 0.5)},
    ),
)
