"""Take out published results that no longer fit, from the files beside entries and oracles.

    python tools/drop_stale.py [--dry-run]

What the gate refuses because code, data or metrics have changed since is listed in
docs/results/not_listed.md until it is run again. This is for what nobody will run again. Results
that are no good, with the reason of their failure, stay.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark.leaderboard import gate  # noqa: E402
from benchmark.registry.from_answers import oracles  # noqa: E402
from benchmark.results import entry_results  # noqa: E402
from benchmark.results.published import PublishedResult  # noqa: E402


def drop(root: Path, dry_run: bool = False) -> dict[str, int]:
    """How many stale results lie beside each owner that has some; they go, unless `dry_run`."""
    project, found = gate.read_project(root), {}
    for owner in (*project.entries, *oracles.ORACLES):
        path = project.results(owner)

        def is_stale(result: PublishedResult, owner: str = owner) -> bool:
            return result.head.status == "good" and bool(gate.unfit(project, owner, result))

        if path.exists():
            stale = sum(map(is_stale, entry_results.read(path).results))
            if stale:
                found[owner] = stale if dry_run else entry_results.drop(path, is_stale)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Take out published results that no longer fit.")
    parser.add_argument("--dry-run", action="store_true", help="only say how many there are")
    for owner, number in drop(ROOT, parser.parse_args().dry_run).items():
        print(f"{owner}: {number}")


if __name__ == "__main__":
    main()
