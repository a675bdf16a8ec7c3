"""The chance level among entries: it has no code of an entry, and a file of results like one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmark import storage
from benchmark.core import CHANCE

VERSION = 2  # of what execution/chance.py does with targets


def code(metrics: Iterable[str]) -> str:
    """What stands for the digest of its code, by the ids of the metrics that score it."""
    return storage.digest([VERSION, list(metrics)])


def results(root: Path) -> Path:
    """Where its results lie."""
    return root / "baselines" / f"{CHANCE}.json"
