"""The worker's own code, read and compiled once; every worker is given a copy of it.

A worker may not write compiled forms, and compiling takes longer than importing what is compiled.
"""

from __future__ import annotations

import functools
import os
import py_compile
from collections.abc import Mapping
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = Path(__file__).resolve().parents[1]
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH  # whenever their source was copied


def write(folder: Path) -> None:
    """Write it into a folder, readable by anyone."""
    for place, content in files().items():
        path = folder / place
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        path.write_bytes(content)
        os.chmod(path, 0o644)


@functools.cache
def files() -> Mapping[str, bytes]:
    """Content by place: the root of the package and `worker/`, each file in both forms.

    The other packages stay away: the embedded corpus can be computed from them, and its answers
    with it.
    """
    files = {}
    with TemporaryDirectory(prefix="silentbench-") as folder:
        compiled = Path(folder, "compiled")
        for source in (*PACKAGE.glob("*.py"), *(PACKAGE / "worker").glob("*.py")):
            place = source.relative_to(PACKAGE.parent)
            files[str(place)] = source.read_bytes()
            py_compile.compile(
                str(source), str(compiled), str(place), doraise=True, invalidation_mode=UNCHECKED
            )
            files[cache_from_source(str(place))] = compiled.read_bytes()
    return files
