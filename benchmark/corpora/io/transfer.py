"""One request to a server for what a part of a file lacks, and the bytes that come of it.

Beside `<name>`, which only ever is whole, stand `<name>.part`, what has come of it so far, and
`<name>.part.json`: {"url", "If-Range"}, the mark by which the server tells this version of the
file from another. A part without a mark is continued only where the sum of the whole is known.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from io import BytesIO, FileIO
from typing import Any

from benchmark import storage
from benchmark.corpora.io.wanted import KEPT, PAGES, Wanted, cut_off, refused, unanswered, web_page

PIECE = 1 << 18  # bytes asked for at a time; what has come is written at once
EVERY = 5.0  # seconds between lines of progress


def advance(wanted: Wanted, file: FileIO) -> None:
    """Ask once for what `file` lacks and append it; return when the file is whole.

    Unfetched for what a server, a network or a full disk can do. What has come stays in `file`
    unless it is known to be wrong.
    """
    import requests
    from urllib3.exceptions import HTTPError

    have = file.seek(0, os.SEEK_END)
    more = _continuing(wanted, have)
    # Compressed on the way, a file would have neither its size nor its sum.
    headers = {"Accept-Encoding": "identity", **more}
    try:
        with requests.get(
            wanted.url,
            headers=headers,
            stream=True,
            timeout=wanted.timeout,
            hooks={"response": _bodiless},
        ) as answer:
            first, total = _extent(wanted, file, answer, have if more else None)
            if answer.status_code == 416:
                return  # it is whole already, and what comes is words about that
            _check(wanted, answer.headers, total)
            if first == 0:
                if have:
                    wanted.tell(f"{wanted.target.name}: it begins again, {have} bytes are void")
                file.truncate(0)
                _note(wanted, answer.headers)
            _receive(wanted, file, answer.raw, total)
    # A redirect to an address that nobody can read raises whatever its parser does.
    except (requests.RequestException, HTTPError, ValueError) as problem:
        raise unanswered(wanted, problem) from problem


def _bodiless(answer: Any, **_: Any) -> None:
    """Drop the body of a redirect, which would be read into memory, however long it is."""
    if answer.is_redirect:
        answer.raw.close()
        answer.raw = BytesIO()


def _continuing(wanted: Wanted, have: int) -> dict[str, str]:
    """Headers that ask for the rest, if what is there may be continued."""
    try:
        noted = json.loads(wanted.note.read_bytes())
        mark = noted["If-Range"] if noted["url"] == wanted.url else None
    except (OSError, ValueError, KeyError, TypeError):
        mark = None
    if have and isinstance(mark, str) and re.fullmatch("[!-~]([ -~]*[!-~])?", mark):
        return {"Range": f"bytes={have}-", "If-Range": mark}
    return {"Range": f"bytes={have}-"} if have and wanted.sha256 else {}


def _extent(wanted: Wanted, file: FileIO, answer: Any, asked: int | None) -> tuple[int, int | None]:
    """(The byte with which the answer begins, bytes of the whole if told); Unfetched if neither."""
    status, headers = answer.status_code, answer.headers
    if status == 200:
        length = headers.get("Content-Length", "")
        return 0, int(length) if re.fullmatch(r"\d{1,18}", length) else None
    if asked is None or status not in (206, 416):
        raise refused(wanted, status)
    told = headers.get("Content-Range", "")
    found = re.fullmatch(r"bytes (?:(\d{1,18})-\d+|\*)/(?:(\d{1,18})|\*)", told)
    first, total = (int(x) if x else None for x in found.groups()) if found else (None, None)
    if status == 206 and first == asked:
        return first, total
    if status == 416 and total == asked:
        return asked, total
    file.truncate(0)
    why = f"expected the bytes from {asked} on, the server answered {status} ({told or 'no range'})"
    raise wanted.failed(why, "what had come is removed: fetch again", again=True)


def _check(wanted: Wanted, headers: Mapping[str, str], total: int | None) -> None:
    """Unfetched where the headers tell that this is another thing, or more than the disk takes."""
    if "text/html" in headers.get("Content-Type", "").lower() and wanted.target.suffix not in PAGES:
        raise web_page(wanted, headers["Content-Type"])
    coding = headers.get("Content-Encoding", "identity").lower()
    # Some servers call what is compressed in itself compressed on the way.
    if coding != "identity" and not wanted.target.name.endswith((".gz", ".tgz")):
        raise wanted.failed(f"expected the file itself, got it as {coding}", wanted.by_hand)
    if total is not None and wanted.size not in (None, total):
        why = f"expected {wanted.size} bytes, the server announces {total}"
        raise wanted.failed(why, "compare with its source, where it may be new or gone")
    free = shutil.disk_usage(wanted.target.parent).free + wanted.part.stat().st_size
    if (total or wanted.size or 0) > free:
        why = f"expected room for {total or wanted.size} bytes, {wanted.target.parent} has {free}"
        raise wanted.failed(why, f"make room; {KEPT}")


def _note(wanted: Wanted, headers: Mapping[str, str]) -> None:
    """Keep the mark of this version; a weak ETag cannot be one."""
    etag = headers.get("ETag", "")
    mark = etag if etag.startswith('"') else headers.get("Last-Modified")
    storage.write_json(wanted.note, {"url": wanted.url, "If-Range": mark})


def _receive(wanted: Wanted, file: FileIO, raw: Any, total: int | None) -> None:
    """Append what comes; Unfetched where it stops early, does not stop, or hardly moves."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    limit = wanted.size if total is None else total
    have = file.seek(0, os.SEEK_END)
    pace = _Pace(wanted, limit, have)
    try:
        # Whatever has come is read at once: waiting for a whole piece would hide a slow server.
        while piece := raw.read1(PIECE, decode_content=False):
            if limit is not None and have + len(piece) > limit:
                file.truncate(0)
                raise wanted.failed(f"expected {limit} bytes, got more", "what came is removed")
            _append(wanted, file, piece, limit)
            have += len(piece)
            pace.reached(have)
    except ReadTimeoutError as problem:
        why = f"no byte came within {wanted.timeout:g} s, after {_of(have, limit)}"
        raise wanted.failed(why, KEPT) from problem
    except HTTPError as problem:
        raise cut_off(wanted, have, limit) from problem
    if limit is not None and have < limit:
        raise cut_off(wanted, have, limit)


