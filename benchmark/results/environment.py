"""The environment of a job, as far as it can change a time or a result."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "pesq", "pystoi", "jiwer")


def describe(root: Path) -> dict[str, str | int | None]:
    """Versions of libraries, machine and commit; None for what is not installed or not known."""
    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "os": f"{platform.system()} {platform.release()}",
        "commit": _git(root, "rev-parse", "HEAD") or None,
    }


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


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
