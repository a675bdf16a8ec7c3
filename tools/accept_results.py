"""Publish the results that jobs without any rights have made, and record that CI made them.

    python tools/accept_results.py FOLDER

FOLDER holds a folder `results-NAME` for each entry, with the results of its jobs as they stand in
`runs/results`. No code of an entry runs here. Whoever made the files may have had the upper hand
over the machine that they come from, so each is believed nothing: it must fit today's project as
every published result must, and be of the entry whose folder it lies in.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark.cli import leaderboard as pages  # noqa: E402
from benchmark.core import UserError  # noqa: E402
from benchmark.leaderboard import gate, verification  # noqa: E402
from benchmark.results import entry_results  # noqa: E402
from benchmark.results.published import PublishedResult, from_job  # noqa: E402
from benchmark.results.result import parse  # noqa: E402

PREFIX = "results-"
LARGEST, MOST = 64_000_000, 20_000  # bytes of a file, files of an entry


def main() -> None:
    try:
        accept(ROOT, Path(sys.argv[1]))
        pages.write_pages()
    except UserError as error:
        sys.exit(f"error: {error}")


def accept(root: Path, folder: Path) -> int:
    """Publish what fits the project, say what does not; return how many results were published."""
    project = gate.read_project(root)
    good: dict[str, list[PublishedResult]] = defaultdict(list)
    for name, path in _files(project, folder):
        try:
            result = from_job(parse(path.read_bytes(), path))
        except (UserError, OSError) as error:
            print(f"refused: {_shown(str(error))}")
            continue
        if reason := gate.unfit(project, name, result):
            print(f"refused: {_shown(str(path))}: {_shown(reason)}")
        else:
            good[name].append(result)
    for name, results in good.items():
        entry_results.merge(project.entries[name].results, results, project.tasks)
        made: verification.How = "made by CI"
        verification.add(root, [(result, made) for result in results], "CI")
        print(f"{name}: {len(results)} results published")
    return sum(map(len, good.values()))


def _files(project: gate.Project, folder: Path) -> Iterator[tuple[str, Path]]:
    """Entries with each of their files, as far as they are plain ones of a fair size."""
    for place in sorted(folder.glob(f"{PREFIX}*")):
        name = place.name.removeprefix(PREFIX)
        entry = project.entries.get(name)
        if entry is None or entry.kind == "baseline" or place.is_symlink():
            print(f"refused: {_shown(place.name)}: no submission is called that")
            continue
        files = [path for path in sorted(place.rglob("*.json")) if _is_plain(place, path)]
        if len(files) > MOST:
            print(f"refused: {name}: {len(files)} files, at most {MOST} are allowed")
            continue
        yield from ((name, path) for path in files)


def _is_plain(place: Path, path: Path) -> bool:
    """Whether it is a file of its own: no link, pipe or device, below no link, and not too long."""
    parents = [path, *(p for p in path.parents if p.is_relative_to(place))]
    plain = not any(p.is_symlink() for p in parents) and path.is_file()
    if not plain or path.stat().st_size > LARGEST:
        print(f"refused: {_shown(str(path))}: no file, or longer than {LARGEST:,} bytes")
        return False
    return True


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:300])


if __name__ == "__main__":
    main()
