"""A split resolved to the recordings that are on this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from benchmark import registry
from benchmark.core import Corpus, Paths, Recording, Split
from benchmark.data import checksums, folds, splits


def load_here(paths: Paths, name: str, corpus: Corpus) -> tuple[Split, Corpus, list[str]]:
    """The split with ids, the corpus with its checksums, and a note for each fold left out."""
    split = splits.load(registry.split_file(paths.root, name))
    checked = checksums.with_checksums(corpus, paths.data)
    if corpus.files is None:
        return split, checked, []
    recordings = _listed(corpus.recordings, folds.find(corpus, paths.data))
    resolved, notes = splits.resolve(split, recordings)
    return resolved, checked, notes


@functools.lru_cache(maxsize=4)  # several tasks ask for the same one
def _listed(recordings: Callable[[Path], list[Recording]], folder: Path) -> list[Recording]:
    return recordings(folder)
