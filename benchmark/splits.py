"""Fixed splits: which recordings train, which choose, which test.

A split lies in `tasks/splits/<corpus>.<name>.json` as lists of ids. The functions here made those
lists, and check them each time they are loaded: no id in two roles, no id unknown to the corpus,
and no text, session or speaker of a test recording among the recordings that a model may see,
as far as the split says so under `disjoint`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark.core import Fold, Recording, Split, UserError

GROUPS = ("text", "session", "speaker")
AUDITS = "audited.json"  # beside the splits, written by the program


class Audit(BaseModel):
    """What was found when the content of a split was compared; see audit.py."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str  # digest of what was compared
    leaks: list[str]  # kinds of what test recordings must not share with others
    shares: list[str]  # kinds of what they share and may


def audits(folder: Path) -> dict[str, Audit]:
    """The audits of a folder of splits, by task and split; none where nobody has made any."""
    path = folder / AUDITS
    if not path.exists():
        return {}
    try:
        raw = json.loads(path.read_text())
        return {name: Audit.model_validate(found) for name, found in raw.items()}
    except (json.JSONDecodeError, AttributeError, ValidationError) as error:
        raise UserError(f"{path}: not audits of splits; write them again: {error}") from error


def load(path: Path) -> Split:
    """Read one split file; UserError when it is not what it should be."""
    content = path.read_bytes()
    try:
        raw = json.loads(content)
        folds = {name: _fold(path, name, roles) for name, roles in raw["folds"].items()}
        about, disjoint = str(raw["about"]), tuple(raw["disjoint"])
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path.name}: not a split file ({error!r})") from error
    if unknown := sorted(set(disjoint) - set(GROUPS)):
        raise UserError(f"{path.name}: disjoint names {unknown[0]}, expected some of {GROUPS}")
    if not folds:
        raise UserError(f"{path.name}: has no folds")
    return Split(path.stem, about, disjoint, folds, hashlib.sha256(content).hexdigest())


def _fold(path: Path, name: str, roles: Mapping[str, Sequence[str]]) -> Fold:
    try:
        return Fold(tuple(roles["train"]), tuple(roles.get("valid", ())), tuple(roles["test"]))
    except UserError as error:
        raise UserError(f"{path.name}, fold {name}: {error}") from error


def check(split: Split, recordings: Mapping[str, Recording]) -> None:
    """Raise UserError if the split names a stranger or shares what it says it does not."""
    for name, fold in split.folds.items():
        where = f"{split.name}, fold {name}"
        for role, ids in fold.roles().items():
            if unknown := [i for i in ids if i not in recordings]:
                raise UserError(f"{where}: {role} names {unknown[0]}, which is not a recording")
        seen = [recordings[i] for i in fold.train + fold.valid]
        for group in split.disjoint:
            _apart(where, group, seen, [recordings[i] for i in fold.test])


def _apart(where: str, group: str, seen: list[Recording], test: list[Recording]) -> None:
    known = {getattr(r, group): r.id for r in seen}
    for recording in test:
        if (value := getattr(recording, group)) in known:
            raise UserError(
                f"{where}: test recording {recording.id} and {known[value]} share the {group}"
                f" {value!r}"
            )


def write(path: Path, about: str, disjoint: Iterable[str], folds: Mapping[str, Fold]) -> None:
    """Write a split file, one role a line, so that a changed id shows as one changed line."""
    lines = ["{", f' "about": {json.dumps(about)},']
    lines += [f' "disjoint": {json.dumps(list(disjoint))},', ' "folds": {']
    blocks = [f'  "{name}": {{\n' + _roles(fold) + "\n  }" for name, fold in folds.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n" + ",\n".join(blocks) + "\n }\n}\n")


def _roles(fold: Fold) -> str:
    return ",\n".join(f'   "{role}": {json.dumps(ids)}' for role, ids in fold.roles().items())


def by_group(
    recordings: Sequence[Recording], group: str, valid: Sequence[str], test: Sequence[str]
) -> Fold:
    """Put whole groups (texts, sessions or speakers) into valid and test, the rest into train."""
    roles: dict[str, list[str]] = defaultdict(list)
    for recording in recordings:
        value = getattr(recording, group)
        roles["test" if value in test else "valid" if value in valid else "train"].append(
            recording.id
        )
    return Fold(tuple(roles["train"]), tuple(roles["valid"]), tuple(roles["test"]))


def leave_one_out(recordings: Sequence[Recording], group: str) -> dict[str, Fold]:
    """One fold a group: it is the test, the group before it chooses, the others train."""
    names = sorted({getattr(r, group) for r in recordings})
    if len(names) < 3:
        raise UserError(f"leaving one {group} out needs 3 of them, found {len(names)}")
    return {
        name: by_group(recordings, group, valid=[names[i - 1]], test=[name])
        for i, name in enumerate(names)
    }


def contiguous(ids: Sequence[str], valid: float, test: float, guard: int = 0) -> Fold:
    """Cut ids in order of time: train, valid, test; `guard` ids between two roles are dropped."""
    first_test = len(ids) - round(test * len(ids))
    first_valid = first_test - round(valid * len(ids))
    return Fold(
        tuple(ids[: max(0, first_valid - guard)]),
        tuple(ids[first_valid : max(first_valid, first_test - guard)]),
        tuple(ids[first_test:]),
    )
