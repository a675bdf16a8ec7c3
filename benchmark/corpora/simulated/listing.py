"""What the list of a corpus must hold for its recordings to be read; any list may be a stranger's.

Talkers name files, so their ids are words: nothing outside of the corpus's folder is ever opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated.sensors.source import FRAME_RATE
from benchmark.corpora.simulated.texts import lexicon

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
File = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(flac|movement)$")]
First = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
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
    """ValueError, in one line, where a list in JSON is of another format version or broken."""
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
    for one in found.recordings:
        if problem := _problem(one, talkers, voiced):
            raise ValueError(f"recordings: {one.id}: {problem}")


def _parsed(model: type[Model], text: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(f"{place}: {first['msg']}") from error


def _problem(one: _Recording, talkers: set[str], voiced: Mapping[str, _Recording]) -> str:
    if one.talker not in talkers:
        return f"expected one of the talkers listed, found {one.talker}"
    if unknown := {name for name, _, _ in one.phones} - {*lexicon.PHONES}:
        return f"expected phones of the lexicon, found {min(unknown)}"
    if one.kind != "silent":
        samples = one.frames[1] * AUDIO_RATE // FRAME_RATE
        told = one.audio is not None and one.audio[1] == samples
        return "" if told else f"expected `audio`, where its {samples} samples lie"
    aloud = voiced.get(one.of or "")
    if aloud is None or (aloud.talker, aloud.text) != (one.talker, one.text):
        return f"expected `of`, a take with voice of its talker and text, found {one.of}"
    return ""
