"""subvocalization-emg: three Portuguese words, spoken, mouthed or subvocal, from ten speakers.

Four channels of surface EMG at 250 Hz (OpenBCI Cyton, 8 inputs). A file holds one word of one
speaker in one manner: the screen showed the word and a pause in turn, about 0.8 s each. A recording
is what was recorded while the word was shown (`p001-spoken-sim-001`), by the labels of the file.

    dist/saves/P001/F/Sim.csv       F spoken (10 speakers), A mouthed (5), S subvocal (5)
    dist/saves/P001/F/Nao.csv       sim, não, talvez: yes, no, maybe

Since a file holds one word, whatever drifts from file to file tells the word: scores within a
speaker mean nothing, and the splits are of new speakers only. See CORPUS.known_issues.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io.download import fetch_zip
from benchmark.corpora.subvocalization_emg import files
from benchmark.corpora.subvocalization_emg.files import Stretch

NAME = "subvocalization_emg"
COMMIT = "63834282beaddea660f74870b342ddf778404934"
ORIGIN = "https://github.com/MateusAquino/subvocalization-emg"
READER = {"version": 1}
SUMS = Path(__file__).parent / "data" / "sha256.txt"  # of every file, by its path below the folder

MANNERS = {"F": "spoken", "A": "mouthed", "S": "subvocal"}
WORDS = ("sim", "não", "talvez")
FILES = {"Sim": "sim", "Nao": "não", "Talvez": "talvez"}  # the word in a file, by its name
PLACE = re.compile(r"dist/saves/(P0(?:0[1-9]|10))/([FAS])/(Sim|Nao|Talvez)\.csv")
# Byte by byte the file of another speaker, whose other files it fits: 70 words a minute, not 75,
# and the offsets of his electrodes.
COPIES = {"dist/saves/P003/A/Talvez.csv": "dist/saves/P004/A/Talvez.csv"}
MOST_APART = 0.05  # of the samples in a turn, between files of one speaker and manner
CHANNELS = ("larynx, inner to outer", "infra-orbital to buccal", "mental to hyoid", "infra-orbital")


@dataclass(frozen=True)
class Block:
    """One file: a speaker says one word again and again."""

    path: Path
    speaker: str  # "p001"
    manner: str
    word: str

    @property
    def id(self) -> str:
        return f"{self.speaker}-{self.manner}-{self.path.stem.lower()}"


def locate(root: Path) -> Path | None:
    """The first of root/subvocalization_emg, root/subvocalization-emg and root with dist/saves."""
    for folder in (root / NAME, root / "subvocalization-emg", root):
        if (folder / "dist" / "saves").is_dir():
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Words by speaker, manner, word and order in time; labels of all files are read, no values.

    `emg` (T, 4) float32 in µV, T about 200 or 214; `word` int64, 0-d. Words of which samples were
    lost or damaged, and files that are copies of another speaker's, are left out. The number in an
    id counts all words of the file. UserError: a file that is not of the corpus, or not sound.
    """
    turns = {block: files.stretches(block.path, block.word) for block in _blocks(folder)}
    _agree(turns)
    found = []
    for block, stretches in turns.items():
        read = lru_cache(1)(partial(files.samples, block.path))
        spoken = [stretch for stretch in stretches if stretch.label != files.SILENCE]
        for number, stretch in enumerate(spoken, start=1):
            if not stretch.whole:
                continue
            span = (stretch.first / files.RATE, stretch.last / files.RATE)
            name = f"{block.id}-{number:03}"
            take = partial(_read, name, block.word, stretch, read)
            found.append(Recording(name, block.speaker, block.id, block.word, take, span))
    return found


def _agree(turns: Mapping[Block, Sequence[Stretch]]) -> None:
    """UserError where files of one speaker and manner differ in how many turns they have, or in
    how long those are: they were recorded with the same settings."""
    first: dict[tuple[str, str], Block] = {}
    for block, found in turns.items():
        other = first.setdefault((block.speaker, block.manner), block)
        ours, theirs = _pace(found), _pace(turns[other])
        if ours[0] != theirs[0] or abs(ours[1] - theirs[1]) > MOST_APART * theirs[1]:
            raise UserError(
                f"{block.path}: expected {theirs[0]} turns of about {theirs[1]:g} samples as in "
                f"{other.path.name}, found {ours[0]} of {ours[1]:g}; get both again"
            )


def _pace(found: Sequence[Stretch]) -> tuple[int, float]:
    return len(found), float(np.median([s.last - s.first for s in found])) if found else 0.0


def _blocks(folder: Path) -> Iterator[Block]:
    for path in sorted((folder / "dist" / "saves").glob("*/*/*.csv")):
        name = path.relative_to(folder).as_posix()
        place = PLACE.fullmatch(name)
        if place is None:
            raise UserError(
                f"{path}: expected names such as dist/saves/P001/F/Sim.csv, found this one; move "
                "it away"
            )
        if name not in COPIES:
            yield Block(path, place[1].lower(), MANNERS[place[2]], FILES[place[3]])


