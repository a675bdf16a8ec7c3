"""The folder of a build: whose it is, and that one build at a time is at work in it.

The system lets go of the lock whatever ends a build. Its file stays for the next build to see that
what lies beside it is of a build; while one is at work it names the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from benchmark.core import UserError
from benchmark.corpora.simulated import files

BUILDING = "building"
LOCK = "lock"


def check_folder(folder: Path) -> None:
    """UserError for a folder that holds anything but a corpus or what a build left there.

    A build writes over files and removes its own folder in the end: nobody else's may be there.
    """
    if not folder.is_dir():
        return
    building, listed = folder / BUILDING, folder / files.MANIFEST
    begun = (building / LOCK).is_file()
    if not begun and (building.exists() or (any(folder.iterdir()) and not listed.is_file())):
        raise UserError(
            f"{folder}: expected an empty folder, or a corpus that was built there, found other "
            "files; choose another folder"
        )


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other builds out of a folder; the system lets go of it whatever ends this process."""
    check_folder(folder)
    try:
        (folder / BUILDING).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: expected a folder to write in, but {error.strerror}; choose another"
        ) from error
    with (folder / BUILDING / LOCK).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"{folder}: {_holder(file)}, or choose another folder") from error
        _says(file, str(os.getpid()))
        try:
            yield
        finally:
            _says(file, "")
            _remove_unused(folder / BUILDING)


def _says(file: TextIO, text: str) -> None:
    """Put a text in place of what a file holds."""
    file.truncate(0)
    file.write(text)
    file.flush()


def _holder(file: TextIO) -> str:
    """Who holds a lock: a build, or steps of a build that was killed, until they are done."""
    file.seek(0)
    said = file.read(20)
    if not said.isdecimal():
        return "another build is at work here; wait for its end"
    try:
        os.kill(int(said), 0)
    except ProcessLookupError:
        return (
            f"a build that was killed here (process {said}) has steps that are still at work; wait "
            "a minute"
        )
    except (PermissionError, OverflowError):  # of another user
        pass
    return f"another build is at work here (process {said}); wait for its end"


def _remove_unused(building: Path) -> None:
    """Leave no folder behind where a build was refused, and nothing made."""
    if [path.name for path in building.glob("*")] == [LOCK]:
        shutil.rmtree(building)
