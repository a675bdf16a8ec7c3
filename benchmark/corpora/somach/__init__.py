"""Somach: a surface recording of articulation, 2 channels, 250 Hz, six classes, one speaker.

Two AD8232 modules (made for the heart, passband about 0.5-40 Hz) and a 12-bit converter: the slow
movement of skin and electrodes is much of the signal, so this is not pure muscle activity (EMG).
One man recorded himself on 2026-02-11: study A in three manners of speaking, study B in five,
six classes of 50 recordings in each, 2400 in all, about 1 s each. The second channel lies under
the chin in A and on the left throat in B. Left out: the repository's later covert_sessions and
its pilot. Source: Carl Vincent Ladres Kho, github.com/CarlKho-Minerva/Somach_sEMG-Silent-Speech.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io.download import fetch_zip
from benchmark.corpora.somach.files import File, csv_files, npz_files

COMMIT = "422cfb110cf341835d17fecc9281d7584126098a"
ORIGIN = "https://github.com/CarlKho-Minerva/Somach_sEMG-Silent-Speech"
ARCHIVE = f"{ORIGIN}/archive/{COMMIT}.zip"
TIMEOUT = 30.0  # seconds

WORDS = ("up", "down", "left", "right", "silence", "noise")
SESSIONS = {
    "studyA_3phase/Phase_1_Overt": "a1-overt",
    "studyA_3phase/Phase_3_Mouthing": "a3-mouthing",
    "studyA_3phase/Phase_5_Exaggerated": "a5-exaggerated",
    "studyB_5phase/Phase_1_Overt": "b1-overt",
    "studyB_5phase/Phase_2_Whispered": "b2-whispered",
    "studyB_5phase/Phase_3_Mouthing": "b3-mouthing",
    "studyB_5phase/Phase_5_Exaggerated": "b5-exaggerated",
    "studyB_5phase/Phase_6_Covert": "b6-covert",
}
NAME = re.compile(  # class, number 001-050, date and time
    rf"({'|'.join(WORDS).upper()})_(0[0-4][1-9]|0[1-5]0)_([0-9]{{8}}_[0-9]{{6}})\.csv"
)
WANTED = re.compile(rf"LICENSE(-DATA)?|data/({'|'.join(SESSIONS)})/{NAME.pattern}")

# sha256 over the recordings in the order of their ids: the line "<id> <T>", then the samples
# (T, 2) as little-endian int16. Both forms give it.
DIGEST = "ed3ae5de6fb9f220dea6994da7a14947cf3025e9d17b5a03f0310c30d9e80c31"
HASHES = Path(__file__).parent / "data" / "sha256.txt"


@dataclass(frozen=True)
class Trial:
    """One recording: what its file's name says, and how to get its samples, int16 (T, 2)."""

    id: str
    session: str
    word: str
    time: str  # "20260211_154911"; no two of a session are the same
    samples: Callable[[], Array]


def locate(root: Path) -> Path | None:
    """The first of root/somach, root/emg_words/somach and root that holds either form."""
    for folder in (root / "somach", root / "emg_words" / "somach", root):
        if _tree(folder) or _npz(folder).is_file():
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """All recordings, session after session and in order of time within each (file names tell it).

    `emg`: float32 (T, 2), ADC counts of 0-4095 at 250 Hz, T from 26 to 1598, median about 240;
    reading it raises UserError with file and line where a file is not sound. `word`: int64, 0-d,
    the index of the class. Opens no CSV; the npz is read whole. UserError for a foreign file.
    """
    trials, problems = _trials(folder)
    if problems:
        raise UserError(problems[0])
    return [Recording(t.id, "s1", t.session, t.word, partial(_read, t)) for t in trials.values()]


def digest() -> str:
    """sha256 of the published content, 64 hex digits; touches no data."""
    return DIGEST


def verify(folder: Path) -> list[str]:
    """Read every recording and compare it with what was published; one sentence a problem."""
    try:
        trials, problems = _trials(folder)
    except UserError as problem:
        return [str(problem)]
    published = _published()
    if missing := [name for name in published if name not in trials]:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        problems.append(f"{folder}: missing {', '.join(missing[:5])}{more}")
    content = hashlib.sha256()
    for name in sorted(trials):
        try:
            samples = trials[name].samples().astype("<i2")
        except UserError as problem:
            problems.append(str(problem))
            continue
        content.update(f"{name} {len(samples)}\n".encode() + samples.tobytes())
        if fingerprint(trials[name].time, samples) != published.get(name):
            problems.append(f"{name}: its samples or its time are not those published")
    if not problems and content.hexdigest() != digest():
        problems.append(f"{folder}: expected content {digest()}, got {content.hexdigest()}")
    return problems


