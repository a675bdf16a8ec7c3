"""Read the files of SingleWordProductionDutch: streams, words, tables, and what is amiss in them.

`cut` says where the blocks of a session are, `verify` checks all files but no signal; the layout is
in `dutch_words`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import nwb
from benchmark.corpora.io.files import counts, found

PARTICIPANTS = tuple(f"sub-{number:02d}" for number in range(1, 11))
FILES = (
    *("ieeg.nwb", "ieeg.json", "channels.tsv", "events.tsv"),
    *("space-ACPC_electrodes.tsv", "space-ACPC_coordsystem.json"),
)
OURS = re.compile(r"(participants|dataset_description|README|CHANGES|LICENSE)(\.\w+)?")
CONTACTS = 1103  # of all participants; one has 54 to 127
WORDS = range(90, 111)  # of a participant: 100 are said to be
SECONDS = (240.0, 420.0)  # of a session: about 300 are said to be

RATE = 1024  # Hz, of the sEEG
SOUND_RATE = 48000  # Hz, as stored
BLOCKS = 10
GUARD = 1.0  # seconds between two blocks
SHORTEST = BLOCKS * (GUARD + 1)  # seconds of a session: a block keeps one of them
SLACK = 1.0  # seconds by which starts and ends of streams may differ, and words from their strings
PIECE = 1 << 16  # samples at a time where a whole stream is looked through


def present(folder: Path) -> list[str]:
    """Participants that have an NWB file here."""
    names = sorted(path.parent.name for path in folder.glob("sub-[0-9][0-9]/ieeg"))
    return [name for name in names if file_of(folder, name, "ieeg.nwb").is_file()]


def file_of(folder: Path, participant: str, name: str) -> Path:
    """Where one of FILES of a participant lies, or would."""
    task = f"{participant}_task-wordProduction_{name}"
    return found(folder / participant / "ieeg" / task)


def corpus_files(folder: Path) -> Iterator[Path]:
    """Every file of the corpus that is there, sorted; nothing else that lies around."""
    top = [p for p in folder.glob("*") if OURS.fullmatch(p.name)]
    below = [p for p in folder.glob("sub-[0-9][0-9]/ieeg/sub-*") if p.name[:6] == p.parts[-3]]
    return (path for path in sorted([*top, *below]) if path.is_file() and counts(path))


def streams(file: Any) -> tuple[nwb.Stream, nwb.Stream]:
    """sEEG and sound of an open file; UserError where they did not run at the same time."""
    seeg = nwb.stream(file, "iEEG", RATE, 2)
    audio = nwb.stream(file, "Audio", SOUND_RATE, 1)
    if not abs(seeg.begin - audio.begin) <= SLACK:
        raise UserError(
            f"{file.container_source}: expected iEEG and Audio to start within {SLACK:g} s of each"
            f" other, got {seeg.begin:.3f} and {audio.begin:.3f} s; {nwb.AGAIN}"
        )
    if not abs(seeg.end - audio.end) <= SLACK:
        raise UserError(
            f"{file.container_source}: expected iEEG and Audio to end within {SLACK:g} s of each"
            f" other, got {seeg.end:.3f} and {audio.end:.3f} s; {nwb.AGAIN}"
        )
    return seeg, audio


def cut(file: Any) -> tuple[nwb.Stream, list[int]]:
    """The sEEG, and eleven of its samples: they cut the time that it shares with the sound."""
    seeg, audio = streams(file)
    begin, end = max(seeg.begin, audio.begin), min(seeg.end, audio.end)
    if not end - begin >= SHORTEST:
        raise UserError(
            f"{file.container_source}: expected sEEG and sound of at least {SHORTEST:g} s together,"
            f" got {end - begin:.1f} s; {nwb.AGAIN}"
        )
    return seeg, [nwb.place(seeg, begin + (end - begin) * k / BLOCKS) for k in range(BLOCKS + 1)]


def said(folder: Path, participant: str, file: Any, seeg: nwb.Stream) -> list[tuple[float, str]]:
    """Words with the second at which each is shown; from Stimulus where events.tsv has none."""
    path = file_of(folder, participant, "events.tsv")
    listed = []
    for line, row in enumerate(_table(path) if path.exists() else (), start=2):
        if row.get("trial_type") != "word":
            continue
        try:
            onset, word = float(row["onset"]), row["value"]
        except (KeyError, ValueError) as problem:
            raise UserError(
                f"{path}, line {line}: expected a number as onset and a word as value, got"
                f" {str(row)[:80]}; {nwb.AGAIN}"
            ) from problem
        if not -SLACK <= onset <= seeg.end - seeg.begin + SLACK:
            raise UserError(
                f"{path}, line {line}: expected an onset within the recording of"
                f" {seeg.end - seeg.begin:.0f} s, got {onset}; {nwb.AGAIN}"
            )
        listed.append((onset, word))
    return listed or shown(file, seeg)


def shown(file: Any, seeg: nwb.Stream) -> list[tuple[float, str]]:
    """The same from the strings beside the sEEG: a word begins where the string changes to it."""
    stimulus = nwb.stream(file, "Stimulus", RATE, 1)
    words, before = [], ""
    for first in range(0, len(stimulus.data), PIECE):
        texts = nwb.texts(stimulus, first, min(first + PIECE, len(stimulus.data)))
        for index, text in enumerate(map(str.strip, texts), start=first):
            if text and text != before:
                words.append((nwb.time(stimulus, index) - seeg.begin, text))
            before = text
    return words


def good(folder: Path, participant: str, count: int) -> Array:
    """Places of contacts that channels.tsv does not call bad, rising; all of `count` without it.

    UserError where all are bad, or the table names another number of contacts.
    """
    path = file_of(folder, participant, "channels.tsv")
    if not path.is_file():
        return np.arange(count)
    bad = [row.get("status", "").strip().lower() == "bad" for row in _table(path)]
    if len(bad) != count or all(bad):
        raise UserError(
            f"{path}: expected {count} contacts, as iEEG has, and good ones among them, got"
            f" {len(bad)} of which {sum(bad)} are bad; {nwb.AGAIN}"
        )
    return np.flatnonzero(~np.array(bad))


def contact(folder: Path, participant: str, column: int) -> str:
    """The name of a contact, from channels.tsv where that has it, and its column."""
    path = file_of(folder, participant, "channels.tsv")
    names = [row.get("name", "") for row in _table(path)] if path.is_file() else []
    return f"{' '.join(names[column : column + 1])} (column {column})".strip()


@lru_cache(maxsize=16)
def peak(path: Path, _size: int, _changed: int) -> float:
    """The largest magnitude of a session's sound, read piece by piece."""
    highest = 0.0
    with nwb.opened(path) as file:
        _, audio = streams(file)
        for first in range(0, len(audio.data), 16 * PIECE):
            stop = min(first + 16 * PIECE, len(audio.data))
            piece = nwb.samples(audio, first, stop)
            for at in np.flatnonzero(~np.isfinite(piece))[:1]:
                raise UserError(
                    f"{audio.where}: expected numbers, got {piece[at]} at sample {first + at},"
                    f" {(first + at) / SOUND_RATE:.3f} s; {nwb.AGAIN}"
                )
            highest = max(highest, float(np.abs(piece).max()))
    if highest < 1e-30:
        raise UserError(f"{path}: expected sound in /acquisition/Audio, got silence; {nwb.AGAIN}")
    return highest


