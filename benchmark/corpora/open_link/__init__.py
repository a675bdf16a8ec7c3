"""Open Link: two recordings of one list of silent phrases, 8 channels, 250 Hz. A smoke test only.

Somebody read 40 prompts without voice, twice: eight phrases, each five times in a row, one every
5 s from 5 s on. A recording here is the 5 s after a prompt, `link1-00` to `link2-39`. From
github.com/asapsav/open-link, folder `data 8 class`, with or without gzip:

    link 8 classes 1 - Device_0_Volts.csv        CH1,...,CH8 in volts, 51,950 rows
    link 8 classes 2 - Device_0_Volts (1).csv    52,000 rows
    Yaro Silent 5 Labels.csv                     40 lines, a phrase each

Known issues: phrases come in the same order in both files, so counting prompts gives 100 %. Three
digits are stored: on the offsets of CH1-CH3, CH5 and CH6 that is a step of 0.1 mV, about what the
signal varies by. The authors use the first six channels. No marker says when a prompt was shown.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import re
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io.download import fetch_zip
from benchmark.corpora.io.files import found

NAME = "open_link"
COMMIT = "987e11662c5460b2f20d32e6e2a9f8101760cbfc"
ORIGIN = "https://github.com/asapsav/open-link"
ARCHIVE = f"{ORIGIN}/archive/{COMMIT}.zip"
TIMEOUT = 30.0  # seconds

INNER = "data 8 class"  # their folder in the repository
LABELS = "Yaro Silent 5 Labels.csv"
VOLTS = {
    "link1": "link 8 classes 1 - Device_0_Volts.csv",
    "link2": "link 8 classes 2 - Device_0_Volts (1).csv",
}
SUMS = {  # sha256 of the content, without gzip
    VOLTS["link1"]: "f0522e24302f48618ee7e589a2d380b6c59a58e5da1912efd65d272216300a26",
    VOLTS["link2"]: "4fed07b68c4b2aa6bdb93b1b1bdcbab1bcf11773fa8d5f005169e72faed579f9",
    LABELS: "2083f96036e5b8a1f85b14f1a67a59f6cc0b3ba98e484debd2e6ef8c387a8ee7",
}
WANTED = re.compile("LICENSE|" + re.escape(f"{INNER}/") + f"({'|'.join(map(re.escape, SUMS))})")
READER = 1  # version of what is made of that content

PHRASES = (
    *("Apply to SPC for me", "Book me a Waymo", "Presidio", "Launch MultiOn"),
    *("Walk forward", "Walk backward", "Turn left", "Turn right"),
)
PROMPTS = 40
RATE, SECONDS = 250, 5  # Hz; from one prompt to the next, and before the first
HEADER = ",".join(f"CH{k}" for k in range(1, 9))
LARGEST = 1 << 24  # bytes of one file; the published ones have about 4 million


def locate(root: Path) -> Path | None:
    """The first folder that holds the recordings: root/open_link, root/open-link and others."""
    for name in (NAME, "open-link", "emg_words/open-link"):
        if _path(root / name, LABELS) or _path(root / name, VOLTS["link1"]):
            return root / name
    return None


def recordings(folder: Path) -> list[Recording]:
    """80 recordings in the order of prompts, `link1-00` to `link2-39`; opens the labels only.

    `emg`: float32 (1250, 8), volts at 250 Hz. `word`: int64, 0-d, the place of the phrase in
    PHRASES. A file is read whole at the first of its recordings, and kept as long as they are.
    UserError: a file that is missing or is not sound.
    """
    phrases = read_labels(_found(folder, LABELS))
    return [
        Recording(
            f"{session}-{k:02}",
            "s1",
            session,
            phrase,
            partial(_read, f"{session}-{k:02}", k, phrase, volts),
            (SECONDS * (k + 1.0), SECONDS * (k + 2.0)),
        )
        for session, file in VOLTS.items()
        for volts in [cache(partial(_volts, folder, file))]
        for k, phrase in enumerate(phrases)
    ]


def _volts(folder: Path, file: str) -> Array:
    return read_volts(_found(folder, file))


def _read(id: str, prompt: int, phrase: str, volts: Callable[[], Array], signal: str) -> Array:
    if signal == "word":
        return np.array(PHRASES.index(phrase), np.int64)
    if signal != "emg":
        raise UserError(f"{id}: expected the signal emg or word, got {signal}")
    begin = (prompt + 1) * SECONDS * RATE
    return volts()[begin : begin + SECONDS * RATE].copy()


def read_labels(path: Path) -> list[str]:
    """40 phrases, one a line, of those in PHRASES; UserError with the line otherwise."""
    lines = content(path).decode("utf-8", "backslashreplace").splitlines()
    if len(lines) != PROMPTS:
        raise UserError(f"{path}: expected {PROMPTS} lines, got {len(lines)}; get the file again")
    for number, line in enumerate(lines, start=1):
        if line not in PHRASES:
            raise UserError(
                f"{path}, line {number}: expected one of {', '.join(PHRASES)}, got {line!r:.60}"
            )
    return lines


def read_volts(path: Path) -> Array:
    """(T, 8) float32 in volts at 250 Hz; UserError with the line where a row is not 8 numbers.

    T is such that the last prompt has its 5 s, 51,250 or more.
    """
    lines = content(path).decode("ascii", "backslashreplace").splitlines()
    if lines[:1] != [HEADER]:
        raise UserError(f"{path}, line 1: expected {HEADER}, got {''.join(lines[:1])!r:.60}")
    rows = [_row(path, number, line) for number, line in enumerate(lines[1:], start=2)]
    if len(rows) < (least := (PROMPTS + 1) * SECONDS * RATE):
        raise UserError(f"{path}: expected {least} rows or more, got {len(rows)}; get it again")
    return np.array(rows, np.float32)


def _row(path: Path, number: int, line: str) -> list[float]:
    try:
        row = [float(part) for part in line.split(",")]
    except ValueError:
        row = []
    # Volts of electrodes are small: what is not, float32 may not hold either.
    if len(row) != 8 or not all(math.isfinite(v) and abs(v) < 1e3 for v in row):
        raise UserError(f"{path}, line {number}: expected 8 numbers in volts, got {line!r:.60}")
    return row


def content(path: Path) -> bytes:
    """What a file holds, without its gzip; UserError where it is damaged or far too large."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            found = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise UserError(f"{path}: cannot be read ({problem}); get the file again") from problem
    if len(found) > LARGEST:
        raise UserError(f"{path}: expected {LARGEST} bytes or fewer, got more; get it again")
    return found


