"""Tasks, corpora and entries, found in their folders: a file that is there is registered.

In: the folders `tasks/`, `baselines/`, `submissions/` (`project` knows where they lie),
`benchmark/corpora/`, and `corpora/` with what users have brought. Out: dicts by name.
Headers of entries are read as text; `parameter_count` runs their code, in a process of its own.
Imports `core`, `storage` and `worker` (loading a file as a module).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from benchmark.core import Corpus, Task, UserError
from benchmark.plain_text import LONGEST_LINE, plain
from benchmark.registry import modules, own_corpora, project, source, titles
from benchmark.registry.entry import FOLDER_FILE, Entry, read_entry, read_predictions
from benchmark.registry.modules import Found, fixtures, pick, task
from benchmark.registry.own_corpora import misfits, read_corpora, read_tasks
from benchmark.registry.source import MANIFEST

__all__ = [
    "Entry",
    "fixtures",
    "misfits",
    "pick",
    "read_corpora",
    "read_entry",
    "read_predictions",
    "read_tasks",
    "task",
]


ENTRY_FILES = FOLDER_FILE, MANIFEST
MOST_LISTED = 1000  # files of a folder that are looked at to find one of another case


@dataclass(frozen=True)
class Entries:
    """What was found: the good ones by name, and one sentence for each broken one."""

    found: Mapping[str, Entry]
    problems: tuple[str, ...]

    def pick(self, name: str) -> Entry:
        """One entry; UserError says what is wrong with it, or what else there is."""
        if name not in self.found and (problem := self.problem(name)):
            raise UserError(problem)
        return pick("entry", name, self.found)

    def problem(self, name: str) -> str:
        """What is wrong with a file in the place of that entry; nothing where nothing is."""
        ends = f"/{name}.py:", f"/{name}/{FOLDER_FILE}:", f"/{name}/{MANIFEST}:"
        found = (each for each in self.problems if any(end in each for end in ends))
        return next(found, "")


def tasks(root: Path) -> dict[str, Task]:
    """Every `tasks/<name>.py` with its TASK; UserError for one that cannot be imported.

    A corpus of a user adds its splits to the tasks that it serves.
    """
    read = read_tasks(root)
    if read.problems:
        raise UserError(read.problems[0])
    return dict(read.found)


def known_tasks(root: Path) -> dict[str, Task]:
    """The same without broken ones, which stop no command."""
    return dict(read_tasks(root).found)


def corpora() -> dict[str, Corpus]:
    """The CORPUS of every folder `benchmark/corpora/<name>/`, and those of the user.

    Without broken ones.
    """
    return dict(read_corpora().found)


def packaged_corpora() -> dict[str, Corpus]:
    """The same of the package alone, whatever there is of a user."""
    return dict(modules.read_corpora().found)


def pick_corpus(name: str, available: Mapping[str, Corpus]) -> Corpus:
    """One of the corpora; UserError says what is wrong with its file, or what else there is."""
    if name in available:
        return available[name]
    return Found(available, read_corpora().problems).pick("corpus", name)


def split_file(root: Path, name: str) -> Path:
    """Where the split `<corpus>.<name>` lies: among those of the project, or beside its corpus.

    The one place that knows. Of a split that is nowhere, where it would lie.
    """
    path = project.find(root, f"tasks/splits/{name}.json")
    if not path.exists():
        corpus = own_corpora.find(name.partition(".")[0])
        beside = own_corpora.split_folder(corpus) if corpus else None
        if beside is not None:
            return beside / f"{name}.json"
    return path


def left_out(root: Path) -> tuple[str, ...]:
    """A sentence for each task and corpus that cannot be imported, or does not fit."""
    return (*read_tasks(root).problems, *read_corpora().problems, *misfits(root))


def entries(root: Path) -> Entries:
    """Every `<name>.py` and `<name>/submission.py` of both kinds, read by header only.

    Where two have one name, or titles that look alike, the one that was there first is the entry;
    of equal titles, the later has its name behind it.
    """
    found: dict[str, Entry] = {}
    problems = []
    for kind in ("baseline", "submission"):
        listed = (_places(folder) for folder in project.folders(root, f"{kind}s"))
        for path in chain.from_iterable(listed):
            try:
                if path.name.lower() in ENTRY_FILES and path.name not in ENTRY_FILES:
                    raise UserError(f"{path}: rename it to {path.name.lower()}")
                brings_code = path.name != MANIFEST
                entry = read_entry(path, kind) if brings_code else read_predictions(path)
                source.files(path)  # raises for what is not Python
                if entry.name in found:
                    raise UserError(f"{path}: {found[entry.name].path} has that name already")
                found[entry.name] = entry
            except UserError as error:
                problems.append(plain(error, LONGEST_LINE))
            except OSError as error:
                said = f"{path}: cannot be read: {error.strerror}"
                problems.append(plain(said, LONGEST_LINE))
    for copy, first in _copied_titles(root, found).items():
        entry = found[copy]
        if entry.title == first.title:
            found[copy] = replace(entry, title=f"{entry.title} ({copy})")
        else:
            del found[copy]
            said = f"its title {entry.title!r} looks like that of {first.name}: choose another"
            problems.append(plain(f"{entry.path}: {said}", LONGEST_LINE))
    return Entries(found, tuple(problems))


def _places(folder: Path) -> list[Path]:
    """Where entries of a folder are, or what stands in their place."""
    try:
        names = sorted(n for n in os.listdir(folder) if n[0] not in "_.")
    except FileNotFoundError:
        return []
    paths = [folder / name for name in source.modules_in(names)]
    for name in names:
        if not name.lower().endswith((".py", ".json", ".npz")):
            inside = [folder / name / f for f in ENTRY_FILES if _is_there(folder / name / f)]
            paths += inside or _in_other_case(folder / name)
    return sorted(paths, key=lambda p: p.relative_to(folder).parts[0].split(".")[0])


def _is_there(path: Path) -> bool:
    """Also where nobody can tell: who reads it says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _in_other_case(folder: Path) -> list[Path]:
    """Files that are named like those of an entry but for the case, which some disks ignore."""
    if not folder.is_dir() or folder.is_symlink() or not os.access(folder, os.R_OK | os.X_OK):
        return []
    with os.scandir(folder) as listed:
        found = (each.name for each in islice(listed, MOST_LISTED))
        return [folder / name for name in found if name.lower() in ENTRY_FILES]


def _copied_titles(root: Path, found: Mapping[str, Entry]) -> dict[str, Entry]:
    """Submissions that are called like an entry that was there before, and that entry."""
    alike: dict[str, list[Entry]] = {}
    for entry in found.values():
        alike.setdefault(titles.skeleton(entry.title), []).append(entry)
    copies: dict[str, Entry] = {}
    for several in alike.values():
        if len(several) > 1 and any(entry.kind != "baseline" for entry in several):
            ages = titles.oldest_first(root, [entry.path for entry in several])
            first = min(several, key=lambda e: (e.kind != "baseline", ages.index(e.path)))
            copies |= {e.name: first for e in several if e.kind != "baseline" and e is not first}
    return copies
