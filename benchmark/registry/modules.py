"""Tasks and corpora of the project: modules. One that cannot be imported stops no other."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from benchmark.core import Corpus, Task, UserError
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.registry import declarations, project, source
from benchmark.worker.loading import load_module

Item = TypeVar("Item")
NAME = re.compile(r"[a-z0-9][a-z0-9_]*\.py")
NAMED = 6  # names that are listed, where there are no more or none is near to what was asked for
CORPORA = project.PACKAGE / "corpora"


@dataclass(frozen=True)
class Found(Generic[Item]):
    """What was found: the good ones by name, and one sentence for each broken one."""

    found: Mapping[str, Item]
    problems: tuple[str, ...]

    def pick(self, kind: str, name: str) -> Item:
        """One of them; UserError says what is wrong with it, or what else there is."""
        for problem in self.problems:
            if name and (f"/{name}.py: " in problem or f"/{name}: " in problem):
                raise UserError(problem)
        return pick(kind, name, self.found)


def read_tasks(root: Path) -> Found[Task]:
    """Every `tasks/<name>.py` with its TASK."""
    return _all({name: partial(_task, path) for name, path in task_files(root).items()})


def _task(path: Path) -> Task:
    if not NAME.fullmatch(path.name):
        raise UserError(f"{path}: name the task with a-z, 0-9 and _ only, and let it end in .py")
    task = attribute(path, _imported(path, load_module), "TASK", Task)
    declarations.check_task(path, task)
    return task


def task_files(root: Path) -> dict[str, Path]:
    """Every file that may be a task, by its name without the ending, also where that is wrong."""
    found: dict[str, Path] = {}
    for folder in project.folders(root, "tasks"):
        for name in source.modules_in(path.name for path in folder.glob("*")):
            found.setdefault(name.removesuffix(".py"), folder / name)
    return found


def task(root: Path, name: str) -> Task:
    """One task, without importing the others; UserError with the nearest names."""
    return _task(pick("task", name, task_files(root)))


def read_corpora() -> Found[Corpus]:
    """The CORPUS of every folder `benchmark/corpora/<name>/`."""
    read = _all({folder.name: partial(_corpus, folder) for folder in _folders()})
    return Found({corpus.name: corpus for corpus in read.found.values()}, read.problems)


def _corpus(folder: Path) -> Corpus:
    return attribute(folder, _imported(folder, _reader), "CORPUS", Corpus)


def _reader(path: Path) -> ModuleType:
    names = path.relative_to(CORPORA).parts
    return importlib.import_module(".".join(("benchmark.corpora", *names)))


def fixtures() -> dict[str, Callable[[Path], None]]:
    """What writes a miniature of a corpus, `write` of its `fixture.py`, by name of the corpus."""
    readers = {
        folder.name: partial(_imported, folder / "fixture", _reader)
        for folder in _folders()
        if (folder / "fixture.py").exists()
    }
    return {name: module.write for name, module in _all(readers).found.items()}


def _folders() -> list[Path]:
    """One folder a corpus; `io` holds the file formats that they share."""
    folders = {path.parent for path in CORPORA.glob("[a-z]*/__init__.py")}
    return sorted(folders - {CORPORA / "io"})


def _all(readers: Mapping[str, Callable[[], Item]]) -> Found[Item]:
    found, problems = {}, []
    for name, read in readers.items():
        try:
            found[name] = read()
        except UserError as error:
            problems.append(plain(error, LONGEST_LINE))
    return Found(found, tuple(problems))


def _imported(path: Path, load: Callable[[Path], ModuleType]) -> ModuleType:
    """A module; UserError for whatever ends its import: it may raise what it likes."""
    try:
        return load(path)
    except (Exception, SystemExit) as error:
        said = plain(f"{type(error).__name__}: {error}")
        raise UserError(f"{path}: cannot be imported: {said}") from error


def attribute(path: Path, module: ModuleType, name: str, kind: type[Item]) -> Item:
    """What a module declares under a name; UserError where it is of another kind, or missing."""
    value = getattr(module, name, None)
    if not isinstance(value, kind):
        found = type(value).__name__ if hasattr(module, name) else "nothing of that name"
        raise UserError(f"{path}: expected a {kind.__name__} called {name}, found {found}")
    return value


def pick(kind: str, name: str, available: Mapping[str, Item]) -> Item:
    """Look a name up; where there is none, UserError with the nearest names, or with what is."""
    if name in available:
        return available[name]
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.4)
    known, more = sorted(available)[:NAMED], ", ..." if len(available) > NAMED else ""
    if near and len(available) > NAMED:
        said = f"nearest: {', '.join(near)}"
    else:
        said = f"there are: {', '.join(known)}{more}" if known else "there are none"
    raise UserError(f"no {kind} is called {name!r}; {said}")
