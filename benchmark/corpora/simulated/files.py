"""Files of a simulated corpus: one of sound and one of movement a talker, and their list.

    manifest.json       talkers, recordings (kind, text, phones, where in the files), sums
    <talker>.flac       sound of all takes with voice, one after another, 13 bits at 16 kHz
    <talker>.movement   points, tongue, F0 and voicing of all takes at 100 Hz

A movement file is a line of JSON, which names its arrays, and an LZMA stream for each. Trajectories
are kept as second differences, high bytes apart from low ones. Points are exact to 10 um. The
tongue's 37 points move together: they are kept as principal components, and what these miss by more
than 0.1 mm is kept beside, so that no point is off by more.
"""

from __future__ import annotations

import io
import json
import lzma
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, UserError
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated import listing

MANIFEST = "manifest.json"
FORMAT = 1
POINT = 0.01  # mm, of points and the palate
HERTZ = 0.01  # of F0
COMPONENTS = 20  # of the tongue
COMPONENT = 0.03  # mm
MISSED = 0.2  # mm: what the components miss is kept in these steps
LARGEST = 1 << 31  # bytes of one array; a talker of 40 hours has less
# Of sound: the error is 13 dB below the noise of the room that is added when sound is read.
LOUDNESS, LOUDEST = 8, 32760  # of 32768
AGAIN = "get the file again, or build the talker again"
TONGUE = 37 * 2


@dataclass(frozen=True, eq=False)
class Movement:
    """All takes of a talker in a row, N frames at 100 Hz, as they are stored."""

    points: Array  # (N, 6, 2) int16, 10 um
    f0: Array  # (N,) uint16, 0.01 Hz
    voiced: Array  # (N,) bool
    palate: Array  # (M, 2) int16, 10 um
    components: Array  # (N, 20) int16, 0.03 mm
    missed: Array  # (N, 74) int8, 0.2 mm
    mean: Array  # (74,) float32, mm
    basis: Array  # (20, 74) float32

    def tongue(self, first: int, count: int) -> Array:
        """(count, 37, 2) float64 mm from frame `first` on, right to 0.1 mm."""
        part = slice(first, first + count)
        shape = _shape(self.components[part], self.mean, self.basis)
        return np.asarray((shape + self.missed[part] * MISSED).reshape(-1, 37, 2))


def _shape(components: Array, mean: Array, basis: Array) -> Array:
    """(N, 74) float64 mm."""
    return np.asarray(mean + (components * COMPONENT) @ basis.astype(np.float64))


def movement(points: Array, tongue: Array, f0: Array, voiced: Array, palate: Array) -> Movement:
    """What is stored of takes in a row: points (N, 6, 2), tongue (N, 37, 2) and palate in mm."""
    flat = tongue.reshape(len(tongue), TONGUE)
    mean = flat.mean(axis=0).astype(np.float32)
    spread = (flat - mean).T @ (flat - mean)
    basis = np.linalg.eigh(spread)[1].T[::-1][:COMPONENTS].astype(np.float32)
    components = whole((flat - mean) @ basis.T.astype(np.float64) / COMPONENT, np.int16)
    missed = whole((flat - _shape(components, mean, basis)) / MISSED, np.int8)
    return Movement(
        points=whole(points / POINT, np.int16),
        f0=whole(f0 / HERTZ, np.uint16),
        voiced=voiced.astype(bool),
        palate=whole(palate / POINT, np.int16),
        components=components,
        missed=missed,
        mean=mean,
        basis=basis,
    )


def whole(values: Array, dtype: Any) -> Array:
    """Rounded to whole numbers of a type; ValueError where one does not fit."""
    rounded = np.rint(values)
    limits = np.iinfo(dtype)
    if not np.all((rounded >= limits.min) & (rounded <= limits.max)):
        raise ValueError(f"a value of {np.abs(rounded).max():.6g} does not fit {dtype.__name__}")
    return np.asarray(rounded.astype(dtype))


# How each array is laid out before it is compressed: "smooth" for trajectories.
LAYOUTS: Mapping[str, tuple[str, str, tuple[int, ...]]] = {
    "points": ("smooth", "<i2", (6, 2)),
    "f0": ("smooth", "<u2", ()),
    "voiced": ("bits", "|b1", ()),
    "components": ("smooth", "<i2", (COMPONENTS,)),
    "missed": ("columns", "|i1", (TONGUE,)),
    "palate": ("plain", "<i2", (2,)),
    "mean": ("plain", "<f4", ()),
    "basis": ("plain", "<f4", (TONGUE,)),
}


def encoded(movement: Movement) -> bytes:
    """The content of a movement file."""
    bodies, head = [], {}
    for name, (layout, dtype, _) in LAYOUTS.items():
        values = np.ascontiguousarray(getattr(movement, name), dtype)
        bodies.append(lzma.compress(_laid_out(values, layout), preset=9 | lzma.PRESET_EXTREME))
        head[name] = [len(values), len(bodies[-1])]
    line = json.dumps({"format": FORMAT, "arrays": head})
    return b"\n".join([line.encode(), b"".join(bodies)])


