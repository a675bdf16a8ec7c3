"""Files are whole or absent: written under a unique name, then renamed. Nothing locks."""

from __future__ import annotations

import hashlib
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
    """sha256 (hex) of anything that JSON can say, whatever the order of its keys."""
    text = json.dumps(thing, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A name that nobody else has, in the folder of `path`; gone again at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield unique
    finally:
        unique.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` so that nobody ever sees a part of it."""
    with _beside(path) as unique:
        unique.write_bytes(content)
        os.replace(unique, path)


def write_first(path: Path, content: bytes) -> bool:
    """Write `content` unless somebody has written the file before: theirs stays, and False."""
    with _beside(path) as unique:
        unique.write_bytes(content)
        try:
            os.link(unique, path)
        except FileExistsError:
            return False
    return True


def write_json(path: Path, thing: Any) -> None:
    write_whole(path, (json.dumps(thing, ensure_ascii=False, indent=1) + "\n").encode())


def write_array(path: Path, array: Array) -> None:
    """Write one `.npy`; readers never see half of it."""
    with _beside(path) as unique:
        with unique.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        os.replace(unique, path)


def read_array(path: Path) -> Array:
    array: Array = np.load(path, allow_pickle=False)
    return array


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path` at the end, unless another was there first."""
    unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    unique.mkdir(parents=True)
    try:
        yield unique
        # Renaming onto a filled folder fails: somebody else finished the same work, keep theirs.
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
    with _beside(target) as unique:
        try:
            os.link(source, unique)
        except OSError:
            shutil.copyfile(source, unique)
        os.replace(unique, target)


def remove(folder: Path) -> None:
    """Remove a folder of somebody else's: what is closed, and deeper than recursion reaches."""
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run([*command, "--", folder], check=True, stderr=subprocess.DEVNULL)


def keep(folder: Path, array: Array) -> str:
    """Keep an array under the sha256 of its shape and bytes; return that name."""
    name = hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()
    if not kept(folder, name).exists():
        write_array(kept(folder, name), array)
    return name


def kept(folder: Path, name: str) -> Path:
    """Where `keep` has put, or would put, the array of that name."""
    return folder / name[:2] / f"{name}.npy"
