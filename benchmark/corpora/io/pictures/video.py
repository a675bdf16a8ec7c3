"""Grey pictures from a video file, one at a time, so that a long one needs no more memory.

When a picture is shown is what its time stamp says, not its number divided by a rate: cameras leave
pictures out, begin late, and some recorders write each picture as long as it lasted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmark.core import Array, UserError

LONG = 1.5  # steps from one picture to the next, where one is missing
GREEN = 1  # the middle one in every order of three colours


@dataclass(frozen=True)
class Video:
    """What a file's header says of its pictures."""

    count: int
    rate: float  # pictures/s
    height: int  # pixels
    width: int


def describe(path: Path) -> Video:
    """Number, rate and size of the pictures; decodes none. UserError for what is no video."""
    cv2 = opencv()
    capture = _open(path)
    try:
        count, rate, height, width = (
            capture.get(key)
            for key in (
                cv2.CAP_PROP_FRAME_COUNT,
                cv2.CAP_PROP_FPS,
                cv2.CAP_PROP_FRAME_HEIGHT,
                cv2.CAP_PROP_FRAME_WIDTH,
            )
        )
    finally:
        capture.release()
    if not (count >= 1 and rate > 0 and height >= 1 and width >= 1):
        raise UserError(
            f"{path}: expected a video, got {count:g} pictures of {width:g} x {height:g} at "
            f"{rate:g} a second; get the file again"
        )
    return Video(int(count), float(rate), int(height), int(width))


def times(path: Path) -> Array:
    """When each picture is shown, float64 (count,), seconds from the begin of the file, rising.

    Decodes them all, and remembers it of the last files. UserError where there are more or fewer
    pictures than the header says, or one does not come after the one before.
    """
    if not path.is_file():
        raise UserError(f"{path}: expected a video file, found none; get it again")
    status = path.stat()
    return _times(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=8)
def _times(path: Path, _size: int, _changed: int) -> Array:
    cv2 = opencv()
    told = describe(path)
    capture, first = _open(path), 0.0
    shown: list[float] = []
    try:
        while capture.grab():
            if not shown:  # the time within the file; the other counts from the first picture
                first = capture.get(cv2.CAP_PROP_PTS) / told.rate
            shown.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    finally:
        capture.release()
    if abs(len(shown) - told.count) > 1:  # of which some containers count one too many
        raise UserError(
            f"{path}: its header says {told.count} pictures, found {len(shown)}; get the file again"
        )
    found = first + np.array(shown)
    for at in np.flatnonzero(np.diff(found) <= 0)[:1]:
        raise UserError(
            f"{path}: expected picture {at + 1} after picture {at}, found {found[at + 1]:.3f} s "
            f"and {found[at]:.3f} s; get the file again"
        )
    found.flags.writeable = False
    return found


def nearest(shown: Array, moments: Array) -> Array:
    """Which of the pictures shown at these times is next to each moment, intp; all in seconds."""
    return np.searchsorted((shown[1:] + shown[:-1]) / 2, moments, side="right")


def check_steps(path: Path, shown: Array, rate: float, slack: float) -> None:
    """UserError unless the times of pictures keep to a rate in Hz and none is missing in between.

    The mean rate may differ by `slack` as a part of it, and a step be up to half a picture longer.
    """
    steps = np.diff(shown) * rate
    if not len(steps):
        return
    if np.median(steps) <= LONG:
        for at in np.flatnonzero(steps > LONG)[:1]:
            raise UserError(
                f"{path}: expected pictures {1000 / rate:.1f} ms apart, found "
                f"{1000 / rate * steps[at]:.1f} ms after picture {at}, at {shown[at]:.3f} s: some "
                "are missing; get the file again"
            )
    if abs((own := 1 / steps.mean()) - 1) > slack:
        raise UserError(
            f"{path}: expected about {rate:g} pictures a second, got {own * rate:.4g}; get "
            "the file again"
        )


def grey(path: Path, chosen: Array) -> Iterator[Array]:
    """The chosen pictures (height, width) uint8 in turn; `chosen` must not fall.

    The files are grey though stored in colour: one channel is taken, not a sum of three. UserError
    where the video ends before the last one.
    """
    capture = _open(path)
    try:
        at, picture = -1, None
        for wanted in chosen:
            while at < wanted:
                at += 1
                if not capture.grab():
                    raise UserError(
                        f"{path}: expected {int(chosen[-1]) + 1} pictures or more, got {at}; "
                        "get the file again"
                    )
                picture = None
            if picture is None:
                picture = _channel(path, *capture.retrieve())
            yield picture
    finally:
        capture.release()


def centre_square(picture: Array, size: int) -> Array:
    """The largest square in the middle of (height, width), resized by area: (size, size) uint8."""
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    square = np.ascontiguousarray(picture[top : top + side, left : left + side])
    cv2 = opencv()
    return np.asarray(cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _channel(path: Path, decoded: bool, picture: Any) -> Array:
    if not decoded or picture is None:
        raise UserError(f"{path}: a picture cannot be decoded; get the file again")
    return np.asarray(picture[..., GREEN] if picture.ndim == 3 else picture)


def _open(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path}: expected a video file, found none; get it again")
    _check_size(path)
    capture = opencv().VideoCapture(str(path))
    if not capture.isOpened():
        raise UserError(f"{path}: expected a video, cannot be opened as one; get the file again")
    return capture


def _check_size(path: Path) -> None:
    """UserError where an MP4 or AVI file ends within one of the parts that it is made of."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as raw:
        start = raw.read(12)
        boxes = start[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
        if not boxes and (start[:4], start[8:]) != (b"RIFF", b"AVI "):
            return
        while at + 8 <= size:
            raw.seek(at)
            head = raw.read(16)
            if not boxes:
                if head[:4] != b"RIFF":  # some programs leave bytes behind the end
                    return
                length = 8 + int.from_bytes(head[4:8], "little")
                length += length % 2
            elif (length := int.from_bytes(head[:4], "big")) == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:  # to the end
                return
            at += max(length, 8)
    if at != size:
        raise UserError(f"{path}: its header says {at} bytes, found {size}; get the file again")


def opencv() -> ModuleType:
    """The module cv2; UserError naming the extra where it is not installed."""
    try:
        import cv2
    except ImportError:
        raise UserError(
            "reading pictures and video needs OpenCV, which is not installed: "
            "pip install 'silentbench[video]'"
        ) from None
    return cv2