def decoded(content: bytes, path: Path) -> Movement:
    """The movement that a file holds; UserError where it is broken."""
    line, _, rest = content.partition(b"\n")
    try:
        head = json.loads(line)
        if head["format"] != FORMAT or [*head["arrays"]] != [*LAYOUTS]:
            raise ValueError(f"format {head['format']} with {', '.join(head['arrays'])}")
        arrays, place = {}, 0
        for name, (length, size) in head["arrays"].items():
            arrays[name] = _array(rest[place : place + size], name, length)
            place += size
        if place != len(rest):
            raise ValueError(f"{len(rest)} bytes where its head says {place}")
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, lzma.LZMAError) as problem:
        raise UserError(f"{path}: not a sound movement file ({problem}); {AGAIN}") from problem
    if {len(arrays[name]) for name in ("f0", "voiced", "components", "missed")} != {
        len(arrays["points"])
    }:
        raise UserError(f"{path}: its arrays differ in their number of frames; {AGAIN}")
    return Movement(**arrays)


def _array(body: bytes, name: str, length: int) -> Array:
    """One array of `length` rows; ValueError where the stream holds another number of bytes."""
    layout, dtype, frame = LAYOUTS[name]
    shape = (length, *frame)
    items = math.prod(shape)
    size = -(-items // 8) if layout == "bits" else items * np.dtype(dtype).itemsize
    if not 0 <= size <= LARGEST:
        raise ValueError(f"{name}: {length} frames")
    stream = lzma.LZMADecompressor()
    raw = stream.decompress(body, size + 1)
    if len(raw) != size or stream.unused_data:
        raise ValueError(f"{name}: expected {size} bytes, found {len(raw)} or more")
    return _read(raw, layout, dtype, shape)


def _laid_out(values: Array, layout: str) -> bytes:
    if layout == "bits":
        return np.packbits(values).tobytes()
    if layout == "plain":
        return values.tobytes()
    flat = values.reshape(len(values), -1)
    if layout == "columns":
        return flat.T.tobytes()
    # Differences of whole numbers of 16 bits wrap around, and so do their sums: nothing is lost.
    wide = flat.astype(np.int64)
    for _ in range(2):
        wide = np.diff(wide, axis=0, prepend=0)
    columns = np.ascontiguousarray(wide.T).astype("<i2")
    return columns.view(np.uint8).reshape(-1, 2).T.tobytes()


def _read(raw: bytes, layout: str, dtype: str, shape: tuple[int, ...]) -> Array:
    if layout == "bits":
        return np.unpackbits(np.frombuffer(raw, np.uint8), count=shape[0]).astype(bool)
    if layout == "plain":
        return np.frombuffer(raw, dtype).reshape(shape)
    if layout == "columns":
        return np.ascontiguousarray(np.frombuffer(raw, dtype).reshape(-1, shape[0]).T)
    planes = np.frombuffer(raw, np.uint8).reshape(2, -1)
    columns = np.ascontiguousarray(planes.T).view("<i2").reshape(-1, shape[0])
    values = columns.T.astype(np.int64)
    for _ in range(2):
        values = np.cumsum(values, axis=0)
    return np.ascontiguousarray(values.astype(dtype).reshape(shape))


def read_movement(path: Path) -> Movement:
    """A talker's movement; UserError where the file is missing or broken."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        why = problem.strerror or problem
        raise UserError(f"{path}: cannot be read ({why}); {AGAIN}") from problem
    return decoded(content, path)


def encoded_sound(sound: Array) -> bytes:
    """The content of a FLAC file of (T,) int16 at 16 kHz, in steps of `LOUDNESS`."""
    import soundfile

    coarse = whole(np.minimum(np.rint(sound / LOUDNESS) * LOUDNESS, LOUDEST), np.int16)
    content = io.BytesIO()
    soundfile.write(
        content, coarse, AUDIO_RATE, format="FLAC", subtype="PCM_16", compression_level=1.0
    )
    return content.getvalue()


def read_sound(path: Path, first: int, count: int) -> Array:
    """`count` samples, int16, from `first` on; UserError where they are not there."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            if file.samplerate != AUDIO_RATE or file.channels != 1:
                raise UserError(
                    f"{path}: expected one channel at {AUDIO_RATE} Hz, found {file.channels} at "
                    f"{file.samplerate} Hz; {AGAIN}"
                )
            file.seek(first)
            samples = file.read(count, dtype="int16")
    except (OSError, soundfile.SoundFileError) as problem:
        raise UserError(f"{path}: not a sound FLAC file ({problem}); {AGAIN}") from problem
    if len(samples) != count:
        raise UserError(f"{path}: expected {first + count} samples or more, found fewer; {AGAIN}")
    return np.asarray(samples)


def line(entry: Mapping[str, Any]) -> str:
    """One recording of the list, on one line."""
    return json.dumps(entry, ensure_ascii=False)


def write_manifest(folder: Path, head: Mapping[str, Any], lines: Sequence[str]) -> None:
    """Write the list, one recording a line, whole or not at all."""
    start = json.dumps(head, indent=1, ensure_ascii=False)
    body = ",\n  ".join(lines)
    text = f'{start[:-2]},\n "recordings": [\n  {body}\n ]\n}}\n'
    storage.write_whole(folder / MANIFEST, text.encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """The list, with its recordings by id; UserError where it is missing or broken."""
    path = folder / MANIFEST
    try:
        text = storage.read_text(path)
        listing.check(text, FORMAT)
        found: dict[str, Any] = json.loads(text)
        found["recordings"] = {entry["id"]: entry for entry in found["recordings"]}
    except OSError as problem:
        why = problem.strerror or problem
        raise UserError(f"{path}: cannot be read ({why}); {AGAIN}") from problem
    except ValueError as problem:
        raise UserError(
            f"{path}: not a list of a simulated corpus ({problem}); {AGAIN}"
        ) from problem
    return found
