"""Grey pictures from a video file, one at a time, so that a long one needs no more memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmark.core import Array, UserError

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
    capture = opencv().VideoCapture(str(path))
    if not capture.isOpened():
        raise UserError(f"{path}: expected a video, cannot be opened as one; get the file again")
    return capture


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
