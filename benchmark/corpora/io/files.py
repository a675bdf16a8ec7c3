"""Which files of a folder count, and arrays whose file is as long as its header says.

One rule for all corpora: what begins with a dot, or is left behind by the file managers of other
systems, is passed over; a name has the letter case that was published, its ending has either.
"""

from __future__ import annotations

import tokenize
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError

LITTER = ("thumbs.db", "desktop.ini")  # dot files besides
# What numpy raises on bytes that are no npy file.
BROKEN = (
    *(ValueError, EOFError, SyntaxError, TypeError, OverflowError, MemoryError),
    tokenize.TokenError,
)


def counts(path: Path) -> bool:
    """Whether a file or folder of this name is looked at."""
    return not path.name.startswith(".") and path.name.lower() not in LITTER


def entries(folder: Path) -> list[Path]:
    """What counts in a folder, sorted; nothing where there is no such folder."""
    return sorted(path for path in folder.glob("*") if counts(path))


def ending(path: Path) -> str:
    """The ending in small letters, without its dot."""
    return path.suffix[1:].lower()


def name(path: Path) -> str:
    """The name with its ending in small letters, as patterns of names expect it."""
    return path.stem + path.suffix.lower()


def found(path: Path) -> Path:
    """The same path, or the file beside it that differs in the letter case of its ending alone."""
    if path.exists():
        return path
    wanted = path.stem + path.suffix.lower()
    same = (one for one in path.parent.glob("*") if name(one) == wanted)
    return min(same, default=path)


def mapped(path: Path) -> Array:
    """The array of an npy file, not yet read into memory.

    UserError where it is no such file, an archive, or shorter or longer than its header says.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        size = path.stat().st_size
    except OSError as problem:
        why = problem.strerror or problem
        raise UserError(f"{path}: cannot be read ({why}); get the file again") from problem
    except BROKEN as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UserError(f"{path}: not a sound npy file ({why}); get the file again") from problem
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: expected one array, found an archive; get the file again")
    told = getattr(array, "offset", size - array.nbytes) + array.nbytes
    if size != told:
        raise UserError(f"{path}: its header says {told} bytes, found {size}; get the file again")
    return array
