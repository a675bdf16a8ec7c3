"""The embedded corpus: simulated talkers, small enough to ship with the package.

The release of the simulator (`simulated.plan.release`) lies in `data/` and is read as any other
corpus of its format: see `benchmark/corpora/simulated/` and docs/embedded_corpus.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from benchmark.corpora import simulated
from benchmark.corpora.simulated import files, reader

FOLDER = Path(__file__).with_name("data")


def locate(_root: Path) -> Path | None:
    """The package's own folder, wherever the user keeps other data."""
    return FOLDER


def digest() -> str:
    """SHA-256 of the list, which holds all files' checksums, and of what derives the signals."""
    state = hashlib.sha256((FOLDER / files.MANIFEST).read_bytes())
    state.update(reader.digest().encode())
    return state.hexdigest()


CORPUS = replace(
    simulated.CORPUS,
    name="embedded",
    title="Embedded corpus of simulated speakers",
    version="2",  # what was version 1 is another corpus
    advice="comes with the package",
    locate=locate,
    digest=digest,
    files=None,
    tasks=(),  # they name its splits, which are files of the project
    splits={},
    size="33 MB, within the package",
)
