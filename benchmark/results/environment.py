"""The environment of a job, as far as it can change a time or a result."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

from benchmark.results import allowance, repository

LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "pesq", "pystoi", "jiwer")
GPUS = Path("/proc/driver/nvidia/gpus")
# They reach the model and can change which libraries it loads. Their values are paths of this
# machine, so results only say that they were set.
VARIABLES = ("LD_LIBRARY_PATH",)


def describe(root: Path, gpu: bool = False) -> dict[str, str | int | None]:
    """Versions of libraries, machine and commit; None for what is not installed or not known.

    With `gpu`, for a job that was given one, also the models of the GPUs here.
    """
    found: dict[str, str | int | None] = {
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "cpu": _cpu(),
        "cores": allowance.cores(),
        "os": f"{platform.system()} {platform.release()}",
        "commit": repository.commit(root),
    }
    if gpu:
        found["gpu"] = _gpu()
    return found | {name: "set" for name in VARIABLES if os.environ.get(name)}


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _gpu() -> str | None:
    """The names of the GPUs as the driver says them."""
    names = set()
    for path in GPUS.glob("*/information"):
        for line in path.read_text().splitlines():
            if line.startswith("Model:"):
                names.add(line.partition(":")[2].strip())
    return ", ".join(sorted(names)) or None
