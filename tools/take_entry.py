"""Take the files of one entry, and nothing else, from a pull request into a checkout of its base.

    python tools/take_entry.py BASE HEAD      commits; the checkout is at BASE
    python tools/take_entry.py --names OLD NEW

What verifies an entry (program, tests, tasks, other entries) stays that of the base, whatever else
the request changes; pages that the program writes are left behind. Files are written from git's
objects, so no link, filter or hook of the request is followed. Prints what a workflow needs to know
as `key=value` lines: the name of the entry, its kind (submission, predictions or removed), and
whether it brings results. Fails, with a sentence, for anything that is no file of one entry. With
`--names`, prints the names of all entries that differ between two commits.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
# Pages that the program writes.
GENERATED = {
    *("README.md", "leaderboard.md"),
    *("docs/metrics.md", "docs/glossary.md", "docs/suite.md"),
}
PAGES = PurePosixPath("docs/results")
RESERVED = {"chance"}
ORACLE = "oracle_"  # what the names of rows begin with that the project makes from the answers
SEALED = (".sealed.json", "/_sealed_secrets.json")
NAME = r"(?P<name>[a-z0-9][a-z0-9_]{0,63})"
WORD = r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}"
MB = 1_000_000
# Everything that an entry may consist of, and how many bytes a file may have.
KINDS = {
    rf"submissions/{NAME}(/submission)?\.py": MB,
    rf"submissions/{NAME}/_[a-z0-9_]{{1,63}}\.py": MB,
    rf"submissions/{NAME}/manifest\.json": MB,
    rf"submissions/{NAME}(/results)?\.json": 20 * MB,
    rf"submissions/{NAME}(/results)?\.[0-9a-f]{{12}}\.npz": 50 * MB,
    rf"submissions/{NAME}/weights/{WORD}\.safetensors": 500 * MB,
    rf"submissions/{NAME}/predictions/{WORD}/{WORD}\.np[yz]": 10 * MB,
}
LARGEST_PREDICTIONS = 50 * MB  # of an entry: they stay in the repository
MOST_FILES = 20_000
FILES = {"100644", "100755"}  # modes of git; a link has 120000, another repository 160000
GONE = "000000"


class NotOneEntry(Exception):
    """The request is not one entry; the message says why."""


@dataclass(frozen=True)
class Change:
    """A file that differs: its mode and object in the request; mode GONE where it is removed."""

    path: str
    mode: str
    sha: str


def main() -> None:
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == ["--names"]:
            print(f"entries={json.dumps(names(ROOT, *arguments[1:]))}")
            return
        for key, value in take(ROOT, *arguments).items():
            print(f"{key}={value}")
    except NotOneEntry as error:
        sys.exit(f"error: {error}")


def take(root: Path, base: str, head: str) -> dict[str, str]:
    """Check what a request changes, then write its entry into the checkout `root`, at `base`."""
    if _git(root, "rev-parse", "HEAD^{commit}") != _git(root, "rev-parse", f"{base}^{{commit}}"):
        raise NotOneEntry(f"this is no checkout of {base}: the base verifies the request")
    found = [c for c in changes(root, base, head) if not _is_generated(c.path)]
    name = entry(found)
    _check_sizes(root, found)
    before = _git(
        root, "ls-tree", "-r", "-z", "--name-only", base, "--", "submissions", "baselines"
    )
    there = {path for path in before.split("\0") if path}
    ours = name in RESERVED or name.startswith(ORACLE)
    if ours or {f"baselines/{name}.py", f"baselines/{name}/submission.py"} & there:
        raise NotOneEntry(f"{name} is the name of a baseline: choose another one")
    there -= {change.path for change in found if change.mode == GONE}
    there |= {change.path for change in found if change.mode != GONE}
    kind = _kind(name, there)
    for change in found:
        _write(root, change)
    results = {f"submissions/{name}.json", f"submissions/{name}/results.json"} & there
    beside = any(path.startswith(f"submissions/{name}/predictions/") for path in there)
    return {
        "name": name,
        "kind": kind,
        "results": "yes" if results else "no",
        "predictions": "yes" if beside else "no",
    }


def names(root: Path, old: str, new: str) -> list[str]:
    """The entries of which a file differs between two commits, and which the new one still has."""
    there = set(
        _git(root, "ls-tree", "-r", "-z", "--name-only", new, "--", "submissions").split("\0")
    )
    matches = (_match(change.path) for change in changes(root, old, new, dots=".."))
    found = {match["name"] for match in matches if match}
    code = "submissions/{}.py", "submissions/{}/submission.py", "submissions/{}/manifest.json"
    return sorted(name for name in found if any(path.format(name) in there for path in code))


def changes(root: Path, base: str, head: str, dots: str = "...") -> list[Change]:
    """What the request changes since it left the base."""
    for commit in (base, head):
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise NotOneEntry(f"expected a commit, its 40 digits, not {commit!r}")
    output = _git(
        root,
        "diff",
        "--raw",
        "-z",
        "--no-renames",
        "--abbrev=40",
        f"{base}{dots}{head}",
        strip=False,
    )
    fields = output.split("\0")[:-1]
    return [
        Change(path, mode=about.split()[1], sha=about.split()[3])
        for about, path in zip(fields[::2], fields[1::2], strict=True)
    ]


def entry(found: Sequence[Change]) -> str:
    """The name of the entry that all files belong to."""
    owners = set()
    if len(found) > MOST_FILES:
        raise NotOneEntry(f"{len(found)} files, at most {MOST_FILES} are allowed")
    for change in found:
        parts = PurePosixPath(change.path).parts
        if change.path.endswith(SEALED):
            raise NotOneEntry(
                f"{change.path!r}: sealed results come from who holds the secret, and from nobody"
                " else: leave the file as it is"
            )
        if len(parts) == 2 and parts[0] == "submissions" and parts[1].startswith("_"):
            raise NotOneEntry(
                f"{change.path!r} is no part of one entry: make the entry a folder, with its"
                " modules _*.py in it"
            )
        match = _match(change.path)
        if match is None:
            raise NotOneEntry(
                f"{change.path!r} is no part of an entry: bring it in another pull request; names"
                " have a-z, 0-9 and _ only"
            )
        if change.mode not in {*FILES, GONE}:
            raise NotOneEntry(f"{change.path!r} must be a file, not a link or another repository")
        owners.add(match["name"])
    if len(owners) != 1:
        raise NotOneEntry(
            f"one entry a pull request, please: {', '.join(sorted(owners)) or 'none'}"
        )
    return owners.pop()


def _match(path: str) -> re.Match[str] | None:
    return next((m for kind in KINDS if (m := re.fullmatch(kind, path))), None)


def _is_generated(path: str) -> bool:
    return path in GENERATED or PurePosixPath(path).parent == PAGES


def _check_sizes(root: Path, found: Iterable[Change]) -> None:
    present = [change for change in found if change.mode != GONE]
    asked = "".join(f"{change.sha}\n" for change in present)
    told = _git(root, "cat-file", "--batch-check=%(objectsize)", given=asked).split()
    predictions = 0
    for change, size in zip(present, map(int, told), strict=True):
        most = next(limit for kind, limit in KINDS.items() if re.fullmatch(kind, change.path))
        if size > most:
            raise NotOneEntry(f"{change.path!r} has {size:,} bytes, at most {most:,} are allowed")
        predictions += size if "/predictions/" in change.path else 0
    if predictions > LARGEST_PREDICTIONS:
        raise NotOneEntry(
            f"{predictions:,} bytes of predictions, at most {LARGEST_PREDICTIONS:,} are allowed:"
            " leave them out, and the row says that nobody has verified it"
        )


def _kind(name: str, there: set[str]) -> str:
    code = {f"submissions/{name}.py", f"submissions/{name}/submission.py"} & there
    manifest = f"submissions/{name}/manifest.json" in there
    if code and manifest:
        raise NotOneEntry(
            f"{name} has code ({', '.join(sorted(code))}) and a manifest.json, which is for"
            " predictions without code: an entry is one of both"
        )
    if len(code) > 1:
        raise NotOneEntry(f"{name} is a file and a folder: an entry is one of both")
    return "submission" if code else "predictions" if manifest else "removed"


def _write(root: Path, change: Change) -> None:
    path = root / change.path
    if change.mode == GONE:
        path.unlink(missing_ok=True)
        return
    command = ["git", "-C", str(root), "cat-file", "blob", change.sha]
    content = subprocess.run(command, capture_output=True, check=True).stdout
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _git(root: Path, *words: str, given: str | None = None, strip: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *words],
        input=None if given is None else given.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotOneEntry(f"git {words[0]}: {done.stderr.decode(errors='replace').strip()}")
    text = done.stdout.decode(errors="backslashreplace")
    return text.strip() if strip else text


if __name__ == "__main__":
    main()
