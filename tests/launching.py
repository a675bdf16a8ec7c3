"""The toy project run by a launcher of its own, which a test can kill, and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark.core import Paths
from benchmark.results import entry_results

ROOT = Path(__file__).resolve().parent.parent
LINEAR = "return (inputs['x'] @ np.float32([[2.0], [-1.0]])).reshape(shape)"


def start(paths: Paths, engine: str, seeds: int = 1) -> subprocess.Popen[str]:
    """A launcher with this engine, see crash_run.py."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "SEEDS": str(seeds)}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "crash_run.py"), str(paths.root), engine],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(launcher: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit status and all that it said."""
    said, _ = launcher.communicate(timeout=240)
    return launcher.returncode, said


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `what` gives as soon as that is true; AssertionError if it never is."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def working(paths: Paths) -> list[Path]:
    """The leases of jobs at work."""
    return list((paths.runs / "leases").rglob("[!.]*.json"))


def result_files(paths: Paths) -> list[Path]:
    return list((paths.runs / "results").rglob("[!.]*.json"))


def results(paths: Paths) -> dict[tuple[str, str, int], list[Any]]:
    """All that a run is for: every job with its measurements, without times."""
    return {
        (r.entry, r.fold, r.seed): [(i.recording, i.prediction, i.measurements) for i in r.items]
        for path in sorted((paths.root / "baselines").glob("*.json"))
        for r in entry_results.read_all(path)
    }
