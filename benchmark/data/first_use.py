"""The leakage audit of a split when its data are first used, kept in the working folder.

    runs/audits/<digest>.json   of data, context and rules of the audit

A leak stops what would have used the split, each time; what is only worth knowing is told once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Paths, Split, UserError
from benchmark.data import leakage

RULES = 1  # of the audit: what was found by others is looked for again


class Kept(BaseModel):
    """What the audit of a split found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leaks: dict[str, str]  # kind -> the sentence on the first of them
    lines: list[str]


def path(runs: Path, data: str, context: float) -> Path:
    """Where the audit of data with this digest is kept."""
    return runs / "audits" / f"{storage.digest([data, context, RULES])[:16]}.json"


def check(
    paths: Paths,
    task: str,
    split: Split,
    data: str,
    context: float,
    tell: Callable[[str], None],
    allow_leaks: bool = False,
) -> None:
    """Audit a prepared split, unless it has been; UserError where it leaks more than it says.

    `data` is the data digest, `context` the seconds to either side that the entries see.
    """
    place = path(paths.runs, data, context)
    found = _read(place)
    if found is None:
        found = _audited(paths, split, data, context)
        storage.write_json(place, found.model_dump())
        for line in found.lines:
            tell(f"{task} on {split.name}: {line}")
    _refuse(found, task, split, allow_leaks)


def look(
    paths: Paths, task: str, split: Split, data: str, context: float, allow_leaks: bool = False
) -> bool:
    """Whether a split has been audited; UserError as `check` where it leaks more than it says."""
    found = _read(path(paths.runs, data, context))
    if found is not None:
        _refuse(found, task, split, allow_leaks)
    return found is not None


def _refuse(found: Kept, task: str, split: Split, allow_leaks: bool) -> None:
    unexpected = [kind for kind in found.leaks if kind not in split.leaks]
    if unexpected and not allow_leaks:
        raise UserError(
            f"{split.name} leaks: {found.leaks[unexpected[0]]}. Nothing was run on it: change the"
            f" split, or run it with --allow-leaks; see all with"
            f" `silentbench audit --task {task} --corpus {split.corpus}`"
        )


def _audited(paths: Paths, split: Split, data: str, context: float) -> Kept:
    findings = list(leakage.audit(paths, split, data, context))
    leaks: dict[str, str] = {}
    for finding in findings:
        if finding.leak:
            leaks.setdefault(finding.kind, leakage.lines([finding])[0].removeprefix("LEAK: "))
    return Kept(leaks=leaks, lines=leakage.lines(findings))


def _read(place: Path) -> Kept | None:
    """None where there is none, or none that can be read."""
    try:
        return Kept.model_validate(json.loads(place.read_text("utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, ValidationError):
        return None
