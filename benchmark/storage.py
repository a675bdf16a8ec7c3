"""Atomic files: written under a unique name, then renamed: a file is whole or absent. No locks."""

from __future__ import annotations

import errno
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

from benchmark.core import Array, UserError

LEAST_FREE = 2**20  # bytes; with less, a disk is taken for full


def digest(thing: Any) -> str:
    """sha256 (hex) of a JSON value; the order of keys does not matter.

    TypeError for what is none: two things that look alike as text would have one digest.
    """
    text = json.dumps(thing, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A unique path in the folder of `path`; removed at the end if it is still there.

    An OSError names that path, so that whoever shows it can say which disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield unique
    except OSError as error:
        if error.errno is not None and error.filename == str(unique):
            raise
        free = shutil.disk_usage(path.parent).free
        # numpy counts what it could write of an array, and says nothing else.
        number = error.errno or (errno.ENOSPC if free < LEAST_FREE else errno.EIO)
        raise OSError(number, error.strerror or str(error), str(unique)) from error
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
    """Write JSON in UTF-8; ASCII where a name of a file is in it that is no UTF-8."""
    try:
        content = json.dumps(thing, ensure_ascii=False, indent=1).encode()
    except UnicodeEncodeError:
        content = json.dumps(thing, indent=1).encode()
    write_whole(path, content + b"\n")


def read_text(path: Path) -> str:
    """The text of a file that people may have edited: UTF-8, with a byte order mark or without.

    UserError where it is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        said = f"expected UTF-8, found {error.reason} at byte {error.start}"
        raise UserError(f"{path}: {said}; save it as UTF-8") from error


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


def is_empty(folder: Path) -> bool:
    """Whether nothing is in a folder; False also where it cannot be read."""
    try:
        with os.scandir(folder) as names:
            return next(names, None) is None
    except OSError:
        return False


def remove(folder: Path) -> None:
    """Remove a folder of an untrusted process: closed to us, or deeper than recursion reaches."""
    if is_empty(folder):  # mostly, which saves the start of two programs
        folder.rmdir()
        return
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run([*command, "--", folder], check=True, stderr=subprocess.DEVNULL)


def keep(folder: Path, array: Array) -> str:
    """Store an array under a name of its type, shape and bytes, sha256 (hex); return the name.

    So arrays of two types never share a file, whoever stores the same bytes first.
    """
    name = array_name(array)
    path = kept(folder, name)
    if not path.exists():
        content = io.BytesIO()
        np.save(content, array, allow_pickle=False)
        write_first(path, content.getvalue())
    return name


def array_name(array: Array) -> str:
    """What `keep` calls an array."""
    state = hashlib.sha256()
    for part in (array.dtype.str.encode(), repr(array.shape).encode(), array.tobytes()):
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def older_names(array: Array) -> tuple[str, str]:
    """What earlier versions called it, as published results have it: without its type, and with.

    Two types can share the first of these: no file is looked for by it where the type matters.
    """
    content = repr(array.shape).encode() + array.tobytes()
    typed = array.dtype.str.encode() + content
    return hashlib.sha256(content).hexdigest(), hashlib.sha256(typed).hexdigest()


def is_named(folder: Path, name: str, other: str) -> bool:
    """Whether the array kept as `name` may be called `other`: by today's rule, or by older ones.

    Also False if there is no such array, or if it is another than its name says.
    """
    if name == other:
        return True
    try:
        array = read_array(kept(folder, name))
    except (OSError, ValueError, EOFError):
        return False
    names = array_name(array), *older_names(array)
    return name in names and other in names


def kept(folder: Path, name: str) -> Path:
    """The path of the array that `keep` returned this name for."""
    return folder / name[:2] / f"{name}.npy"
