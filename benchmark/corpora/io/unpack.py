"""Unpack an archive into a new folder: plain files only, within bounds, whole or not at all."""

from __future__ import annotations

import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmark import storage
from benchmark.core import UserError

# What the zip reader raises on damaged archives; RuntimeError is for flipped flags that read as
# encryption or as an unknown compression.
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
DAMAGED = (*DAMAGED_ZIP, tarfile.TarError, lzma.LZMAError, struct.error, ValueError)
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
PIECE = 1 << 20  # bytes that are held at a time
BY_HAND = "nothing is unpacked; inspect it, and unpack it by hand if that is intended"


class Member(NamedTuple):
    """One thing in an archive that is not a folder."""

    name: str
    plain: bool  # a file, neither a link nor a device
    size: int  # bytes, unpacked
    open: Callable[[], IO[bytes]]


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
    """Write those files of `archive` that are `wanted` below `folder`, which must not exist.

    The name of `archive` gives its format, one of SUFFIXES. `wanted` is asked for names without
    their first `strip` parts; shorter names are left out, as are empty folders, permissions and
    times. UserError, with nothing unpacked: damage; more than `at_most_bytes` or `at_most_files`;
    and among the wanted a link, a device, a duplicate, an absolute name or one with "..".
    `place` is what messages call the archive, its path if empty.
    """
    place = place or str(archive)
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to unpack {place} again")
    if not archive.name.lower().endswith(SUFFIXES):
        raise UserError(
            f"{archive}: expected a name that ends in one of {', '.join(SUFFIXES)}; "
            "unpack it by hand"
        )
    files = size = 0
    try:
        with storage.whole_folder(folder) as new:
            for member in _members(archive):
                name = _inner(member.name, strip)
                if name is None or not wanted(name):
                    continue
                files, size = files + 1, size + member.size
                if files > at_most_files or size > at_most_bytes:
                    raise UserError(
                        f"{place}: would unpack to more than {at_most_bytes} bytes or "
                        f"{at_most_files} files; {BY_HAND}"
                    )
                _write(place, member, new, name)
    except DAMAGED as problem:
        raise _damaged(place, problem) from problem
    except OSError as problem:
        if problem.errno is None:  # gzip and bz2, of their input
            raise _damaged(place, problem) from problem
        raise UserError(f"{folder}: {problem.strerror}: fix that and unpack {place} again") from (
            problem
        )


def _members(archive: Path) -> Iterator[Member]:
    if archive.suffix.lower() == ".zip":
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)  # 0: made without Unix
                if not info.is_dir():
                    plain = kind in (0, stat.S_IFREG)
                    read: Any = partial(opened.open, info)
                    yield Member(info.filename, plain, info.file_size, read)
    else:
        with tarfile.open(archive) as tar:
            for entry in tar:
                if not entry.isdir():
                    read = partial(tar.extractfile, entry)
                    yield Member(entry.name, entry.isreg(), entry.size, read)
            _check_end(tar)


def _check_end(tar: tarfile.TarFile) -> None:
    """ReadError unless zeros follow: the tar reader takes a damaged header for the end.

    Reading to the end also has gzip and xz compare their checksums.
    """
    rest = 0
    while piece := tar.fileobj.read(PIECE):
        if any(piece):
            raise tarfile.ReadError("data after its end")
        rest += len(piece)
    if rest < tarfile.BLOCKSIZE:
        raise tarfile.ReadError("no end mark")


def _inner(name: str, strip: int) -> str | None:
    """The name below its first parts, if it has more than these."""
    while name.startswith("./"):
        name = name[2:]
    return name.split("/", strip)[strip] if name.count("/") >= strip else None


def _write(place: str, member: Member, new: Path, name: str) -> None:
    parts = name.split("/")
    if {"", ".", ".."} & {*parts} or "\\" in name or ":" in parts[0] or not name.isprintable():
        raise UserError(f"{place} names a file outside its folder: {member.name!r:.200}; {BY_HAND}")
    if not member.plain:
        raise UserError(f"{place}: {member.name!r} is not a plain file; {BY_HAND}")
    target = new / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("xb")
    except (FileExistsError, NotADirectoryError) as problem:
        raise UserError(f"{place}: {name!r} is there twice; {BY_HAND}") from problem
    with file, member.open() as stream:
        shutil.copyfileobj(stream, file, PIECE)


def _damaged(place: str, problem: Exception) -> UserError:
    why = (str(problem) or type(problem).__name__).splitlines()[0]
    return UserError(f"{place} is not a sound archive ({why}): get it again")
