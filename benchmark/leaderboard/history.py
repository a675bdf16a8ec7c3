"""An older leaderboard, reproduced from the results of that commit by the code of that commit."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmark import storage
from benchmark.core import UserError
from benchmark.results.repository import git

PAGE = "leaderboard.md"


def at(root: Path, tag: str, folder: Path) -> tuple[Path, bool]:
    """Write the page of a tag, branch or commit below `folder`, from its results by its code.

    Returns its path, and whether it equals the committed page byte by byte. UserError for a name
    that git does not know, a commit without the page, where the older program fails here, and
    where git is not installed.
    """
    commit = git(root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}").decode().strip()
    if not commit:
        raise UserError(f"no git tag, branch or commit named {tag!r}")
    with tempfile.TemporaryDirectory() as checkout:
        # A zip, since Python 3.11.2, which Debian 12 has, unpacks no tar with a filter.
        archive = git(root, "archive", "--format=zip", commit)
        if not archive:
            raise UserError(f"{tag} ({commit[:12]}) cannot be unpacked: `git archive` fails")
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(checkout)
        page = Path(checkout, PAGE)
        if not page.exists():
            raise UserError(f"{tag} ({commit[:12]}) has no {PAGE}")
        committed = page.read_bytes()
        command = [sys.executable, "run_benchmark.py", "leaderboard"]
        process = subprocess.run(command, cwd=checkout, capture_output=True, check=False)
        if process.returncode != 0:
            last = process.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise UserError(f"the program of {tag} fails here: {' '.join(last)}")
        reproduced = page.read_bytes()
    target = folder / commit[:12] / PAGE
    storage.write_whole(target, reproduced)
    return target, reproduced == committed
