"""Corpora of a user: one file each, in a folder of the user's own. No file of the project names it.

A corpus of the package whose recordings the user makes, so that its splits depend on them, is one
of the user's as well: its splits lie where those of the user's files do.

In: `corpora/` beside `submissions/`, and the folders that `--plugins` or SILENTBENCH_PLUGINS names.
Out: the CORPUS of each file, and the tasks with the splits of those that serve them. A file that
is broken is left out with a sentence and stops no other. A file is read again when it has changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType, ModuleType
from typing import NoReturn

from benchmark.core import Corpus, Task, UserError
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.registry import declarations, modules, own_functions, project, source
from benchmark.registry.modules import Found, attribute, pick

VARIABLE = "SILENTBENCH_PLUGINS"  # folders, as in PATH; set to nothing: no corpus of a user at all
BESIDE = project.root() / "corpora"
SPLITS = "splits"  # the folder beside such a file that holds its splits
MOST_PRINTED = 10_000  # characters, while a file is read
SECONDS = 60  # that reading one may take

_read: dict[tuple[str, int, int], Corpus | UserError] = {}  # by path, time of change, size


def folders() -> list[Path]:
    """Where files of users may lie, the first that counts first."""
    named = os.environ.get(VARIABLE)
    if named is None:
        return [BESIDE]
    if not named.strip():
        return []
    listed = [Path(name).expanduser().absolute() for name in named.split(os.pathsep) if name]
    return list(dict.fromkeys((*listed, BESIDE)))


def read_corpora() -> Found[Corpus]:
    """The corpora of the package, and after them those of the user, by name."""
    packaged = modules.read_corpora()
    own = read_own(packaged.found)
    found = {**packaged.found, **_built(packaged.found), **own.found}
    return Found(found, (*packaged.problems, *own.problems))


def read_own(taken: Mapping[str, object]) -> Found[Corpus]:
    """The CORPUS of every `NAME.py` in the user's folders; none may have a name that is taken."""
    found: dict[str, Corpus] = {}
    paths, problems = _files()
    known = {name.lower(): "the package" for name in taken}
    for path in paths:
        try:
            corpus = _corpus(path)
            if of := known.get(corpus.name.lower()):
                raise UserError(f"{path}: the name {corpus.name} is taken, by {of}: choose another")
            known[corpus.name.lower()] = str(path)
            found[corpus.name] = corpus
        except UserError as error:
            problems.append(plain(error, LONGEST_LINE))
    return Found(found, tuple(problems))


def read_tasks(root: Path) -> Found[Task]:
    """Every task of the project, with the splits of those corpora of the user that serve it."""
    read = modules.read_tasks(root)
    served = {name: list(task.splits) for name, task in read.found.items()}
    full = {name: list(task.full) for name, task in read.found.items()}
    for corpus in _own():
        for name in corpus.tasks:
            if name in read.found and not _misfit(corpus, name, read.found):
                of = {s: r for s, r in corpus.splits.items() if name in (r.tasks or (name,))}
                served[name] += (f"{corpus.name}.{split}" for split in of)
                full[name] += (f"{corpus.name}.{split}" for split in of if of[split].full)
    found = {
        name: replace(task, splits=tuple(served[name]), full=tuple(full[name]))
        for name, task in read.found.items()
    }
    return Found(found, read.problems)


def misfits(root: Path) -> tuple[str, ...]:
    """A sentence for each task that a corpus of the user cannot serve, though it says so."""
    tasks = modules.read_tasks(root).found
    said = [_misfit(corpus, name, tasks) for corpus in _own() for name in corpus.tasks]
    said += [f"{c.own}: tasks: expected one or more, found none" for c in _own() if not c.tasks]
    return tuple(plain(each, LONGEST_LINE) for each in said if each)


def find(name: str) -> Corpus | None:
    """The corpus of a user of that name; None where there is none."""
    return next((corpus for corpus in _own() if corpus.name == name), None)


def split_folder(corpus: Corpus) -> Path | None:
    """Where the splits of a corpus of the user lie; None where it is none."""
    if corpus.own is None:
        return None
    places = folders() if modules.CORPORA in corpus.own.parents else [corpus.own.parent]
    return places[0] / SPLITS if places else None


