"""The published results of an entry: `<entry>.json` beside it, one result a line, kept in git.

A line is checked by itself, and one that is not right costs no other: `read` returns the good
results and a `Problem` for each bad line, also where git left the lines of two branches, or its
marks, in the file. Whether a result is right for this project is the gate's question.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Task, UserError
from benchmark.results import columns
from benchmark.results.columns import BadFile
from benchmark.results.line import Line, dump, has_sums_of, parse
from benchmark.results.published import PublishedResult, Recordings, from_job, to_job
from benchmark.results.result import JobResult

LARGEST_FILE = 100_000_000  # bytes; some 25,000 results
MOST_FILES = 50  # of recordings beside one entry, which its next publication makes one
MOST_PROBLEMS = 100  # lines that are named, each with what is wrong with it
NOTHING = Recordings((), (), (), np.empty((0, 32), np.uint8), {})


@dataclass(frozen=True)
class Problem:
    """A line, or a file, that holds no result that can be read."""

    where: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """What the files beside an entry hold."""

    results: tuple[PublishedResult, ...]
    problems: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()  # of the results, as they stand in the file


def merge(
    path: Path, results: Iterable[JobResult | PublishedResult], tasks: Mapping[str, Task]
) -> bool:
    """Put results into the files of an entry; True if they changed.

    A result takes the place of an older one of its slot, whatever their digests; others stay.
    UserError for a file with a line that cannot be read: it would be lost. Processes take turns.
    """
    fresh = [r if isinstance(r, PublishedResult) else from_job(r) for r in results]
    path.parent.mkdir(parents=True, exist_ok=True)
    with _turn(path.parent, fcntl.LOCK_EX):
        there = _read(path)
        _refuse_problems(there)
        old = sorted(
            zip(there.results, there.lines, strict=True), key=lambda pair: pair[0].head.finished
        )
        merged = {result.slot: (result, line) for result, line in old}  # the newest of two
        merged |= {r.slot: (r, dump(r, tasks[r.head.task])) for r in fresh}
        return _write(path, [merged[slot] for slot in sorted(merged)])


def drop(path: Path, unwanted: Callable[[PublishedResult], bool]) -> int:
    """Take results out of the files of an entry, and say how many; the others stay.

    UserError for a file with a line that cannot be read: it would be lost. Processes take turns.
    """
    with _turn(path.parent, fcntl.LOCK_EX):
        there = _read(path)
        _refuse_problems(there)
        pairs = list(zip(there.results, there.lines, strict=True))
        kept = [(result, line) for result, line in pairs if not unwanted(result)]
        if len(kept) < len(pairs):
            _write(path, kept)
    return len(pairs) - len(kept)


def _refuse_problems(there: Contents) -> None:
    if there.problems:
        first = there.problems[0]
        raise UserError(f"{first.where}: {first.reason}; remove it, or restore it with git")


def _write(path: Path, chosen: Sequence[tuple[PublishedResult, str]]) -> bool:
    """Results and their lines as the files of an entry; True if these changed."""
    lines = ",\n".join(line for _, line in chosen)
    content = "\n".join(["[", *([lines] if lines else []), "]", ""]).encode()
    kept = [result for result, _ in chosen]
    own = path.with_name(columns.name(path.stem, kept))
    changed = not path.exists() or path.read_bytes() != content
    if any(result.digest for result in kept) and not own.exists():
        columns.write(own, kept)
        changed = True
    if changed:
        storage.write_whole(path, content)
    for other in column_files(path):
        if other != own:
            other.unlink()
            changed = True
    return changed


def read(path: Path) -> Contents:
    """The results beside an entry, and what of its files cannot be read."""
    if not path.parent.is_dir():
        return Contents(())
    with _turn(path.parent, fcntl.LOCK_SH):
        return _read(path)


def _read(path: Path) -> Contents:
    parsed = list(_parsed(path))
    lines = [each for each in parsed if not isinstance(each, Problem)]
    problems = [each for each in parsed if isinstance(each, Problem)]
    found: dict[str, Recordings] = {}
    files = column_files(path)
    for file in files[:MOST_FILES]:
        try:
            read_here = columns.read(file)
        except BadFile as error:
            problems.append(Problem(str(file), str(error)))
            continue
        changed = [digest for digest, of in read_here.items() if of.digest() != digest]
        if changed:
            reason = f"recordings of {len(changed)} results were changed after they were written"
            problems.append(Problem(str(file), reason))
        found.update({d: of for d, of in read_here.items() if d not in changed})
    if len(files) > MOST_FILES:
        reason = f"{len(files)} files of recordings, of which {MOST_FILES} are read"
        problems.append(Problem(str(path), reason))
    results, texts = [], []
    for where, text, line in lines:
        try:
            results.append(_with_recordings(where, line, found))
            texts.append(text)
        except BadFile as error:
            problems.append(Problem(where, str(error)))
    return Contents(tuple(results), tuple(problems), tuple(texts))


def read_all(path: Path) -> list[JobResult]:
    """The results beside an entry, recording by recording; UserError names the first bad line."""
    contents = read(path)
    if contents.problems:
        raise UserError(f"{contents.problems[0].where}: {contents.problems[0].reason}")
    return [to_job(result) for result in contents.results]


def read_lines(path: Path) -> Iterator[Line]:
    """What is known of each result without its recordings: costs, scores, sums by unit.

    The text of the file is held, and one parsed line at a time. Bad lines are left out: nothing
    but estimates and overviews may rest on it.
    """
    return (each[2] for each in _parsed(path) if not isinstance(each, Problem))


def column_files(path: Path) -> list[Path]:
    """The files of recordings beside the file of results `path`."""
    wanted = re.compile(re.escape(path.stem) + r"\.[0-9a-f]{12}\.npz")
    return [p for p in sorted(path.parent.glob(f"{path.stem}.*.npz")) if wanted.fullmatch(p.name)]


def _parsed(path: Path) -> Iterator[tuple[str, str, Line] | Problem]:
    """Where each good line stands, its text and its content; a problem for each other one."""
    if not os.path.lexists(path):
        return
    try:
        text = columns.read_plain(path, LARGEST_FILE).decode("utf-8")
    except BadFile as error:
        yield Problem(str(path), str(error))
        return
    except UnicodeDecodeError as error:
        yield Problem(str(path), f"not UTF-8: {error.reason} at byte {error.start}")
        return
    bad = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.removesuffix("\r").removesuffix(",")
        if line in ("", "[", "]"):
            continue
        where = f"{path}:{number}"
        try:
            yield where, line, parse(line)
        except BadFile as error:
            bad += 1
            if bad <= MOST_PROBLEMS:
                yield Problem(where, str(error))
    if bad > MOST_PROBLEMS:
        reason = f"{bad - MOST_PROBLEMS:,} more lines that hold no result"
        yield Problem(str(path), reason)


def _with_recordings(where: str, line: Line, found: Mapping[str, Recordings]) -> PublishedResult:
    """The result with its recordings, whose digests are right; BadFile where there are none."""
    digest = line.statistics
    if not digest:
        if line.recordings or line.result.status == "good":
            raise BadFile("a good result without recordings")
        return PublishedResult(line.result, NOTHING, "", where)
    if digest not in found:
        raise BadFile("its recordings are in no file beside it")
    of = found[digest]
    if tuple(of.measured) != line.result.metrics:
        raise BadFile("its recordings were scored by other metrics than it says")
    result = PublishedResult(line.result, of, digest, where, line.scores)
    if not has_sums_of(line, result):
        raise BadFile("its number of recordings or its sums are not those of its recordings")
    return result


@contextmanager
def _turn(folder: Path, kind: int) -> Iterator[None]:
    """Hold the folder: whoever publishes sees what the one before wrote, readers see it whole."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)
