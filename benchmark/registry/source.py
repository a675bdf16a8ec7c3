"""The code of an entry: which files it is made of, and what they hold. None of it is run."""

from __future__ import annotations

import ast
import codecs
import functools
import hashlib
import io
import os
import stat
import tokenize
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError

LARGEST_FILE = 1_000_000  # bytes of source
# Beyond these Python takes minutes to parse some files, or a gigabyte of memory.
MOST_STATEMENTS, MOST_BRACES = 50_000, 10_000
LONGEST_WORD = 80  # of code and prose; what is longer is data, in a comment too
MOST_LAYERS = 100  # that one file imports
MANIFEST = "manifest.json"  # of an entry that brings predictions and no code


def digest(path: Path, weights: Iterable[Path]) -> str:
    """sha256 (hex) over the entry's file without its header, the layers it imports, and weights.

    The same for every line ending. The header describes the entry: what of it changes a result is
    for `Entry.code_digest` to add.
    """
    texts = {file.name: source_text(file) for file in files(path)}
    if path.name != MANIFEST:
        texts[path.name] = without_header(texts[path.name])
    return storage.digest({"files": texts, "weights": {w.name: _sha256(w) for w in weights}})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def without_header(text: str) -> str:
    """The code without the PEP 723 block, if nothing but comments stands above the block.

    Below code, the lines of the block might be part of a string, and the text stays whole.
    """
    lines = text.split("\n")
    start, stop = header_lines(lines)
    if all(not line.strip() or line.startswith("#") for line in lines[:start]):
        del lines[start:stop]
    return "\n".join(lines)


def modules_in(names: Iterable[str]) -> list[str]:
    """Those of the names in one of our folders that are read as Python files, sorted.

    One rule for all folders: what begins with `.` or `_` is no part of the project, and any other
    name that ends in .py in whatever case is one, so that who reads it can say what is wrong.
    """
    return sorted(n for n in names if n[0] not in "_." and n.lower().endswith(".py"))


def header_lines(lines: Sequence[str]) -> tuple[int, int]:
    """Start and stop of the PEP 723 block `script`, its markers included; (0, 0) without one.

    By lines: the regular expression of PEP 723 takes the square of the length to find nothing.
    Blanks at the end of a marker count for nothing: nobody sees them.
    """
    opening = (number for number, line in enumerate(lines) if line.rstrip() == "# /// script")
    start = stop = next(opening, -1)
    if start < 0:
        return 0, 0
    for number in range(start + 1, len(lines)):
        if lines[number] != "#" and not lines[number].startswith("# "):
            break
        if lines[number].rstrip() == "# ///":
            stop = number + 1
    return (start, stop) if stop > start else (0, 0)


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
            layers = _read(current, current.lstat().st_mtime_ns).layers
            waiting += [p for name in layers if (p := path.parent / f"{name}.py").exists()]
    return sorted(seen)


def data_size(path: Path) -> int:
    """Characters of all that stands in an entry's files and is data: it may be a trained model.

    Literals but docstrings, and words that nobody writes by hand.
    """
    return sum(_read(file, file.lstat().st_mtime_ns).data for file in files(path))


@dataclass(frozen=True)
class _Code:
    layers: frozenset[str]  # names of the `_*.py` that a file imports
    data: int  # see `data_size`


@functools.lru_cache(maxsize=1000)
def _read(path: Path, _changed: int) -> _Code:
    """What the text of a file tells; read again only when it has changed."""
    text = source_text(path)
    if text.count("\n") + text.count(";") > MOST_STATEMENTS or text.count("{") > MOST_BRACES:
        said = f"at most {MOST_STATEMENTS:,} lines and statements, {MOST_BRACES:,} braces are read"
        raise UserError(f"{path}: too much code: {said}")
    try:
        with warnings.catch_warnings():  # they show lines of the file as they are
            warnings.simplefilter("ignore")
            tree = ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise UserError(f"{path}:{error.lineno}: not Python: {error.msg}") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise UserError(f"{path}: not Python that can be read: {error or 'too deep'}") from error
    names = set()
    data = sum(len(word) for word in text.split() if len(word) > LONGEST_WORD)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Constant):
            data += _size(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            data -= _size(node.value.value)  # a docstring
    layers = {name for name in names if name.startswith("_")}
    if len(layers) > MOST_LAYERS:
        raise UserError(f"{path}: imports more than {MOST_LAYERS} layers")
    return _Code(frozenset(layers), data)


def _size(value: object) -> int:
    """Characters of a text, or about as many as a number has."""
    if isinstance(value, str | bytes):
        return len(value)
    return value.bit_length() // 3 if isinstance(value, int) else 8


def source_text(path: Path) -> str:
    """The text of a file of an entry, without a byte order mark, which some editors write.

    A link could lead to what an entry must not see.
    """
    if not os.path.lexists(path):
        raise UserError(f"{path}: there is no such file")
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        raise UserError(f"{path}: must be a file, not a link or anything else")
    try:
        text = io.TextIOWrapper(io.BytesIO(_content(path)), "utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    if path.suffix == ".py":
        _check_encoding(path, text)
    return text


def _content(path: Path) -> bytes:
    """The bytes of a plain file, which may have become a link, a device or longer just now."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UserError(f"{path}: must be a file, not a link or anything else")
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UserError(f"{path}: longer than {LARGEST_FILE:,} bytes")
    return content


def _check_encoding(path: Path, text: str) -> None:
    """Python obeys a comment that names an encoding: it would run other code than is read here."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text.encode()).readline)
    except SyntaxError as error:
        raise UserError(f"{path}: {error.msg}; write it in UTF-8") from error
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        raise UserError(f"{path}: declares the encoding {encoding}; write it in UTF-8")