def _read(
    name: str, word: str, stretch: Stretch, samples: Callable[[], Array], signal: str
) -> Array:
    if signal == "emg":
        return np.array(samples()[stretch.first : stretch.last])
    if signal == "word":
        return np.array(WORDS.index(word), dtype=np.int64)
    raise UserError(f"{name}: expected the signal emg or word, got {signal}")


def corpus_files(folder: Path) -> list[Path]:
    """Every file of the corpus that is there, and its licence; nothing else that lies around."""
    found = [p for p in folder.glob("dist/saves/*/*/*") if PLACE.fullmatch(_name(folder, p))]
    return sorted([*found, *(p for p in [folder / "LICENSE"] if p.is_file())])


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def verify(folder: Path) -> list[str]:
    """One sentence for each file that is missing, foreign or not the published one, by sha256.

    Of a miniature, each file is read instead.
    """
    try:
        recordings(folder)
        if (folder / "FIXTURE").exists():
            for block in _blocks(folder):
                files.samples(block.path)
            return []
    except UserError as problem:
        return [str(problem)]
    problems = []
    for name, expected in _published().items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{path}: expected a file, found none; get it again")
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
            problems.append(
                f"{path}: expected sha256 {expected[:12]}, found {found[:12]}; get it again"
            )
    return problems


def _published() -> dict[str, str]:
    """sha256 of every CSV file of the commit."""
    pairs = (line.split("  ") for line in SUMS.read_text("utf-8").splitlines())
    return {name: sha256 for sha256, name in pairs}


def fetch(root: Path) -> None:
    """Download the commit from its public host into root/subvocalization_emg, or nothing.

    The host builds the archive on demand, so it is the files that are verified, not the archive.
    """

    def wanted(name: str) -> bool:
        return name == "LICENSE" or PLACE.fullmatch(name) is not None

    fetch_zip(f"{ORIGIN}/archive/{COMMIT}.zip", root / NAME, wanted, verify)


def digest() -> str:
    """sha256 of how this file reads; `data.checksums` takes those of the content."""
    return storage.digest([NAME, READER])


def facets(id: str) -> dict[str, str]:
    """How the word was spoken, which is in its id."""
    return {"mode": id.split("-")[1]}


CORPUS = Corpus(
    name=NAME,
    title="subvocalization-emg: 3 Portuguese words, spoken, mouthed, subvocal, 10 speakers",
    version=f"commit {COMMIT[:12]}",
    licence="BSD 3-Clause (LICENSE of the repository, granted for its source code; see below)",
    citation=(
        "M. de Aquino Batista (2023). Subvocalization EMG. Bachelor's project, Universidade do "
        f"Vale do Paraíba. Data: {ORIGIN}, commit {COMMIT}"
    ),
    advice=(
        f"silentbench data prepare {NAME} --accept-licence (downloads it), or add --from PATH "
        "of a clone at this commit"
    ),
    signals={
        "emg": Signal("µV", "float32", files.RATE, (files.LIVE,), CHANNELS),
        "word": Signal("class", "int64", labels=WORDS),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    files=corpus_files,
    size="61 MB to fetch, 237 MB on disk",
    source=ORIGIN,
    known_issues=(
        "Licence: the repository has a BSD 3-Clause LICENSE, and its README grants that for the "
        "source code and says of the data only that they are included with the approval of an "
        "ethics committee. Nothing of them is passed on here, and results are published as "
        "aggregates only.",
        "A file holds one word, so the offsets, drift and contact of that file tell the word: the "
        "middle of its silences does, at 0.56 to 0.65 where chance is 0.33. Scores within a "
        "speaker mean nothing; splits are of new speakers only.",
        "For new speakers the pauses still tell a little (0.41 spoken, 0.50 mouthed, 0.35 "
        "subvocal): a word goes on when the screen already shows the pause. A recording ends where "
        "its label ends.",
        "dist/saves/P003/A/Talvez.csv is byte by byte that of P004, to whom it belongs by its pace "
        "and its offsets. It is left out: P003 mouthed two words.",
        "Files have no time stamps and no counter, so lost samples show only as stretches that are "
        "too short. Words with less than three quarters of the median stretch of their file are "
        "left out (13, 9 of them of P010).",
        "Channels 5 to 8 had no electrodes and are left out. They read one value throughout, but "
        "for one sample (P007/S/Nao.csv), whose packet was damaged: the word around such a sample "
        "is left out.",
        "Labels change when the screen does, and data came in packets of some 15 samples: edges "
        "are uncertain by about 0.06 s, besides the time that the speaker takes to react.",
        "Spoken: all speakers. Mouthed: P001 to P005. Subvocal: P006 to P010. So no speaker has "
        "both of the silent manners.",
        "Unfiltered: electrode offsets of up to 40 mV, drift, and the mains at 60 Hz. Electrodes "
        "by the README's table of pins, taken as differential pairs; nothing in the files names "
        "them.",
    ),
    facets=facets,
    checks=Checks(levels={"emg": (1000.0, 60_000.0)}, shared=("word",)),
)
