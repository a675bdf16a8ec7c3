"""SilentWear: eight commands, silent and vocalised, from a neckband of 14 channels, four speakers.

Three sessions of each speaker on different days, the band put on anew; in each five batches of
silent and five of vocalised speech, which alternate. A batch has 20 repetitions of each of eight
commands in random order with pauses between them; a recording is the stretch under one label.

    data_raw_and_filt/S01/silent/sess_1_batch_1.h5       see `files`
    data_raw_and_filt/S01/vocalized/sess_3_batch_5.h5

**This reader never met the real files.** It was written from the page of the data set and from the
authors' published program, which writes them, and read a table that pandas wrote in that way.
Spacone et al. 2026, arXiv:2603.02847.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.silentwear import files
from benchmark.corpora.silentwear.files import Stretch

NAME = "silentwear"
SOURCE = "https://huggingface.co/datasets/PulpBio/SilentWear"
READER = {"version": 1}
LEAST_TOGETHER = 0.05  # correlation of raw and filtered EMG; at another moment it is 0.01
TOP = "data_raw_and_filt"
WORDS = files.LABELS[1:]
SPEAKERS, SESSIONS, BATCHES, REPETITIONS = 4, 3, 5, 20  # as published
PLACE = re.compile(r"S0([1-9])/(silent|vocalized)/sess_([1-9])_batch_([1-9])\.h5")
MODES = {"silent": "silent", "vocalized": "vocalised"}


@dataclass(frozen=True)
class Batch:
    """One file."""

    path: Path
    speaker: str  # "s01"
    mode: str  # of MODES' values
    session: int
    number: int

    @property
    def id(self) -> str:
        return f"{self.speaker}-{self.mode}-{self.session}-{self.number}"


def locate(root: Path) -> Path | None:
    """The first of root/silentwear, root/SilentWear and root with data_raw_and_filt."""
    for folder in (root / NAME, root / "SilentWear", root):
        if (folder / TOP).is_dir():
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Words by speaker, mode, session, batch and order in time; labels of all files are read.

    `emg` (T, 14) float32, raw, in the unit of the files; `word` int64, 0-d. Ids number the words
    of a batch: `s01-silent-1-3-042`. UserError: a file that is not of the corpus, or not sound.
    """
    found = []
    for batch in _batches(folder):
        read = lru_cache(1)(partial(files.samples, batch.path))
        spoken = [s for s in files.stretches(batch.path, batch.session, batch.number) if s.label]
        for number, stretch in enumerate(spoken, start=1):
            id = f"{batch.id}-{number:03}"
            word = WORDS[stretch.label - 1]
            session = f"{batch.speaker}-{batch.session}"
            take = partial(_read, id, stretch, read)
            found.append(Recording(id, batch.speaker, session, word, take))
    return found


def _batches(folder: Path) -> Iterator[Batch]:
    for path in sorted((folder / TOP).glob("*/*/*.h5")):
        place = PLACE.fullmatch(path.relative_to(folder / TOP).as_posix())
        if place is None:
            raise UserError(
                f"{path}: expected names such as {TOP}/S01/silent/sess_1_batch_1.h5, found this "
                "one; move it away"
            )
        yield Batch(path, f"s0{place[1]}", MODES[place[2]], int(place[3]), int(place[4]))


def _read(id: str, stretch: Stretch, samples: Callable[[], Array], signal: str) -> Array:
    if signal == "emg":
        return np.array(samples()[stretch.first : stretch.last])
    if signal == "word":
        return np.array(stretch.label - 1, dtype=np.int64)
    raise UserError(f"{id}: expected the signal emg or word, got {signal}")


def corpus_files(folder: Path) -> list[Path]:
    """Every batch that is there, sorted; nothing else that lies around."""
    return sorted((folder / TOP).glob("S0[1-9]/*/sess_[1-9]_batch_[1-9].h5"))


