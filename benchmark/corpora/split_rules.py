"""Rules by which the splits of a user's own corpus are drawn from its recordings.

Each function gives a `SplitRule`. The same recordings give the same folds: nothing is drawn at
random but by the names of what is drawn.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, get_args

from benchmark.core import Fold, Recording, SplitRule, UserError

Group = Literal["speaker", "session", "text"]
Lists = Mapping[str, Sequence[str]]


def leave_one_out(group: Group, valid: float = 0.0) -> SplitRule:
    """A fold for each speaker (session, text), who is tested alone.

    Validation is the part `valid` of the other recordings; where none is said, the whole group
    before the one that is tested.
    """

    _check_part("valid", valid)

    def folds(recordings: Sequence[Recording]) -> dict[str, Fold]:
        groups = _groups(recordings, group)
        names = list(groups)
        need = 2 if valid else 3
        if len(names) < need:
            more = "" if valid else "; with 2, say which part of the rest validates: valid=0.2"
            raise UserError(
                f"leaving one {group} out needs {need} of them, found {len(names)}{more}"
            )
        made = {}
        for number, name in enumerate(names):
            before = "" if valid else names[number - 1]
            train = [r for other in names if other not in (name, before) for r in groups[other]]
            chosen = _part(train, valid) if valid else groups[before]
            made[name] = _fold([r for r in train if r not in chosen], chosen, groups[name])
        return made

    part = f"{valid:.0%} of the rest" if valid else f"the {group} before it"
    about = f"Each {group} is tested by a model that has not seen it; {part} validates."
    return SplitRule(about, folds, disjoint=(group,))


def k_folds(group: Group, folds: int = 5) -> SplitRule:
    """`folds` folds of whole texts (sessions, speakers); one tests, the one before it validates."""

    def made(recordings: Sequence[Recording]) -> dict[str, Fold]:
        groups = _groups(recordings, group)
        if len(groups) < folds or folds < 3:
            raise UserError(
                f"{folds} folds by {group} need 3 folds and {max(3, folds)} {group}s or more, found"
                f" {len(groups)}"
            )
        parts: list[list[Recording]] = [[] for _ in range(folds)]
        for name in sorted(groups, key=lambda n: (-len(groups[n]), _mixed(n))):
            min(parts, key=len).extend(groups[name])
        return _rotated(parts)

    about = f"{folds} folds by {group}: no {group} that is tested was seen in training."
    return SplitRule(about, made, disjoint=(group,))


def repetitions(folds: int = 5) -> SplitRule:
    """`folds` folds that each hold every text of every session: its takes are dealt out in order.

    For a few words that are said again and again. Takes that follow each other can be told apart by
    little else than what was said: see whether `contiguous` and a new session give the same score.
    """

    def made(recordings: Sequence[Recording]) -> dict[str, Fold]:
        takes: dict[tuple[str, str], list[Recording]] = defaultdict(list)
        for r in recordings:
            takes[r.session, r.text].append(r)
        parts: list[list[Recording]] = [[] for _ in range(folds)]
        for number, same in enumerate(takes.values()):
            for take, r in enumerate(same):
                parts[(take + number) % folds].append(r)
        if folds < 3 or not all(parts):
            raise UserError(f"{folds} folds by repetition need 3 folds and as many recordings")
        return _rotated(parts)

    return SplitRule(f"{folds} folds within sessions: the takes of each text are dealt out.", made)


def contiguous(
    valid: float = 0.15,
    test: float = 0.2,
    guard: int = 0,
    each: tuple[Group, ...] = ("session",),
) -> SplitRule:
    """One fold: the end of each session tests, what comes before it validates, the rest trains.

    In the order in which the corpus lists its recordings, or in that of their times where it knows
    them; `guard` recordings between two parts are left out. With `each=("session", "text")`, the
    last takes of each text.
    """

    _check_part("valid", valid)
    _check_part("test", test)
    if not 0 < test <= 1 - valid:
        raise UserError(f"contiguous: expected parts for all three, found {valid=}, {test=}")

    def made(recordings: Sequence[Recording]) -> dict[str, Fold]:
        runs: dict[tuple[str, ...], list[Recording]] = defaultdict(list)
        for r in recordings:
            runs[tuple(getattr(r, group) for group in each)].append(r)
        roles: tuple[list[Recording], list[Recording], list[Recording]] = ([], [], [])
        for run in runs.values():
            if all(r.span for r in run):
                run.sort(key=lambda r: r.span or (0.0, 0.0))
            first_test = len(run) - round(test * len(run))
            first_valid = first_test - round(valid * len(run))
            roles[0].extend(run[: max(0, first_valid - guard)])
            roles[1].extend(run[first_valid : max(first_valid, first_test - guard)])
            roles[2].extend(run[first_test:])
        return {"all": _fold(*roles)}

    where = " and ".join(each)
    about = f"The last {test:.0%} of each {where} are tested, the {valid:.0%} before them validate."
    return SplitRule(f"{about} {guard} recordings are left out between." if guard else about, made)


def listed(about: str, folds: Mapping[str, Lists], disjoint: tuple[Group, ...] = ()) -> SplitRule:
    """Folds by lists: `{"first": {"test": ["s1-*"], "valid": ["s2-*"]}}`.

    A list holds ids of recordings, or patterns over them. Without "train", all others train.
    """

    def made(recordings: Sequence[Recording]) -> dict[str, Fold]:
        found = {}
        for name, roles in folds.items():
            if unknown := set(roles) - {"train", "valid", "test"}:
                raise UserError(f"fold {name}: expected train, valid and test, found {unknown}")
            test, valid = (_matching(recordings, roles.get(r, ()), name) for r in ("test", "valid"))
            rest = [r for r in recordings if r not in test and r not in valid]
            train = _matching(recordings, roles["train"], name) if "train" in roles else rest
            found[name] = _fold(train, valid, test)
        return found

    return SplitRule(about, made, disjoint)


def _matching(
    recordings: Sequence[Recording], patterns: Sequence[str], fold: str
) -> list[Recording]:
    if isinstance(patterns, str):
        raise UserError(f"fold {fold}: expected a list of ids, found {patterns!r}")
    for pattern in patterns:
        if not any(fnmatchcase(r.id, pattern) for r in recordings):
            raise UserError(f"fold {fold}: no recording has an id like {pattern!r}")
    return [r for r in recordings if any(fnmatchcase(r.id, pattern) for pattern in patterns)]


def _check_part(name: str, part: float) -> None:
    if not 0 <= part < 1:
        raise UserError(f"{name}: expected a part from 0 to 1, such as 0.2, found {part!r}")


def _groups(recordings: Sequence[Recording], group: Group) -> dict[str, list[Recording]]:
    if group not in get_args(Group):
        expected = ", ".join(get_args(Group))
        raise UserError(f"expected one of {expected} to split by, found {group!r}")
    found: dict[str, list[Recording]] = defaultdict(list)
    for r in recordings:
        found[getattr(r, group)].append(r)
    if "" in found:
        raise UserError(f"{found[''][0].id} has no {group}: its path has no such field")
    return dict(sorted(found.items()))


def _part(recordings: Sequence[Recording], part: float) -> list[Recording]:
    """About this part of the recordings of each session and text, by their ids."""
    alike: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for r in recordings:
        alike[r.session, r.text].append(r)
    # In the order of the groups, so that those of one recording have their share too.
    ranked = [
        (_rank(n, len(same)), _mixed(r.id), r) for same in alike.values() for n, r in _order(same)
    ]
    ranked.sort(key=lambda each: each[:2])
    return [r for _, _, r in ranked[: max(1, round(part * len(recordings)))]]


def _order(same: Iterable[Recording]) -> list[tuple[int, Recording]]:
    return list(enumerate(sorted(same, key=lambda r: _mixed(r.id))))


def _rank(number: int, count: int) -> float:
    """The place of the first `number` of `count` among all, so that each group gives its part."""
    return (number + 0.5) / count


def _rotated(parts: Sequence[Sequence[Recording]]) -> dict[str, Fold]:
    made = {}
    for number, test in enumerate(parts):
        valid = parts[number - 1]
        others = {number, (number - 1) % len(parts)}
        train = [r for n, part in enumerate(parts) if n not in others for r in part]
        made[f"fold{number + 1}"] = _fold(train, valid, test)
    return made


def _fold(
    train: Sequence[Recording], valid: Sequence[Recording], test: Sequence[Recording]
) -> Fold:
    train_ids, valid_ids, test_ids = (tuple(r.id for r in part) for part in (train, valid, test))
    return Fold(train_ids, valid_ids, test_ids)


def _mixed(name: str) -> str:
    """An order of names that has nothing to do with them."""
    return hashlib.sha256(name.encode()).hexdigest()
