"""Files of SSC2010: where sentences lie, their transcripts, and what is wrong with a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmark.core import UserError
from benchmark.corpora.io.files import counts, found
from benchmark.corpora.io.pictures import bmp

TONGUE, LIPS = "tongue", "lips"
NUMBER = re.compile("[0-9]{4}")
LINE = re.compile(r"([0-9]{1,4})\s*\.\s*(\S.*?)\s*(?:\([^()]*\))?")
SHOWN = 5  # of many, named in a sentence


class Part(NamedTuple):
    """One half of the corpus as it was published."""

    name: str
    transcripts: str  # file
    material: str
    sentences: int
    frames: int


PARTS = (
    Part("test", "WSJ05K_Test/WSJ0_5K_Transcripts.txt", "WSJ0 5k", 100, 35_339),
    Part("train", "TIMIT_training/TIMIT_Transcripts.txt", "TIMIT", 2_342, 773_069),
)


def place(folder: Path, view: str, sentence: str) -> Path:
    """Where the pictures of `train-0012` lie."""
    part, number = sentence.split("-")
    return folder / view / part / number


def sentences(folder: Path, view: str, part: Part) -> list[int]:
    """Numbers of the sentences that have a folder, rising."""
    at = folder / view / part.name
    return sorted(int(f.name) for f in folders(at) if NUMBER.fullmatch(f.name))


def folders(at: Path) -> list[Path]:
    """Folders within a folder, by name; UserError where it cannot be listed."""
    try:
        return sorted(f for f in at.iterdir() if counts(f) and f.is_dir())
    except OSError as problem:
        raise UserError(
            f"{at}: expected folders of sentences, got {problem.strerror}; get it again"
        ) from problem


def transcripts(path: Path) -> dict[int, str]:
    """Texts by number of sentence, without what stands in brackets at their end.

    UTF-8 or Windows-1252. Runs of spaces become one, empty lines and whatever stands before the
    first numbered line are passed over. UserError: any other line, a second text of a number.
    """
    found: dict[int, str] = {}
    for at, line in enumerate(_lines(path), start=1):
        match = LINE.fullmatch(" ".join(line.split()))
        if match is None:
            if found and line.strip():
                raise UserError(
                    f"{path}, line {at}: expected `12. text. (..)`, got {line[:60]!r}; correct it"
                )
        elif found.setdefault(int(match[1]), match[2]) != match[2]:
            raise UserError(
                f"{path}, line {at}: expected one text of sentence {int(match[1])}, got a second; "
                "remove one"
            )
    return found


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        pass  # a file older than the habit of UTF-8
    try:
        return content.decode("cp1252").splitlines()
    except UnicodeDecodeError as problem:
        raise UserError(
            f"{path}: expected UTF-8 or Windows-1252, got byte {content[problem.start]:#04x}; "
            "get it again"
        ) from problem


def unsaid(path: Path, number: int) -> str:
    return f"{path}: expected a line `{number}. ...` for sentence {number}, found none; correct it"


def frames_of(folder: Path, sentence: str) -> int:
    """Pictures of each view; UserError where the two views do not go together."""
    tongue, lips = (bmp.whole(place(folder, view, sentence)) for view in (TONGUE, LIPS))
    if tongue != lips:
        raise UserError(
            f"{sentence} in {folder}: expected as many pictures of lips as of the tongue, got "
            f"{lips} and {tongue}; get both folders again"
        )
    return tongue


def corpus_files(folder: Path) -> Iterator[Path]:
    """Transcripts and pictures in the order of their paths: 1.6 million of the real corpus."""
    kept = [folder / part.transcripts for part in PARTS]
    yield from sorted(path for path in kept if path.is_file())
    for view in (LIPS, TONGUE):
        for part in PARTS:
            for number in sentences(folder, view, part):
                at = place(folder, view, f"{part.name}-{number:04}")
                yield from sorted(found(bmp.path_of(at, n)) for n in bmp.numbers(at))


def problems(folder: Path, part: Part, published: bool) -> Iterator[str]:
    """One sentence for each thing wrong; `published`: with the numbers of the whole corpus."""
    try:
        texts = transcripts(folder / part.transcripts)
        here = {view: sentences(folder, view, part) for view in (TONGUE, LIPS)}
        strange = [f for v in here for f in folders(folder / v / part.name)]
    except UserError as problem:
        yield str(problem)
        return
    for at in (f for f in strange if not NUMBER.fullmatch(f.name)):
        yield f"{at}: expected the number of a sentence in 4 digits; rename it or move it away"
    every = sorted({*here[TONGUE], *here[LIPS]})
    if published:
        yield from _uncounted(folder, part, every)
    frames = 0
    for number in every:
        if number not in texts:
            yield unsaid(folder / part.transcripts, number)
        sentence = f"{part.name}-{number:04}"
        try:
            frames += frames_of(folder, sentence)
            for view in here:
                bmp.read(bmp.path_of(place(folder, view, sentence), 1))
        except UserError as problem:
            yield str(problem)
    if published and frames != part.frames:
        yield (
            f"{folder}: expected {part.frames:,} frames of {part.name}, found {frames:,} in whole "
            "sentences; get the missing ones"
        )


def _uncounted(folder: Path, part: Part, every: list[int]) -> Iterator[str]:
    expected = set(range(1, part.sentences + 1))
    for what, numbers in (
        ("has no folder", sorted(expected - set(every))),
        ("is not of this corpus", sorted(set(every) - expected)),
    ):
        if numbers:
            named = ", ".join(f"{number:04}" for number in numbers[:SHOWN])
            more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
            yield (
                f"{folder}: expected sentences 0001 to {part.sentences:04} of {part.name}, but "
                f"{named}{more} {what}; lay them out anew"
            )