def _own() -> Iterator[Corpus]:
    packaged = modules.read_corpora().found
    own = read_own(packaged).found
    return iter((*_built(packaged).values(), *own.values()))


def _built(packaged: Mapping[str, Corpus]) -> dict[str, Corpus]:
    """The corpora of the package that a user builds; none where there is no corpus of a user."""
    return {
        name: replace(corpus, own=modules.CORPORA / name / "__init__.py")
        for name, corpus in packaged.items()
        if corpus.splits and folders()
    }


def _misfit(corpus: Corpus, name: str, tasks: Mapping[str, Task]) -> str:
    """Why a corpus cannot serve a task; empty where it can."""
    try:
        task = pick("task", name, tasks)
    except UserError as error:
        return f"{corpus.own}: tasks: {error}"
    if missing := declarations.missing_signal(task, corpus):
        return f"{corpus.own}: tasks: {name} {missing}"
    if not corpus.splits:
        return f"{corpus.own}: serves {name} and has no splits"
    return ""


def _files() -> tuple[list[Path], list[str]]:
    """The files of all folders, and a sentence for each folder that cannot be read."""
    found, problems = [], []
    for folder in folders():
        try:
            names = source.modules_in(os.listdir(folder))
        except OSError as error:
            if folder != BESIDE or not isinstance(error, FileNotFoundError):
                problems.append(f"{folder}: no folder of corpora: {error.strerror}")
            continue
        found += [folder / name for name in names]
    return found, problems


def _corpus(path: Path) -> Corpus:
    """What a file declares, read once as long as it does not change; UserError for a broken one."""
    try:
        if not path.is_file():
            raise UserError(f"{path}: must be a file")
        stat = path.stat()
        key = str(path), stat.st_mtime_ns, stat.st_size
        if key not in _read:
            _read[key] = _declared(path, path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    read = _read[key]
    if isinstance(read, UserError):
        raise UserError(str(read))
    return read


def _declared(path: Path, code: bytes) -> Corpus | UserError:
    try:
        corpus = attribute(path, _run(path, code), "CORPUS", Corpus)
        declarations.check_corpus(path, corpus)
    except UserError as error:
        return error
    return replace(own_functions.guarded(path, corpus), own=path)


def _run(path: Path, code: bytes) -> ModuleType:
    """Run a file as a module; UserError for whatever ends it, or where it does not end."""
    module = ModuleType(f"{path.parent.name}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up by name
    printed = _Printed()
    try:
        redirected = contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed)
        with _alarm(), _no_exit(), redirected[0], redirected[1]:
            exec(compile(code, str(path), "exec"), module.__dict__)
    except _TooMuchError as error:
        raise UserError(f"{path}: {error}: it must only declare its corpus") from error
    except (Exception, SystemExit) as error:
        said = own_functions.fault(path, error)
        raise UserError(f"{path}: cannot be imported: {said}") from error
    except KeyboardInterrupt:  # ends the command, whoever raised it: at least say where
        said = "interrupted while it was imported; if you did not, look at what it does"
        print(plain(f"{path}: {said}", LONGEST_LINE), file=sys.stderr)
        raise
    for line in printed.getvalue().splitlines():
        print(plain(f"{path.name}: {line}"), file=sys.stderr)
    return module


class _TooMuchError(BaseException):
    """No `except Exception` of the file stops it."""


class _Printed(io.StringIO):
    def write(self, text: str) -> int:
        if self.tell() + len(text) > MOST_PRINTED:
            raise _TooMuchError(f"prints more than {MOST_PRINTED:,} characters when it is imported")
        return super().write(text)


@contextlib.contextmanager
def _no_exit() -> Iterator[None]:
    """Where `os._exit` is called, nothing would be said and the exit status would be a good one."""

    def exit_(status: int) -> NoReturn:  # noqa: ARG001 - the signature is given
        raise _TooMuchError("ends the program when it is imported")

    before, os._exit = os._exit, exit_
    try:
        yield
    finally:
        os._exit = before


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    """End what takes too long; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _TooMuchError(f"takes more than {SECONDS} s to import")

    handler = signal.signal(signal.SIGALRM, ring)
    others, interval = signal.setitimer(signal.ITIMER_REAL, SECONDS)  # an alarm of somebody else
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, others, interval)
        signal.signal(signal.SIGALRM, handler)
