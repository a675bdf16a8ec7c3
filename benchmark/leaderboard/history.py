"""The leaderboard as it was: an older state of the project, made again by its own program."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError

PAGE = "leaderboard.md"


def at(root: Path, tag: str, folder: Path) -> tuple[Path, bool]:
    """Write the page of a tag, branch or commit below `folder`, made from its results by its code.

    Returns its path, and whether it is byte by byte what was committed then. UserError for a name
    that git does not know, a state without results, and where the older program fails here.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}").decode().strip()
    if not commit:
        raise UserError(f"git knows no {tag!r} here")
    with tempfile.TemporaryDirectory() as place:
        # A zip, since Python 3.11.2, which Debian 12 has, unpacks no tar with a filter.
        archive = _git(root, "archive", "--format=zip", commit)
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(place)
        page = Path(place, PAGE)
        if not page.exists():
            raise UserError(f"{tag} ({commit[:12]}) has no {PAGE}")
        committed = page.read_bytes()
        command = [sys.executable, "run_benchmark.py", "leaderboard"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:]
            raise UserError(f"the program of {tag} fails here: {' '.join(last)}")
        made = page.read_bytes()
    target = folder / commit[:12] / PAGE
    storage.write_whole(target, made)
    return target, made == committed


def _git(root: Path, *words: str) -> bytes:
    done = subprocess.run(["git", "-C", root, *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""
