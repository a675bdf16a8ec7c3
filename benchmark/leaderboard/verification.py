"""Which published results somebody has reproduced: `submissions/_verified.json`.

Only `verify --record` and the workflow that publishes results write it, and only for results that
were reproduced; a pull request with an entry cannot bring it. A record names what was verified by a
digest of it, so that it is worth nothing for a result that was changed since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark import storage
from benchmark.core import UserError
from benchmark.registry.project import find
from benchmark.results.published import PublishedResult

FILE = Path("submissions") / "_verified.json"
LARGEST = 64_000_000  # bytes: about 400,000 results
CLAIMED = "claimed"

By = Literal["CI", "maintainer"]
How = Literal["bit-equal", "within tolerance", "made by CI"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Who reproduced a result, when, and how nearly."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: By
    date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]  # UTC
    how: How


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = 1
    records: dict[Digest, Record] = {}  # by digest of the result


Records = Mapping[str, Record]


def digest_of(result: PublishedResult) -> str:
    """sha256 (hex) of what was verified: identity, status, and what each recording got.

    Costs, environment and time of day are no part of it: they differ whenever a job is run again.
    """
    head = result.head
    identity = [
        head.entry,
        *head.slot,
        head.data,
        head.code,
        head.setup,
        head.status,
        head.aggregated,
    ]
    return storage.digest([identity, result.digest])


def read(root: Path) -> dict[str, Record]:
    """The records of a project by digest; UserError where the file is not what it should be."""
    path = find(root, FILE)
    if not path.exists():
        return {}
    if path.is_symlink() or not path.is_file():
        raise UserError(f"{path}: must be a file, not a link or anything else")
    if path.stat().st_size > LARGEST:
        raise UserError(f"{path}: longer than {LARGEST:,} bytes")
    try:
        return dict(_File.model_validate_json(storage.read_text(path)).records)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UserError(f"{path}: {field[:100]!r}: {first['msg']}") from error


def add(root: Path, reproduced: Iterable[tuple[PublishedResult, How]], by: By) -> int:
    """Record results that were reproduced just now; return how many.

    A record of a maintainer stays where CI reproduces the same result again.
    """
    records, count = read(root), 0
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    for result, how in reproduced:
        digest = digest_of(result)
        count += 1
        if digest not in records or by == "maintainer":
            records[digest] = Record(by=by, date=today, how=how)
    lines = [f" {json.dumps(d)}: {records[d].model_dump_json()}" for d in sorted(records)]
    text = '{"schema_version": 1, "records": {\n' + ",\n".join(lines) + "\n}}\n"
    storage.write_whole(root / FILE, text.encode())
    return count


def mark(results: Iterable[PublishedResult], records: Records) -> str:
    """Who reproduced the results of a row: "CI", "maintainer", "CI, 20 of 60", or "claimed"."""
    if not records:
        return CLAIMED
    found = [records.get(digest_of(result)) for result in results]
    counts = Counter(record.by for record in found if record is not None)
    if not counts:
        return CLAIMED
    return "; ".join(
        by if count == len(found) else f"{by}, {count} of {len(found)}"
        for by, count in sorted(counts.items())
    )
