"""A split with the recordings that are on this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from benchmark.core import Corpus, Paths, Recording, Split
from benchmark.data import checksums, folds, splits


def load_here(place: Paths, name: str, corpus: Corpus) -> tuple[Split, Corpus, list[str]]:
    """A split with its ids and its corpus as it is here, and what is left out of it."""
    split = splits.load(place.root / "tasks" / "splits" / f"{name}.json")
    held = checksums.held(corpus, place.data)
    if corpus.files is None:
        return split, held, []
    resolved, notes = splits.resolve(
        split, _listed(corpus.recordings, folds.find(corpus, place.data))
    )
    return resolved, held, notes


@functools.lru_cache(maxsize=4)  # several tasks ask for the same one
def _listed(recordings: Callable[[Path], list[Recording]], folder: Path) -> list[Recording]:
    return recordings(folder)
