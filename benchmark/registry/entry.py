"""One entry: what its header says, where its parts lie, and the digest of its code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.core import UserError
from benchmark.registry import header, modules, project, source
from benchmark.registry.header import EVERY
from benchmark.registry.settings import overrides
from benchmark.registry.source import MANIFEST

LARGEST_WEIGHTS = 500_000_000  # bytes of all weights of an entry
MOST_WEIGHTS = 1000  # files
MOST_DATA = 10_000  # characters of literals in its code; no baseline has 3,000
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
            named |= dict.fromkeys(modules.task_files(root))
        for name, task in modules.read_tasks(root).found.items() if chosen else ():
            if any(set(task.inputs) == set(i) and task.target == target for i, target in chosen):
                named[name] = None
        return tuple(named)

    def settings(self, variant: str) -> dict[str, Any]:
        """What `Model` is given by a variant, one changed for a run too; UserError for others."""
        return overrides.settings(self.variants, variant)

    @property
    def is_folder(self) -> bool:
        return self.path.name in (FOLDER_FILE, MANIFEST)

    @property
    def results(self) -> Path:
        """Where its published results lie."""
        named = self.path.with_name("results.json")
        return project.current(named if self.is_folder else self.path.with_suffix(".json"))

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files of a trained model; UserError for anything that is not safetensors."""
        folder = self.path.parent / "weights"
        return _weights(folder) if self.is_folder and folder.is_dir() else ()

    @cached_property
    def brings_weights(self) -> bool:
        """Whether it may have been trained before: it has weights, or its code holds much data.

        On public data they can be the answers. Computed from its files, whatever it says.
        """
        if self.path.name == MANIFEST:
            return False
        return bool(self.weights) or source.data_size(self.path) > MOST_DATA

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
                "settings": self.settings(variant),
                "causal": self.causal,
                "metrics": list(metrics),
            }
        )


def read_entry(path: Path, kind: str) -> Entry:
    """Read the PEP 723 header of an entry's file; UserError says what to fix."""
    name = path.parent.name if path.name == FOLDER_FILE else path.stem
    header.check_name(path, name)
    if path.suffix != ".py":
        raise UserError(f"{path}: let its name end in .py, in small letters")
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
    with os.scandir(folder) as listed:
        chosen = (each.name for each in listed if not each.name.startswith("."))
        found = tuple(sorted(folder / name for name in islice(chosen, MOST_WEIGHTS + 1)))
    if len(found) > MOST_WEIGHTS:
        raise UserError(f"{folder}: more than {MOST_WEIGHTS:,} files")
    for path in found:
        if path.suffix != ".safetensors" or path.is_symlink() or not path.is_file():
            raise UserError(f"{path}: weights are files NAME.safetensors and nothing else")
        if not os.access(path, os.R_OK):
            raise UserError(f"{path}: cannot be read")
    size = sum(path.stat().st_size for path in found)
    if size > LARGEST_WEIGHTS:
        raise UserError(f"{folder}: {size:,} bytes, at most {LARGEST_WEIGHTS:,} are allowed")
    return found
