"""The folder in which a model may keep what it has learned, should its job be killed.

It outlives a worker only as long as that has seen no test input: `closed` takes it away before the
first one is sent, so a model that ends itself cannot be asked again with what it kept. Both workers
of a job start from the same, and what either kept while it trained is kept for the next attempt. A
worker in a sandbox holds its folder by a mount: renaming it here changes nothing for the worker,
but for the name that it can read. So none of the names tells which of the two workers is scored.

    NAME                   between two attempts
    .NAME.open.RANDOM      of either worker, until it is asked
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


@contextmanager
def for_two(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders that hold what `folder` does, one for each worker.

    What cannot be copied, such as folders that are nested too deeply, neither worker gets. After an
    exception, what either has kept lies in `folder` again, unless both were asked.
    """
    _take_over(folder)
    one, other = _beside(folder, "open"), _beside(folder, "open")
    if storage.is_empty(folder):
        other.mkdir()
    elif subprocess.run(["cp", "-a", "--", folder, other], stderr=subprocess.DEVNULL).returncode:
        for each in (folder, other):
            each.mkdir(exist_ok=True)  # or there is nothing to remove
            storage.remove(each)
            each.mkdir()
    os.rename(folder, one)
    try:
        yield one, other
    except BaseException:
        _take_over(folder)
        if storage.is_empty(folder):
            folder.rmdir()
        raise
    for left in filter(Path.exists, (one, other)):
        storage.remove(left)


@contextmanager
def closed(folder: Path, place: Path) -> Iterator[None]:
    """Take one of the two folders, which lies in `place`, away from later attempts."""
    aside = _beside(folder, "closed")
    os.rename(place, aside)
    try:
        yield
    finally:
        storage.remove(aside)


def _take_over(folder: Path) -> None:
    """Have in the folder what was kept last, also by a judge that was killed, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # a worker may have closed it
    for left in folder.parent.glob(f".{folder.name}.open.*"):
        left.chmod(0o755)
        if storage.is_empty(folder) and not storage.is_empty(left):
            folder.rmdir()
            os.rename(left, folder)
        else:
            storage.remove(left)
    for left in folder.parent.glob(f".{folder.name}.closed.*"):
        storage.remove(left)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}.{uuid.uuid4().hex}")
