"""Tasks, corpora and entries, found in their folders: a file that is there is registered.

In: the folders `tasks/`, `baselines/`, `submissions/` and `benchmark/corpora/`. Out: dicts by name.
Headers of entries are read as text; `parameter_count` runs their code, in a process of its own.
Imports `core`, `storage` and `worker` (loading a file as a module).
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from benchmark import storage
from benchmark.core import Corpus, Task, UserError
from benchmark.plain_text import plain
from benchmark.registry import header, source
from benchmark.registry.header import EVERY
from benchmark.registry.source import MANIFEST
from benchmark.worker.loading import load_module

Item = TypeVar("Item")
CORPORA = Path(__file__).resolve().parents[1] / "corpora"
LARGEST_WEIGHTS = 500_000_000  # bytes of all weights of an entry
FOLDER_FILE = "submission.py"  # of an entry that is a folder


@dataclass(frozen=True)
class Entry:
    """A baseline or a submission as its header describes it; the code stays unread."""

    name: str
    path: Path  # of its code: NAME.py, or NAME/submission.py
    kind: str  # "baseline", "submission" or "predictions"
    title: str
    authors: tuple[str, ...]
    declared: tuple[str, ...]  # its tasks as the header says; see `tasks`
    variants: Mapping[str, Mapping[str, Any]]  # name -> settings given to Model
    licence: str
    citation: str
    causal: bool
    trained_on: str
    dependencies: tuple[str, ...]
    context: float = 0.0  # seconds to either side that an answer depends on, as the entry says
    suite: str = "main"  # or "full": not part of a run that does not ask for it

    @property
    def default(self) -> str:
        """The variant that stands for the entry."""
        return next(iter(self.variants))

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that it does, those by `*` and by signals as they are there today."""
        named = dict.fromkeys(c for c in self.declared if c != EVERY and not header.signals(c))
        chosen = [pair for choice in self.declared if (pair := header.signals(choice))]
        root = self.path.parents[2 if self.is_folder else 1]
        if EVERY in self.declared:
            named |= dict.fromkeys(_task_files(root))
        for name, task in tasks(root).items() if chosen else ():
            if any(set(task.inputs) == set(i) and task.target == target for i, target in chosen):
                named[name] = None
        return tuple(named)

    @property
    def is_folder(self) -> bool:
        return self.path.name in (FOLDER_FILE, MANIFEST)

    @property
    def results(self) -> Path:
        """Where its published results lie."""
        return (
            self.path.with_name("results.json")
            if self.is_folder
            else self.path.with_suffix(".json")
        )

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files of a trained model; UserError for anything that is not safetensors."""
        folder = self.path.parent / "weights"
        return _weights(folder) if self.is_folder and folder.is_dir() else ()

    @cached_property
    def _content(self) -> str:
        """Digest of code and weights: one for all variants and tasks, since weights are large."""
        return source.digest(self.path, self.weights)

    def code_digest(self, variant: str, metrics: Iterable[str]) -> str:
        """sha256 (hex) over all of the entry that can change a result of one variant.

        That is its code and weights, the settings of the variant, whether it claims to be causal,
        which is probed, and the ids of the metrics. The list of tasks, title, authors and other
        variants are not part of it. UserError for an unknown variant.
        """
        return storage.digest(
            {
                "content": self._content,
                "settings": pick("variant", variant, self.variants),
                "causal": self.causal,
                "metrics": list(metrics),
            }
        )


@dataclass(frozen=True)
class Entries:
    """What was found: the good ones by name, and one sentence for each broken one."""

    found: Mapping[str, Entry]
    problems: tuple[str, ...]


def tasks(root: Path) -> dict[str, Task]:
    """Every `tasks/<name>.py` with its TASK."""
    return {name: _attribute(path, "TASK", Task) for name, path in _task_files(root).items()}


def _task_files(root: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted((root / "tasks").glob("[a-z]*.py"))}


def task(root: Path, name: str) -> Task:
    """One task, without importing the others; UserError with the nearest names."""
    return _attribute(pick("task", name, _task_files(root)), "TASK", Task)


def corpora() -> dict[str, Corpus]:
    """The CORPUS of every folder `benchmark/corpora/<name>/`."""
    found = {}
    for folder in _corpus_folders():
        corpus = importlib.import_module(f"benchmark.corpora.{folder.name}").CORPUS
        found[corpus.name] = corpus
    return found


def fixtures() -> dict[str, Callable[[Path], None]]:
    """What writes a miniature of a corpus, `write` of its `fixture.py`, by name of the corpus."""
    return {
        folder.name: importlib.import_module(f"benchmark.corpora.{folder.name}.fixture").write
        for folder in _corpus_folders()
        if (folder / "fixture.py").exists()
    }


def _corpus_folders() -> list[Path]:
    """One folder a corpus; `io` holds the file formats that they share."""
    folders = {path.parent for path in CORPORA.glob("[a-z]*/__init__.py")}
    return sorted(folders - {CORPORA / "io"})


def entries(root: Path) -> Entries:
    """Every `<name>.py` and `<name>/submission.py` of both kinds, read by header only."""
    found: dict[str, Entry] = {}
    problems = []
    for kind in ("baseline", "submission"):
        folder = root / f"{kind}s"
        # Where two have one name, the first of these is the entry.
        patterns = "[!_.]*.py", f"[!_.]*/{FOLDER_FILE}", f"[!_.]*/{MANIFEST}"
        paths = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
        for path in sorted(paths, key=lambda p: p.relative_to(folder).parts[0].split(".")[0]):
            try:
                brings_code = path.name != MANIFEST
                entry = read_entry(path, kind) if brings_code else read_predictions(path)
                source.files(path)  # raises for what is not Python
                if entry.name in found:
                    raise UserError(f"{path}: {found[entry.name].path} has that name already")
                found[entry.name] = entry
            except (UserError, OSError) as error:
                problems.append(plain(error))
    return Entries(found, tuple(problems))


def read_entry(path: Path, kind: str) -> Entry:
    """Read the PEP 723 header of an entry's file; UserError says what to fix."""
    name = path.parent.name if path.name == FOLDER_FILE else path.stem
    header.check_name(path, name)
    fields, dependencies = header.read(path)
    entry = Entry(
        name=name,
        path=path,
        kind=kind,
        title=fields.title,
        authors=tuple(fields.authors),
        declared=tuple(fields.tasks),
        variants=fields.variants,
        licence=fields.licence,
        citation=fields.citation,
        causal=fields.causal,
        trained_on=fields.trained_on,
        dependencies=dependencies,
        context=fields.context,
        suite=fields.suite,
    )
    _ = entry.weights  # raises for what must not lie there
    return entry


