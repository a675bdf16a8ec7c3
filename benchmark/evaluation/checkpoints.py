"""The folder in which a model may keep what it has learned, should its job be killed.

It outlives a worker only as long as that has seen no test input: `close` takes it away before the
first one is sent, so a model that ends itself cannot be asked again with what it kept. A worker in
a sandbox holds the folder by a mount: renaming it here changes nothing for the worker.
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
    """Make the folder, and remove what an evaluator that was killed left of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}.*"):
        storage.remove(left)


def copied(folder: Path) -> Path:
    """A copy beside the folder: two workers start from the same.

    What cannot be copied, such as folders that are nested too deeply, neither of them gets.
    """
    copy = _beside(folder)
    if storage.is_empty(folder):
        copy.mkdir()
        return copy
    done = subprocess.run(["cp", "-a", "--", folder, copy], stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        for each in (folder, copy):
            each.mkdir(exist_ok=True)  # or there is nothing to remove
            storage.remove(each)
            each.mkdir()
    return copy


def close(folder: Path) -> Path:
    """Take the folder away from later attempts; returns where it lies until it is removed."""
    aside = _beside(folder)
    os.rename(folder, aside)
    return aside


@contextmanager
def removed(folder: Path) -> Iterator[Path]:
    """Remove a folder of a worker that has ended when the context is left."""
    try:
        yield folder
    finally:
        storage.remove(folder)


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
