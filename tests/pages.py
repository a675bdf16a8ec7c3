"""Run what a page tells a user to type, in a copy of the project, and count what that costs."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?ms)^```(sh|python)\n(.*?)^```$")
OUTSIDE = ("SILENTBENCH_PLUGINS", "SILENTBENCH_DATA")  # nothing is written there


def copy_project(folder: Path, baselines: tuple[str, ...] = ()) -> None:
    """The project without results: nothing that a user finds there was made before.

    With these `baselines` only, or all.
    """
    for name in ("benchmark", "silentbench", "tasks", "submissions", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "baselines").mkdir()
    for path in (ROOT / "baselines").glob("*.py"):
        if not baselines or path.name.startswith("_") or path.stem in baselines:
            shutil.copy(path, folder / "baselines")
    shutil.copy(ROOT / "run_benchmark.py", folder)


def commands(name: str) -> list[list[str]]:
    """The commands and programs of a page of docs/, in their order."""
    found = []
    for kind, text in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8")):
        if kind == "python":
            found.append([sys.executable, "-c", text])
        else:
            lines = [line.split() for line in text.splitlines() if line]
            assert all(line[0] == "silentbench" for line in lines)
            found += [[sys.executable, "-m", *line] for line in lines]
    return found


def run(chosen: list[list[str]], folder: Path) -> list[str]:
    """Run commands in a copy of the project; what each of them said. All of them must succeed."""
    clean = {n: text for n, text in os.environ.items() if n not in OUTSIDE}
    said = []
    for command in chosen:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            env={**clean, "PYTHONPATH": str(folder)},
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    return said


def run_page(name: str, folder: Path, least: int) -> list[str]:
    """The same with all that a page has, which is at least so many."""
    chosen = commands(name)
    assert len(chosen) >= least
    return run(chosen, folder)


def _spent() -> float:
    """Seconds of processor time of this process and of all that it has waited for, with theirs."""
    of = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in of)


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Hold what is done within it to so much processor time, whatever else the machine does.

    A model in its sandbox is not counted, since the system keeps no sum for what is killed.
    """
    start, clock = _spent(), time.monotonic()
    yield
    spent, waited = _spent() - start, time.monotonic() - clock
    print(f"{what}: {spent:.1f} s of processor time, {waited:.1f} s in all")
    assert spent < seconds, f"{what}: {spent:.1f} s of processor time, at most {seconds:g} allowed"
