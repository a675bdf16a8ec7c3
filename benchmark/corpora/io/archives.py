"""What archives say is in them: one thing after the other, read once and in order.

Damage raises one of DAMAGED, wherever the reader meets it. An .xz takes the memory that its preset
asks for (65 MB at -9), everything else little.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmark.core import UserError

# What the zip reader raises on bytes that are not a sound archive; RuntimeError is for flipped
# flags that read as encryption or as an unknown compression.
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
DAMAGED = (*DAMAGED_ZIP, tarfile.TarError, lzma.LZMAError, struct.error, ValueError, OSError)

PIECE = 1 << 20  # bytes that are held at a time
TARS: dict[str, Callable[..., Any]] = {
    ".tar": open,
    **dict.fromkeys((".tar.gz", ".tgz"), gzip.open),
    **dict.fromkeys((".tar.bz2", ".tbz2"), bz2.open),
    **dict.fromkeys((".tar.xz", ".txz"), lzma.open),
}
ZIP_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "a link"}  # 0: made without Unix


class Entry(NamedTuple):
    """One thing in an archive, as the archive tells it."""

    name: str
    kind: str  # "file", "folder", or what else it is
    size: int  # bytes
    open: Callable[[], IO[bytes]]


Entries = Generator[Entry, None, None]


def entries(archive: Path) -> tuple[str, Entries]:
    """(What its name says it is, what is in it); each thing is to be read before the next."""
    for suffix in (".zip", *TARS):
        if archive.name.lower().endswith(suffix):
            found = _zip(archive) if suffix == ".zip" else _tar(archive, TARS[suffix])
            return suffix[1:], found
    known = ", ".join((".zip", *TARS))
    raise UserError(f"{archive}: expected a name that ends in one of {known}; unpack it by hand")


def _zip(archive: Path) -> Entries:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        # Where a size in the table of contents is damaged, the reader may lose files silently.
        if _announced(archive) not in (0xFFFF, len(members) & 0xFFFF):
            raise zipfile.BadZipFile("its table of contents is damaged")
        if sum(member.compress_size for member in members) > archive.stat().st_size:
            raise zipfile.BadZipFile("its files overlap")
        for member in members:
            form = stat.S_IFMT(member.external_attr >> 16)
            kind = (
                "folder"
                if member.filename.endswith("/")
                else ZIP_KINDS.get(form, "a device or the like")
            )
            kind = "encrypted" if member.flag_bits & 1 else kind
            # The reader cuts a name at a NUL: the whole name is what must be judged.
            name = member.orig_filename if "\0" in member.orig_filename else member.filename
            yield Entry(name, kind, member.file_size, partial(opened.open, member))


def _announced(archive: Path) -> int:
    """How many things a zip says are in it, modulo 2^16; 0xFFFF where it says so elsewhere."""
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - (1 << 16) - 22))  # behind it is a comment at most
        tail = file.read()
    count: int = struct.unpack_from("<H", tail, tail.rfind(b"PK\x05\x06") + 10)[0]
    return count


def _tar(archive: Path, opener: Callable[..., Any]) -> Entries:
    with opener(archive, "rb") as raw:
        source = _Forward(raw)
        with tarfile.TarFile(fileobj=source) as tar:
            while member := tar.next():
                vars(tar)["members"].clear()  # it would remember every member
                kind = "a link" if member.issym() or member.islnk() else "a device or the like"
                kind = "file" if member.isreg() else "folder" if member.isdir() else kind
                read: Any = partial(tar.extractfile, member)
                yield Entry(member.name, kind, member.size, read)
        source.finish()


class _Forward:
    """The bytes of a tar for its reader, which may neither go back nor take much at once."""

    def __init__(self, raw: IO[bytes]) -> None:
        self.raw, self.at, self.last = raw, 0, b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= PIECE:  # contents are read in pieces: a header claims this
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self.raw.read(size)
        self.at += len(self.last)
        return self.last

    def tell(self) -> int:
        return self.at

    def seek(self, to: int) -> None:
        if to < self.at:
            raise tarfile.ReadError("a header that leads back")
        while self.at < to and self.read(min(to - self.at, PIECE)):
            pass

    def write(self, _: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Whoever opened the raw bytes closes them."""

    def finish(self) -> None:
        """Read to the end, so that sums are checked; the tar reader takes damage for an end."""
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("no mark of its end")
        while piece := self.read(PIECE):
            if piece.count(0) < len(piece):
                raise tarfile.ReadError("something after its end")
