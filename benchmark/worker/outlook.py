"""Look from within a sandbox, before an entry is imported, for what must not be seen.

The sandbox was told what to hide; here somebody looks. What is found ends the worker: then this
machine is not fit to run a model.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence

KEPT_AWAY = "metrics", "corpora"  # packages that compute answers


def check(closed: Mapping[str, Sequence[str]]) -> None:
    """End this process with a sentence where a path of `closed` shows more than the names it may.

    Without such paths there is no sandbox, and nothing is looked for.
    """
    if closed and (sight := _sight(closed)):
        sys.exit(f"the sandbox shows {sight}, which must be hidden from a model: move it elsewhere")


def _sight(closed: Mapping[str, Sequence[str]]) -> str:
    """Something that is in sight and should not be, or an empty string."""
    for path, names in closed.items():
        with contextlib.suppress(OSError):  # absent or closed, as it should be
            if os.path.isdir(path):
                if found := set(os.listdir(path)) - set(names):
                    return os.path.join(path, min(found))
            else:
                os.close(os.open(path, os.O_RDONLY))
                return path
    for name in KEPT_AWAY:
        if importlib.util.find_spec(f"benchmark.{name}"):
            return f"the package benchmark.{name}"
        for folder in filter(os.path.isabs, sys.path):
            if os.path.exists(path := os.path.join(folder, "benchmark", name)):
                return path
    return ""
