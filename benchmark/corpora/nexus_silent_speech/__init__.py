"""nexus-silent-speech: words said silently, eight channels of EMG from a brace, one speaker.

Two sets by the electrode brace of a dissertation (University College London, 2024), 250 Hz, about
6 s a recording, each of which begins with its prompt:

    datasets/electrode-brace/30x10/      30 words, 4 sessions of 302, 87, 52 and 82 recordings
    datasets/electrode-brace/50x3/       air, bat, cap; 2 sessions of 153 and 150
        metadata.csv                     word, time, speaker and session of each recording
        1698051433.npy                   (T, 8), the name is its time

Prompts are shuffled, so neighbours in time say nothing of the word. Ids have the set, the session
and the place in the session: `30x10-0-001`.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.nexus_silent_speech import files

NAME = "nexus_silent_speech"
COMMIT = "ff02b003bb79507be8dae6577c78ded4582898d0"
ORIGIN = "https://github.com/solderneer/nexus-silent-speech"
READER = {"version": 1}

FEW = ("air", "bat", "cap")
WORDS = (
    *FEW,
    *("crunch", "delete", "drum", "each", "end", "enter", "fine", "gust", "harp", "jury", "look"),
    *("made", "near", "odd", "pit", "plex", "quench", "red", "sit", "space", "sun", "trap"),
    *("urge", "vest", "whale", "yank", "zip"),
)
SETS = {"30x10": WORDS, "50x3": FEW}
PUBLISHED = {"30x10": {0: 302, 1: 87, 2: 52, 3: 82}, "50x3": {0: 153, 1: 150}}  # by session
SPEAKER = "s1"  # the files name the author


def locate(root: Path) -> Path | None:
    """The first of root/nexus_silent_speech, root/nexus-silent-speech and root with the brace."""
    for folder in (root / NAME, root / "nexus-silent-speech", root):
        if (folder / "datasets" / "electrode-brace").is_dir():
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Recordings by set, session and time; only tables are opened.

    `emg` (T, 8) float32 in µV, T about 1505 or 1518; `word` int64, 0-d. UserError: no table, or
    one that is not sound.
    """
    found = []
    for name, place in _sets(folder).items():
        seen: Counter[int] = Counter()
        rows = sorted(files.table(place / "metadata.csv", SETS[name]), key=lambda r: r.session)
        if len({row.speaker for row in rows}) > 1:
            raise UserError(f"{place}/metadata.csv: expected one speaker, found more; get it again")
        first = {row.session: row.time for row in reversed(rows)}
        for row in rows:
            seen[row.session] += 1
            id = f"{name}-{row.session}-{seen[row.session]:03}"
            start = float(row.time - first[row.session])
            span = (start, start + files.SECONDS)
            read = partial(_read, id, row.word, place / f"{row.time}.npy")
            session = f"{name}-{row.session}"
            found.append(Recording(id, SPEAKER, session, row.word, read, span))
    return found


def _sets(folder: Path) -> dict[str, Path]:
    places = {name: folder / "datasets" / "electrode-brace" / name for name in SETS}
    return {name: place for name, place in places.items() if place.is_dir()}


def _read(id: str, word: str, path: Path, signal: str) -> Array:
    if signal == "emg":
        return files.samples(path)
    if signal == "word":
        return np.array(WORDS.index(word), dtype=np.int64)
    raise UserError(f"{id}: expected the signal emg or word, got {signal}")


def corpus_files(folder: Path) -> list[Path]:
    """Tables and arrays of both sets, sorted; nothing else that lies around."""
    found = [place / "metadata.csv" for place in _sets(folder).values()]
    for place in _sets(folder).values():
        found += [path for path in place.glob("*.npy") if path.stem.isdigit()]
    return sorted(path for path in found if path.is_file())


def verify(folder: Path) -> list[str]:
    """One sentence for each table or array that is not sound, missing or in no table."""
    problems, here = [], {}
    for name, place in _sets(folder).items():
        try:
            rows = files.table(place / "metadata.csv", SETS[name])
        except UserError as problem:
            problems.append(str(problem))
            continue
        here[name] = Counter(row.session for row in rows)
        named = {f"{row.time}.npy" for row in rows}
        for path in sorted(p for p in place.glob("*.npy") if p.name not in named):
            problems.append(f"{path}: expected an array of the table, found another; move it away")
        for file in sorted(named):
            try:
                files.samples(place / file)
            except UserError as problem:
                problems.append(str(problem))
    if not (folder / "FIXTURE").exists():
        for name, sessions in PUBLISHED.items():
            if (found := dict(sorted(here.get(name, Counter()).items()))) != sessions:
                problems.append(
                    f"{folder}/datasets/electrode-brace/{name}: expected recordings by session "
                    f"{sessions}, found {found}; get it again"
                )
    return problems


def digest() -> str:
    """sha256 of how this file reads; `data.checksums` takes those of the content."""
    return storage.digest([NAME, READER])


CORPUS = Corpus(
    name=NAME,
    title="nexus-silent-speech: 30 words and 3 words from an EMG brace, 6 sessions, one speaker",
    version=f"commit {COMMIT[:12]}",
    licence="not stated by its author",
    citation=(
        "Sudharshan (solderneer, 2024). Nexus, a session-independent silent speech interface. "
        f"Dissertation, University College London. Data: {ORIGIN}, commit {COMMIT}"
    ),
    advice=(
        f"no licence is stated, so ask its author; clone {ORIGIN} at that commit, then "
        f"silentbench data prepare {NAME} --from PATH --accept-licence"
    ),
    signals={
        "emg": Signal(
            unit="µV",
            dtype="float32",
            rate=files.RATE,
            frame=(files.CHANNELS,),
            channels=tuple(f"electrode {number}" for number in range(1, files.CHANNELS + 1)),
        ),
        "word": Signal("class", "int64", labels=WORDS),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=corpus_files,
    size="79 MB of these two sets on disk",
    source=ORIGIN,
    known_issues=(
        "No licence is stated: nothing is fetched by the program, nothing of it is passed on, and "
        "results are published as aggregates only.",
        "One speaker, who is the author: nothing here says how a method does on other people.",
        "The first row of an array is no sample, mostly numbers below 1e-300 of memory that was "
        "never written; it is left out, as the author's program does.",
        "Rows are 6.0 to 6.1 s at 250 Hz with no time stamps: lost samples cannot be seen.",
        "Macro F1 goes over all 30 classes, so with the 3 words of 50x3 it is 0.1 at best.",
        "One line of 30x10/metadata.csv is there twice; it is one recording.",
        "The word is said somewhere in the 6 s after its prompt; nothing marks where.",
        "The README says silent and subvocalized speech, and of no recording which.",
        "Unfiltered: electrode offsets of up to 57 mV, drift, and the mains at 50 Hz.",
        "Sessions of 30x10 are unequal (302, 87, 52, 82), three of them of one day.",
        "The repository's control array, its sound, and its SNR recordings are left out.",
    ),
    # Real recordings have 1,503 to 1,534 samples behind the first row: 6.01 to 6.14 s.
    checks=Checks(slack=0.15, levels={"emg": (1000.0, 100_000.0)}, shared=("word",)),
)
