"""What a sealed test leaves: sums by talker, and a digest of the secret. Nothing of a recording.

One model was trained as for a public result, and asked both for the public test recordings and for
sealed ones. `<entry>.sealed.json` (`results.sealed.json` of an entry that is a folder) has a line
of JSON for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from benchmark import storage
from benchmark.core import Setup, UserError
from benchmark.registry import project

SUFFIX = ".sealed.json"
SHORTEST = 32  # bytes of a secret: nobody can try all that there are
FEWEST_BYTES = 8  # different ones
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _is_day(text: str) -> str:
    date.fromisoformat(text)  # raises ValueError, which becomes a sentence
    return text


Day = Annotated[str, Field(pattern=r"^20\d\d-\d\d-\d\d$"), AfterValidator(_is_day)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Sums(_Strict):
    """One metric of some recordings: sufficient statistics added up by talker, and counts."""

    by_talker: Mapping[str, tuple[float, ...]]
    recordings: int  # that count, once for each fold that tests them
    floored: int = 0  # of these: predictions without a score, which have the worst of the scale


class SealedResult(_Strict):
    """One entry, variant and seed, trained on all folds of a public split."""

    schema_version: Literal[1] = 1
    task: str
    split: str  # whose training part it was trained on
    entry: str
    variant: str
    seed: int
    data: Digest  # of task, public split and public corpus
    code: Digest
    setup: Setup = ""
    secret: Digest  # of the secret that the sealed recordings were made from
    content: Digest  # of the sealed recordings
    isolation: str
    day: Day  # UTC
    public: Mapping[str, Sums]  # by metric id
    sealed: Mapping[str, Sums]

    @property
    def slot(self) -> tuple[str, str, str, int, str, str]:
        """Of two results with one slot the later stands."""
        return self.task, self.split, self.variant, self.seed, self.setup, self.secret


def secret_digest(secret: bytes) -> str:
    """What a result says of a secret; UserError for one that is short or hardly varies."""
    if len(secret) < SHORTEST or len(set(secret)) < FEWEST_BYTES:
        raise UserError(
            f"the secret: expected {SHORTEST} bytes or more, {FEWEST_BYTES} of them different, "
            f"found {len(secret)} and {len(set(secret))}: make one with"
            " `head -c 32 /dev/urandom | xxd -p -c 64 > FILE`"
        )
    return hashlib.sha256(b"silentbench sealed test\0" + secret).hexdigest()


def path(results: Path) -> Path:
    """Where the sealed results of an entry lie; `results` is the file of its published ones."""
    return project.current(results.with_suffix(SUFFIX))


def read(results: Path) -> list[SealedResult]:
    """The sealed results beside published ones, none where there is no file.

    UserError where a line is no such result.
    """
    place = path(results)
    return read_file(place) if place.exists() else []


def read_file(place: Path) -> list[SealedResult]:
    """The results of a file; UserError where a line is none."""
    if not place.is_file():
        raise UserError(f"{place}: expected a file of sealed results, found none; remove it")
    found = []
    for number, line in enumerate(storage.read_text(place).splitlines(), start=1):
        try:
            found.append(SealedResult.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the whole"
            raise UserError(
                f"{place}:{number}: not a sealed result: {field}: {first['msg']}; score it again"
            ) from error
    return found


def merge(results: Path, fresh: Iterable[SealedResult]) -> Path:
    """Put results into the file of their entry, in place of older ones of their slot."""
    by_slot = {result.slot: result for result in read(results)}
    by_slot |= {result.slot: result for result in fresh}
    lines = [by_slot[slot].model_dump_json(exclude_defaults=True) for slot in sorted(by_slot)]
    own = project.own(project.root(), path(results))
    storage.write_whole(own, "".join(f"{line}\n" for line in lines).encode())
    return own
