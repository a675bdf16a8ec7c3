"""Print the entries whose examples the published site shows: `tools/leaders.py embedded`.

They are those that lead, on the board, the tables of a corpus that `site --best` takes, of
whatever suite they are. A workflow runs them to have their predictions.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark.core import UserError  # noqa: E402
from benchmark.leaderboard import snapshot  # noqa: E402
from benchmark.leaderboard.snapshot import Snapshot  # noqa: E402
from benchmark.report.site import sample_gallery  # noqa: E402


def names(board: Snapshot, corpus: str) -> list[str]:
    """Names of these entries, sorted; UserError where the corpus has no such table."""
    found = {
        row.entry
        for table, row in sample_gallery.rows(board, best=True)
        if table.split.partition(".")[0] == corpus
    }
    if not found:
        raise UserError(f"no entry leads a table of {corpus!r}")
    return sorted(found)


def main() -> None:
    print(*names(snapshot.read(ROOT), sys.argv[1]))


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