def verify(folder: Path) -> list[str]:
    """One sentence for each thing that is not as published; no signal is read."""
    published = not (folder / "FIXTURE").exists()
    problems, contacts, expected = [], 0, list(PARTICIPANTS)
    try:
        named = [row.get("participant_id", "") for row in _table(folder / "participants.tsv")]
        if not published:
            expected = [name for name in PARTICIPANTS if name in named]
        if named != expected or not named:
            problems.append(
                f"{folder}/participants.tsv: expected {PARTICIPANTS[0]} to {PARTICIPANTS[-1]},"
                f" got {', '.join(named)[:100] or 'nobody'}"
            )
    except UserError as problem:
        problems.append(str(problem))
    for participant in sorted({*expected, *present(folder)}):
        try:
            contacts += _verified(folder, participant, published, problems)
        except UserError as problem:
            problems.append(str(problem))
    if published and not problems and contacts != CONTACTS:
        problems.append(f"{folder}: expected {CONTACTS} contacts in all, got {contacts}")
    return [p if p.endswith(nwb.AGAIN) else f"{p}; {nwb.AGAIN}" for p in problems]


def _verified(folder: Path, participant: str, published: bool, problems: list[str]) -> int:
    """Add what is wrong with one participant to `problems`; the number of contacts."""
    paths = [file_of(folder, participant, name) for name in FILES]
    recording, info, channels, events, electrodes, system = paths
    missing = [path for path in paths if not path.is_file()]
    problems += [f"{path}: expected a file, found none" for path in missing]
    if missing:
        return 0
    for path in (info, system):
        _json(path)
    names, placed = ([row.get("name", "") for row in _table(p)] for p in (channels, electrodes))
    with nwb.opened(recording) as file:
        signal, _ = cut(file)
        (samples, contacts), seconds = signal.data.shape, signal.end - signal.begin
        strings = len(nwb.stream(file, "Stimulus", RATE, 1).data)
        words = said(folder, participant, file, signal)
        problems += _unlike(events, words, shown(file, signal))
    if contacts != len(names):
        problems.append(
            f"{recording}: expected the {len(names)} contacts of channels.tsv, got {contacts}"
        )
    if len(set(names)) < len(names):
        problems.append(f"{channels}: expected each contact once")
    if unplaced := sorted({*names} - {*placed}):
        problems.append(f"{electrodes}: expected every contact, found no {', '.join(unplaced[:3])}")
    if strings != samples:
        problems.append(f"{recording}: expected {samples} strings in Stimulus, got {strings}")
    if published and not SECONDS[0] <= seconds <= SECONDS[1]:
        problems.append(f"{recording}: expected about 300 s, got {seconds:.0f}")
    if published and len(words) not in WORDS:
        problems.append(f"{events}: expected about 100 words, got {len(words)}")
    return int(contacts)


