"""The one entry that a branch adds or changes, as `name=...` and `kind=...` lines.

    python tools/changed_entry.py BASE

Fails with a message where the branch changes several entries or anything else: an entry must not
change the code that verifies it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "manifest.json"
# Pages that the program writes.
GENERATED = {"leaderboard.md", "docs/metrics.md", "docs/glossary.md"}
PAGES = PurePosixPath("docs/results")


class NotOneEntry(Exception):
    """The branch is not one entry; the message says why."""


def main() -> None:
    command = ["git", "diff", "--name-only", "-z", "--no-renames", f"{sys.argv[1]}...HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    try:
        name = entry(filter(None, done.stdout.split("\0")))
    except NotOneEntry as error:
        sys.exit(f"error: {error}")
    predictions = (ROOT / "submissions" / name / MANIFEST).exists()
    print(f"name={name}")
    print(f"kind={'predictions' if predictions else 'submission'}")


def entry(paths: Iterable[str]) -> str:
    """The name of the entry that all paths belong to."""
    names = set()
    for text in paths:
        if text in GENERATED or PurePosixPath(text).parent == PAGES:
            continue
        parts = PurePosixPath(text).parts
        if len(parts) < 2 or parts[0] != "submissions" or parts[1].startswith("_"):
            raise NotOneEntry(f"{text!r} is no part of an entry: bring it in another pull request")
        names.add(PurePosixPath(parts[1]).stem if len(parts) == 2 else parts[1])
    if len(names) != 1:
        raise NotOneEntry(f"one entry a pull request, please: {', '.join(sorted(names)) or 'none'}")
    (name,) = names
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise NotOneEntry(f"name the entry with a-z, 0-9 and _ only, not {name!r}")
    return name


if __name__ == "__main__":
    main()
