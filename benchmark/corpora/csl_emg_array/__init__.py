"""CSL-EMG_Array: EMG of the face by an array of electrodes, with the speech, of eight speakers.

Twelve sessions, 9.5 h: one of audible speech by each of eight speakers, one of silent speech by
four of them (1, 3, 6, 8). Each session has up to seven blocks (`Block1-Initial` with 340
utterances, then adaptation and evaluation in turn, 50 utterances in each evaluation):

    Spk5_Block1-Initial/ , Spk6-Sil_Block3-Eval1/
        recordingLog.json                            promptList: texts by number
        0042/Spk5_Block1-Initial_0042_emg.npy        (T, 41) floats, 2048 Hz: 40 EMG and a marker
        0042/Spk5_Block1-Initial_0042_audio.wav      16 kHz: speech and a marker

Every utterance is a recording (`spk5-b1-0042`, `spk6sil-b3-0007`). For enhancement, those of the
first audible block are mixed with noise as in EMGSE (`spk5-b1-0042+pink-m11`, see `mixtures`):
utterances 1-40 test, 41-60 choose, the others train. The published corpus gives 8 speakers *
(280 * 25 + 20 * 25 + 40 * 4 * noises) mixtures: 70,240 with the eight synthesised test noises.

See CORPUS.known_issues; most of all, streams begin at their markers, and nothing is in order of
time. Diener et al. 2020, Interspeech; reading follows what EMGSE does (arXiv:2202.06507).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora import mixing, mixtures
from benchmark.corpora.csl_emg_array import files
from benchmark.corpora.csl_emg_array.checks import ADVICE, NAME, SOURCE, verify
from benchmark.corpora.csl_emg_array.files import Block, Utterance

PAGE = "https://www.uni-bremen.de/csl/forschung/lautlose-sprachkommunikation/csl-emg-array-corpus"
FIRST = (1, "Initial")  # the audible block that is mixed with noise
LAST_TEST, LAST_VALID = 40, 60  # numbers of utterances
READER = {"version": 1, "mixtures": mixtures.READER}

CHANNELS = (
    *(f"cheek {row}.{place}" for row in range(1, 5) for place in range(1, 8)),
    *(f"chin {place}" for place in range(1, 8)),
)
EMG = Signal("mV", "float32", 2000.0, (len(CHANNELS),), CHANNELS)
SOUND = Signal("full scale", "float32", float(files.AUDIO_RATE), span=2.0)
CLEAN = ("emg", "emg_deleted", "audio", "text")
MIXED = ("noisy", "clean", "emg", "emg_deleted")


@dataclass(frozen=True)
class Spoken:
    """One utterance, with what its folder and its block's log say."""

    id: str
    block: Block
    utterance: Utterance
    text: str

    @property
    def speaker(self) -> str:
        return f"spk{self.block.speaker}"

    @property
    def role(self) -> str | None:
        """Of its mixtures; None where it gives none."""
        if (self.block.number, self.block.name) != FIRST or self.block.silent:
            return None
        if self.utterance.audio is None:
            return None
        number = self.utterance.number
        return "test" if number <= LAST_TEST else "valid" if number <= LAST_VALID else "train"


