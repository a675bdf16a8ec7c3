"""The worker's own code, compiled once; every worker is given a copy of the compiled form.

Compiling takes longer than importing what is compiled, and copying the text as well is of no use.
"""

from __future__ import annotations

import functools
import marshal
import os
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
UNCHECKED = (1).to_bytes(4, "little")  # a hash and no time stands for the source, and nobody looks


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
    """Content by place: the root of the package and `worker/`, compiled.

    The other packages stay away: the embedded corpus can be computed from them, and its answers
    with it.
    """
    files = {}
    for source in (*PACKAGE.glob("*.py"), *(PACKAGE / "worker").rglob("*.py")):
        place, content = str(source.relative_to(PACKAGE.parent)), source.read_bytes()
        files[f"{place}c"] = _compiled(place, content)
    return files


def _compiled(place: str, content: bytes) -> bytes:
    """The compiled form as PEP 552 has it: valid whatever the time of its source is."""
    code = compile(content, place, "exec", dont_inherit=True)
    return MAGIC_NUMBER + UNCHECKED + source_hash(content) + marshal.dumps(code)
