"""Keep the sealed results that a job without any rights has made, and announce their secret.

    python tools/accept_sealed.py FOLDER DIGEST

FOLDER holds files `*.sealed.json`; DIGEST is of the secret, as the step said that made the
recordings before any entry ran. No code of an entry runs here, and each result is believed nothing:
it must be of that secret, and fit today's project as every sealed result must.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark.cli import leaderboard as pages  # noqa: E402
from benchmark.core import UserError  # noqa: E402
from benchmark.leaderboard import gate  # noqa: E402
from benchmark.leaderboard.sealed import public_scores, standings  # noqa: E402
from benchmark.results.result import now  # noqa: E402
from benchmark.results.sealed import file, secrets  # noqa: E402
from benchmark.results.sealed.file import SealedResult  # noqa: E402

LARGEST, MOST = 64_000_000, 2000  # bytes of a file, files


def main() -> None:
    try:
        accept(ROOT, Path(sys.argv[1]), sys.argv[2])
        pages.write_pages()
    except UserError as error:
        sys.exit(f"error: {error}")


def accept(root: Path, folder: Path, digest: str) -> int:
    """Keep what fits beside its entry, say what does not; return how many results were kept."""
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UserError(f"expected the digest of a secret, 64 digits, found {_shown(digest)!r}")
    secrets.read(root)  # a broken list stops all, before anything is kept
    project = gate.read_project(root)
    scores = public_scores.by_seed(project, gate.admit(project).results)
    kept = 0
    for result in _results(folder):
        reason = _why_not(project, scores, digest, result)
        about = _shown(f"{result.entry}, {result.task}, {result.split}, seed {result.seed}")
        if reason:
            print(f"refused: {about}: {_shown(reason)}")
            continue
        file.merge(project.entries[result.entry].results, [result])
        print(f"kept: {about}")
        kept += 1
    if kept:
        secrets.announce(root, digest, now()[:10])
    return kept


def _why_not(
    project: gate.Project, scores: public_scores.PublicScores, digest: str, result: SealedResult
) -> str:
    if result.entry not in project.entries:
        return "there is no such entry today"
    if result.secret != digest:
        return "of another secret than that of this run"
    return standings.unfit(project, result.entry, result) or scores.unlike(result)


def _results(folder: Path) -> Iterator[SealedResult]:
    places = sorted(folder.rglob(f"*{file.SUFFIX}"))
    if len(places) > MOST:
        raise UserError(f"{folder}: expected {MOST} files or fewer, found {len(places)}")
    for place in places:
        links = any(p.is_symlink() for p in (place, *place.parents) if p.is_relative_to(folder))
        if links or not place.is_file() or place.stat().st_size > LARGEST:
            print(f"refused: {_shown(str(place))}: no file, or longer than {LARGEST:,} bytes")
            continue
        try:
            yield from file.read_file(place)
        except UserError as error:
            print(f"refused: {_shown(str(error))}")


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:300])


if __name__ == "__main__":
    main()
