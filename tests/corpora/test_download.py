"""Downloads with pinned sums: whole, resumed, short, changed, and without a network."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from benchmark.core import UserError
from benchmark.corpora import gaddy2020
from benchmark.corpora.gaddy2020 import fixture as miniature
from benchmark.corpora.io import download
from benchmark.corpora.io.download import Published


class Host(BaseHTTPRequestHandler):
    """A host of one file, which may end early, answer badly, or not know ranges."""

    content = b""
    stops: ClassVar[list[int]]  # after so many bytes of the file, one answer each
    status = 200
    ranges = True
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.asked.append(wanted)
        begin = int(wanted[6:-1]) if wanted and self.ranges else 0
        self.send_response(206 if begin else self.status)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/*")
        self.send_header("Connection", "close")  # a length is not promised
        self.end_headers()
        if self.status == 200:
            stop = self.stops.pop(0) if self.stops else len(self.content)
            self.wfile.write(self.content[begin:stop])

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def packed(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


FILES = {"data/a.bin": bytes(range(256)) * 40, "data/b/c.txt": b"words"}
CONTENT = packed(FILES)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Host]]:
    kind = type("OneHost", (Host,), {"content": CONTENT, "asked": [], "stops": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    kind.url = f"http://127.0.0.1:{server.server_port}/x"  # type: ignore[attr-defined]
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def published(host: type[Host]) -> Published:
    url = host.url  # type: ignore[attr-defined]
    return Published("x.tar.gz", url, len(CONTENT), f"md5:{hashlib.md5(CONTENT).hexdigest()}")


Fetch = Callable[..., None]


@pytest.fixture
def fetch(published: Published, tmp_path: Path) -> Fetch:
    def fetch(problems: tuple[str, ...] = (), **changed: object) -> None:
        one = replace(published, **changed)  # type: ignore[arg-type]
        download.fetch_published([one], tmp_path / "corpus", lambda _: list(problems))

    return fetch


def here(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_file_as_published_is_unpacked_and_nothing_else_left(
    fetch: Fetch, tmp_path: Path
) -> None:
    fetch()
    assert here(tmp_path) == {f"corpus/{name}": content for name, content in FILES.items()}
    with pytest.raises(UserError, match="corpus is there already: move it away"):
        fetch()


def test_a_connection_that_breaks_off_is_gone_on_with(
    host: type[Host], fetch: Fetch, tmp_path: Path
) -> None:
    host.stops = [100, 150]
    fetch()
    assert host.asked == ["", "bytes=100-", "bytes=150-"]
    assert here(tmp_path / "corpus") == FILES


def test_a_short_download_says_how_much_is_here_and_goes_on_next_time(
    host: type[Host], fetch: Fetch, tmp_path: Path
) -> None:
    host.stops = [10, 20, 30]
    told = (
        rf"could not fetch x.tar.gz of corpus \(no connection to 127.0.0.1:\d+, or it broke off\): "
        rf"30 of {len(CONTENT):,} bytes are here; say the same again to go on from there, or get "
        r"http://.*/x in another way and say data prepare corpus --from PATH"
    )
    with pytest.raises(UserError, match=told):
        fetch()
    assert not (tmp_path / "corpus").exists()
    fetch()
    assert host.asked[-1] == "bytes=30-"
    assert here(tmp_path / "corpus") == FILES


def test_a_host_without_ranges_begins_again(host: type[Host], fetch: Fetch, tmp_path: Path) -> None:
    host.ranges, host.stops = False, [100]
    fetch()
    assert host.asked == ["", "bytes=100-"]
    assert here(tmp_path / "corpus") == FILES


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"sum": "md5:" + "0" * 32}, r"with md5 0{32}, got [\d,]+ with [0-9a-f]{32}; the file was"),
        ({"sum": "sha256:" + "0" * 64}, r"with sha256 0{64}, got [\d,]+ with [0-9a-f]{64};"),
        ({"size": 100}, r"expected 100 bytes with md5 .*, got [\d,]+ or more with"),
    ],
)
def test_a_file_that_is_not_as_published_is_removed(
    fetch: Fetch, tmp_path: Path, changed: dict[str, object], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        fetch(**changed)
    assert here(tmp_path) == {}
    fetch()
    assert here(tmp_path / "corpus") == FILES


def test_what_broke_off_of_another_file_is_found_out(fetch: Fetch, tmp_path: Path) -> None:
    part = tmp_path / ".corpus-download" / "x.tar.gz"
    part.parent.mkdir()
    part.write_bytes(b"of another version")
    with pytest.raises(UserError, match="the file was removed: fetch it again"):
        fetch()
    fetch()
    assert here(tmp_path / "corpus") == FILES


def test_content_that_is_not_as_published_is_not_installed(fetch: Fetch, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"corpus is not as published: a\.bin is bad \(and 1 more\)"
    ):
        fetch(("a.bin is bad", "b is missing"))
    assert not (tmp_path / "corpus").exists()


def test_without_a_network_or_a_file_it_is_said_what_to_do(host: type[Host], fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(UserError, match=rf"no connection to 127.0.0.1:{port}, .*: 0 of"):
        fetch(url=f"http://127.0.0.1:{port}/x")
    host.status = 404
    with pytest.raises(UserError, match=r"127.0.0.1:\d+ answered 404\): 0 of"):
        fetch()
    assert len(host.asked) == 1  # asking again would not help
    host.status = 503
    with pytest.raises(UserError, match="answered 503"):
        fetch()
    assert len(host.asked) == 1 + download.RETRIES + 1


def test_a_disk_without_room_is_said_before_anything_is_fetched(
    host: type[Host], fetch: Fetch
) -> None:
    with pytest.raises(UserError, match=r"expected room for 1,(000,){5}000 bytes, found"):
        fetch(size=10**18)
    assert host.asked == []


def test_a_place_that_cannot_be_written_is_said(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / ".corpus-download").write_text("")
    with pytest.raises(UserError, match=r"cannot be written .*choose another folder with --data"):
        fetch()


def test_gaddy2020_is_fetched_by_the_sum_of_its_host(
    host: type[Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    miniature.write(tmp_path / "made")
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as tar:
        tar.add(tmp_path / "made" / "emg_data", "emg_data")
    host.content = raw.getvalue()
    expected = gaddy2020.ARCHIVE
    assert (expected.size, expected.sum[:8], len(expected.sum)) == (3919507637, "md5:7f97", 36)
    url = host.url  # type: ignore[attr-defined]
    monkeypatch.setattr(gaddy2020, "ARCHIVE", replace(expected, url=url))
    with pytest.raises(
        UserError, match=r"emg_data\.tar\.gz of gaddy2020 \(no connection .* of 3,9"
    ):
        gaddy2020.fetch(tmp_path / "data")
    digest = f"md5:{hashlib.md5(host.content).hexdigest()}"
    found = replace(expected, url=url, size=len(host.content), sum=digest)
    monkeypatch.setattr(gaddy2020, "ARCHIVE", found)
    with pytest.raises(UserError, match="expected 7 sessions of 1,588 utterances, found 2 of"):
        gaddy2020.fetch(tmp_path / "data")
    monkeypatch.setattr(gaddy2020, "verify", lambda _: [])
    gaddy2020.fetch(tmp_path / "data")
    assert gaddy2020.locate(tmp_path / "data") == tmp_path / "data" / "gaddy2020"
