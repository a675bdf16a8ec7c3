"""Tasks, corpora and folds as Python values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from benchmark import registry
from benchmark.core import Array, Asked, Corpus, Paths, Recording, Split, Task, UserError
from benchmark.data import folds
from benchmark.data.installed_split import load_here
from benchmark.registry import project
from benchmark.worker import fold_reader

Role = Literal["train", "valid", "test"]


@dataclass(frozen=True)
class LoadedFold:
    """The recordings of one fold; `recording["emg"]` reads one signal as an array (time, ...)."""

    task: str
    split: str
    name: str
    asked: Asked  # inputs, target, and the unit, rate and shape of each signal
    train: Sequence[Recording]
    valid: Sequence[Recording]
    test: Sequence[Recording]  # with their targets, which no model in a sandbox sees

    def ids(self, role: Role) -> list[str]:
        """Ids of the recordings of a role."""
        return [recording.id for recording in self._of(role)]

    def arrays(self, role: Role, signal: str) -> list[Array]:
        """One signal of every recording of a role, each (time, ...) at the rate of the signal.

        UserError for a signal that the task does not have.
        """
        if signal not in self.asked.signals:
            known = ", ".join(self.asked.signals)
            raise UserError(f"{self.task} has no signal {signal!r}; it has {known}")
        return [recording[signal] for recording in self._of(role)]

    def _of(self, role: Role) -> Sequence[Recording]:
        if role not in ("train", "valid", "test"):
            raise UserError(f"expected the role train, valid or test, got {role!r}")
        return {"train": self.train, "valid": self.valid, "test": self.test}[role]


def here(data: Path | str | None = None, runs: Path | str | None = None) -> Paths:
    """Where things lie: the project, and the folders that the command line has by default."""
    root = project.root()
    chosen = data or os.environ.get("SILENTBENCH_DATA") or root / "data"
    return Paths(root, Path(chosen).resolve(), Path(runs or root / "runs").resolve())


def list_tasks() -> list[str]:
    """The names of all tasks.

    >>> list_tasks()[:2]
    ['emg_speech_enhancement', 'emg_to_articulation']
    """
    return list(registry.known_tasks(here().root))


def get_task(name: str) -> Task:
    """One task: its inputs, target, splits, and metrics, of which the first ranks.

    UserError for an unknown name, with the nearest ones.

    >>> task = get_task("emg_to_articulation")
    >>> task.inputs, task.target, task.metrics[0].id
    (('emg',), 'articulation', 'pearson.per_recording@1')
    """
    return registry.read_tasks(here().root).pick("task", name)


def load_corpus(name: str, *, data: Path | str | None = None) -> list[Recording]:
    """All recordings of a corpus, in the order of its list; a signal is read when it is asked for.

    `data` is the folder of corpora, else SILENTBENCH_DATA, else `data` in the project. UserError
    for an unknown name, and for a corpus that is not here, with how to get it. Files are not held
    against their checksums: `silentbench data verify` and every fold do that.

    >>> recordings = load_corpus("embedded")
    >>> recordings[0].speaker, recordings[0]["emg"].shape[1]
    ('u01', 8)
    """
    corpus = registry.pick_corpus(name, registry.corpora())
    return corpus.recordings(folds.find(corpus, here(data).data))


def load_fold(
    task: str,
    split: str = "",
    fold: str = "",
    *,
    data: Path | str | None = None,
    runs: Path | str | None = None,
) -> LoadedFold:
    """The recordings of one fold, with ids and arrays; the first split and fold if not named.

    Signals are computed once and kept in `runs` (default: `runs` in the project). UserError for an
    unknown name, and for a corpus that is not here or does not match its checksums.

    >>> fold = load_fold("emg_to_articulation", "embedded.smoke_sentences")
    >>> len(fold.train), len(fold.test), fold.asked.signals["emg"].rate
    (12, 6, 1000)
    >>> emg, target = fold.arrays("test", "emg")[0], fold.arrays("test", "articulation")[0]
    >>> emg.ndim, target.ndim
    (2, 2)
    """
    place = here(data, runs)
    source = prepared(place, task, split)
    wanted = fold or next(iter(source.split.folds))
    registry.pick(f"fold of {source.split.name}", wanted, source.split.folds)
    return loaded(place, source, wanted)


@dataclass(frozen=True)
class Source:
    """A task on a split that is prepared."""

    name: str
    task: Task  # with the metrics that the corpus is scored by
    split: Split
    corpus: Corpus
    data: str  # digest


def prepared(place: Paths, name: str, split: str) -> Source:
    """A task on a split, its first if none is named, with the folders of its folds written."""
    task = registry.read_tasks(place.root).pick("task", name)
    known = dict.fromkeys((*task.splits, *task.smoke))
    wanted = split or task.splits[0]
    registry.pick(f"split of {name}", wanted, known)
    corpus = registry.pick_corpus(wanted.partition(".")[0], registry.corpora())
    folds.find(corpus, place.data)
    whole, held, _ = load_here(place, wanted, corpus)
    folds.prepare(place.runs, place.data, name, task, whole, held, lambda _: None)
    digest = folds.data_digest(name, task, whole, held)
    return Source(name, task.on(held), whole, held, digest)


def loaded(place: Paths, source: Source, fold: str) -> LoadedFold:
    """One fold as an evaluation has it, with the ids of the corpus."""
    folder = folds.fold_folder(place.runs, source.data, fold)
    asked, visible = fold_reader.read_part(folder / "visible")
    _, answers = fold_reader.read_part(folder / "answers")
    ids = folds.names(folder)
    train, valid = (
        [replace(recording, id=ids[recording.id]) for recording in visible[role]]
        for role in ("train", "valid")
    )
    return LoadedFold(source.name, source.split.name, fold, asked, train, valid, answers["test"])
