"""Unpack an archive of strangers into a new folder: whole, within bounds, or not at all.

What an archive says is a claim: names are checked before they are used, nothing but plain files is
written, and bounds hold for the bytes that are written.
"""

from __future__ import annotations

import errno
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from benchmark import storage
from benchmark.core import UserError
from benchmark.corpora.io.archives import DAMAGED, PIECE, Entry, entries

FULL = (errno.ENOSPC, errno.EDQUOT)
BY_HAND = "nothing is unpacked; look into it, and unpack it by hand if that is right"


def unpack(
    archive: Path,
    folder: Path,
    *,
    at_most_bytes: int,
    at_most_files: int = 100_000,
    wanted: Callable[[str], bool] = lambda _: True,
    strip: int = 0,
    place: str = "",
) -> None:
    """Write those files of `archive` that are `wanted` below `folder`, which must not be there.

    The name of `archive` says what it is: .zip, .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz. `wanted`
    is asked for names without their first `strip` parts. Left behind are things that have no more
    parts than that, folders without a wanted file, permissions and times. UserError, with nothing
    unpacked: damage; more than `at_most_bytes` or `at_most_files`; and among what is wanted a name
    that leads elsewhere, a name that stands there twice (case does not count), a link, a device.
    `place` is what messages call the archive, its path if empty.
    """
    place = place or str(archive)
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to unpack {place} again")
    kind, found = entries(archive)
    sound = partial(_sound, place, kind)
    budget = _Budget(place, at_most_files, at_most_bytes)
    taken: dict[str, str] = {}
    try:
        with closing(found), storage.whole_folder(folder) as new:
            while entry := _next(found, sound):
                name = _inner(entry.name, strip)
                if name is not None and entry.kind != "folder" and wanted(name):
                    _check(place, entry, name, taken)
                    _write(new / name, entry, sound, budget)
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        full = f" after {budget.written} bytes" if problem.errno in FULL else ""
        raise UserError(f"{folder}: {why}{full}: mend that and unpack {place} again") from problem


@dataclass
class _Budget:
    """How much is unpacked of what may be."""

    place: str
    at_most_files: int
    at_most_bytes: int
    files: int = 0
    written: int = 0

    def begin(self, announced: int) -> None:
        """One more file, of so many bytes as it says: the refusal comes early if that is true."""
        self.files += 1
        if self.files > self.at_most_files:
            raise self._refusal(f"{self.at_most_files} files")
        if self.written + announced > self.at_most_bytes:
            raise self._refusal(f"{self.at_most_bytes} bytes")

    def take(self, size: int) -> None:
        """So many bytes more, in truth."""
        self.written += size
        if self.written > self.at_most_bytes:
            raise self._refusal(f"{self.at_most_bytes} bytes")

    def _refusal(self, bound: str) -> UserError:
        return UserError(f"{self.place}: would unpack to more than {bound}; {BY_HAND}")


Sound = Callable[[], AbstractContextManager[None]]


@contextmanager
def _sound(place: str, kind: str) -> Iterator[None]:
    """Whatever reading the archive raises means that it is damaged."""
    try:
        yield
    except DAMAGED as problem:
        why = (str(problem) or type(problem).__name__).splitlines()[0]
        raise UserError(f"{place} is not a sound {kind} archive ({why}): get it again") from problem


def _next(entries: Iterator[Entry], sound: Sound) -> Entry | None:
    with sound():
        return next(entries, None)


def _inner(name: str, strip: int) -> str | None:
    """The name below its first parts, if it has more than these."""
    while name.startswith("./"):
        name = name[2:]
    return name.split("/", strip)[strip] if name.count("/") >= strip else None


def _check(place: str, entry: Entry, name: str, taken: dict[str, str]) -> None:
    """UserError unless this is a plain file that gets a place of its own below the folder."""
    if _astray(name):
        told = f"{entry.name!r:.200}"
        raise UserError(f"{place} names a file outside its folder or oddly: {told}; {BY_HAND}")
    if entry.kind != "file":
        raise UserError(f"{place}: {entry.name!r} is {entry.kind}, not a plain file; {BY_HAND}")
    parts = name.split("/")
    for depth, _ in enumerate(parts, start=1):
        path = "/".join(parts[:depth]) + "/" * (depth < len(parts))  # folders end in a slash
        key = unicodedata.normalize("NFC", path.rstrip("/")).casefold()
        earlier = taken.get(key)
        if earlier is not None and (earlier != path or depth == len(parts)):
            raise UserError(f"{place}: {earlier!r} and {path!r} take one place; {BY_HAND}")
        taken[key] = path


def _astray(name: str) -> bool:
    odd = any(letter < " " or letter in "\\\x7f" for letter in name)
    return odd or bool(re.match("[A-Za-z]:", name) or {"", ".", ".."} & {*name.split("/")})


def _write(target: Path, entry: Entry, sound: Sound, budget: _Budget) -> None:
    budget.begin(entry.size)
    target.parent.mkdir(parents=True, exist_ok=True)
    with sound():
        stream = entry.open()
    size = 0
    with stream, target.open("xb") as file:
        while piece := _read(stream, sound):
            size += len(piece)
            budget.take(len(piece))
            file.write(piece)
    with sound():
        if size != entry.size:
            raise EOFError(f"{entry.name!r} has {size} bytes, not {entry.size}")


def _read(stream: IO[bytes], sound: Sound) -> bytes:
    with sound():
        return stream.read(PIECE)
