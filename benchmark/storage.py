"""Atomic files: written under a unique name, then renamed: a file is whole or absent. No locks."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array


def digest(thing: Any) -> str:
    """sha256 (hex) of a JSON value; the order of keys does not matter."""
    text = json.dumps(thing, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A unique path in the folder of `path`; removed at the end if it is still there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield unique
    finally:
        unique.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; readers never see a part of it."""
    with _temporary(path) as unique:
        unique.write_bytes(content)
        os.replace(unique, path)


def write_first(path: Path, content: bytes) -> bool:
    """Write a file that does not exist yet; False, and no change, where it does."""
    with _temporary(path) as unique:
        unique.write_bytes(content)
        try:
            os.link(unique, path)
        except FileExistsError:
            return False
    return True


def write_json(path: Path, thing: Any) -> None:
    write_whole(path, (json.dumps(thing, ensure_ascii=False, indent=1) + "\n").encode())


def write_array(path: Path, array: Array) -> None:
    """Write a `.npy` file; readers never see a part of it."""
    with _temporary(path) as unique:
        with unique.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        os.replace(unique, path)


def read_array(path: Path) -> Array:
    array: Array = np.load(path, allow_pickle=False)
    return array


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path` at the end, unless `path` exists by then."""
    unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    unique.mkdir(parents=True)
    try:
        yield unique
        # Renaming onto a filled folder fails: another process has done the same work, keep that.
        if not path.exists():
            try:
                os.rename(unique, path)
            except OSError:
                if not path.exists():
                    raise
    finally:
        shutil.rmtree(unique, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, or a copy where the file system cannot."""
    with _temporary(target) as unique:
        try:
            os.link(source, unique)
        except OSError:
            shutil.copyfile(source, unique)
        os.replace(unique, target)


def remove(folder: Path) -> None:
    """Remove a folder of an untrusted process: closed to us, or deeper than recursion reaches."""
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run([*command, "--", folder], check=True, stderr=subprocess.DEVNULL)


def keep(folder: Path, array: Array) -> str:
    """Store an array under a name of its content, sha256 (hex); return the name.

    The name is the hash of shape and bytes, as published results have it. Arrays of two types may
    have the same bytes: the type of the first one stays, and the name of another is of its type as
    well. Else whoever stores the bytes of a prediction first would decide how they are read.
    """
    content = repr(array.shape).encode() + array.tobytes()
    name = hashlib.sha256(content).hexdigest()
    _write_first(kept(folder, name), array)
    if _dtype(kept(folder, name)) != array.dtype:
        name = hashlib.sha256(array.dtype.str.encode() + content).hexdigest()
        _write_first(kept(folder, name), array)
    return name


def _write_first(path: Path, array: Array) -> None:
    """Write an array unless the file is there."""
    if not path.exists():
        content = io.BytesIO()
        np.save(content, array, allow_pickle=False)
        write_first(path, content.getvalue())


def _dtype(path: Path) -> np.dtype[Any]:
    """The type in the head of a `.npy` file of plain numbers."""
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        _, _, dtype = np.lib.format.read_array_header_1_0(file)
    return dtype


def kept(folder: Path, name: str) -> Path:
    """The path of the array that `keep` returned this name for."""
    return folder / name[:2] / f"{name}.npy"
