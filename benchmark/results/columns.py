"""The file of recordings beside an entry: `<entry>.<digest>.npz`, compressed and without objects.

Results of the same job with other seeds and variants have the same recordings, so they stand in one
block: an array (results, recordings, k) a metric. The array `index` is JSON that says what each
block holds. The name has the digest of the content, so files of two branches lie side by side.

A stranger's file is checked before a byte of it is unpacked: a plain file of bounded size, arrays
of the announced types and shapes, no pickle. `BadFile` says what is wrong.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Array
from benchmark.results.published import EXACT, STATUSES, Measured, PublishedResult, Recordings

LARGEST_FILE = 64_000_000  # bytes
LARGEST_CONTENT = 600_000_000  # bytes unpacked
LARGEST_INDEX = 32_000_000  # bytes unpacked
# What numpy and zipfile raise where a file is not what its name says.
UNREADABLE = (
    *(ValueError, TypeError, KeyError, SyntaxError, EOFError, OSError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, OverflowError),
)


class BadFile(Exception):
    """A file that cannot be read as what it should be; the message says why."""


class _Column(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    metric: str
    width: int
    reasons: list[str]  # the distinct ones, "" first


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    recordings: list[str]
    speakers: list[str]
    sessions: list[str]
    results: list[str]  # digests
    columns: list[_Column]


class _Index(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    blocks: list[_Block]


def name(stem: str, results: Iterable[PublishedResult]) -> str:
    """The name of the file that holds the recordings of these results."""
    digests = sorted({result.digest for result in results if result.recordings.names})
    return f"{stem}.{hashlib.sha256(' '.join(digests).encode()).hexdigest()[:12]}.npz"


def write(path: Path, results: Iterable[PublishedResult]) -> None:
    """Write the recordings of results; the same results give the same bytes."""
    blocks: dict[Any, list[PublishedResult]] = defaultdict(list)
    unique = {result.digest: result for result in results if result.recordings.names}
    for _, result in sorted(unique.items()):
        of = result.recordings
        widths = tuple((m, c.statistics.shape[1]) for m, c in of.measured.items())
        blocks[of.names, of.speakers, of.sessions, widths].append(result)
    index: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    for number, ((names, speakers, sessions, widths), group) in enumerate(sorted(blocks.items())):
        columns = []
        for column, (metric, width) in enumerate(widths):
            measured = [result.recordings.measured[metric] for result in group]
            reasons = sorted({"", *(r for m in measured for r in m.reasons)})
            place = {reason: i for i, reason in enumerate(reasons)}
            numbers = [[place[m.reason(i)] for i in range(len(names))] for m in measured]
            statistics = np.stack([m.statistics for m in measured])
            arrays[f"{number}.{column}.statistics"] = statistics[..., :EXACT]
            arrays[f"{number}.{column}.parts"] = statistics[..., EXACT:].astype(np.float32)
            status = np.stack([m.status for m in measured])
            if status.any():  # else all were scored, and none has a reason
                arrays[f"{number}.{column}.status"] = status
                arrays[f"{number}.{column}.reason"] = np.array(numbers, np.uint16)
            columns.append({"metric": metric, "width": width, "reasons": reasons})
        digests = np.stack([r.recordings.predictions for r in group])
        # Labels have few different predictions; digests themselves cannot be compressed.
        distinct, numbers_of = np.unique(digests.reshape(-1, 32), axis=0, return_inverse=True)
        arrays[f"{number}.digests"] = distinct
        arrays[f"{number}.predictions"] = numbers_of.astype(np.uint32).reshape(digests.shape[:2])
        index.append(
            {
                "recordings": names,
                "speakers": speakers,
                "sessions": sessions,
                "results": [result.digest for result in group],
                "columns": columns,
            }
        )
    text = json.dumps({"blocks": index}, separators=(",", ":")).encode()
    content = io.BytesIO()
    np.savez_compressed(content, index=np.frombuffer(text, np.uint8), **arrays)
    storage.write_whole(path, content.getvalue())


def read(path: Path) -> dict[str, Recordings]:
    """The recordings of results by their digest, which is not checked; BadFile where it is none."""
    content = read_plain(path, LARGEST_FILE)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST_CONTENT:
                raise BadFile(f"more than {LARGEST_CONTENT:,} bytes when unpacked")
            text = _array(archive, "index", np.uint8, (None,), LARGEST_INDEX).tobytes()
            blocks = _Index.model_validate_json(text).blocks
            _are_bounded(blocks)
            found: dict[str, Recordings] = {}
            for number, block in enumerate(blocks):
                found.update(_block(archive, number, block))
            return found
    except ValidationError as error:
        raise BadFile(f"its index is not valid: {error.errors()[0]['msg']}") from error
    except UNREADABLE as error:
        raise BadFile(f"not a file of recordings: {str(error)[:120]!r}") from error


def read_plain(path: Path, largest: int) -> bytes:
    """The content of a plain file, never of a link or a device; BadFile for all else."""
    try:
        # Not blocking: to open a FIFO would wait for somebody to write.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadFile(f"cannot be opened as a plain file: {error.strerror}") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise BadFile("not a plain file")
    with open(handle, "rb") as file:
        if status.st_size > largest:
            raise BadFile(f"{status.st_size:,} bytes, at most {largest:,} are read")
        return file.read(largest + 1)


def _are_bounded(blocks: Iterable[_Block]) -> None:
    """BadFile for what small arrays would become in memory, before any of it is taken."""
    size = 0
    for block in blocks:
        width = sum(max(0, column.width) for column in block.columns)
        size += len(block.results) * len(block.recordings) * (32 + 8 * width)
    if size > LARGEST_CONTENT:
        raise BadFile(f"more than {LARGEST_CONTENT:,} bytes in memory")


def _block(archive: zipfile.ZipFile, number: int, block: _Block) -> dict[str, Recordings]:
    results, recordings = len(block.results), len(block.recordings)
    if not len(block.speakers) == len(block.sessions) == recordings:
        raise BadFile(f"block {number}: recordings, speakers and sessions differ in number")
    shape = results, recordings
    digests = _array(archive, f"{number}.digests", np.uint8, (None, 32))
    numbers = _array(archive, f"{number}.predictions", np.uint32, shape)
    if numbers.size and numbers.max() >= len(digests):
        raise BadFile(f"block {number}: a prediction that it does not have")
    predictions = digests[numbers]
    columns = []
    for index, column in enumerate(block.columns):
        head = f"{number}.{index}"
        widths = min(EXACT, column.width), max(0, column.width - EXACT)
        exact = _array(archive, f"{head}.statistics", np.float64, (*shape, widths[0]))
        parts = _array(archive, f"{head}.parts", np.float32, (*shape, widths[1]))
        statistics = np.concatenate([exact, parts.astype(np.float64)], axis=-1)
        status = _array_or_zeros(archive, f"{head}.status", np.uint8, shape)
        reason = _array_or_zeros(archive, f"{head}.reason", np.uint16, shape)
        if status.size and status.max() >= len(STATUSES):
            raise BadFile(f"block {number}: a status that there is not")
        if reason.size and reason.max() >= len(column.reasons):
            raise BadFile(f"block {number}: a reason that its index does not have")
        columns.append((column, statistics, status, reason))
    names = tuple(block.recordings), tuple(block.speakers), tuple(block.sessions)
    return {
        digest: Recordings(
            *names,
            predictions=predictions[row],
            measured={
                column.metric: Measured(
                    statistics[row], status[row], _reasons(column.reasons, status[row], reason[row])
                )
                for column, statistics, status, reason in columns
            },
        )
        for row, digest in enumerate(block.results)
    }


def _reasons(texts: Sequence[str], status: Array, numbers: Array) -> tuple[str, ...]:
    return tuple(texts[number] for number in numbers.tolist()) if status.any() else ()


def _array_or_zeros(
    archive: zipfile.ZipFile, member: str, dtype: Any, shape: tuple[int, ...]
) -> Array:
    """An array that is left out where it would be nothing but zeros."""
    if f"{member}.npy" in archive.NameToInfo:
        return _array(archive, member, dtype, shape)
    return np.zeros(shape, dtype)


def _array(
    archive: zipfile.ZipFile,
    member: str,
    dtype: Any,
    shape: tuple[int | None, ...],
    largest: int = LARGEST_CONTENT,
) -> Array:
    """One array, whose header is held against what it must be before memory is taken.

    None stands for any length of an axis.
    """
    with archive.open(f"{member}.npy") as file:
        if None not in shape:
            # To parse a header takes longer than to read most arrays; this one is known.
            known = _header(np.dtype(dtype), shape)
            if file.read(len(known)) == known:
                return _content(file, member, np.dtype(dtype), shape, largest)
            file.seek(0)
        if npy.read_magic(file) != (1, 0):
            raise BadFile(f"{member}: not an array of numpy's format 1.0")
        found, fortran, of_type = npy.read_array_header_1_0(file)
        fits = len(found) == len(shape) and all(
            wanted in (None, length) for wanted, length in zip(shape, found, strict=True)
        )
        if of_type != np.dtype(dtype) or fortran or not fits:
            raise BadFile(f"{member}: expected {np.dtype(dtype)} {shape}, found {of_type} {found}")
        return _content(file, member, of_type, found, largest)


def _content(
    file: IO[bytes], member: str, dtype: np.dtype[Any], shape: tuple[Any, ...], largest: int
) -> Array:
    """The numbers after a header, of bounded size."""
    length = math.prod(shape) * dtype.itemsize
    if not 0 <= length <= largest:
        raise BadFile(f"{member}: promises {length:,} bytes")
    content = file.read(length)
    if len(content) != length:
        raise BadFile(f"{member}: ends early")
    return np.frombuffer(content, dtype).reshape(shape)


@lru_cache(maxsize=10_000)
def _header(dtype: np.dtype[Any], shape: tuple[Any, ...]) -> bytes:
    """What numpy writes before an array of this type and shape."""
    head = io.BytesIO()
    about = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(head, about)
    return head.getvalue()
