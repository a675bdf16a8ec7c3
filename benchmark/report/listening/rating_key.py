"""The key of a listening test: which item of its page is which recording of which system.

It stays with whoever makes the test: who rates must not see it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import UserError

LEAST, MOST = 1, 5  # of a rating
LAYOUT = 1


class RatedItem(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    item: int  # its place on the page, from 1
    system: str
    recording: str
    sha256: str  # of the FLAC file that is heard


class Key(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    layout: int
    page: str  # what the page and its ratings are called
    task: str
    split: str
    seed: int
    items: list[RatedItem]
    vocoder: str = ""  # that made sounds of spectrograms; also empty in keys of before it was kept

    @property
    def systems(self) -> list[str]:
        """In the order of their names."""
        return sorted({item.system for item in self.items})


def name_of(task: str, split: str, seed: int, items: Sequence[RatedItem], vocoder: str = "") -> str:
    """What a page of these items is called."""
    made = [vocoder] if vocoder else []
    return storage.digest([task, split, seed, [item.model_dump() for item in items], *made])[:12]


def _name(key: Key) -> str:
    return name_of(key.task, key.split, key.seed, key.items, key.vocoder)


def write(path: Path, key: Key) -> None:
    """Write a key as JSON."""
    storage.write_json(path, key.model_dump())


def read(path: Path) -> Key:
    """A key; UserError where there is none, or it was edited."""
    if not path.is_file():
        raise UserError(f"{path}: expected the key that `silentbench ratings make` has written")
    try:
        raw = json.loads(storage.read_text(path))
        key = Key.model_validate(raw)
    except (ValueError, RecursionError, ValidationError) as error:
        said = str(error).splitlines()[0]
        raise UserError(f"{path}: expected a key of ratings, found none ({said:.200})") from error
    if key.layout != LAYOUT or key.page != _name(key):
        raise UserError(f"{path}: damaged or edited: its name is not that of its items")
    return key
