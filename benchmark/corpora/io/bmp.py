"""Read sequences of BMP pictures: `image (1).bmp`, `image (2).bmp`, ... in the order of numbers.

8-bit pictures with a palette and 24-bit ones, uncompressed, rows from the bottom or from the top:
what cameras' recorders write. Colours become grey by the weights of ITU-R BT.601. A picture is made
smaller by averaging areas in whole numbers, so that every machine gets the same bytes.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmark.core import Array, UserError

NAME = re.compile(r"image \(([1-9][0-9]{0,5})\)\.bmp")
BASIC = 54  # bytes of the file's header and of the smallest picture's header that is read
LARGEST = 4096  # pixels of a side
WEIGHTS = (114, 587, 299)  # of blue, green and red in 1000


class Header(NamedTuple):
    """Where the pixels of a file lie and how."""

    width: int
    height: int
    bits: int  # 8 or 24
    start: int  # of the pixels, in bytes
    falling: bool  # the first row is the top one
    palette: int  # where it starts
    colours: int  # that it has

    @property
    def stride(self) -> int:
        """Bytes a row: rows are filled up to whole groups of four."""
        return (self.width * self.bits // 8 + 3) // 4 * 4


def path_of(folder: Path, number: int) -> Path:
    return folder / f"image ({number}).bmp"


def numbers(folder: Path) -> list[int]:
    """Numbers of the pictures in a folder, rising; other files are not looked at.

    One listing of the folder, no picture is opened. UserError where it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            named = (NAME.fullmatch(entry.name) for entry in entries)
            return sorted(int(match[1]) for match in named if match)
    except OSError as problem:
        raise UserError(
            f"{folder}: expected a folder of pictures, got {problem.strerror}; get it again"
        ) from problem


def whole(folder: Path) -> int:
    """How many pictures a folder holds; UserError unless they are numbered 1, 2, ... to the end."""
    found = numbers(folder)
    if not found:
        raise UserError(f"{folder}: expected image (1).bmp, found no picture; get the folder again")
    for expected, number in enumerate(found, start=1):
        if number != expected:
            raise UserError(
                f"{folder}: expected image ({expected}).bmp before image ({number}).bmp, "
                "found none; get the folder again"
            )
    return len(found)


def sequence(folder: Path, first: int, count: int, size: int) -> Array:
    """Pictures `first` to `first + count - 1` as uint8 (count, size, size), grey, made smaller.

    UserError where one is missing, is no such BMP, has other sides than the first, or is smaller
    than `size` pixels in one direction.
    """
    out = np.empty((count, size, size), np.uint8)
    shape: tuple[int, ...] = ()
    for place in range(count):
        path = path_of(folder, first + place)
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
        out[place] = shrunk(picture, size)
    return out


def _sides(shape: Sequence[int]) -> str:
    return f"{shape[1]} x {shape[0]}"


def header(path: Path) -> Header:
    """What the first bytes of a file say; UserError where it is no BMP that `read` can read."""
    try:
        with path.open("rb") as file:
            return _header(path, file.read(BASIC), path.stat().st_size)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem


def _header(path: Path, raw: bytes, size: int) -> Header:
    if len(raw) < BASIC or raw[:2] != b"BM":
        raise UserError(f"{path}: expected a BMP, got {raw[:8]!r}; get the file again")
    start, more, width, height, _, bits, packed = struct.unpack_from("<IIiiHHI", raw, 10)
    (colours,) = struct.unpack_from("<I", raw, 46)
    if bits not in (8, 24) or packed or more < 40:
        raise UserError(
            f"{path}: expected 8 or 24 bits a pixel without compression, got {bits} bits, "
            f"compression {packed}, a header of {more} bytes; store it as a plain BMP"
        )
    if not (0 < width <= LARGEST and 0 < abs(height) <= LARGEST):
        raise UserError(
            f"{path}: expected sides of 1 to {LARGEST} pixels, got {width} x {height}; "
            "get the file again"
        )
    colours = (colours or 256) if bits == 8 else 0
    found = Header(width, abs(height), bits, start, height < 0, 14 + more, colours)
    if colours > 256 or start < found.palette + 4 * colours:
        raise UserError(
            f"{path}: expected pixels behind {colours} colours of at most 256, got them at byte "
            f"{start}; get the file again"
        )
    if size < start + found.stride * found.height:
        raise UserError(
            f"{path}: expected {start + found.stride * found.height} bytes, got {size}; "
            "get the file again"
        )
    return found


def read(path: Path) -> Array:
    """One picture as uint8 (height, width), grey levels; UserError where it is not sound."""
    form = header(path)
    try:
        with path.open("rb") as file:
            raw = file.read(form.start + form.stride * form.height)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    pixels = np.frombuffer(raw, np.uint8, offset=form.start).reshape(form.height, form.stride)
    pixels = pixels if form.falling else pixels[::-1]
    if form.bits == 24:
        return _grey(pixels[:, : 3 * form.width].reshape(form.height, form.width, 3))
    colours = np.frombuffer(raw, np.uint8, 4 * form.colours, form.palette).reshape(-1, 4)
    indices = pixels[:, : form.width]
    if indices.max() >= len(colours):
        raise UserError(
            f"{path}: expected one of {len(colours)} colours a pixel, got number "
            f"{indices.max()}; get the file again"
        )
    return np.asarray(_grey(colours[:, :3])[indices])


def _grey(colours: Array) -> Array:
    """Blue, green, red (..., 3) uint8 -> grey (...) uint8, halves upwards."""
    mixed = colours.astype(np.uint32) @ np.array(WEIGHTS, np.uint32)
    return np.asarray((mixed + 500) // 1000, np.uint8)


def shrunk(picture: Array, size: int) -> Array:
    """uint8 (height, width) -> (size, size): the mean over each pixel's area, halves upwards.

    Sides are scaled each by its own factor, so a picture that is not square is squeezed.
    """
    sums = _areas(_areas(picture.astype(np.int64), size).T.copy(), size).T
    return np.asarray((2 * sums + picture.size) // (2 * picture.size), np.uint8)


def _areas(values: Array, size: int) -> Array:
    """(length, n) int64 -> (size, n): sums over equal stretches, in 1 / size of a row."""
    row, part = np.divmod(np.arange(size + 1) * len(values), size)  # where the stretches are cut
    before = part[:, None] * values[np.minimum(row, len(values) - 1)]
    return np.asarray(size * np.add.reduceat(values, row[:-1]) + np.diff(before, axis=0))
