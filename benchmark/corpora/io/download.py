"""Download a published archive into the data folder: whole, checked, or not at all.

`fetch_published` is for files whose host publishes their sums: what arrives is compared with size
and sum before it is unpacked, and a download that broke off goes on where it ended. `fetch_zip` is
for hosts that build archives on demand: the unpacked content is what is checked.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmark import storage
from benchmark.core import UserError
from benchmark.corpora.io.unpack import unpack

RETRIES = 2  # after a lost connection or a busy server, one second apart and then two
TIMEOUT = 30.0  # seconds, of each wait for the server
PIECE = 1 << 20  # bytes
MOST_FILES = 1_000_000  # of an archive whose sum is known
BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Published:
    """A file as its host publishes it."""

    name: str  # of the archive; its ending gives the format, see `unpack`
    url: str
    size: int  # bytes
    sum: str  # algorithm and digest in hex, such as "md5:7f97..."
    within: str = ""  # the folder of the corpus that it is unpacked into


def fetch_published(
    archives: Sequence[Published], folder: Path, verify: Callable[[Path], list[str]]
) -> None:
    """Download archives, compare them with their sums, and unpack all of them into `folder`.

    They lie in `.NAME-download` beside `folder` until all are there and unpacked; what broke off
    stays, and the next call goes on from it. The unpacked tree must pass `verify` (one sentence a
    problem) before it is renamed to `folder`. UserError: network, disk, size or sum that is not as
    published (such a file is removed), content that is not, a folder in the way.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to fetch it again")
    place = folder.with_name(f".{folder.name}-download")
    try:
        place.mkdir(parents=True, exist_ok=True)
        missing = sum(a.size for a in archives) - sum(f.stat().st_size for f in place.iterdir())
        free = shutil.disk_usage(place).free
    except OSError as problem:
        raise UserError(
            f"{place}: cannot be written ({problem.strerror}); choose another folder with --data"
        ) from problem
    if missing > free:
        raise UserError(
            f"{place}: expected room for {missing:,} bytes, found {free:,}; choose another folder "
            "with --data"
        )
    for archive in archives:
        _fetch(archive, place / archive.name, folder.name)
    tree = _fresh(place / "tree")
    try:
        tree.mkdir()
        for archive in archives:
            part = _fresh(place / "part")
            unpack(
                place / archive.name,
                part,
                at_most_bytes=shutil.disk_usage(place).free,
                at_most_files=MOST_FILES,
                wanted=lambda name: not name.startswith("__MACOSX/"),
                place=archive.url,
            )
            (tree / archive.within).mkdir(exist_ok=True)
            for path in part.iterdir():
                path.rename(tree / archive.within / path.name)
        if problems := verify(tree):
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise UserError(f"{folder.name} is not as published: {problems[0]}{more}")
        tree.rename(folder)
    except OSError as problem:
        raise UserError(f"{tree}: {problem.strerror}: fix that and say the same again") from problem
    storage.remove(place)


def _fresh(folder: Path) -> Path:
    if folder.exists():
        storage.remove(folder)
    return folder


def _fetch(archive: Published, path: Path, corpus: str) -> None:
    """Have the whole file at `path`, as published."""
    import requests

    for attempt in range(RETRIES + 1):
        try:
            _go_on(archive, path)
            break
        except OSError as problem:  # those of requests among them
            host = urlsplit(archive.url).netloc
            answer = getattr(problem, "response", None)
            if answer is not None:
                why, again = f"{host} answered {answer.status_code}", answer.status_code in BUSY
            elif isinstance(problem, requests.RequestException):
                why, again = f"no connection to {host}, or it broke off", True
            else:
                why, again = f"{path.parent}: {problem.strerror}", False
            if again and attempt < RETRIES:
                time.sleep(attempt + 1)
                continue
            here = path.stat().st_size if path.exists() else 0
            raise UserError(
                f"could not fetch {archive.name} of {corpus} ({why}): {here:,} of "
                f"{archive.size:,} bytes are here; say the same again to go on from there, or get "
                f"{archive.url} in another way and say data prepare {corpus} --from PATH"
            ) from problem
    _compare(archive, path, corpus)


def _go_on(archive: Published, path: Path) -> None:
    """Append what is missing of a file; OSError where the connection, the server or the disk fail.

    What the host says of its length is not believed: some say a wrong one.
    """
    import requests

    here = path.stat().st_size if path.exists() else 0
    if here >= archive.size:
        return
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={here}-"} if here else {})}
    with requests.get(archive.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        answer.raise_for_status()
        goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {here}-")
        with path.open("ab" if here and goes_on else "wb") as file:
            for piece in answer.iter_content(PIECE):
                file.write(piece)
                if file.tell() > archive.size:
                    return  # `_compare` says so
            if file.tell() < archive.size:
                raise requests.ConnectionError("the server ended before the file did")


def _compare(archive: Published, path: Path, corpus: str) -> None:
    """UserError, and no file any more, for one that is not as published."""
    import pooch

    algorithm, _, expected = archive.sum.partition(":")
    size, found = path.stat().st_size, pooch.file_hash(str(path), alg=algorithm)
    if (size, found) == (archive.size, expected):
        return
    path.unlink()
    more = " or more" if size > archive.size else ""
    raise UserError(
        f"{archive.url}: expected {archive.size:,} bytes with {algorithm} {expected}, got "
        f"{size:,}{more} with {found}; the file was removed: fetch it again, or see at the source "
        f"whether {corpus} has a new version"
    )


def fetch_zip(
    url: str,
    folder: Path,
    wanted: Callable[[str], bool],
    verify: Callable[[Path], list[str]],
    timeout: float = 30.0,
    at_most: int = 1 << 30,
) -> None:
    """Download the zip at `url` and leave those of its files that are `wanted` in `folder`.

    For hosts that build archives on demand and promise no checksum of them. Names are asked for as
    they are below the archive's single top folder ("data/a.csv"). The unpacked tree must pass
    `verify` (one sentence a problem) before it is renamed to `folder`, so what is there is always
    complete; nothing is kept of a download that fails. `timeout` in seconds holds for each wait for
    the server; `at_most` bytes are unpacked. UserError: network, disk, content that is not as
    published, a folder in the way; see `unpack`.
    """
    import pooch

    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to fetch it again")
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            name, tree = "archive.zip", Path(scratch, "tree")
            source = pooch.create(
                scratch, "", registry={name: None}, urls={name: url}, retry_if_failed=RETRIES
            )
            archive = source.fetch(name, downloader=pooch.HTTPDownloader(timeout=timeout))
            unpack(Path(archive), tree, wanted=wanted, strip=1, at_most_bytes=at_most, place=url)
            if problems := verify(tree):
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                raise UserError(f"{url} is not as published: {problems[0]}{more}")
            tree.rename(folder)
    except OSError as problem:  # those of requests among them
        answer = getattr(problem, "response", None)
        why = problem.strerror or type(problem).__name__
        if answer is not None:
            why = f"the server answered {answer.status_code}"
        raise UserError(
            f"could not fetch {folder.name} ({why}): try again, or get {url} in another way, "
            f"unpack it and rename its top folder to {folder}"
        ) from problem
