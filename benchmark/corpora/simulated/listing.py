"""What the list of a corpus must hold for its recordings to be read; any list may be a stranger's.

Talkers name files, so their ids are words: nothing outside of the corpus's folder is ever opened.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated.sensors.source import FRAME_RATE
from benchmark.corpora.simulated.texts import lexicon

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
File = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(flac|movement)$")]
First = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
TOLERANCE = 1e-6  # s
# What the ids of takes say of their kind; all others are sentences.
SILENT, WORD = re.compile(r".*-silent"), re.compile(r".*-[a-z]w[0-9]+")
LONGEST = 60  # characters that are shown of what was found
Model = TypeVar("Model", bound=BaseModel)
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Format(_Part):
    format: int


class _Talker(_Part):
    id: Word
    digest: str
    refused: Mapping[str, str] = {}


class _Recording(_Part):
    id: Word
    talker: Word
    session: Word
    kind: Literal["sentence", "silent", "word"]
    text: Annotated[str, Field(min_length=1)]
    frames: tuple[First, Count]
    phones: tuple[tuple[str, Seconds, Seconds], ...]
    audio: tuple[First, Count] | None = None  # of takes with voice
    of: Word | None = None  # of silent ones: the take with voice


class _List(_Part):
    sensor_seed: str
    seed_sha256: str = ""
    sealed: bool = False
    talkers: tuple[_Talker, ...]
    files: Mapping[File, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]
    recordings: tuple[_Recording, ...]


def check(text: str, version: int) -> None:
    """ValueError, in one line, where a list in JSON is of another format version or broken.

    Rows of recordings are counted from 1.
    """
    if (said := _parsed(_Format, text).format) != version:
        raise ValueError(f"format: expected {version}, found {said}")
    found = _parsed(_List, text)
    if found.sealed and not found.seed_sha256:
        raise ValueError("seed_sha256: a sealed corpus says the digest of its secret there")
    for name, counts in (
        ("talkers", Counter(one.id for one in found.talkers)),
        ("recordings", Counter(one.id for one in found.recordings)),
    ):
        if twice := [id for id, count in counts.items() if count > 1]:
            raise ValueError(f"{name}: {twice[0]} is there twice")
    talkers = {one.id for one in found.talkers}
    voiced = {one.id: one for one in found.recordings if one.kind != "silent"}
    for row, one in enumerate(found.recordings, start=1):
        if problem := _problem(one, talkers, voiced) or _of_phones(one):
            raise ValueError(f"{_row(row, one.id)}: {problem}")


def _row(row: int, id: str) -> str:
    return f"recordings, row {row} ({id})"


def _parsed(model: type[Model], text: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(
            f"{place}: {first['msg']}{_in_row(text, first['loc'], first['input'])}"
        ) from error


def _in_row(text: str, place: tuple[int | str, ...], found: object) -> str:
    """What a field of a recording holds, and of which one it is; nothing of other fields."""
    if len(place) < 2 or place[0] != "recordings" or not isinstance(place[1], int):
        return ""
    one = json.loads(text)["recordings"][place[1]]
    id = str(one.get("id") if isinstance(one, dict) else one)[:LONGEST]
    return f" in {_row(place[1] + 1, id)}, found {str(found)[:LONGEST]!r}"


def _problem(one: _Recording, talkers: set[str], voiced: Mapping[str, _Recording]) -> str:
    if one.talker not in talkers:
        return f"expected one of the talkers listed, found {one.talker}"
    told = "silent" if SILENT.fullmatch(one.id) else "word" if WORD.fullmatch(one.id) else ""
    if one.kind != (told or "sentence"):
        return f"expected kind {told or 'sentence'!r}, as the id says, found {one.kind!r}"
    if one.kind != "silent":
        samples = one.frames[1] * AUDIO_RATE // FRAME_RATE
        there = one.audio is not None and one.audio[1] == samples
        return "" if there else f"expected `audio`, where its {samples} samples lie"
    aloud = voiced.get(one.of or "")
    if aloud is None or (aloud.talker, aloud.text) != (one.talker, one.text):
        return f"expected `of`, a take with voice of its talker and text, found {one.of}"
    return ""


def _of_phones(one: _Recording) -> str:
    """What is wrong with a take's phones: they are those of its text, one after the other."""
    if unknown := {name for name, _, _ in one.phones} - {*lexicon.PHONES}:
        return f"expected phones of the lexicon, found {min(unknown)}"
    words = [word for word in one.text.split() if word != ","]
    if strange := [word for word in words if word not in lexicon.PRONUNCIATIONS]:
        return f"expected a text of words of the lexicon, found {strange[0][:LONGEST]!r}"
    if one.kind == "word" and (count := sum(word in lexicon.WORDS for word in words)) != 1:
        return f"expected one command word in its text {one.text!r}, found {count}"
    lasts, before = one.frames[1] / FRAME_RATE, 0.0
    for place, (name, begin, end) in enumerate(one.phones, start=1):
        if not before - TOLERANCE <= begin < end <= lasts + TOLERANCE:
            return (
                f"expected phone {place} ({name}) within {before:.3f} to {lasts:.3f} s, after "
                f"those before it and before the take ends, found {begin} to {end} s"
            )
        before = end
    expected = [name for word in words for name in lexicon.PRONUNCIATIONS[word]]
    said = [name for name, _, _ in one.phones if name != lexicon.SILENCE]
    for place, (here, there) in enumerate(zip_longest(expected, said), start=1):
        if here != there:
            return (
                f"expected the phones of its text {one.text!r}, number {place} of them "
                f"{here or 'none'}, found {there or 'none'}"
            )
    return ""
