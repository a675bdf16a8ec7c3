"""What a tree of processes holds beside memory: files, and what the kernel keeps for descriptors.

Looking takes long where there is much of it, so each look ends as soon as something is too much.
The sizes of sockets and pipes cannot be seen: each counts with the most that it can hold.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmark.sandbox import usage
from benchmark.worker.limits import MEGABYTE, Limits

NAMES = 100_000  # of files that all together may have
OPEN = 100_000  # descriptors
NOTES = 250_000  # of the kernel: areas of memory, and descriptors that are waited for
# What one can take in the kernel; `benchmarks/kernel_memory.py` measures it.
NAME_BYTES, DESCRIPTOR_BYTES, NOTE_BYTES, PIPE_BYTES = 2048, 1024, 400, 65_536
CHAIN_BYTES = 64  # more, for an area: a fork links each of its own to those of all forks before
TERMINALS = os.makedev(5, 2)  # /dev/ptmx, which makes them
DELETED = b" (deleted)"
TEXT_BYTES = 8192  # of a file of /proc, once it was read; twice its longest piece, if that is more


class TooMuch(Exception):
    """A sentence on what is too much."""


class Folders:
    """Folders to write to, held open: they may be given another name meanwhile."""

    def __init__(self, folders: Mapping[Path, Path]) -> None:
        """Folder -> where those who write find it."""
        self.paths = [os.fsencode(path) + b"/" for path in folders.values()]
        self._open = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in folders]

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)
        self._open = []

    def check(self, limits: Limits, nameless: int, ended: Callable[[], bool]) -> None:
        """TooMuch for bytes on disk, 4 kB for each name, `nameless` more, or for too many names."""
        most, total, names = limits.kept_mb * MEGABYTE, nameless, 0
        pending = [f"/proc/self/fd/{descriptor}" for descriptor in self._open]
        while pending and not ended():  # without recursion, since they may be nested deeply
            try:
                place = pending.pop()
                with _unseen(place) as folder, os.scandir(folder) as found:
                    for entry in found:
                        names += 1
                        with contextlib.suppress(FileNotFoundError):
                            file = os.stat(entry.name, dir_fd=folder, follow_symlinks=False)
                            total += 4096 + file.st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(f"{place}/{entry.name}")
                        if names > NAMES:
                            raise TooMuch(f"made more than {NAMES:,} files")
                        if total > most:
                            break
            except FileNotFoundError:  # removed meanwhile
                continue
            except OSError:  # closed, or too deep to have a path: a place to hide files
                total = most + 1
            if total > most:
                raise TooMuch(f"wrote more than {limits.kept_mb:,} MB")
        if total > most:
            raise TooMuch(f"wrote more than {limits.kept_mb:,} MB")


@contextlib.contextmanager
def _unseen(folder: str) -> Iterator[int]:
    """Open a folder without a change of its times: else files could flee from a search."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOATIME)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Tmpfs:
    """The file systems in memory of a sandbox, held open from when it is ready to its end."""

    def __init__(self) -> None:
        self._open: list[int] = []
        self.devices: set[int] = set()
        self._outside = {os.stat(path).st_dev for path in ("/", "/tmp", "/dev", "/dev/shm")}

    def find(self, tree: Sequence[usage.Process]) -> None:
        """Open them, where a process of the tree has a file system of its own that is complete."""
        for process in reversed(tree) if not self._open else ():
            found: list[int] = []
            try:
                for name in ("tmp", "dev/shm"):
                    where = f"/proc/{process.pid}/root/{name}"
                    found.append(os.open(where, os.O_PATH | os.O_DIRECTORY))
                devices = {os.fstat(one).st_dev for one in found}
                if self._outside.isdisjoint(devices):
                    self._open, self.devices, found = found, devices, []
                    return
            except OSError:
                continue
            finally:
                for descriptor in found:
                    os.close(descriptor)

    def close(self) -> None:
        """Else they keep the memory of what lies in them."""
        for descriptor in self._open:
            os.close(descriptor)
        self._open = []

    def held_bytes(self) -> int:
        """The bytes in them, and those of their names."""
        found = [os.fstatvfs(descriptor) for descriptor in self._open]
        blocks = sum((one.f_blocks - one.f_bfree) * one.f_frsize for one in found)
        return blocks + sum(one.f_files - one.f_ffree for one in found) * NAME_BYTES

    def check(self) -> None:
        """TooMuch for too many names."""
        for descriptor in self._open:
            found = os.fstatvfs(descriptor)
            if found.f_files - found.f_ffree > NAMES:
                raise TooMuch(f"made more than {NAMES:,} files")


class Held(NamedTuple):
    kernel: int  # bytes of memory that its objects in the kernel can take
    nameless: int  # bytes on disk of files that are open but have no name


