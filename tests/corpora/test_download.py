"""Fetching from a host that misbehaves: what comes is whole and right, or one line says why not."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmark.core import UserError
from benchmark.corpora.io import download, transfer
from benchmark.corpora.io.download import fetch, fetch_zip
from misbehaving import (
    Answer,
    Fault,
    Host,
    behave,
    chunked,
    cut_after,
    drip,
    mute,
    redirect,
    reset,
    reset_after,
    says,
    serving,
    stall_after,
    status,
)

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SIZE = len(CONTENT)
SUM = hashlib.sha256(CONTENT).hexdigest()
OTHER = CONTENT[::-1]

quick = partial(fetch, timeout=5.0, waits=(0.0, 0.0, 0.0))  # as much patience as a test has
once = partial(fetch, timeout=5.0, waits=())


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def host() -> Iterator[Host]:
    with serving(Host(CONTENT)) as one:
        yield one


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "file.bin"


def names(target: Path) -> set[str]:
    """What stands beside the target, or in its place."""
    return {path.name for path in target.parent.iterdir()} if target.parent.exists() else set()


def part(target: Path) -> Path:
    return target.with_name("file.bin.part")


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return str(caught.value)


def test_a_file_comes_whole_and_its_sum_is_recorded(host: Host, target: Path) -> None:
    assert once(host.url, target) == SUM
    assert target.read_bytes() == CONTENT
    assert names(target) == {"file.bin", "file.bin.sha256"}
    assert target.with_name("file.bin.sha256").read_text() == f"{SUM}  file.bin\n"
    assert host.asked[0]["accept-encoding"] == "identity"
    assert "range" not in host.asked[0]


def test_a_file_that_is_there_is_not_fetched_again_but_checked(host: Host, target: Path) -> None:
    once(host.url, target, sha256=SUM.upper(), size=SIZE)
    assert names(target) == {"file.bin"}  # a published sum needs no record
    assert once(host.url, target, sha256=SUM) == once(host.url, target) == SUM
    assert len(host.asked) == 1
    assert "file.bin.sha256" in names(target)
    target.write_bytes(OTHER)
    told = refused(lambda: once(host.url, target, sha256=SUM))
    found = hashlib.sha256(OTHER).hexdigest()
    assert told.startswith(f"{target}: expected sha256 {SUM}, got {found}; move it away")
    assert "(recorded in" in refused(lambda: once(host.url, target))
    told = refused(lambda: once(host.url, target, size=SIZE + 1))
    assert told.startswith(f"{target}: expected {SIZE + 1} bytes")
    assert target.read_bytes() == OTHER
    assert len(host.asked) == 1


def test_a_published_sum_that_does_not_fit_leaves_nothing(host: Host, target: Path) -> None:
    told = refused(lambda: once(host.url, target, sha256="0" * 64))
    assert f"{host.url}: expected sha256 {'0' * 64}, got {SUM}; what came is removed" in told
    assert names(target) == set()


def test_the_first_sum_holds_from_then_on(host: Host, target: Path) -> None:
    once(host.url, target)
    target.unlink()
    host.content = OTHER
    told = refused(lambda: once(host.url, target))
    record = target.with_name("file.bin.sha256")
    assert f"expected sha256 {SUM} (recorded in {record} when it was first fetched)" in told
    assert f"got {host.sha256}" in told
    assert "if that has a new version, remove file.bin.sha256" in told
    assert names(target) == {"file.bin.sha256"}
    record.unlink()
    assert once(host.url, target) == host.sha256


def test_a_record_that_is_none_is_refused(host: Host, target: Path) -> None:
    target.parent.mkdir()
    for text in ("", "tea", SUM[:-1], f"\ud800{SUM}"):
        target.with_name("file.bin.sha256").write_bytes(text.encode("utf-8", "surrogatepass"))
        told = refused(lambda: once(host.url, target))
        assert "file.bin.sha256: expected a sha256 of 64 hex digits, got " in told
    assert not host.asked


def test_a_fetch_goes_on_where_another_ended(host: Host, target: Path) -> None:
    host.faults = [cut_after(300_000)]
    told = refused(lambda: once(host.url, target))
    assert f"{host.url}: expected {SIZE} bytes, got 300000 before the connection ended" in told
    assert "what has come is kept: fetch again to go on" in told
    assert part(target).read_bytes() == CONTENT[:300_000]
    assert names(target) == {"file.bin.part", "file.bin.part.json"}
    assert once(host.url, target) == SUM
    assert target.read_bytes() == CONTENT
    assert host.asked[1]["range"] == "bytes=300000-"
    assert host.asked[1]["if-range"] == '"one"'
    assert host.sent == [300_000, SIZE - 300_000]
    assert names(target) == {"file.bin", "file.bin.sha256"}


@pytest.mark.parametrize(
    ("marks", "asked"),
    [
        ({"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}, "Mon, 05 Jan 2026 10:00:00 GMT"),
        ({"ETag": 'W/"one"', "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}, "Mon, 05 "),
        ({"ETag": 'W/"one"'}, None),
        ({}, None),
    ],
)
def test_a_part_goes_on_only_if_its_version_has_a_mark(
    host: Host, target: Path, marks: dict[str, str], asked: str | None
) -> None:
    host.marks, host.faults = marks, [cut_after(300_000)]
    assert quick(host.url, target) == SUM
    if asked is None:
        assert "range" not in host.asked[1]
        assert host.sent == [300_000, SIZE]
    else:
        assert host.asked[1]["if-range"].startswith(asked)
        assert host.sent == [300_000, SIZE - 300_000]


def test_a_part_without_a_mark_goes_on_if_the_sum_is_known(host: Host, target: Path) -> None:
    host.marks, host.faults = {}, [cut_after(300_000)]
    assert quick(host.url, target, sha256=SUM) == SUM
    assert host.asked[1]["range"] == "bytes=300000-"
    assert "if-range" not in host.asked[1]
    assert sum(host.sent) == SIZE


def test_a_part_goes_on_at_another_host_only_if_the_sum_is_known(host: Host, target: Path) -> None:
    host.faults = [cut_after(300_000), cut_after(400_000)]
    refused(lambda: once(host.url, target))
    with serving(Host(CONTENT)) as other:
        refused(lambda: once(host.url, target))
        assert part(target).stat().st_size == 700_000
        assert once(other.url, target, sha256=SUM) == SUM
        assert other.asked[0]["range"] == "bytes=700000-"
        assert "if-range" not in other.asked[0]  # the mark of one host means nothing to another
        assert [*host.sent, *other.sent] == [300_000, 400_000, SIZE - 700_000]
        target.unlink()
        host.faults = [cut_after(300_000)]
        refused(lambda: once(host.url, target))
        assert once(other.url, target) == SUM
        assert "range" not in other.asked[1]


def test_what_changed_in_between_begins_again(host: Host, target: Path) -> None:
    host.faults = [cut_after(300_000)]
    refused(lambda: once(host.url, target))
    host.content, host.marks = OTHER, {"ETag": '"two"'}
    lines: list[str] = []
    assert once(host.url, target, tell=lines.append) == host.sha256
    assert target.read_bytes() == OTHER
    assert host.asked[1]["if-range"] == '"one"'
    assert host.sent == [300_000, SIZE]
    assert lines == ["file.bin: it begins again, 300000 bytes are void"]


def test_the_mark_is_that_of_the_part(host: Host, target: Path) -> None:
    """A second break after a change: the part is of the second version by then."""
    host.faults = [cut_after(300_000), cut_after(200_000)]
    refused(lambda: once(host.url, target))
    host.content, host.marks = OTHER, {"ETag": '"two"'}
    refused(lambda: once(host.url, target))
    assert once(host.url, target) == host.sha256
    assert host.asked[2]["if-range"] == '"two"'
    assert host.asked[2]["range"] == "bytes=200000-"


def test_a_host_that_sends_no_parts_sends_all(host: Host, target: Path) -> None:
    host.ranges, host.faults = False, [cut_after(300_000)]
    assert quick(host.url, target) == SUM
    assert "range" in host.asked[1]
    assert host.sent == [300_000, SIZE]


def test_a_part_that_is_whole_already_is_taken(host: Host, target: Path) -> None:
    """A process may end after the last byte and before the name."""
    host.faults = [cut_after(300_000)]
    refused(lambda: once(host.url, target))
    part(target).write_bytes(CONTENT)
    assert once(host.url, target) == SUM  # the answer is 416, with a page of HTML
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_too_long_begins_again(host: Host, target: Path) -> None:
    host.faults = [cut_after(300_000)]
    refused(lambda: once(host.url, target))
    part(target).write_bytes(CONTENT + b"more")
    assert quick(host.url, target) == SUM
    assert [("range" in one) for one in host.asked] == [False, True, False]


@pytest.mark.parametrize(
    "answer",
    [
        says(206, body=b"x" * 10, content_range=f"bytes 7-16/{SIZE}"),
        says(206, body=b"x" * 10, content_range="lines 1-2"),
        says(206, body=b"x" * 10),
        says(416, body=b"x" * 10),
    ],
)
def test_another_part_than_was_asked_for_is_not_used(
    host: Host, target: Path, answer: Fault
) -> None:
    host.faults = [cut_after(300_000), answer]
    refused(lambda: once(host.url, target))
    told = refused(lambda: once(host.url, target))
    assert "expected the bytes from 300000 on, the server answered " in told
    assert names(target) == set()
    host.faults = [cut_after(300_000), answer]
    assert quick(host.url, target) == SUM


@pytest.mark.parametrize("code", [206, 416])
def test_a_part_that_nobody_asked_for_is_refused(host: Host, target: Path, code: int) -> None:
    host.faults = [says(code, body=b"", content_range=f"bytes */{SIZE}")]
    assert f"the server answered {code};" in refused(lambda: quick(host.url, target))
    assert names(target) == set()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": 3}', '{"If-Range": 3}', "\x80", "evil"])
def test_a_spoilt_note_only_costs_the_part(host: Host, target: Path, note: str) -> None:
    host.faults = [cut_after(300_000)]
    refused(lambda: once(host.url, target))
    if note == "evil":  # must not become a header
        note = json.dumps({"url": host.url, "If-Range": "x\r\nRange: bytes=0-1"})
    target.with_name("file.bin.part.json").write_bytes(note.encode("latin-1"))
    assert once(host.url, target) == SUM
    assert "range" not in host.asked[1]


def test_a_connection_that_breaks_is_tried_again(host: Host, target: Path) -> None:
    host.faults = [reset, reset_after(300_000), cut_after(100_000)]
    lines: list[str] = []
    assert quick(host.url, target, tell=lines.append) == SUM
    assert len(host.asked) == 4
    assert len(lines) == 3
    assert all(line.endswith("next try in 0 s") for line in lines)
    assert not any("void" in line for line in lines)


def test_trying_again_has_an_end(host: Host, target: Path) -> None:
    host.faults = [reset] * 9
    assert "no connection (Connection reset by peer)" in refused(lambda: quick(host.url, target))
    assert len(host.asked) == 4
    assert names(target) == set()


def test_a_file_that_comes_in_many_pieces_comes(host: Host, target: Path) -> None:
    """Progress gives new tries: three breaks end a fetch that stands, not one that moves."""
    host.faults = [cut_after(100_000)] * 10
    assert quick(host.url, target, slowest=1000.0) == SUM
    assert len(host.asked) == 11
    assert sum(host.sent) == SIZE


def test_beginning_again_is_no_progress(host: Host, target: Path) -> None:
    host.ranges, host.faults = False, [cut_after(100_000)] * 99
    refused(lambda: quick(host.url, target, slowest=1000.0))
    assert len(host.asked) == 4  # the first brought something new, and then three more tries


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_busy_server_is_tried_again(host: Host, target: Path, code: int) -> None:
    host.faults = [status(code)] * 3
    assert quick(host.url, target) == SUM
    target.unlink()
    host.faults = [status(code)] * 9
    told = refused(lambda: quick(host.url, target))
    assert f"{host.url}: the server answered {code}; try again later" in told
    assert len(host.asked) == 8


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(404, "its present address"), (410, "its present address"), (403, "login"), (401, "login")],
)
def test_a_refusal_is_final(host: Host, target: Path, code: int, remedy: str) -> None:
    host.faults = [status(code, b"no" * 99)]
    told = refused(lambda: quick(host.url, target))
    assert f"{host.url}: the server answered {code}; " in told
    assert remedy in told
    assert len(host.asked) == 1
    assert names(target) == set()


def test_waits_are_as_long_as_asked(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    host.faults = [status(503)] * 3
    assert fetch(host.url, target, timeout=5.0) == SUM
    assert slept == list(download.WAITS) == [1.0, 4.0, 15.0]


@pytest.mark.parametrize(
    "page",
    [
        says(body=b"log in first", content_type="text/html; charset=utf-8"),
        says(body=b"<!DOCTYPE html>\n<html>log in first"),
        says(body=b"\xef\xbb\xbf \r\n<HTML><body>\xff\xe9log in\nfirst"),
    ],
)
def test_a_web_page_is_no_file(host: Host, target: Path, page: Fault) -> None:
    host.faults = [page, page]
    told = refused(lambda: quick(host.url, target))
    assert f"{host.url}: what came is not the file but a web page ('" in told
    assert f"get it there and put it at {target}" in told
    assert names(target) == set()
    told = refused(lambda: quick(host.url, target.with_name("a.tar.gz")))
    assert "is not a sound gz archive but a web page" in told
    host.faults = [page]
    quick(host.url, target.with_name("a.html"))  # unless a page is what is wanted


def test_a_web_page_does_not_cost_the_part(host: Host, target: Path) -> None:
    host.faults = [cut_after(300_000), says(body=b"log in", content_type="text/html")]
    refused(lambda: once(host.url, target))
    assert "web page" in refused(lambda: once(host.url, target))
    assert once(host.url, target) == SUM
    assert sum(host.sent) == SIZE + len(b"log in")


def test_another_size_than_published_is_refused_before_anything_is_written(
    host: Host, target: Path
) -> None:
    told = refused(lambda: quick(host.url, target, size=SIZE - 1))
    assert f"expected {SIZE - 1} bytes, the server announces {SIZE}" in told
    assert names(target) == set()
    assert quick(host.url, target, size=SIZE) == SUM


def test_more_bytes_than_announced_are_refused(host: Host, target: Path) -> None:
    host.faults = [chunked()]
    told = refused(lambda: quick(host.url, target, size=SIZE - 1))
    assert f"expected {SIZE - 1} bytes, got more; what came is removed" in told
    assert names(target) == set()
    told_range = f"bytes 300000-{SIZE - 1}/{SIZE}"
    host.faults = [cut_after(300_000), chunked(code=206, content_range=told_range)]
    assert f"expected {SIZE} bytes, got more" in refused(lambda: quick(host.url, target))
    assert names(target) == set()


def test_fewer_bytes_than_published_are_too_few(host: Host, target: Path) -> None:
    host.faults = [chunked(CONTENT[:-1])]
    told = refused(lambda: once(host.url, target, size=SIZE))
    assert f"expected {SIZE} bytes, got {SIZE - 1} before" in told
    assert part(target).stat().st_size == SIZE - 1


def test_without_a_length_the_mark_of_the_end_counts(host: Host, target: Path) -> None:
    host.faults = [chunked(end=False)]
    assert f"expected all bytes, got {SIZE} before" in refused(lambda: once(host.url, target))
    host.faults = [chunked()]
    assert once(host.url, target) == SUM


def test_a_length_that_is_no_number_is_none(host: Host, target: Path) -> None:
    host.faults = [says(content_length="many")]
    assert once(host.url, target) == SUM


def test_bytes_are_kept_as_they_are(host: Host, target: Path) -> None:
    """Some servers call a .tar.gz compressed on the way: unpacked, it would be another file."""
    host.faults = [says(content_encoding="gzip")] * 2
    assert "expected the file itself, got it as gzip" in refused(lambda: once(host.url, target))
    assert once(host.url, target.with_name("a.tar.gz")) == SUM


def test_a_drip_is_given_up(host: Host, target: Path) -> None:
    host.faults = [drip()]
    told = refused(lambda: quick(host.url, target, slowest=1e5, window=0.15))
    assert f"{host.url}: expected 100000 bytes a second, got " in told
    assert " over the last " in told
    assert "what has come is kept" in told
    assert 0 < part(target).stat().st_size < 100
    assert len(host.asked) == 1  # trying again would not make it faster
    assert quick(host.url, target) == SUM
    assert host.asked[1]["range"].startswith("bytes=")


def test_each_window_counts_by_itself(host: Host, target: Path) -> None:
    """A fast beginning does not pay for a drip."""

    def tires(answer: Answer) -> None:
        answer.head(content_length=SIZE)
        answer.body(CONTENT[: SIZE // 2])
        while not answer.host.closing.wait(0.005):
            answer.body(b"x")

    host.faults = [tires]
    start = time.monotonic()
    told = refused(lambda: quick(host.url, target, slowest=1e4, window=0.1))
    assert "expected 10000 bytes a second" in told
    assert time.monotonic() - start < 5


def test_a_slow_server_that_is_fast_enough_is_let_be(host: Host, target: Path) -> None:
    host.content = CONTENT[:60]
    host.faults = [drip()]
    assert quick(host.url, target, slowest=1.0, window=0.05) == host.sha256


def test_a_stalled_connection_is_given_up(host: Host, target: Path) -> None:
    host.faults = [stall_after(300_000)]
    told = refused(lambda: quick(host.url, target, timeout=1.0))
    assert f"no byte came within 1 s, after 300000 of {SIZE} bytes; what has come is kept" in told
    assert once(host.url, target) == SUM
    assert sum(host.sent) == SIZE


def test_a_mute_server_is_given_up(host: Host, target: Path) -> None:
    host.faults = [mute]
    told = refused(lambda: quick(host.url, target, timeout=0.2))
    assert f"{host.url}: no answer within 0.2 s; check the network" in told
    assert names(target) == set()


def test_without_network_one_line_says_so(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    told = refused(lambda: quick(f"http://127.0.0.1:{port}/file.bin", target))
    assert "no connection (Connection refused); check the network and the address" in told
    told = refused(lambda: quick("http://no.such.name.invalid/file.bin", target))
    assert "no connection (" in told
    assert "HTTPConnection" not in told


def test_redirects_are_followed_with_the_range(host: Host, target: Path) -> None:
    with serving(Host(CONTENT)) as other:
        host.faults = [redirect(other.url), redirect(other.url)]
        other.faults = [cut_after(300_000)]
        assert quick(host.url, target) == SUM
        assert other.asked[1]["range"] == "bytes=300000-"


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_the_body_of_a_redirect_is_read_by_nobody(host: Host, target: Path, coding: str) -> None:
    """It could be endless, or drip."""

    def endless(answer: Answer) -> None:
        length = {"content_length": 10**24, "content_encoding": coding}
        answer.head(302, location=host.url, **length)
        answer.body(b"x")
        answer.wfile.flush()
        answer.connection.recv(1)  # until the client leaves

    host.faults = [endless]
    start = time.monotonic()
    assert quick(host.url, target) == SUM
    assert time.monotonic() - start < 4


def test_a_circle_of_redirects_has_an_end(host: Host, target: Path) -> None:
    host.faults = [redirect(host.url)] * 99
    told = refused(lambda: quick(host.url, target))
    assert f"{host.url}: the server redirects in a circle" in told
    assert names(target) == set()


@pytest.mark.parametrize("to", ["file://{secret}", "ftp://127.0.0.1/x", "http://[::1"])
def test_a_redirect_to_another_kind_of_address_is_refused(
    host: Host, target: Path, tmp_path: Path, to: str
) -> None:
    (tmp_path / "secret").write_text("secret")
    host.faults = [redirect(to.format(secret=tmp_path / "secret"))]
    told = refused(lambda: quick(host.url, target))
    assert f"{host.url}: expected an address of http or https (" in told
    assert names(target) == set()


def test_an_address_that_is_a_file_is_refused(target: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    told = refused(lambda: quick(f"file://{tmp_path}/secret", target))
    assert "expected an address of http or https" in told


class SmallDisk(io.FileIO):
    """A part of a file on a disk that takes so many bytes, and of the last piece what it can."""

    takes = 300_000

    def write(self, piece: Any) -> int:
        room = self.takes - self.seek(0, os.SEEK_END)
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(memoryview(piece)[:room])


def test_a_disk_that_fills_up(host: Host, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FileIO", SmallDisk)
    told = refused(lambda: quick(host.url, target))
    assert f"the disk of {target.parent} is full after 300000 of {SIZE} bytes" in told
    assert f"make room for {SIZE - 300_000} bytes more; what has come is kept" in told
    assert len(host.asked) == 1
    monkeypatch.undo()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert once(host.url, target) == SUM
    assert host.asked[1]["range"] == "bytes=300000-"


def test_a_disk_that_takes_little_at_a_time(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sluggish(io.FileIO):
        def write(self, piece: Any) -> int:
            return super().write(memoryview(piece)[:7_000])

    monkeypatch.setattr(download, "FileIO", Sluggish)
    assert quick(host.url, target, sha256=SUM) == SUM


def test_a_disk_that_breaks(host: Host, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.FileIO):
        def write(self, _: Any) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(download, "FileIO", Broken)
    told = refused(lambda: quick(host.url, target))
    assert told == f"{target}: Input/output error; mend that and fetch again"


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_is_too_small_is_seen_beforehand(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, SIZE - 1))
    told = refused(lambda: quick(host.url, target))
    assert f"expected room for {SIZE} bytes, {target.parent} has {SIZE - 1}; make room" in told
    assert names(target) == set()
    host.faults = [chunked()]  # no length: the published size counts
    assert "expected room" in refused(lambda: quick(host.url, target, size=SIZE))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, SIZE))
    host.faults = [cut_after(300_000)]
    refused(lambda: once(host.url, target))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, SIZE - 300_000))
    assert once(host.url, target) == SUM  # what is there needs no room


def test_a_place_that_is_no_folder_says_why(host: Host, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    told = refused(lambda: quick(host.url, tmp_path / "data" / "file.bin"))
    assert "Not a directory" in told or "File exists" in told
    assert not host.asked


def test_two_at_once_do_not_mix(host: Host, target: Path) -> None:
    target.parent.mkdir()
    with part(target).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        told = refused(lambda: quick(host.url, target))
        assert "another process is fetching it; wait until that is done" in told
        assert not host.asked
    assert quick(host.url, target) == SUM


def test_what_another_finished_meanwhile_is_not_appended_to(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finished_first(*_: object) -> None:
        part(target).write_bytes(OTHER)
        part(target).rename(target)

    monkeypatch.setattr(fcntl, "flock", finished_first)
    assert "another process is fetching it" in refused(lambda: quick(host.url, target))
    assert target.read_bytes() == OTHER


def test_a_disk_without_locks_does(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert quick(host.url, target) == SUM


def test_an_interrupted_fetch_keeps_its_part(host: Host, target: Path) -> None:
    """The signal of Ctrl-C to a process that waits for the rest."""
    host.faults = [stall_after(300_000)]
    code = (
        "import sys, pathlib, signal; from benchmark.corpora._download import fetch;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # ignored in the background
        "fetch(sys.argv[1], pathlib.Path(sys.argv[2]))"
    )
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, host.url, str(target)],
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with child:
        deadline = time.monotonic() + 20
        while not part(target).exists() or part(target).stat().st_size < 300_000:
            assert time.monotonic() < deadline
            assert child.poll() is None
            os.sched_yield()
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        assert b"KeyboardInterrupt" in child.stderr.read()
    assert part(target).read_bytes() == CONTENT[:300_000]
    assert once(host.url, target) == SUM
    assert sum(host.sent) == SIZE


def test_progress_is_told_now_and_then(
    host: Host, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    assert once(host.url, target, tell=lines.append) == SUM
    assert lines == []  # it took no five seconds
    target.unlink()
    monkeypatch.setattr(transfer, "EVERY", 0.0)
    once(host.url, target, tell=lines.append)
    assert lines
    assert lines[-1].startswith("file.bin: 1.0 of 1.0 MB, ")
    assert lines[-1].endswith(" MB/s")


def zipped(**files: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"top/{name}", text)
    return raw.getvalue()


def test_a_zip_is_fetched_unpacked_and_verified(host: Host, tmp_path: Path) -> None:
    host.content = zipped(a="1", b="2")
    folder = tmp_path / "data" / "corpus"
    host.faults = [says(body=host.content, content_type="text/html")]
    get = partial(fetch_zip, host.url, folder, lambda name: name == "a")
    told = refused(lambda: get(lambda _: []))
    assert "could not fetch corpus (what came is not a sound zip archive but a web page" in told
    assert f"or get {host.url} in another way" in told
    host.faults = [says(body=host.content[:-30])]
    told = refused(lambda: get(lambda _: []))
    assert told.startswith(f"{host.url} is not a sound zip archive (")
    told = refused(lambda: get(lambda _: ["a is bad", "b is bad", "c is bad"]))
    assert told == f"{host.url} is not as published: a is bad (and 2 more)"
    assert list(folder.parent.iterdir()) == []
    get(lambda tree: [] if (tree / "a").read_text() == "1" else ["?"])
    assert [path.name for path in folder.rglob("*")] == ["a"]
    assert list(folder.parent.iterdir()) == [folder]
    assert "is there already: move it away" in refused(lambda: get(lambda _: []))


def test_importing_loads_no_network() -> None:
    code = "import sys, benchmark.corpora._download; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pooch", "requests", "urllib3"} & set(done.stdout.split())


def test_the_good_host_is_good(host: Host, target: Path) -> None:
    host.faults = [behave]
    assert once(host.url, target) == SUM
    assert host.sent == [SIZE]
