"""The list of the recordings of a corpus: ids that are unique and can be names of files."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmark.core import Corpus, MachineFault, Recording, UserError
from benchmark.data.checks import reading
from benchmark.data.checks.problems import Problem

Reader = Callable[[Path], list[Recording]]
MOST_BYTES = 200  # of an id: a name of a file has up to 255, and ours adds to it
UNFIT = frozenset('/\\:*?"<>|[')  # of names of files on any system, or of patterns in splits
RESERVED = {"con", "prn", "aux", "nul"} | {f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10)}


def listed(corpus: Corpus, folder: Path) -> list[Recording]:
    """The recordings of a corpus; UserError with the first thing that is wrong with their list.

    The list must hold recordings with ids that are unique and can be names of files, a speaker and
    a session. Whatever the reader raises becomes one sentence.
    """
    return given_by(corpus.name, corpus.recordings, folder)


def given_by(name: str, reader: Reader, folder: Path) -> list[Recording]:
    """The same by the function `recordings` of a corpus of that name."""
    recordings, problems = look(name, reader, folder)
    for id, problem in problems:
        raise UserError(f"{name}: {problem.of(id)}")
    return recordings


def look(
    name: str, reader: Reader, folder: Path
) -> tuple[list[Recording], Iterator[tuple[str, Problem]]]:
    """The recordings, and what is wrong with them, each with the id of one.

    UserError where there is no list of recordings.
    """
    try:
        given: object = reader(folder)
        found = list(given) if isinstance(given, Sequence) else given
    except (UserError, MachineFault):
        raise
    except (Exception, SystemExit) as error:
        failure = reading.failed(error) if isinstance(error, Exception) else "the end of it"
        raise UserError(f"{name}: its recordings cannot be listed: {failure}") from error
    what = f"{name}: expected `recordings` to give a list of Recording"
    if not isinstance(found, list):
        raise UserError(f"{what}, found {type(given).__name__}; fix the reader")
    for one in found:
        if not isinstance(one, Recording):
            raise UserError(f"{what}, found {type(one).__name__} in it; fix the reader")
    if not found:
        raise UserError(
            f"{name} in {folder}: expected recordings, found none; get the corpus again"
        )
    return found, _problems(found)


def _problems(recordings: Sequence[Recording]) -> Iterator[tuple[str, Problem]]:
    known: dict[str, str] = {}
    for number, one in enumerate(recordings):
        if wrong := _unfit(one.id):
            label = one.id if isinstance(one.id, str) and one.id else f"recording {number}"
            yield label, wrong
            continue
        key = _same(one.id)
        if key in known:
            alike = known[key] != one.id
            kind = "ids that look alike" if alike else "duplicate id"
            found = f"{known[key]} besides" if alike else "it twice"
            yield one.id, Problem(kind, "an id of its own", found, "rename one of the two")
        known.setdefault(key, one.id)
        for name in ("speaker", "session"):
            value = getattr(one, name)
            if not (isinstance(value, str) and value.strip()):
                yield one.id, Problem(f"no {name}", f"a {name}", repr(value), "name one")
        if not isinstance(one.text, str):
            found = type(one.text).__name__
            yield one.id, Problem("text", "a text (str)", found, 'give "" where none is known')
        if wrong := _span(one):
            yield one.id, wrong


def _unfit(id: object) -> Problem | None:
    """Why an id cannot be the name of a file."""
    if not isinstance(id, str) or not id:
        expected = "an id that is a text"
        return Problem("id", expected, repr(id)[:100], "give each recording an id")
    if wrong := sorted({c for c in id if c in UNFIT or unicodedata.category(c)[0] == "C"}):
        expected = "an id without " + " ".join(sorted(UNFIT)) + " and control characters"
        return Problem("id", expected, repr(wrong[0]), "write - or _ for it in the reader")
    bare = id.partition(".")[0].casefold()
    if id[0] in ".!-" or id[-1] in ". " or id[0] == " " or bare in RESERVED:
        expected = "an id that can be the name of a file on any system"
        return Problem("id", expected, repr(id), "begin and end it with a letter or a digit")
    if (size := len(id.encode())) > MOST_BYTES:
        expected = f"an id of at most {MOST_BYTES} bytes"
        return Problem("id", expected, f"{size}", "make it shorter in the reader")
    return None


def _same(id: str) -> str:
    """What is one name on a file system that ignores case, or how letters are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", id).casefold())


def _span(one: Recording) -> Problem | None:
    if one.span is None:
        return None
    try:
        begin, end = (float(each) for each in one.span)
    except (TypeError, ValueError):
        return Problem("span", "(begin, end) in seconds", repr(one.span)[:100], "fix the reader")
    if math.isfinite(begin) and math.isfinite(end) and begin < end:
        return None
    expected = "a span of finite seconds that ends after it begins"
    return Problem("span", expected, repr(one.span)[:100], "fix the reader")