class Objects:
    """What lies behind the descriptors and in the memory maps of a tree."""

    def __init__(self, outside: Sequence[usage.Process]) -> None:
        """`outside`: those that run before the entry does, of which some may show nothing."""
        self._shy = {p.pid for p in outside if not _shows_itself(p)}
        self._hidden: set[int] = set()
        self._longest = TEXT_BYTES // 2  # piece of text of a file of /proc that was ever seen

    def look(
        self,
        tree: Sequence[usage.Process],
        folders: Folders,
        tmpfs: Tmpfs,
        ended: Callable[[], bool],
    ) -> Held:
        """TooMuch for one that hides twice, maps a removed file, or holds too many descriptors."""
        sockets: set[int] = set()
        pipes: set[int] = set()
        nameless: dict[tuple[int, int], int] = {}
        notes = descriptors = terminals = texts = links = 0
        hidden = set()
        for process in tree:
            if ended():
                break
            if not process.thread:
                continue
            try:
                areas = _areas(process, folders)
                notes += len(areas)
                links += len(areas) * len(tree)
                self._longest = max(self._longest, *map(len, areas), 0)
                proc = os.stat(f"/proc/{process.thread}/root/proc").st_dev
                for path, file in _files(process):
                    descriptors += 1
                    if stat.S_ISSOCK(file.st_mode):
                        sockets.add(file.st_ino)
                    elif stat.S_ISFIFO(file.st_mode):
                        pipes.add(file.st_ino)
                    elif stat.S_ISREG(file.st_mode):
                        texts += file.st_dev == proc
                        if not file.st_nlink and file.st_dev not in tmpfs.devices:
                            nameless[file.st_dev, file.st_ino] = file.st_blocks * 512
                    elif stat.S_ISCHR(file.st_mode):
                        terminals += file.st_rdev == TERMINALS
                    elif not stat.S_IFMT(file.st_mode):
                        watches = _watches(path)
                        notes += watches.count(b"tfd:")
                        self._longest = max(self._longest, len(watches))
                    if descriptors > OPEN:
                        raise TooMuch(f"had more than {OPEN:,} files open")
            except PermissionError:
                hidden.add(process.pid)
            except OSError:  # it ended meanwhile
                continue
            if notes > NOTES:
                raise TooMuch(f"had more than {NOTES:,} areas of memory or descriptors to wait for")
        if hidden & self._hidden - self._shy:
            raise TooMuch("hides its memory")
        self._hidden = hidden
        several = max(len(sockets), _sockets_within(tree))
        kernel = several * socket_bytes() + (len(pipes) + terminals) * PIPE_BYTES
        kernel += descriptors * DESCRIPTOR_BYTES + notes * NOTE_BYTES + texts * 2 * self._longest
        kernel += links * CHAIN_BYTES
        return Held(kernel, sum(nameless.values()))


def _shows_itself(process: usage.Process) -> bool:
    try:
        os.listdir(f"/proc/{process.thread}/fd")
    except PermissionError:
        return False
    except OSError:  # it ended meanwhile
        return True
    return True


def _areas(process: usage.Process, folders: Folders) -> list[bytes]:
    """A line for each of its areas of memory; TooMuch where one is of a file that was removed.

    The size of that file cannot be seen.
    """
    maps = usage.read(f"/proc/{process.thread}/maps")
    lines = maps.splitlines()
    if DELETED in maps:
        for line in lines:
            path = line.split(None, 5)[-1]
            if path.endswith(DELETED) and any(path.startswith(p) for p in folders.paths):
                raise TooMuch("maps a file that it removed")
    return lines


def _files(process: usage.Process) -> list[tuple[str, os.stat_result]]:
    """What it has open, and its program. All its threads share that: the filter sees to it."""
    place, found = f"/proc/{process.thread}", []
    for path in (f"{place}/exe", *(f"{place}/fd/{name}" for name in os.listdir(f"{place}/fd"))):
        with contextlib.suppress(FileNotFoundError):
            found.append((path, os.stat(path)))
    return found


def _watches(path: str) -> bytes:
    """What a descriptor waits for, a line each, if it is of that kind."""
    with contextlib.suppress(FileNotFoundError):  # closed meanwhile: the search goes on behind it
        if os.readlink(path) == "anon_inode:[eventpoll]":
            return usage.read(path.replace("/fd/", "/fdinfo/"))
    return b""


def _sockets_within(tree: Sequence[usage.Process]) -> int:
    """Sockets in a network of its own, those too that wait in a queue and have no descriptor."""
    ours = os.stat("/proc/self/ns/net").st_ino
    for process in tree:
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{process.thread}/ns/net").st_ino != ours:
                return usage.read(f"/proc/{process.thread}/net/unix").count(b"\n") - 1
    return 0


def socket_bytes() -> int:
    """What can wait in one for its reader: what it may send and a last piece half as large."""
    return 3 * int(usage.read("/proc/sys/net/core/wmem_default")) // 2
