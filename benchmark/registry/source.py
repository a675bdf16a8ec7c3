"""The code of an entry: which files it is made of, and their digest. None of it is run."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

from benchmark.core import UserError

LARGEST_FILE = 1_000_000  # bytes of source
MANIFEST = "manifest.json"  # of an entry that brings predictions and no code


def digest(path: Path, weights: Iterable[Path], metrics: Iterable[str]) -> str:
    """sha256 over the entry's file, the `_*.py` beside it that it imports, weights, metric ids."""
    summary = hashlib.sha256()
    for file in (*files(path), *weights):
        summary.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    summary.update("\n".join(metrics).encode())
    return summary.hexdigest()


def files(path: Path) -> list[Path]:
    """The file and, through its imports, every `_*.py` beside it; sorted, without repeats."""
    if path.name == MANIFEST:
        return [path]
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            names = _imports(current, current.lstat().st_mtime_ns)
            waiting += [p for name in names if (p := path.parent / f"{name}.py").exists()]
    return sorted(seen)


@functools.lru_cache(maxsize=1000)
def _imports(path: Path, _changed: int) -> set[str]:
    """Names of the layers that a file imports; read again only when it has changed."""
    try:
        tree = ast.parse(source_text(path), filename=str(path))
    except SyntaxError as error:
        raise UserError(f"{path}:{error.lineno}: not Python: {error.msg}") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise UserError(f"{path}: not Python that can be read: {error}") from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.startswith("_")}


def source_text(path: Path) -> str:
    """The text of a file of an entry; a link could lead to what an entry must not see."""
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        raise UserError(f"{path}: must be a file, not a link or anything else")
    if path.stat().st_size > LARGEST_FILE:
        raise UserError(f"{path}: longer than {LARGEST_FILE:,} bytes")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
