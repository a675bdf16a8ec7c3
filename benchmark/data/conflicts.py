"""Which folds must not be worked on at the same time: those that hold each other's answers.

A model that trains on the test recordings of another fold could tell the model of that fold what
they are, by whatever two processes of one machine share. Which entries they are does not matter,
nor which tasks.
"""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path

MOST_FOLDS, MOST_PAIRS = 256, 100_000  # that are remembered


@dataclass(frozen=True)
class FoldIds:
    """The ids of the recordings of one fold."""

    test: frozenset[str]
    visible: frozenset[str]  # to the model, with their targets


def conflict(corpora: tuple[str, str], folders: tuple[Path, Path]) -> bool:
    """Whether a test recording of one fold is visible in the other.

    `folders` are those of the prepared folds. Of one that is not there nothing is known, and it is
    kept apart from all others of its corpus.
    """
    if corpora[0] != corpora[1] or folders[0] == folders[1]:
        return False
    try:
        return _overlap(*sorted(folders))
    except FileNotFoundError:
        return True


@functools.lru_cache(maxsize=MOST_PAIRS)
def _overlap(folder: Path, other_folder: Path) -> bool:
    one, other = _ids(folder), _ids(other_folder)
    return not (one.test.isdisjoint(other.visible) and other.test.isdisjoint(one.visible))


@functools.lru_cache(maxsize=MOST_FOLDS)
def _ids(folder: Path) -> FoldIds:
    # Many folds have the same ids.
    test, visible = (
        map(sys.intern, ids) for ids in (_listed(folder / "answers"), _visible(folder))
    )
    return FoldIds(frozenset(test), frozenset(visible))


def _visible(folder: Path) -> list[str]:
    names = folder / "names.json"
    if names.exists():  # the model sees others
        return list(json.loads(names.read_text("utf-8")).values())
    return _listed(folder / "visible")


def _listed(part: Path) -> list[str]:
    index = json.loads((part / "index.json").read_text("utf-8"))
    roles = (listed for role, listed in index.items() if role != "asked")
    return [recording["id"] for listed in roles for recording in listed]