def _append(wanted: Wanted, file: FileIO, piece: bytes, limit: int | None) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        have = file.seek(0, os.SEEK_END)
        more = f"room for {limit - have} bytes more" if limit else "room"
        why = f"the disk of {wanted.target.parent} is full after {_of(have, limit)}"
        raise wanted.failed(why, f"make {more}; {KEPT}") from problem


def _of(have: int, limit: int | None) -> str:
    return f"{have} of {limit} bytes" if limit else f"{have} bytes"


class _Pace:
    """How fast a file comes: told every few seconds, refused where it is too slow."""

    def __init__(self, wanted: Wanted, limit: int | None, have: int) -> None:
        self.wanted, self.limit = wanted, limit
        self.since = self.told = time.monotonic()
        self.before = self.shown = have

    def reached(self, have: int) -> None:
        now = time.monotonic()
        if now - self.told >= EVERY:
            rate = (have - self.shown) / (now - self.told) / 1e6
            of = f" of {self.limit / 1e6:.1f}" if self.limit else ""
            name = self.wanted.target.name
            self.wanted.tell(f"{name}: {have / 1e6:.1f}{of} MB, {rate:.1f} MB/s")
            self.told, self.shown = now, have
        if now - self.since >= self.wanted.window:
            mean = (have - self.before) / (now - self.since)
            if mean < self.wanted.slowest:
                why = (
                    f"expected {self.wanted.slowest:g} bytes a second, "
                    f"got {mean:.3g} over the last {now - self.since:.3g} s"
                )
                raise self.wanted.failed(why, KEPT)
            self.since, self.before = now, have
