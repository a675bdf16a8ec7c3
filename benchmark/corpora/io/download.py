"""Fetch what was published into the data folder: whole, checked, or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError
from benchmark.corpora.io.transfer import advance
from benchmark.corpora.io.unpack import unpack
from benchmark.corpora.io.wanted import PAGES, Unfetched, Wanted, web_page

PAGE = re.compile(rb"<(!doctype )?html", re.IGNORECASE)
WAITS = (1.0, 4.0, 15.0)  # seconds before each further try


def fetch(
    url: str,
    target: Path,
    *,
    sha256: str | None = None,
    size: int | None = None,
    timeout: float = 30.0,
    slowest: float = 10_000.0,
    window: float = 60.0,
    waits: Sequence[float] = WAITS,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Download `url` to `target`, unless it is there; return the sha256 of `target`, 64 hex digits.

    What comes is kept in `<target>.part` and continued by the next call, however this one ends;
    `target` appears when it is whole. It must have the `sha256` and the `size` (bytes) that were
    published. Where no sum was, the first one is recorded in `<target>.sha256` (as sha256sum does)
    and holds from then on. A broken connection or a busy server is asked again after each of
    `waits` seconds, anew while the file grows; `timeout` seconds hold for each wait for the
    server, `slowest` bytes a second in the mean over each `window` of seconds. `tell` gets a line
    of progress every few seconds.

    UserError in one line: the network, a refusal, a web page in the place of the file, too few or
    too many bytes, a full disk, another sum, another process that fetches the same.
    """
    try:
        recorded = None if sha256 else _recorded(target)
        known = (sha256 or recorded or "").lower() or None
        wanted = Wanted(url, target, size, known, timeout, slowest, window, tell)
        if target.exists():
            return _settle(wanted, target, recorded)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(wanted) as file:
            _persist(wanted, file, waits)
            found = _settle(wanted, wanted.part, recorded)
            os.replace(wanted.part, target)
            return found
    except OSError as problem:
        raise UserError(f"{target}: {_reason(problem)}; mend that and fetch again") from problem


@contextmanager
def _alone(wanted: Wanted) -> Iterator[FileIO]:
    """The part of the file, open to append, while no other process has it."""
    with FileIO(wanted.part, "a") as file:
        if _taken(file, wanted.part):
            raise wanted.failed("another process is fetching it", "wait until that is done")
        try:
            yield file
        finally:
            if wanted.part.exists() and not wanted.part.stat().st_size:
                wanted.part.unlink()
            if not wanted.part.exists():
                wanted.note.unlink(missing_ok=True)


def _taken(file: FileIO, part: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # a disk without locks: two at once spoil the part, and the sum shows it
    # Between opening and locking, the other process may have finished and renamed it.
    return not (part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat()))


def _persist(wanted: Wanted, file: FileIO, waits: Sequence[float]) -> None:
    """Ask until the file is whole, or until asking helps no more."""
    left, most = list(waits), file.seek(0, os.SEEK_END)
    while True:
        try:
            return advance(wanted, file)
        except Unfetched as problem:
            have = file.seek(0, os.SEEK_END)
            if have - most >= wanted.slowest * wanted.window:
                left, most = list(waits), have
            if not problem.again or not left:
                raise
            wait = left.pop(0)
            wanted.tell(f"{wanted.target.name}: {problem.why}; next try in {wait:g} s")
        time.sleep(wait)


def _settle(wanted: Wanted, path: Path, recorded: str | None) -> str:
    """The sum of a whole file, which is recorded if it is the first one; UserError if not right."""
    import pooch

    if path == wanted.part:
        _check_is_no_page(wanted)
    size = path.stat().st_size
    found: str = pooch.file_hash(str(path))
    if wanted.size not in (None, size):
        raise _wrong(wanted, path, f"{wanted.size} bytes", f"{size}", recorded)
    if wanted.sha256 not in (None, found):
        raise _wrong(wanted, path, f"sha256 {wanted.sha256}", found, recorded)
    if wanted.sha256 is None:
        line = f"{found}  {wanted.target.name}\n"
        storage.write_whole(_record(wanted.target), line.encode())
    return found


def _check_is_no_page(wanted: Wanted) -> None:
    with wanted.part.open("rb") as file:
        start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
    if PAGE.match(start) and wanted.target.suffix not in PAGES:
        wanted.part.unlink()
        raise web_page(wanted, start.decode("ascii", "replace"))


def _wrong(
    wanted: Wanted, path: Path, expected: str, found: str, recorded: str | None
) -> UserError:
    """What to say of a whole file that is another one; what was just fetched is removed."""
    remedy, record = "fetch it again, and compare it with its source", _record(wanted.target)
    if recorded:
        expected += f" (recorded in {record} when it was first fetched)"
        remedy += f"; if that has a new version, remove {record.name}"
    if path != wanted.part:
        return UserError(f"{path}: expected {expected}, got {found}; move it away, {remedy}")
    path.unlink()
    return wanted.failed(f"expected {expected}, got {found}", f"what came is removed: {remedy}")


def _record(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _recorded(target: Path) -> str | None:
    """The sum of the first file that was fetched as `target`, if there was one."""
    record = _record(target)
    if not record.exists():
        return None
    words = record.read_text("utf-8", "replace").split(maxsplit=1)
    if not words or not re.fullmatch("[0-9a-fA-F]{64}", words[0]):
        got = words[0][:80] if words else ""
        raise UserError(f"{record}: expected a sha256 of 64 hex digits, got {got!r}; remove it")
    return words[0]


def fetch_zip(
    url: str,
    folder: Path,
    wanted: Callable[[str], bool],
    verify: Callable[[Path], list[str]],
    timeout: float = 30.0,
    at_most: int = 1 << 30,
) -> None:
    """Download the zip at `url` and leave those of its files that are `wanted` in `folder`.

    For hosts that build archives on demand and promise no sum of them. Names are asked for as they
    are below the archive's single top folder ("data/a.csv"). The unpacked tree must pass `verify`
    (one sentence a problem) before it gets the name `folder`, so what is there is always complete;
    nothing is kept of a download that fails. `timeout` in seconds holds for each wait for the
    server; `at_most` bytes are unpacked. UserError, in one line: see `fetch` and `unpack`; content
    that is not as published, a folder in the way.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to fetch it again")
    by_hand = f"or get {url} in another way, unpack it and rename its top folder to {folder}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            archive, tree = Path(scratch, "archive.zip"), Path(scratch, "tree")
            fetch(url, archive, timeout=timeout)
            unpack(archive, tree, wanted=wanted, strip=1, at_most_bytes=at_most, place=url)
            if problems := verify(tree):
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                raise UserError(f"{url} is not as published: {problems[0]}{more}")
            tree.rename(folder)
    except (OSError, Unfetched) as problem:
        why = problem.why if isinstance(problem, Unfetched) else _reason(problem)
        raise UserError(f"could not fetch {folder.name} ({why}): try again, {by_hand}") from problem


def _reason(problem: OSError) -> str:
    return problem.strerror or type(problem).__name__