def read_predictions(path: Path) -> Entry:
    """An entry that is a manifest and results; nothing of it can be run."""
    header.check_name(path, path.parent.name)
    manifest = header.read_manifest(path)
    return Entry(
        name=path.parent.name,
        path=path,
        kind="predictions",
        title=manifest.title,
        authors=tuple(manifest.authors),
        declared=(manifest.task,),
        variants={"default": {}},
        licence=manifest.licence,
        citation=manifest.citation,
        causal=False,
        trained_on=manifest.trained_on,
        dependencies=(),
    )


def _weights(folder: Path) -> tuple[Path, ...]:
    if folder.is_symlink():
        raise UserError(f"{folder}: must be a folder, not a link")
    found = tuple(sorted(folder.iterdir()))
    for path in found:
        if path.suffix != ".safetensors" or path.is_symlink() or not path.is_file():
            raise UserError(f"{path}: weights are files NAME.safetensors and nothing else")
    size = sum(path.stat().st_size for path in found)
    if size > LARGEST_WEIGHTS:
        raise UserError(f"{folder}: {size:,} bytes, at most {LARGEST_WEIGHTS:,} are allowed")
    return found


def pick(kind: str, name: str, available: Mapping[str, Item]) -> Item:
    """Look a name up; where there is none, UserError with the nearest names."""
    if name in available:
        return available[name]
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.4) or sorted(available)[:3]
    raise UserError(f"no {kind} is called {name!r}; nearest: {', '.join(near) or 'there are none'}")


def _attribute(path: Path, name: str, kind: type[Item]) -> Item:
    value = getattr(load_module(path), name, None)
    if not isinstance(value, kind):
        raise UserError(f"{path}: expected a {kind.__name__} called {name}")
    return value
