"""Sound files, whole or refused: libsndfile alone reads what broke off as a shorter sound.

A WAV file says twice how long it is, for the file and for its samples, and a FLAC file keeps the
sum of its samples: all of it is compared with what is there. A file that leaves its length open, as
programs do that write to a pipe, cannot be known to be whole, and is refused too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import files

CUT_OFF, MOST_CUT_OFF = 0.999, 0.5  # of full scale; share of samples that may lie there
FULL = 1.001  # of full scale; what is louder was whole numbers stored as floats
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")  # of which the length can be checked
OPEN = (0, 0xFFFFFFFF)  # lengths of a writer that did not know them
PIECE = 1 << 18  # samples at a time
PLAIN = (1, 3, 0xFFFE)  # kinds of WAV of which every frame has the same number of bytes


@dataclass(frozen=True)
class Header:
    """What a sound file says of itself."""

    rate: int  # Hz
    channels: int
    frames: int  # samples of each channel

    @property
    def seconds(self) -> Fraction:
        return Fraction(self.frames, self.rate)


def header(path: Path) -> Header:
    """Rate, channels and length; UserError for what is no sound file, or not a whole one.

    Reads the first and the last bytes only.
    """
    with _opened(path) as file:
        return _checked(path, file)


def read(path: Path, dtype: Literal["float32", "float64"] = "float64") -> tuple[Array, Header]:
    """Samples (T, channels), full scale 1, T >= 1, and the header.

    UserError as `header`, and for no sample, NaN, samples beyond full scale, as those of whole
    numbers stored as floats are, and those of a FLAC file that have not the sum that it keeps.
    """
    with _opened(path) as file:
        told = _checked(path, file)
        whole = np.concatenate([np.zeros((0, told.channels), dtype), *_pieces(path, file, dtype)])
    if len(whole) != told.frames:
        raise _cut(path, f"{told.frames} samples", str(len(whole)))
    _check_values(path, whole)
    return whole, told


def examine(path: Path) -> str:
    """Read a file piece by piece, of any length; UserError as `read`, and for silence.

    Gives a sum of its samples, by which the same sound is found in another file.
    """
    seen, loud, content = 0, False, hashlib.sha256()
    with _opened(path) as file:
        told = _checked(path, file)
        content.update(f"{told.rate} {told.channels} ".encode())
        for piece in _pieces(path, file, "float64"):
            _check_values(path, piece)
            seen, loud = seen + len(piece), loud or bool(piece.any())
            content.update(piece.tobytes())
    if seen != told.frames:
        raise _cut(path, f"{told.frames} samples", str(seen))
    if not seen:
        _check_values(path, np.zeros(0))
    if not loud:
        raise UserError(f"{path}: expected sound, found silence; get the file again")
    return content.hexdigest()


def _opened(path: Path) -> Any:
    import soundfile

    try:
        return soundfile.SoundFile(path)
    except (OSError, soundfile.SoundFileError) as problem:
        raise _unsound(path, problem) from problem


def _unsound(path: Path, problem: Exception) -> UserError:
    kind = files.ending(path) or "sound"
    return UserError(f"{path}: not a sound {kind} file ({problem}); get it again")


def _cut(path: Path, told: str, got: str) -> UserError:
    return UserError(
        f"{path}: its header says {told}, found {got}: a part of the file is missing or is not its "
        "own; get the file again"
    )


def _checked(path: Path, file: Any) -> Header:
    """The header of an open file, after its sizes have been compared."""
    import soundfile

    if file.format not in FORMATS:
        raise UserError(f"{path}: expected WAV or FLAC, found {file.format}; convert it")
    with path.open("rb") as raw:
        magic = raw.read(4)
        if magic in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
            _check_chunks(path, raw)
    told = Header(int(file.samplerate), int(file.channels), int(file.frames))
    if not 0 <= told.frames < 1 << 40:  # a FLAC file of which the length was not known
        raise UserError(f"{path}: its header leaves its length open; write the file again")
    if told.frames:
        # The last sample is looked for: that of a FLAC file that broke off is not there.
        try:
            file.seek(told.frames - 1)
            last = file.read(1)
            file.seek(0)
        except soundfile.SoundFileError as problem:
            raise _cut(path, f"{told.frames} samples", "no last one") from problem
        if len(last) != 1:
            raise _cut(path, f"{told.frames} samples", "no last one")
    return told


def _check_chunks(path: Path, raw: BinaryIO) -> None:
    """UserError unless the chunks of a WAV file end where the file does."""
    size = path.stat().st_size
    raw.seek(0)
    start = raw.read(12)
    order: Literal["big", "little"] = "big" if start[:4] == b"RIFX" else "little"
    told = int.from_bytes(start[4:8], order)
    if told not in OPEN and told > size:
        raise _cut(path, f"{told + 8} bytes", str(size))
    at, wide, align, samples = 12, 0, 0, -1
    while at + 8 <= size:
        raw.seek(at)
        name, length = raw.read(4), int.from_bytes(raw.read(4), order)
        if name == b"ds64":
            wide = int.from_bytes(raw.read(16)[8:], order)
        elif name == b"fmt ":
            kind = int.from_bytes(raw.read(2), order)
            align = int.from_bytes(raw.read(12)[10:], order) if kind in PLAIN else 0
        elif name == b"data":
            if start[:4] in (b"RF64", b"BW64") and length == OPEN[1]:
                length = wide
            elif length in OPEN and at + 8 < size:
                raise UserError(
                    f"{path}: its header leaves the length of its sound open ({length:#x}), as "
                    "programs do that write to a pipe: nobody knows whether it is whole; write it "
                    "again as a file"
                )
            if samples >= 0:
                raise _cut(path, "one piece of sound", "two")
            samples = length
        elif not (name.isascii() and name.decode("ascii").isprintable()):
            break
        if at + 8 + length > size:
            raise _cut(path, f"{length} bytes of {name.decode('ascii')!r}", str(size - at - 8))
        at += 8 + length + length % 2
    if at < size:
        raise _cut(path, f"{at} bytes", str(size))
    if align and samples % align:
        raise _cut(path, f"samples of {align} bytes", f"{samples} bytes")


def _pieces(path: Path, file: Any, dtype: str) -> Iterator[Array]:
    """All samples of an open file; UserError where they are not those that a FLAC file has summed.

    Whole numbers become floats by a power of two, so nothing is rounded.
    """
    import soundfile

    bits = {"PCM_16": 16, "PCM_24": 24}.get(file.subtype, 0) if file.format == "FLAC" else 0
    kept = _flac_sum(path) if bits else b""
    form = {16: "int16", 24: "int32"}.get(bits, dtype)
    total = hashlib.md5(usedforsecurity=False)
    while True:
        try:
            piece = file.read(PIECE, dtype=form, always_2d=True)
        except soundfile.SoundFileError as problem:
            raise _unsound(path, problem) from problem
        if not len(piece):
            break
        if bits == 16:
            total.update(piece.astype("<i2").tobytes())
            piece = piece.astype(dtype) / np.array(1 << 15, dtype)
        elif bits == 24:
            total.update(piece.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes())
            piece = (piece / float(1 << 31)).astype(dtype)
        yield piece
    if any(kept) and kept != total.digest():
        raise UserError(
            f"{path}: its samples are not those that its sum was made of; get the file again"
        )


def _flac_sum(path: Path) -> bytes:
    """The MD5 that a FLAC file keeps of its samples, 16 bytes; zeros where it keeps none."""
    with path.open("rb") as raw:
        start = raw.read(42)
    return start[26:42] if start[:4] == b"fLaC" else b""


def _check_values(path: Path, samples: Array) -> None:
    if not len(samples) or not np.isfinite(samples).all():
        raise UserError(f"{path}: expected finite samples, found NaN or none; get the file again")
    size = np.abs(samples)
    if (peak := float(size.max())) > FULL:
        raise UserError(f"{path}: expected samples from -1 to 1, found {peak:.6g}; get it again")
    if peak >= CUT_OFF and (share := float(np.mean(size >= CUT_OFF))) > MOST_CUT_OFF:
        raise UserError(
            f"{path}: expected at most {MOST_CUT_OFF:.0%} of samples at full scale, found "
            f"{share:.0%}: it is cut off; get the file again"
        )
