"""Videos: pictures at the times of their stamps, and files that are whole."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.corpora.io.pictures import video

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
COUNT, TICKS = 48, 256  # pictures, and units of time that each is shown for: 60 a second


def changed(content: bytes, change: Callable[[bytes, bytes], bytes]) -> bytes:
    """The boxes of an MP4 file, the innermost of which are as `change(name, body)` says."""
    out, at = b"", 0
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + length]
        body = changed(body, change) if name in CONTAINERS else change(name, body)
        out += struct.pack(">I4s", len(body) + 8, name) + body
        at += length
    return out


def stamped(*runs: tuple[int, int]) -> Callable[[bytes, bytes], bytes]:
    """Pictures are shown for so many ticks: (count, ticks) one after the other."""

    def change(name: bytes, body: bytes) -> bytes:
        if name == b"stts":
            return (
                body[:4]
                + struct.pack(">I", len(runs))
                + b"".join(struct.pack(">II", *r) for r in runs)
            )
        if name == b"elst":  # the film lasts as long as they are
            ms = sum(n * t for n, t in runs) * 1000 // (60 * TICKS)
            return body[:8] + struct.pack(">I", ms) + body[12:]
        return body

    return change


def late(name: bytes, body: bytes) -> bytes:
    """Nothing is shown for half a second."""
    if name != b"elst":
        return body
    return body[:4] + struct.pack(">IIiIIiI", 2, 500, -1, 1 << 16, 800, 0, 1 << 16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    import cv2

    found = tmp_path / "a.mp4"
    made = cv2.VideoWriter(str(found), cv2.VideoWriter.fourcc(*"mp4v"), 60, (64, 48))
    for k in range(COUNT):
        made.write(np.full((48, 64, 3), 4 * k, np.uint8))
    made.release()
    return found


def restamped(path: Path, change: Callable[[bytes, bytes], bytes]) -> np.ndarray:
    path.write_bytes(changed(path.read_bytes(), change))
    return video.times(path)


def test_pictures_of_one_rate_are_shown_at_its_multiples(path: Path) -> None:
    shown = video.times(path)
    np.testing.assert_allclose(shown, np.arange(COUNT) / 60, atol=1e-6)
    video.check_steps(path, shown, 60, 0.01)
    np.testing.assert_array_equal(
        video.nearest(shown, np.arange(10, 20) / 60 + 0.004), np.arange(10, 20)
    )


def test_a_picture_that_was_dropped_moves_those_after_it(path: Path) -> None:
    shown = restamped(path, stamped((20, TICKS), (1, 3 * TICKS), (COUNT - 21, TICKS)))
    np.testing.assert_allclose(shown[21:], np.arange(23, COUNT + 2) / 60, atol=1e-6)
    with pytest.raises(
        UserError,
        match=r"a\.mp4: expected pictures 16\.7 ms apart, found 50\.0 ms after picture 20,",
    ):
        video.check_steps(path, shown, 60, 0.01)


def test_steps_that_differ_a_little_are_looked_up_by_their_times(path: Path) -> None:
    shown = restamped(path, stamped(*[(1, TICKS + 80 * (-1) ** k) for k in range(COUNT)]))
    video.check_steps(path, shown, 60, 0.01)
    assert np.ptp(np.diff(shown)) > 0.009
    np.testing.assert_array_equal(video.nearest(shown, np.arange(COUNT) / 60), np.arange(COUNT))


def test_a_film_that_begins_late_is_shown_late(path: Path) -> None:
    np.testing.assert_allclose(restamped(path, late), 0.5 + np.arange(COUNT) / 60, atol=0.009)


def test_another_rate_is_refused(path: Path) -> None:
    for ticks, rate in ((2 * TICKS, "30"), (TICKS // 2, "120")):
        shown = restamped(path, stamped((COUNT, ticks)))
        with pytest.raises(UserError, match=f"expected about 60 pictures a second, got {rate}"):
            video.check_steps(path, shown, 60, 0.01)


@pytest.mark.parametrize("ending", ["mp4", "avi"])
def test_a_part_of_a_file_is_refused(path: Path, ending: str, tmp_path: Path) -> None:
    import cv2

    if ending == "avi":
        path = tmp_path / "a.avi"
        made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60, (64, 48))
        for k in range(COUNT):
            made.write(np.full((48, 64, 3), 4 * k, np.uint8))
        made.release()
    assert len(video.times(path)) == COUNT
    content = path.read_bytes()
    for part in (0.3, 0.6, 0.99):
        path.write_bytes(content[: int(len(content) * part)])
        for look in (video.describe, video.times):
            with pytest.raises(UserError, match=r"its header says \d+ bytes, found \d+"):
                look(path)


def test_pictures_that_are_not_there_are_missed(path: Path) -> None:
    def fewer(name: bytes, body: bytes) -> bytes:  # their bytes are gone, the list names them all
        return body[: len(body) // 2] + bytes(len(body) // 2) if name == b"mdat" else body

    with pytest.raises(UserError, match=rf"a\.mp4: its header says {COUNT} pictures, found"):
        restamped(path, fewer)