def _path(folder: Path, name: str) -> Path | None:
    """A file under its own name or with `_` for blanks, with or without gzip."""
    forms = [form + end for form in (name, name.replace(" ", "_")) for end in ("", ".gz")]
    paths = [found(base / form) for base in (folder, folder / INNER) for form in forms]
    return next((path for path in paths if path.is_file()), None)


def _found(folder: Path, name: str) -> Path:
    path = _path(folder, name)
    if path is None:
        raise UserError(f"{folder}: expected {name} or {name}.gz, found none; get it again")
    return path


def digest() -> str:
    """sha256 of the checksums of the published content and of this reader; touches no data."""
    return storage.digest([NAME, READER, SUMS])


def verify(folder: Path) -> list[str]:
    """One sentence for each file that is missing or does not hold what was published."""
    problems = []
    for name, expected in SUMS.items():
        try:
            path = _found(folder, name)
            got = hashlib.sha256(content(path)).hexdigest()
        except UserError as problem:
            problems.append(str(problem))
            continue
        if got != expected:
            problems.append(
                f"{path}: expected content with sha256 {expected[:12]}, got {got[:12]}; get it "
                "again"
            )
    return problems


def fetch(root: Path) -> None:
    """Download the commit from its public host into root/open_link: 3 files and the licence.

    The content is verified, not the archive, which the host builds on demand. UserError: see
    `fetch_zip`.
    """
    wanted = partial(re.fullmatch, WANTED)
    fetch_zip(ARCHIVE, root / NAME, lambda name: wanted(name) is not None, verify, TIMEOUT)


CORPUS = Corpus(
    name=NAME,
    title="Open Link: silent phrases in blocks, 8 classes, 2 recordings (smoke test only)",
    version=f"commit {COMMIT[:12]}",
    licence="Apache-2.0",
    citation=f"Open Link. Data: {ORIGIN}, commit {COMMIT}",
    advice=(
        f"silentbench data prepare {NAME} (downloads it into the data folder: "
        "--data, else SILENTBENCH_DATA, else data/), or with --from PATH --accept-licence"
    ),
    signals={
        "emg": Signal("V", "float32", float(RATE), (8,), tuple(HEADER.split(","))),
        "word": Signal("class", "int64", labels=PHRASES),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    size="8 MB on disk, 0.4 MB with gzip",
    source=ORIGIN,
    known_issues=(
        "Phrases come in blocks of five and in the same order in both recordings: the order of "
        "prompts alone gives 100 %, so no score on it means anything. Smoke test only.",
        "Three digits are stored: a step of 0.1 mV on most channels, as much as they vary by.",
        "Of the eight channels the authors use the first six; the 7th and 8th are 1000 and 10 "
        "times smaller.",
        "When prompts were shown is known from the list alone (every 5 s from 5 s on); the files "
        "hold no marker.",
        "A second recording of the labels does not exist: one list stands for both.",
    ),
    checks=Checks(levels={"emg": (1e-6, 1.0)}, shared=("word",)),
)
