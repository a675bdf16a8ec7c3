"""The secrets of sealed tests that a project has announced, by their digests, the latest last.

What a sealed result says of its secret and day is free to be made up: without this list, one that
claims a day to come would hide all others. It lies where no pull request of an entry may write. The
day of a secret is that from which on results may be of it, until the next one is announced: who
knows a secret that was replaced, and may be public, makes no results of it that count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from benchmark import storage
from benchmark.core import UserError
from benchmark.registry.project import find
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
    place = find(root, FILE)
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
    if [one.day for one in found] != sorted(one.day for one in found):
        raise UserError(f"{place}: expected the secrets in the order of their days; get it again")
    return found


def out_of_period(announced: Sequence[Announced], secret: str, day: str, today: str) -> str:
    """Why no result of a secret can be of a day; empty where one can.

    The period of a secret begins with the day of its announcement and ends with that of the next
    one. `today` is the present day, UTC.
    """
    place = next((k for k, one in enumerate(announced) if one.secret == secret), None)
    if place is None:
        return f"of a secret that {FILE} does not announce"
    first = announced[place].day
    last = announced[place + 1].day if place + 1 < len(announced) else today
    if day > today:
        return f"of {day}, which is to come: today is {today} (UTC)"
    if not first <= day <= last:
        return f"of {day}, and its secret is of the days from {first} to {last}"
    return ""


def with_secret(found: tuple[Announced, ...], secret: str, day: str) -> tuple[Announced, ...]:
    """A list with a secret at its end, unless it has it; UserError where its last is of later."""
    if any(one.secret == secret for one in found):
        return found
    if found and day < found[-1].day:
        raise UserError(
            f"{FILE}: expected a new secret of {found[-1].day} or later, which is the day of the "
            f"last one, found {day}; look at the clock, or score it again"
        )
    return (*found, Announced(secret=secret, day=day))


def announce(root: Path, secret: str, day: str) -> bool:
    """Put a secret at the end of the list; False where it is there already, in any place.

    UserError where the list is broken, or where its last secret is of a later day.
    """
    found = read(root)
    every = with_secret(found, secret, day)
    if every == found:
        return False
    lines = ",\n ".join(json.dumps(one.model_dump()) for one in every)
    storage.write_whole(root / FILE, f"[\n {lines}\n]\n".encode())
    return True
