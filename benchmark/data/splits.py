"""Splits: named, fixed evaluation protocols, each a set of train/valid/test folds over one corpus.

A split is a file `tasks/splits/<corpus>.<name>.json` with lists of recording ids. The functions
here made those lists and check them whenever they are loaded: no id in two roles, no id that the
corpus does not know, and no text, session or speaker of a test recording among the recordings that
a model sees, as far as the split promises that under `disjoint`.

Splits of a corpus that is not redistributable hold patterns instead, such as `sp1-*`, and `!*-x*`
for what is left out; `resolve` turns them into ids once the recordings are there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from fnmatch import translate
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Calibration, Fold, Recording, Split, UserError

GROUPS = ("text", "session", "speaker")
WILD = re.compile(r"[*?!\[]")  # no id of a recording holds any of them
AUDITS = "audited.json"  # in the folder of splits, written by the program


class Audit(BaseModel):
    """The stored result of a leakage audit; see leakage.py."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str  # digest of the data that were compared
    leaks: list[str]  # kinds of things that test recordings share with others and must not
    shares: list[str]  # kinds of things that they share and may


def audits(folder: Path) -> dict[str, Audit]:
    """The stored leakage audits of a folder of splits, by task and split; empty without a file."""
    path = folder / AUDITS
    if not path.exists():
        return {}
    try:
        raw = json.loads(storage.read_text(path))
        return {name: Audit.model_validate(audit) for name, audit in raw.items()}
    except (json.JSONDecodeError, AttributeError, ValidationError) as error:
        raise UserError(
            f"{path}: not a file of leakage audits; run silentbench audit: {error}"
        ) from error


def load(path: Path) -> Split:
    """Read one split file; UserError where there is none, or it is not valid."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: no split can be read there: {error.strerror}") from error
    try:
        raw = json.loads(content)
        folds = {name: _fold(path, name, roles) for name, roles in raw["folds"].items()}
        about, disjoint = str(raw["about"]), tuple(raw["disjoint"])
        guard, leaks = float(raw.get("guard", 0.0)), tuple(map(str, raw.get("leaks", ())))
        calibration = Calibration(**raw["calibration"]) if "calibration" in raw else None
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a split file ({error!r}); restore it") from error
    if unknown := sorted(set(disjoint) - set(GROUPS)):
        raise UserError(f"{path.name}: disjoint names {unknown[0]}, expected some of {GROUPS}")
    if not folds:
        raise UserError(f"{path.name}: has no folds")
    digest = hashlib.sha256(content).hexdigest()
    return Split(path.stem, about, disjoint, folds, digest, guard, leaks, calibration)


def _fold(path: Path, name: str, roles: Mapping[str, Sequence[str]]) -> Fold:
    try:
        return Fold(tuple(roles["train"]), tuple(roles.get("valid", ())), tuple(roles["test"]))
    except UserError as error:
        raise UserError(f"{path.name}, fold {name}: {error}") from error


def has_patterns(split: Split) -> bool:
    """Whether a split names recordings by patterns, which `resolve` turns into ids."""
    roles = (ids for fold in split.folds.values() for ids in fold.roles().values())
    return any(WILD.search(i) for ids in roles for i in ids)


def resolve(split: Split, recordings: Sequence[Recording]) -> tuple[Split, list[str]]:
    """The split with ids in place of patterns, and a note for each fold that is left out.

    Test takes its recordings first, then valid, then train. From valid and train, recordings that
    a pattern matches are left out if they share with test what the split keeps apart. A fold none
    of whose test recordings exist here is left out; UserError where that holds for all folds.
    """
    known = {r.id: r for r in recordings}
    folds, notes = {}, []
    for name, fold in split.folds.items():
        roles = fold.roles()
        test = _matched(roles["test"], known, ())
        if not any(i in known for i in test):
            notes.append(
                f"{split.name}: fold {name} is left out: none of its test recordings are here"
            )
            continue
        valid = _matched(roles["valid"], known, test)
        train = _matched(roles["train"], known, {*test, *valid})
        try:
            folds[name] = Fold(
                _kept_apart(split, roles["train"], train, test, known),
                _kept_apart(split, roles["valid"], valid, test, known),
                test,
            )
        except UserError as error:
            raise UserError(f"{split.name}, fold {name}: {error}") from error
    if not folds:
        raise UserError(
            f"{split.name}: none of its test recordings are among the {len(known)} here"
        )
    return replace(split, folds=folds), notes


def _matched(
    patterns: Sequence[str], known: Collection[str], taken: Collection[str]
) -> tuple[str, ...]:
    """Plain ids as they are listed, or the known ids that the patterns match."""
    if not any(map(WILD.search, patterns)):
        return tuple(patterns)
    wanted = _any_of(p for p in patterns if not p.startswith("!"))
    unwanted = _any_of(p[1:] for p in patterns if p.startswith("!"))
    unavailable = set(taken)
    return tuple(
        i for i in known if i not in unavailable and wanted.match(i) and not unwanted.match(i)
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def _kept_apart(
    split: Split,
    patterns: Sequence[str],
    chosen: tuple[str, ...],
    test: Sequence[str],
    known: Mapping[str, Recording],
) -> tuple[str, ...]:
    """The ids that patterns chose, without those that share with test what is kept apart."""
    if not any(map(WILD.search, patterns)):
        return chosen
    groups = [
        (group, {getattr(known[i], group) for i in test if i in known}) for group in split.disjoint
    ]
    return tuple(
        i
        for i in chosen
        if all(getattr(known[i], g) not in test_values for g, test_values in groups)
    )


def check(split: Split, recordings: Mapping[str, Recording]) -> None:
    """UserError if a split names an unknown recording or shares what it must keep apart."""
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


def write(
    path: Path,
    about: str,
    disjoint: Iterable[str],
    folds: Mapping[str, Fold],
    guard: float = 0.0,
    calibration: Calibration | None = None,
) -> None:
    """Write a split file, one role per line, so that a changed id shows as one changed line."""
    lines = ["{", f' "about": {json.dumps(about)},']
    lines += [f' "guard": {guard},'] if guard else []
    if calibration is not None:
        lines += [f' "calibration": {json.dumps(asdict(calibration))},']
    lines += [f' "disjoint": {json.dumps(list(disjoint))},', ' "folds": {']
    blocks = [f'  "{name}": {{\n' + _roles(fold) + "\n  }" for name, fold in folds.items()]
    text = "\n".join(lines) + "\n" + ",\n".join(blocks) + "\n }\n}\n"
    storage.write_whole(path, text.encode())


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
    """One fold per group: that group tests, the one before it validates, the others train."""
    names = sorted({getattr(r, group) for r in recordings})
    if len(names) < 3:
        raise UserError(f"leaving one {group} out needs 3 of them, found {len(names)}")
    return {
        name: by_group(recordings, group, valid=[names[i - 1]], test=[name])
        for i, name in enumerate(names)
    }


def contiguous(ids: Sequence[str], valid: float, test: float, guard: int = 0) -> Fold:
    """Cut ids in order of time into train, valid, test; `guard` ids between two are dropped."""
    first_test = len(ids) - round(test * len(ids))
    first_valid = first_test - round(valid * len(ids))
    return Fold(
        tuple(ids[: max(0, first_valid - guard)]),
        tuple(ids[first_valid : max(first_valid, first_test - guard)]),
        tuple(ids[first_test:]),
    )