def fingerprint(time: str, samples: Array) -> str:
    """16 hex digits for one recording, as in HASHES; with its time, as splits rely on the order."""
    content = f"{time}\n".encode() + samples.astype("<i2").tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def fetch(root: Path) -> None:
    """Download the commit from its public host into root/somach: CSVs and licences, or nothing.

    The host builds the archive on demand and does not promise the same bytes twice, so it is the
    content that is verified, not the archive. UserError: see `fetch_zip`.
    """
    wanted = partial(re.fullmatch, WANTED)
    fetch_zip(ARCHIVE, root / "somach", lambda name: wanted(name) is not None, verify, TIMEOUT)


def _published() -> dict[str, str]:
    """Id and fingerprint of every recording."""
    lines = HASHES.read_text("ascii").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


def _tree(folder: Path) -> Path | None:
    bases = (folder, folder / "data")
    return next((base for base in bases if (base / "studyA_3phase").is_dir()), None)


def _npz(folder: Path) -> Path:
    return folder / "derived" / "somach_all.npz"


def _trials(folder: Path) -> tuple[dict[str, Trial], list[str]]:
    """Trials by id, in order, and a sentence for each file that has no place in the corpus."""
    base = _tree(folder)
    found: dict[str, Trial] = {}
    problems = []
    for file in npz_files(_npz(folder)) if base is None else csv_files(base):
        trial = _trial(file)
        if trial is None:
            problems.append(f"{folder}: {file.phase}/{file.name} is not a file of this corpus")
        elif trial.id in found:
            problems.append(f"{folder}: {file.phase}/{file.name} is a second {trial.id}")
        else:
            found[trial.id] = trial
    order = sorted(found.values(), key=lambda trial: (trial.session, trial.time, trial.id))
    return {trial.id: trial for trial in order}, problems


def _trial(file: File) -> Trial | None:
    session, named = SESSIONS.get(file.phase), NAME.fullmatch(file.name)
    if session is None or named is None:
        return None
    word, number, time = named[1].lower(), named[2], named[3]
    return Trial(f"{session}-{word}-{number}", session, word, time, file.samples)


def _read(trial: Trial, signal: str) -> Array:
    if signal == "emg":
        return trial.samples().astype(np.float32)
    if signal == "word":
        return np.array(WORDS.index(trial.word), dtype=np.int64)
    raise UserError(f"{trial.id}: expected the signal emg or word, got {signal}")


def facets(id: str) -> dict[str, str]:
    """How the word was spoken, which is in the name of its session, such as b6-covert-up-001."""
    return {"mode": id.split("-")[1]}


CORPUS = Corpus(
    name="somach",
    title="Somach: surface recording of articulation, 6 classes, 8 sessions, one speaker",
    version=f"commit {COMMIT[:12]}",
    licence="CC BY 4.0",
    citation=(
        "C. V. L. Kho (2026). Electrode Placement Boundaries for Ultra-Low-Cost Silent Speech "
        f"Interfaces. Data: {ORIGIN}, commit {COMMIT}"
    ),
    advice=(
        "silentbench data prepare somach (downloads it into the data folder: "
        "--data, else SILENTBENCH_DATA, else data/)"
    ),
    signals={
        "emg": Signal(
            unit="ADC counts",
            dtype="float32",
            rate=250.0,
            frame=(2,),
            channels=("chin", "under chin (A), left throat (B)"),
        ),
        "word": Signal(unit="class", dtype="int64", labels=WORDS),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    size="23 MB of CSV files on disk",
    source=ORIGIN,
    known_issues=(
        "Made with modules for the heart (about 0.5-40 Hz): slow movement of skin and electrodes "
        "is much of the signal, so it is no pure muscle activity.",
        "The second channel lies under the chin in study A and on the left throat in study B.",
        "A file has words, the number 001-050 and a time in its name; order in time is that of the "
        "time, not of the number.",
        "One speaker, one day: nothing here says how a method does on other people.",
        "The repository's later covert_sessions and its pilot are left out.",
    ),
    facets=facets,
    checks=Checks(levels={"emg": (1.0, 4095.0)}, shared=("word",)),
)
