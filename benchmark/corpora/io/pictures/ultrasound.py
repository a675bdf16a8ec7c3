"""Raw ultrasound as the recorder AAA exports it: `.ult` beside `.param`, or `US.txt`.

`.ult` has no header: uint8, frame after frame, scan line after scan line, sample after sample from
the probe outwards. The text file beside it says how many, as key=value, one a line; decimals are
written with a point or a comma, as the recording computer was set up. `Kind` is not documented and
0 in all known files; it is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.pictures.fan import Fan

AT_MOST = 1 << 16  # bytes of a file of parameters; the known ones have about 150
LARGEST = 1 << 20  # samples of a frame
BATCH = 32  # frames read at a time


@dataclass(frozen=True)
class Ultrasound:
    """What the file of parameters says of one recording."""

    fan: Fan
    rate: float  # frames/s
    first: float  # seconds from the begin of the sound to the first frame

    def time(self, frame: int) -> float:
        """When a frame was taken, in seconds of the sound."""
        return self.first + frame / self.rate

    def nearest(self, times: Array, count: int) -> Array:
        """The frame, of `count`, that was taken next to each time (s): at most 0.5 / rate away."""
        return np.clip(np.rint((times - self.first) * self.rate), 0, count - 1).astype(np.intp)


def parameters_path(stem: Path) -> Path:
    """The file of parameters of a recording without its ending: X.param, or XUS.txt where it is."""
    older = stem.with_name(f"{stem.name}US.txt")
    return older if older.is_file() else stem.with_name(f"{stem.name}.param")


def read_parameters(path: Path) -> Ultrasound:
    """The parameters in `path`; UserError with file and key for what is missing or senseless."""
    values = _values(path)
    if (bits := _whole(path, values, "BitsPerPixel")) != 8:
        raise UserError(f"{path}: expected BitsPerPixel=8, got {bits}; only that can be read")
    fan = Fan(
        lines=_whole(path, values, "NumVectors"),
        samples=_whole(path, values, "PixPerVector"),
        angle=_number(path, values, "Angle"),
        offset=_number(path, values, "ZeroOffset"),
        density=_number(path, values, "PixelsPerMm"),
    )
    found = Ultrasound(
        fan, _number(path, values, "FramesPerSec"), _number(path, values, "TimeInSecsOfFirstFrame")
    )
    _sense(path, found)
    return found


def frame_count(path: Path, fan: Fan) -> int:
    """How many frames an `.ult` holds by its size; UserError where that is no whole number."""
    try:
        size = path.stat().st_size
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem
    each = fan.lines * fan.samples
    if size == 0 or size % each:
        raise UserError(
            f"{path}: expected a multiple of {fan.lines} x {fan.samples} = {each} bytes, got {size}"
            "; get the file again"
        )
    return size // each


def read_frames(path: Path, fan: Fan, chosen: Array) -> Iterator[Array]:
    """The chosen frames of an `.ult`, some at a time: (BATCH or fewer, lines, samples) uint8.

    UserError where the file has no such frame, or is no whole number of frames.
    """
    count = frame_count(path, fan)
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < count:
        raise UserError(f"{path}: expected frame {chosen.max()}, found {count} frames")
    try:
        with path.open("rb") as file:
            for start in range(0, len(chosen), BATCH):
                some = chosen[start : start + BATCH]
                frames = np.zeros((len(some), fan.lines, fan.samples), np.uint8)
                for frame, at in zip(frames, some, strict=True):
                    file.seek(int(at) * frame.size)
                    if file.readinto(frame.data) != frame.size:
                        raise UserError(f"{path}: frame {at} is cut off; get the file again")
                yield frames
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem


def _values(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            content = file.read(AT_MOST + 1)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get it again") from problem
    if len(content) > AT_MOST:
        raise UserError(f"{path}: expected a short list of parameters, got over {AT_MOST} bytes")
    values: dict[str, str] = {}
    for line in content.decode("utf-8-sig", "backslashreplace").splitlines():
        key, equals, value = (part.strip() for part in line.partition("="))
        if equals and values.setdefault(key, value) != value:
            raise UserError(f"{path}: expected one {key}, got {values[key]} and {value[:40]}")
    return values


def _number(path: Path, values: dict[str, str], key: str) -> float:
    text = values.get(key)
    if text is None:
        raise UserError(f"{path}: expected a line {key}=..., found none; get the file again")
    try:
        number = float(text.replace(",", ".", 1))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{path}: expected a number as {key}, got {text[:40]!r}")
    return number


def _whole(path: Path, values: dict[str, str], key: str) -> int:
    number = _number(path, values, key)
    if not number.is_integer() or number < 1:
        raise UserError(f"{path}: expected a positive whole number as {key}, got {values[key]!r}")
    return int(number)


def _sense(path: Path, found: Ultrasound) -> None:
    fan = found.fan
    limits = (
        ("NumVectors of 2 or more", fan.lines >= 2, fan.lines),
        ("PixPerVector of 2 or more", fan.samples >= 2, fan.samples),
        (f"frames of at most {LARGEST} samples", fan.lines * fan.samples <= LARGEST, fan.samples),
        ("an Angle in radians from line to line, within half a turn", 0 < fan.half < 90, fan.angle),
        ("ZeroOffset of 0 or more", fan.offset >= 0, fan.offset),
        ("PixelsPerMm above 0", fan.density > 0, fan.density),
        ("FramesPerSec above 0", found.rate > 0, found.rate),
        ("TimeInSecsOfFirstFrame of 0 or more", found.first >= 0, found.first),
    )
    for what, holds, got in limits:
        if not holds:
            raise UserError(f"{path}: expected {what}, got {got:g}")
