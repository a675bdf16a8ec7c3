"""What a model leaves in the caches of the kernel is let go when the model has ended.

A page of a file that it read and a name that it asked for stay in memory, and the model of another
fold, which holds the answers of this one, could tell them apart by the time that they take. The
kernel can let go all that was read in a control group: where we may make one, each model has its
own. What the judge has read, such as NumPy, stays; `warm` adds what an entry says that it needs.

This is for root and version 1 of control groups; `cgroup.py` does the same with version 2.
`benchmarks/side_channels.py` measures what arrives.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

MODEL = "silentbench-model"
JOIN = 'echo 0 > "$0" && exec "$@"'
REMOVE_SECONDS = 1.0  # until the kernel has noticed that all of them have ended
DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
LOADED = (".so", ".pyc")  # what an import reads
_number = itertools.count()


@contextlib.contextmanager
def own() -> Iterator[list[str]]:
    """What begins a command line that runs in such a group; nothing where none can be made."""
    folder = _new()
    if folder is None:
        yield []
        return
    try:
        yield ["/bin/sh", "-c", JOIN, str(folder / "cgroup.procs")]
    finally:
        deadline = time.monotonic() + REMOVE_SECONDS
        while not _emptied(folder) and time.monotonic() < deadline:
            time.sleep(0.001)


def forget_devices() -> None:
    """Set the times of the devices that all models share, which any of them may set.

    bubblewrap cannot make a device read-only. A mark that an earlier model left is gone with this.
    """
    for name in DEVICES:
        with contextlib.suppress(OSError):  # it is read-only for us, and so it is for a model
            os.utime(name)


def warm(packages: Iterable[str]) -> None:
    """Read what an import of these packages reads, so that it is not a model that does it first.

    Those that this process has imported are read already.
    """
    for name in packages:
        if name not in sys.modules:
            _warm(name)


@functools.cache  # once for both workers of a job: 40 ms for torch, if it is all in memory
def _warm(name: str) -> None:
    spec = None
    with contextlib.suppress(ValueError, ImportError):  # a name that no package has
        spec = importlib.util.find_spec(name)
    for folder in spec.submodule_search_locations or () if spec else ():
        for place, _, files in os.walk(folder):
            for file in files:
                if file.endswith(LOADED) or ".so." in file:
                    _page_in(os.path.join(place, file))


def names(requirements: Iterable[str]) -> set[str]:
    """The packages that requirements such as `torch>=2.4` name."""
    return {match[0] for text in requirements if (match := re.match(r"\w+", text))}


def _page_in(path: str) -> None:
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(file)


def _new() -> Path | None:
    parent = _parent() if os.geteuid() == 0 else None
    if parent is None:
        return None
    for left in parent.glob(f"{MODEL}-*"):  # by a judge that was killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            _emptied(left)
    folder = parent / f"{MODEL}-{os.getpid()}-{next(_number)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    return folder


def _parent() -> Path | None:
    """The group of this process where memory is counted by version 1."""
    groups = (
        line.split(":", 2) for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    )
    own = next((path for _, kinds, path in groups if "memory" in kinds.split(",")), "")
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines() if own else ():
        before, _, after = line.partition(" - ")
        root, place = before.split()[3:5]
        kind, _, options = after.split(" ", 2)
        counts = kind == "cgroup" and "memory" in options.split(",")
        if counts and Path(own).is_relative_to(root):
            return place / Path(own).relative_to(root)
    return None


def _emptied(folder: Path) -> bool:
    """Let go what was read in it, and remove it; False while something in it still runs."""
    try:
        (folder / "memory.force_empty").write_text("0", "utf-8")
        folder.rmdir()
    except OSError:
        return not folder.exists()
    return True
