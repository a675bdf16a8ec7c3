"""Public and sealed recordings as one corpus, whose split trains on public ones alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark import storage
from benchmark.core import Corpus, Fold, Recording, Split, Task, UserError
from benchmark.data import checks

MARK = "sealed-"  # before the id of a sealed recording, which may be that of a public one
FEWEST = 2  # recordings of a talker: a sum of one would be its score


@dataclass(frozen=True)
class Sealed:
    """Sealed recordings in a folder that a reader of the same format reads."""

    corpus: Corpus
    folder: Path

    def content(self) -> str:
        """sha256 over names and bytes of all files of the folder."""
        sums = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    name = path.relative_to(self.folder).as_posix()
                    sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
        return storage.digest(sums)


def combine(public: Corpus, folder: Path, sealed: Sealed) -> Corpus:
    """One corpus of the recordings of both; those that are sealed have the MARK before their id.

    `folder` is that of the public one. A sealed talker of the same name as a public one is the same
    talker; who is not has another name.
    """

    def recordings(_folder: Path) -> list[Recording]:
        both = (checks.listed(public, folder), checks.listed(sealed.corpus, sealed.folder))
        return [*both[0], *(replace(one, id=f"{MARK}{one.id}") for one in both[1])]

    def verify(_folder: Path) -> list[str]:
        hidden = sealed.corpus.verify(sealed.folder)
        return [*public.verify(folder), *(f"sealed: {problem}" for problem in hidden)]

    digest = storage.digest([public.digest(), sealed.corpus.digest(), sealed.content()])
    return replace(
        public,
        locate=lambda _root: folder,
        recordings=recordings,
        verify=verify,
        digest=lambda: digest,
        files=None,
        facets=lambda _id: {},
        own=None,
    )


def extended(
    split: Split, task: Task, public: Corpus, sealed: Sealed, recordings: Sequence[Recording]
) -> Split:
    """The split of combined `recordings` that tests what is sealed, besides what it tests anyway.

    Of a kind that it tests: with the same signals. New talkers are tested in every fold, those who
    are public in the folds that test them. UserError where nothing of that kind is sealed, where a
    talker has fewer than FEWEST recordings, and where new talkers have other channels than a model
    was trained on.
    """
    free = [name for name in task.inputs if None in public.signals[name].frame]
    if free and "speaker" not in split.disjoint:
        raise UserError(
            f"{split.name}: expected a split that tests new talkers, found one whose models know "
            f"the channels of their own talkers alone, in {', '.join(free)}; choose another split "
            "or task"
        )
    known = {one.id: one for one in recordings if not one.id.startswith(MARK)}
    hidden = [one for one in recordings if one.id.startswith(MARK)]
    tested = {id for fold in split.folds.values() for id in fold.test if id in known}
    kinds = {_signals(public, id) for id in tested}
    fit = [one for one in hidden if _signals(sealed.corpus, one.id.removeprefix(MARK)) in kinds]
    if not fit:
        raise UserError(
            f"{sealed.folder}: expected recordings such as {split.name} tests, with {task.target},"
            f" found none among {len(hidden)}; make another sealed test"
        )
    for speaker in sorted({one.speaker for one in fit}):
        if (count := sum(one.speaker == speaker for one in fit)) < FEWEST:
            raise UserError(
                f"{sealed.folder}: expected {FEWEST} recordings or more of each talker, found"
                f" {count} of one: its score would be that of a recording; make more"
            )
    talkers = {one.speaker for one in known.values()}
    folds = {}
    for name, fold in split.folds.items():
        here = {known[id].speaker for id in fold.test if id in known}
        chosen = [o.id for o in fit if o.speaker in here or o.speaker not in talkers]
        folds[name] = Fold(fold.train, fold.valid, (*fold.test, *chosen))
    return replace(split, folds=folds, digest=storage.digest([split.digest, sealed.content()]))


def _signals(corpus: Corpus, id: str) -> frozenset[str]:
    ask: Callable[[str], Collection[str]] | None = corpus.checks.signals
    return frozenset(corpus.signals if ask is None else ask(id))
