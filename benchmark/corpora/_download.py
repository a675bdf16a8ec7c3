"""Fetch a published zip archive into the data folder: whole, checked, or not at all."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from benchmark.core import UserError

# What the zip reader raises on bytes that are not a sound archive; RuntimeError is for flipped
# flags that read as encryption or as an unknown compression.
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def fetch_zip(
    url: str,
    folder: Path,
    wanted: Callable[[str], bool],
    verify: Callable[[Path], list[str]],
    timeout: float = 30.0,
    at_most: int = 1 << 30,
) -> None:
    """Download the zip at `url` and leave those of its files that are `wanted` in `folder`.

    Names are asked for as they are below the archive's single top folder ("data/a.csv"). The
    unpacked tree must pass `verify` (one sentence a problem) before it gets the name `folder`, so
    what is there is always complete. `timeout` in seconds holds for each wait for the server;
    `at_most` bytes are unpacked. UserError, in one line that says what to do by hand: no network,
    a server's refusal, a damaged archive, content that is not as published, a folder in the way.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to fetch it again")
    by_hand = f"or get {url} in another way, unpack it and rename its top folder to {folder}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            archive, tree = Path(scratch, "archive.zip"), Path(scratch, "tree")
            _download(url, archive, timeout)
            _unpack(archive, tree, wanted, at_most)
            if problems := verify(tree):
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                raise UserError(f"{url} is not as published: {problems[0]}{more}")
            tree.rename(folder)
    except OSError as problem:
        why = _reason(problem)
        raise UserError(f"could not fetch {folder.name} ({why}): try again, {by_hand}") from problem
    except DAMAGED_ZIP as problem:
        raise UserError(f"{url} is not a sound zip archive: try again, {by_hand}") from problem


def _download(url: str, target: Path, timeout: float) -> None:
    import pooch

    # The downloader alone: pooch's own check wants a hash of the archive, which hosts that build
    # archives on demand do not keep stable.
    pooch.HTTPDownloader(timeout=timeout, chunk_size=1 << 16)(url, str(target), None)


def _unpack(archive: Path, tree: Path, wanted: Callable[[str], bool], at_most: int) -> None:
    """Write the wanted files below `tree`; links in the archive become plain files."""
    tree.mkdir()
    with zipfile.ZipFile(archive) as opened:
        members = [m for m in opened.infolist() if not m.is_dir() and wanted(_inner(m.filename))]
        if sum(member.file_size for member in members) > at_most:
            raise UserError(f"the archive would unpack to more than {at_most} bytes: not unpacked")
        for member in members:
            inner = _inner(member.filename)
            if ".." in PurePosixPath(inner).parts or inner.startswith("/") or "\\" in inner:
                raise UserError(f"the archive names a file outside its folder: {member.filename!r}")
            target = tree / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(member))


def _inner(name: str) -> str:
    """The name below the archive's top folder, which carries the commit and may change."""
    return name.partition("/")[2]


def _reason(problem: OSError) -> str:
    # requests prints whole object graphs; its class names say enough (ConnectTimeout, SSLError).
    response = getattr(problem, "response", None)
    if response is not None:
        response.close()  # pooch leaves the connection of a refusal open
        return f"the server answered {response.status_code}"
    return problem.strerror or type(problem).__name__
