"""Hold a tag against the version that the project has: `python3 tools/check_release.py v0.2.0`.

The version is written in benchmark/__init__.py and cited in CITATION.cff, CHANGELOG.md says since
when there is one of that name, and the suite is a named one. Needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Where a version stands, and what the line looks like.
PLACES = {
    "benchmark/__init__.py": r'(?m)^__version__ = "(.+)"$',
    "CITATION.cff": r"(?m)^version: (\S+)$",
    "CHANGELOG.md": r"(?m)^## \[(\d\S*)\] - \d{4}-\d\d-\d\d$",
}


def problems(root: Path, tag: str) -> list[str]:
    """A sentence for each place that names another version than the tag, and for the suite."""
    found = []
    for name, pattern in PLACES.items():
        line = re.search(pattern, (root / name).read_text("utf-8"))
        if line is None:
            found.append(
                f"{name}: expected a line like {pattern}, found none: the version of {tag}"
            )
        elif f"v{line[1]}" != tag:
            found.append(f"{name}: expected version {tag.removeprefix('v')}, found {line[1]}")
    suite = (root / "docs" / "suite.md").read_text("utf-8")
    if mark := re.search(r"\*\*(Not released yet|Changed)\*\*", suite):
        found.append(
            f"docs/suite.md: says {mark[1]!r}: its digest goes into DIGEST of"
            " benchmark/report/suite/suite_page.py, with a new NAME if a release had another"
        )
    return found


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = problems(ROOT, sys.argv[1])
    print("\n".join(found) or f"{sys.argv[1]} is what the project says", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
