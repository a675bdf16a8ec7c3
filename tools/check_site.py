"""Hold a site of results against what its readers have to load: `tools/check_site.py runs/site`.

The whole folder has to stay below a limit, and so has the first page with its style and scripts, as
servers send them. The largest files are named where it does not. Pages of examples need predictions
and are left out where these are missing, so there has to be one for each task at least.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

MOST = 15_000_000  # bytes of all files
MOST_OF_INDEX = 400_000  # bytes of the first page and of what it asks for, compressed
LEAST_EXAMPLES = 7  # pages of example predictions: the tasks
NAMED = 8  # files, where the folder is too large
ASKED = re.compile(r'(?:href|src)="([^":]+\.(?:css|js))"')


def whole(folder: Path) -> dict[str, int]:
    """The bytes of each file of a folder, the largest first."""
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    return dict(sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])))


def first_page(folder: Path) -> dict[str, int]:
    """The compressed bytes of the first page and of each file that it asks for."""
    names = ["index.html", *ASKED.findall((folder / "index.html").read_text("utf-8"))]
    return {name: len(gzip.compress((folder / name).read_bytes())) for name in names}


def mistakes(folder: Path) -> list[str]:
    """A sentence for each limit that the site of a folder breaks."""
    found = []
    pages = len([*(folder / "examples").glob("*.html")])
    if pages < LEAST_EXAMPLES:
        found.append(
            f"the site has {pages} pages of examples, at least {LEAST_EXAMPLES}: run the entries"
            " that tools/leaders.py names"
        )
    for what, sizes, most in (
        ("the site", whole(folder), MOST),
        ("its first page, compressed,", first_page(folder), MOST_OF_INDEX),
    ):
        if (total := sum(sizes.values())) > most:
            largest = ", ".join(f"{name} {size:,}" for name, size in [*sizes.items()][:NAMED])
            found.append(f"{what} has {total:,} bytes, at most {most:,}; the largest: {largest}")
    return found


def main() -> int:
    folder = Path(sys.argv[1])
    if not (folder / "index.html").exists():
        sys.exit(
            f"error: {folder}: expected a site with index.html; write it with silentbench site"
        )
    for line in (found := mistakes(folder)):
        print(line, file=sys.stderr)
    print(
        f"{sum(whole(folder).values()):,} bytes; {sum(first_page(folder).values()):,} of the first"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