def verify(folder: Path) -> list[str]:
    """One sentence for each batch that is missing, foreign, not sound, or of other counts."""
    problems, here = [], set()
    complete = not (folder / "FIXTURE").exists()
    try:
        batches = list(_batches(folder))
    except UserError as problem:
        return [str(problem)]
    for batch in batches:
        here.add((batch.speaker, batch.mode, batch.session, batch.number))
        try:
            stretches = files.stretches(batch.path, batch.session, batch.number)
            files.samples(batch.path)
        except UserError as problem:
            problems.append(str(problem))
            continue
        counts = Counter(stretch.label for stretch in stretches if stretch.label)
        for label in range(1, len(files.LABELS)) if complete else ():
            if counts[label] != REPETITIONS:
                problems.append(
                    f"{batch.path}: expected {REPETITIONS} repetitions of {files.LABELS[label]}, "
                    f"found {counts[label]}; get it again"
                )
    for key in sorted(_published() - here) if complete else ():
        name = "-".join(map(str, key))
        problems.append(f"{folder}: expected the batch {name}, found none; get it again")
    return problems


def doubts(folder: Path) -> Iterator[str]:
    """Batches whose raw EMG does not run with the filtered EMG that lies beside it."""
    for batch in _batches(folder):
        together = files.agreement(batch.path)
        if together is not None and together < LEAST_TOGETHER:
            yield (
                f"{batch.path}: expected raw and filtered EMG of one moment, found that they "
                f"correlate by {together:.2f}"
            )


def _published() -> set[tuple[str, str, int, int]]:
    return {
        (f"s0{speaker}", mode, session, batch)
        for speaker in range(1, SPEAKERS + 1)
        for mode in MODES.values()
        for session in range(1, SESSIONS + 1)
        for batch in range(1, BATCHES + 1)
    }


def digest() -> str:
    """sha256 of how this file reads; `data.checksums` takes those of the content."""
    return storage.digest([NAME, READER])


def facets(id: str) -> dict[str, str]:
    """How the word was spoken, which is in its id."""
    return {"mode": id.split("-")[1]}


CORPUS = Corpus(
    name=NAME,
    title="SilentWear: 8 commands, silent and vocalised, neckband of 14 channels, 4 speakers",
    version="1",
    licence="Apache-2.0",
    citation=(
        "G. Spacone et al. (2026). SilentWear: an Ultra-Low Power Wearable System for EMG-based "
        f"Silent Speech Recognition. arXiv:2603.02847. Data: {SOURCE}"
    ),
    advice=(
        f"get the folder {TOP} of {SOURCE}, then "
        f"silentbench data prepare {NAME} --from PATH --accept-licence"
    ),
    signals={
        "emg": Signal("0.1 µV", "float32", files.RATE, (len(files.CHANNELS),), files.CHANNELS),
        "word": Signal("class", "int64", labels=WORDS),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=corpus_files,
    size="not known: 120 files that were never seen here",
    source=SOURCE,
    known_issues=(
        "This reader never met the real files: it follows the page of the data set and the "
        "authors' published program, and was tried on a table that pandas wrote in that way. "
        "Where a file differs, it is refused.",
        "The program that recorded them multiplies volts by 10e6, which is 1e7, and calls the "
        "result microvolts. So values are taken to be tenths of a microvolt; they are read as "
        "stored.",
        "Of 16 inputs 11 and 12 are left out by the authors. The order of columns is that of the "
        "inputs, not of places on the neck.",
        "`emg` is raw. The files also have it filtered over the whole batch (high-pass 20 Hz, "
        "notch 50 Hz, forwards and backwards), which is left out.",
        "Published windows last 1.4 s from where a label begins, into the pause if need be; here a "
        "recording ends where its label does. Rest, the ninth class of the publication, is none.",
        "Labels have a resolution of 4 samples (8 ms), that of a packet.",
    ),
    facets=facets,
    checks=Checks(levels={"emg": (1.0, files.LARGEST)}, shared=("word",), doubts=doubts),
)
