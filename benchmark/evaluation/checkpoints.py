"""The folder in which a model may keep what it has learned, should its job be killed.

It outlives a worker only as long as that has seen no test input: `close` takes it away before the
first one is sent, so a model that ends itself cannot be asked again with what it kept. Both workers
of a job start from the same, and what either kept while it trained is kept for the next attempt. A
worker in a sandbox holds its folder by a mount: renaming it here changes nothing for the worker.

    NAME                   of the worker that is scored
    .NAME.second.RANDOM    of the other one
    .NAME.closed.RANDOM    of either, once it was asked
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmark import storage


def open_folder(folder: Path) -> None:
    """Make the folder, or take it over from an evaluator that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # a worker may have closed it
    for left in folder.parent.glob(f".{folder.name}.second.*"):
        left.chmod(0o755)
        if storage.is_empty(folder) and not storage.is_empty(left):
            adopt(folder, left)
        else:
            storage.remove(left)
    for left in folder.parent.glob(f".{folder.name}.closed.*"):
        storage.remove(left)


@contextmanager
def second(folder: Path) -> Iterator[Path]:
    """A copy of the folder for the second worker, removed when the context is left.

    What cannot be copied, such as folders that are nested too deeply, neither worker gets.
    """
    copy = _beside(folder, "second")
    if storage.is_empty(folder):
        copy.mkdir()
    elif subprocess.run(["cp", "-a", "--", folder, copy], stderr=subprocess.DEVNULL).returncode:
        for each in (folder, copy):
            each.mkdir(exist_ok=True)  # or there is nothing to remove
            storage.remove(each)
            each.mkdir()
    try:
        yield copy
    finally:
        if copy.exists():
            storage.remove(copy)


@contextmanager
def closed(folder: Path, place: Path) -> Iterator[None]:
    """Take away from later attempts what lies in `place`: the folder, or its copy."""
    aside = _beside(folder, "closed")
    os.rename(place, aside)
    try:
        yield
    finally:
        storage.remove(aside)


def adopt(folder: Path, copy: Path) -> None:
    """Keep what the second worker left, in place of what lies in the folder."""
    if folder.exists():
        storage.remove(folder)
    os.rename(copy, folder)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}.{uuid.uuid4().hex}")
