"""The secrets of sealed tests that a project has announced, by their digests, the latest last.

What a sealed result says of its secret and day is free to be made up: without this list, one that
claims a day to come would hide all others. It lies where no pull request of an entry may write.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from benchmark import storage
from benchmark.core import UserError
from benchmark.results.sealed.file import Day, Digest

FILE = Path("submissions", "_sealed_secrets.json")


class Announced(BaseModel):
    """A secret that results may be of, from a day on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: Digest
    day: Day  # UTC


_LIST = TypeAdapter(tuple[Announced, ...])


def read(root: Path) -> tuple[Announced, ...]:
    """All secrets of a project, none where it has no list; UserError where that is broken."""
    place = root / FILE
    if place.exists() and not place.is_file():
        raise UserError(
            f"{place}: expected a list of announced secrets, found no file; get it again"
        )
    try:
        found = _LIST.validate_json(storage.read_text(place))
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise UserError(
            f"{place}: not a list of announced secrets: {field}: {first['msg']}; get it again"
        ) from error
    if len({one.secret for one in found}) < len(found):
        raise UserError(f"{place}: a secret is announced twice; get it again")
    return found


def announce(root: Path, secret: str, day: str) -> bool:
    """Put a secret at the end of the list; False where it is there already, in any place."""
    found = read(root)
    if any(one.secret == secret for one in found):
        return False
    every = [*found, Announced(secret=secret, day=day)]
    lines = ",\n ".join(json.dumps(one.model_dump()) for one in every)
    storage.write_whole(root / FILE, f"[\n {lines}\n]\n".encode())
    return True
