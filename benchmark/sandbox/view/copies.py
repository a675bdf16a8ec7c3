"""Copies of the answers among the files that a sandbox would show, to be hidden as well.

An installed copy of this package, another checkout, its git objects, an older working folder: the
corpora can be computed or read from each. They are found by what they are made of, not by name.
"""

from __future__ import annotations

import fnmatch
import functools
import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from benchmark import storage
from benchmark.sandbox.view import layout, libraries

# What a folder has, if it holds answers or computes them.
MARKS = (
    {"core.py", "corpora"},  # this package
    {"embedded", "somach"},  # its corpora
    {"run_benchmark.py"},  # a checkout
    {"tasks", "baselines", "submissions"},  # or what is left of one
    {"HEAD", "objects", "refs"},  # a git repository
    {"visible", "answers"},  # a fold
    {"prepared", "signals"},  # a working folder
)
KEYS = set().union(*MARKS)
ARCHIVE, ARCHIVES = "silentbench", (".whl", ".gz", ".zip", ".egg")


def among_libraries(hidden: Collection[Path], kept: Path | None = None) -> tuple[Path, ...]:
    """Copies that a sandbox which hides these paths would show; `kept` as below."""
    return among(layout.visible(hidden), (*hidden, *libraries.unused()), kept)


def among(roots: Collection[Path], hidden: Collection[Path], kept: Path | None) -> tuple[Path, ...]:
    """Folders and files to hide below `roots`, besides those that are hidden already.

    The search takes half a second on a large installation: what it found is kept in the folder
    `kept` until one of the folders where libraries are installed changes.
    """
    if kept is None:
        return _found(tuple(roots), tuple(hidden))
    file = kept / f"{storage.digest(_state(roots, hidden))[:16]}.json"
    if not file.exists():
        storage.write_json(file, list(map(str, search(roots, hidden))))
    return tuple(map(Path, json.loads(file.read_text("utf-8"))))


@functools.cache  # for as long as sizes are counted
def _found(roots: tuple[Path, ...], hidden: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(search(roots, hidden))


def search(roots: Iterable[Path], hidden: Collection[Path]) -> list[Path]:
    """Every such folder and archive below `roots`, the outermost of each; links are not followed.

    What cannot be listed is passed over: the model is a user with fewer rights.
    """
    found, closed = [], {str(path) for path in hidden}
    pending = [str(root) for root in roots if root.is_dir() and str(root) not in closed]
    while pending:
        folder = pending.pop()
        names, below = set(), []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name in KEYS:
                        names.add(name)
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.path)
                    elif name.startswith(ARCHIVE) and name.endswith(ARCHIVES):
                        found.append(Path(entry.path))
        except OSError:
            continue
        if names and any(mark <= names for mark in MARKS):
            found.append(Path(folder))
        else:
            pending += below if closed.isdisjoint(below) else set(below) - closed
    return sorted(found)


def _state(roots: Iterable[Path], hidden: Iterable[Path]) -> list[object]:
    """What changes when a package is installed: the folders of packages, and their times."""
    packages = []
    for root in filter(os.path.exists, roots):
        pythons = _below(root, "python*")
        packages += [root, *pythons, *(path for p in pythons for path in _below(p, "*-packages"))]
    return [
        os.uname().nodename,
        *sorted(map(str, hidden)),
        *((str(path), path.stat().st_mtime_ns) for path in sorted(packages)),
    ]


def _below(folder: Path, pattern: str) -> list[Path]:
    """What is in a folder with such a name; quicker than `Path.glob`, which looks at each."""
    names = os.listdir(folder) if folder.is_dir() else []
    found = [folder / name for name in fnmatch.filter(names, pattern)]
    return [path for path in found if path.exists()]
