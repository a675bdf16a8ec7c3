"""Keep the sealed results that a job without any rights has made, and announce their secret.

    python tools/accept_sealed.py FOLDER DIGEST DAY

FOLDER holds files `*.sealed.json`; DIGEST is of the secret and DAY when the recordings were made
(UTC, as 2026-05-04), as the step said that made them before any entry ran. No code of an entry
runs here, and each result is believed nothing: it must be of that secret and of that day or the
next one, its public half must be what is published of its seed, and it must fit today's project as
every sealed result must.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
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
        if len(sys.argv) != 4:
            raise UserError("expected a folder, the digest of a secret and a day")
        _, folder, digest, day = sys.argv
        accept(ROOT, Path(folder), digest, day)
        pages.write_pages()
    except UserError as error:
        sys.exit(f"error: {error}")


def accept(root: Path, folder: Path, digest: str, day: str) -> int:
    """Keep what fits beside its entry, say what does not; return how many results were kept."""
    today = now()[:10]
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UserError(f"expected the digest of a secret, 64 digits, found {_shown(digest)!r}")
    if not re.fullmatch(r"20\d\d-\d\d-\d\d", day) or not _is_past(day, today):
        raise UserError(
            f"expected the day on which the recordings were made, such as {today}, and none to "
            f"come, found {_shown(day)!r}"
        )
    # What is wrong with the list stops all, before anything is kept.
    announced = secrets.with_secret(secrets.read(root), digest, day)
    project = gate.read_project(root)
    scores = public_scores.by_seed(project, gate.admit(project).results)
    kept = 0
    for result in _results(folder):
        reason = _why_not(project, scores, digest, result) or (
            _of_other_day(result.day, day)
            or secrets.out_of_period(announced, digest, result.day, today)
        )
        about = _shown(f"{result.entry}, {result.task}, {result.split}, seed {result.seed}")
        if reason:
            print(f"refused: {about}: {_shown(reason)}")
            continue
        file.merge(project.entries[result.entry].results, [result])
        print(f"kept: {about}")
        kept += 1
    if kept:
        secrets.announce(root, digest, day)
    return kept


def _why_not(
    project: gate.Project, scores: public_scores.PublicScores, digest: str, result: SealedResult
) -> str:
    if result.entry not in project.entries:
        return "there is no such entry today"
    if result.secret != digest:
        return "of another secret than that of this run"
    return standings.unfit(project, result.entry, result) or scores.unlike(result)


def _is_past(day: str, today: str) -> bool:
    try:
        return date.fromisoformat(day) <= date.fromisoformat(today)
    except ValueError:
        return False


def _of_other_day(found: str, day: str) -> str:
    """A run takes hours: its results are of its day or of the next one."""
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    if found in (day, next_day):
        return ""
    return f"of {found}, where its recordings were made on {day}: expected that day or {next_day}"


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