Words = list[tuple[float, str]]


def _unlike(events: Path, listed: Words, seen: Words) -> Iterator[str]:
    """A sentence if the table of events and the strings beside the sEEG do not tell the same."""
    if len(listed) != len(seen):
        yield f"{events}: expected the {len(seen)} words of Stimulus, got {len(listed)}"
        return
    for (onset, word), (begin, text) in zip(listed, seen, strict=True):
        if abs(onset - begin) > SLACK:
            yield (
                f"{events}: expected {text!r} at {begin:.2f} s, as in Stimulus, got {word!r} at"
                f" {onset:.2f} s"
            )
            return


def _table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a table with tabs and a header, by column; UserError where it is none."""
    header, *lines = _text(path).splitlines() or [""]
    columns = header.split("\t")
    for number, line in enumerate(lines, start=2):
        if not line:
            continue  # some writers end a table with an empty line
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise UserError(
                f"{path}, line {number}: expected {len(columns)} cells, got {len(cells)};"
                f" {nwb.AGAIN}"
            )
        yield dict(zip(columns, cells, strict=True))


def _json(path: Path) -> None:
    try:
        json.loads(_text(path))
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{path}: expected JSON, got {problem}; {nwb.AGAIN}") from problem


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: expected a text ({problem}); {nwb.AGAIN}") from problem
