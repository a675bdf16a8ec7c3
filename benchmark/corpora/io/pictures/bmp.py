"""Read sequences of BMP pictures: `image (1).bmp`, `image (2).bmp`, ... in the order of numbers.

OpenCV (the extra `video`) decodes them, makes colours grey and pictures smaller.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.files import found, name
from benchmark.corpora.io.pictures.video import opencv

RUNS = (1, 2, 4, 5)  # kinds of compression of which the length is not known before
NAME = re.compile(r"image \(([1-9][0-9]{0,5})\)\.bmp")


def path_of(folder: Path, number: int) -> Path:
    return folder / f"image ({number}).bmp"


def numbers(folder: Path) -> list[int]:
    """Numbers of the pictures in a folder, rising; other files are not looked at.

    One listing of the folder, no picture is opened. UserError where it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            named = (NAME.fullmatch(name(Path(entry.name))) for entry in entries)
            return sorted(int(match[1]) for match in named if match)
    except OSError as problem:
        raise UserError(
            f"{folder}: expected a folder of pictures, got {problem.strerror}; get it again"
        ) from problem


def whole(folder: Path) -> int:
    """How many pictures a folder holds; UserError unless they are numbered 1, 2, ... to the end."""
    there = numbers(folder)
    if not there:
        raise UserError(f"{folder}: expected image (1).bmp, found no picture; get the folder again")
    for expected, number in enumerate(there, start=1):
        if number != expected:
            raise UserError(
                f"{folder}: expected image ({expected}).bmp before image ({number}).bmp, "
                "found none; get the folder again"
            )
    return len(there)


def sequence(folder: Path, first: int, count: int, size: int) -> Array:
    """Pictures `first` to `first + count - 1` as uint8 (count, size, size), grey, made smaller.

    Each pixel is the mean over its area; sides are scaled each by its own factor. UserError where a
    picture is missing, is no whole BMP, has other sides than the first, or is smaller than `size`
    pixels in one direction.
    """
    cv2 = opencv()
    out = np.empty((count, size, size), np.uint8)
    shape: tuple[int, ...] = ()
    for index in range(count):
        path = path_of(folder, first + index)
        picture = read(path)
        shape = shape or picture.shape
        if picture.shape != shape:
            raise UserError(
                f"{path}: expected {_sides(shape)} pixels as in image ({first}).bmp, got "
                f"{_sides(picture.shape)}; get the file again"
            )
        if min(shape) < size:
            raise UserError(
                f"{path}: expected at least {size} x {size} pixels, got {_sides(shape)}; "
                "get the file again"
            )
        out[index] = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return out


def _needed(raw: bytes) -> int:
    """Bytes up to the end of the pixels, by the header; 0 for one of another kind."""
    if len(raw) < 34 or int.from_bytes(raw[14:18], "little") < 40:
        return 0
    start, width, height = (
        int.from_bytes(raw[at : at + 4], "little", signed=True) for at in (10, 18, 22)
    )
    bits, compressed = (int.from_bytes(raw[at : at + 2], "little") for at in (28, 30))
    return 0 if compressed in RUNS else start + (abs(width) * bits + 31) // 32 * 4 * abs(height)


def _sides(shape: Sequence[int]) -> str:
    return f"{shape[1]} x {shape[0]}"


def read(path: Path) -> Array:
    """One picture as uint8 (height, width), grey levels; UserError where it is no whole BMP."""
    cv2 = opencv()
    path = found(path)
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    if raw[:2] != b"BM":
        raise UserError(f"{path}: expected a BMP, got {raw[:8]!r}; get the file again")
    if len(raw) < (size := max(int.from_bytes(raw[2:6], "little"), _needed(raw))):
        raise UserError(f"{path}: expected {size} bytes, got {len(raw)}; get the file again")
    try:
        picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        picture = None
    if picture is None:
        raise UserError(f"{path}: a BMP that OpenCV cannot decode; get the file again")
    return np.asarray(picture)
