"""Names that there are, by what files are called: none is read, so a shell can ask at each key.

`registry` would read them all, and takes half a second to be imported; a test holds both against
each other.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import benchmark

Complete = Callable[[str], list[str]]  # what is typed so far -> names that begin with it
ENTRY_FILES = "submission.py", "manifest.json"
OWN = "SILENTBENCH_PLUGINS"  # folders with corpora of the user, as in PATH
PACKAGE = Path(benchmark.__file__).parent


def tasks(begun: str = "") -> list[str]:
    return _those((path.stem for path in _listed("tasks") if path.suffix == ".py"), begun)


def entries(begun: str = "") -> list[str]:
    inside = _listed("baselines") + _listed("submissions")
    named = [path.stem for path in inside if path.suffix == ".py"]
    named += [path.name for path in inside if any((path / file).exists() for file in ENTRY_FILES)]
    return _those(named, begun)


def tasks_and_entries(begun: str = "") -> list[str]:
    return [*tasks(begun), *entries(begun)]


def corpora(begun: str = "") -> list[str]:
    packaged = (path.parent.name for path in (PACKAGE / "corpora").glob("[a-z]*/__init__.py"))
    own = (path.stem for folder in _own() for path in folder.glob("*.py"))
    return _those({*packaged, *own} - {"io"}, begun)


def splits(begun: str = "") -> list[str]:
    """Those that are written down, as `<corpus>.<name>`."""
    files = [*_listed("tasks/splits"), *(f for own in _own() for f in (own / "splits").glob("*"))]
    return _those((path.stem for path in files if path.match("*.*.json")), begun)


@functools.cache
def _project() -> Any:
    """`registry.project`, without the rest of its package."""
    file = PACKAGE / "registry" / "project.py"
    spec = importlib.util.spec_from_file_location("project", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _listed(kind: str) -> list[Path]:
    """What lies in the folders of a kind, the user's and the package's."""
    folders = _project().folders(_project().root(), kind)
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir()]


def _own() -> list[Path]:
    """The folders with corpora of the user; a variable that is set to nothing says: none."""
    named = os.environ.get(OWN)
    if named is not None and not named.strip():
        return []
    given = [Path(each).expanduser() for each in (named or "").split(os.pathsep) if each]
    return [*given, _project().root() / "corpora"]


def _those(names: Iterable[str], begun: str) -> list[str]:
    """In alphabetical order; what begins otherwise is a part of others, or hidden."""
    return sorted({name for name in names if name.startswith(begun) and name[0] not in "_."})