def locate(root: Path) -> Path | None:
    """The first of root/csl_emg_array, root/CSL-EMG_Array and root that holds a block."""
    for folder in (root / NAME, root / "CSL-EMG_Array", root):
        if folder.is_dir() and any(files.BLOCK.fullmatch(path.name) for path in folder.iterdir()):
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Utterances by speaker, manner, block and number, then mixtures; only logs are opened.

    Utterances have `emg`, `emg_deleted` (T, 35), `audio` (N,) and `text`; mixtures `noisy`, `clean`
    (N,) and both kinds of EMG. All begin at their markers and last equally long. An utterance
    without a file of sound has no `audio` and no mixtures, one without EMG is left out; `verify`
    names both. Reading keeps the two last utterances in memory. UserError: a log that is not sound,
    a prompt that it lacks, too few noises or voices.
    """
    spoken = {one.id: one for block in files.blocks(folder) for one in _spoken(block)}
    reader = _Reader(spoken, mixtures.noises(folder))
    roles = {id: one.role for id, one in spoken.items() if one.role}
    speakers = {id: spoken[id].speaker for id in roles}
    made = mixtures.recipes(roles, reader.noises, speakers) if roles else []
    clean = [_recording(id, one, partial(reader.clean, id)) for id, one in spoken.items()]
    mixed = [_recording(r.id, spoken[r.clean], partial(reader.mixture, r)) for r in made]
    return clean + mixed


def _spoken(block: Block) -> Iterable[Spoken]:
    log = block.path / files.LOG
    texts = files.prompts(log)
    for one in block.utterances():
        if not texts.get(one.number, "").strip():
            raise UserError(f"{log}: expected a prompt {one.number:04}, found none; get it again")
        if one.emg is not None:
            yield Spoken(f"{block.id}-{one.number:04}", block, one, texts[one.number])


def _recording(id: str, one: Spoken, read: Callable[[str], Array]) -> Recording:
    return Recording(id, one.speaker, one.block.session, one.text, read)


class _Reader:
    """Reads signals of one list of recordings; 25 mixtures in a row share one utterance."""

    def __init__(self, spoken: dict[str, Spoken], noises: mixtures.Noises) -> None:
        self.spoken, self.noises = spoken, noises
        self.aligned = lru_cache(2)(self._aligned)
        self.resampled = lru_cache(2)(self._resampled)
        self.mixed = lru_cache(1)(self._mixed)

    def clean(self, id: str, signal: str) -> Array:
        if signal == "emg":
            return self.resampled(id).copy()
        if signal == "emg_deleted":
            return files.deleted(self.aligned(id)[0])
        if signal == "audio":
            return self.speech(id).astype(np.float32)
        if signal == "text":
            return np.array([ord(letter) for letter in self.spoken[id].text], np.uint32)
        raise UserError(f"{id} is an utterance and has no {signal!r}; it has {', '.join(CLEAN)}")

    def mixture(self, recipe: mixtures.Recipe, signal: str) -> Array:
        if signal not in MIXED:
            raise UserError(
                f"{recipe.id} is a mixture and has no {signal!r}; it has {', '.join(MIXED)}"
            )
        if signal in CLEAN:
            return self.clean(recipe.clean, signal)
        return self.mixed(recipe)[MIXED.index(signal)].copy()

    def speech(self, id: str) -> Array:
        found = self.aligned(id)[1]
        if found is None:
            one = self.spoken[id]
            folder = one.block.path / f"{one.utterance.number:04}"
            raise UserError(
                f"{folder}: expected {one.utterance.name}_audio.wav, found none; get the utterance "
                "again, or read its EMG and text only"
            )
        return found

    def voice(self, name: str) -> Array:
        """The whole sound of an utterance or of a recorded noise."""
        if name in self.noises.files:
            return mixing.sound(self.noises, name)
        path = self.spoken[name].utterance.audio
        assert path is not None  # only what has sound is given a role
        return files.read_audio(path)

    def _aligned(self, id: str) -> tuple[Array, Array | None]:
        one = self.spoken[id].utterance
        assert one.emg is not None  # only what has EMG is an utterance here
        return files.aligned(one.emg, one.audio)

    def _resampled(self, id: str) -> Array:
        return files.resampled(self.aligned(id)[0])

    def _mixed(self, recipe: mixtures.Recipe) -> tuple[Array, Array]:
        return mixing.mix(recipe, self.speech(recipe.clean), self.voice)


def corpus_files(folder: Path) -> list[Path]:
    """Logs, files of utterances whether read or not, and recorded noises, sorted."""
    found = [path for block in files.blocks(folder) for path in block.files()]
    return sorted([*found, *mixtures.noise_files(folder)])


def digest() -> str:
    """sha256 of how this file reads; `data.checksums` takes those of the content."""
    return storage.digest([NAME, READER])


def facets(id: str) -> dict[str, str]:
    """Noise and SNR of a mixture; of an utterance how it was spoken, and in which block."""
    if "+" in id:
        return mixtures.facets(id)
    session, block, _ = id.split("-")
    return {"mode": "silent" if session.endswith("sil") else "audible", "block": block[1:]}


def has(id: str) -> tuple[str, ...]:
    """Signals of a recording; one that lacks its file of sound, which `verify` names, has less."""
    return MIXED if "+" in id else CLEAN


CORPUS = Corpus(
    name=NAME,
    title="CSL-EMG_Array: EMG of the face from 35 electrodes with speech, 8 speakers, 12 sessions",
    version="1",
    licence="not stated by its authors",
    citation=(
        "L. Diener, M. Roustay Vishkasougheh, T. Schultz (2020). CSL-EMG_Array: An Open Access "
        "Corpus for EMG-to-Speech Conversion. Interspeech 2020"
    ),
    advice=ADVICE,
    signals={
        "emg": EMG,
        "emg_deleted": EMG,
        "audio": SOUND,
        "clean": SOUND,
        "noisy": SOUND,
        "text": Signal("code point", "uint32", free=True),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=corpus_files,
    size="11.3 GB to fetch, about 30 GB on disk",
    source=SOURCE,
    known_issues=(
        "Both streams begin before the push of the button, EMG and sound not equally early: each "
        "is read from the first sample at which its own marker is up.",
        "The end is not marked off by the published program, which leaves one stream longer; here "
        "both are cut to what they have in common, and refused where one has "
        f"{files.SLACK:g} s more than the other: how much it is as published was not seen.",
        "Of each 8 columns of EMG the 8th is dropped: 35 are left, 28 of the array on the cheek "
        "and 7 of the strip under the chin.",
        "`emg` is resampled by a filter from 2048 to 2000 Hz; `emg_deleted` is what was published, "
        "3 of every 128 samples deleted, which bends time and folds high frequencies down.",
        "The number of an utterance is the prompt's place in a list; prompts were read in another "
        "order, so ids say nothing about time.",
        "promptList is an object of texts in some logs and a list of pairs in others.",
        "An utterance without a file of sound keeps its EMG and text, and gives no mixtures; one "
        "without EMG is no recording. `silentbench data verify` names both.",
        "Silent sessions have sound too, but no speech in it.",
        "The published noises may not be passed on: mixtures are with synthesised noise and with "
        "babble of the corpus's own voices, unless there are wav files in noise/train and "
        "noise/test of its folder.",
        "With fewer speakers other voices babble: mixtures of a part of the corpus are not those "
        "of the whole.",
    ),
    facets=facets,
    checks=Checks(
        signals=has,
        levels={"emg": (1e-4, 20.0), "emg_deleted": (1e-4, 20.0)},
        shared=("text",),
    ),
)
