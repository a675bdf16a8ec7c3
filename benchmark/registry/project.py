"""Where the files of the project lie: the one place that knows.

In a checkout all of them lie in its top folder. An installed package brings tasks, baselines and
templates inside itself, where nothing is ever written; entries, results and the board of a user lie
in the folder that the program is called in, and a file there counts before the package's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "run_benchmark.py").exists() else None
SHIPPED = None if CHECKOUT else PACKAGE / "shipped"  # setup.py puts it there


def root() -> Path:
    """The folder of entries, results and board: the checkout, or the one that this is called in."""
    return CHECKOUT or Path.cwd()


def folders(root: Path, name: str) -> list[Path]:
    """The folders that hold files of a kind such as `tasks`, the first that counts first."""
    return [root / name, *([SHIPPED / name] if SHIPPED else [])]


def find(root: Path, place: Path | str) -> Path:
    """A file to be read, by its place in the project; where it would lie if there is none."""
    own = root / place
    return SHIPPED / place if SHIPPED and not own.exists() else own


def own(root: Path, path: Path, beside: Iterable[Path] = ()) -> Path:
    """A file to be written: one of the package is copied to its place below `root` first.

    The files `beside` it belong to it and are copied too.
    """
    if not _is_shipped(path):
        return path
    place = root / shown(root, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        for file in filter(Path.exists, (*beside, path)):
            shutil.copyfile(file, place.with_name(file.name))
    return place


def current(path: Path) -> Path:
    """The file that counts for one of the package: a user's, where there is one."""
    return find(root(), shown(root(), path)) if _is_shipped(path) else path


def shown(root: Path, path: Path | str) -> str:
    """A path as messages and pages name it: from the top of the project, if it lies in there."""
    text = str(path)
    for folder in (root, SHIPPED):
        if folder and text.startswith(f"{folder}/"):
            return text.removeprefix(f"{folder}/")
    return text


def _is_shipped(path: Path) -> bool:
    return SHIPPED is not None and path.is_relative_to(SHIPPED)
