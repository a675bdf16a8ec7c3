"""Libraries are set up when they are imported, however late; to import torch here costs a second.

torch gets its seed. What the filter of system calls refuses, they do by files instead: torch shares
tensors between processes by files in /dev/shm, since no descriptors go through a socket, and
filelock, which torch compiles with, takes a file that exists for a lock.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NAMES = "torch", "filelock"


def seed_torch_when_imported(seed: int) -> None:
    """Seed torch right after it has been imported for the first time; that of today stays as is."""
    sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _Finder)]
    sys.meta_path.insert(0, _Finder(seed))


class _Finder(MetaPathFinder):
    """Finds these as others do, and has their loader set them up."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._asks = False  # the other finders, just now

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in NAMES or self._asks:
            return None
        self._asks = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asks = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._seed)
        return spec


class _Loader(Loader):
    """Another loader, which the module keeps, and what is done after it."""

    def __init__(self, loader: Loader, seed: int) -> None:
        self._loader, self._seed = loader, seed

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _set_up(module, self._seed)


def _set_up(module: ModuleType, seed: int) -> None:
    """Where it has what is needed; else it is something else of that name, or an older one."""
    if hasattr(module, "manual_seed"):
        module.manual_seed(seed)
    if hasattr(module, "multiprocessing"):
        module.multiprocessing.set_sharing_strategy("file_system")
    if hasattr(module, "SoftFileLock"):
        vars(module).update(FileLock=module.SoftFileLock)
