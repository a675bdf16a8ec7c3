"""Corpus -> one folder per fold: the part that a model sees, and the test part kept from it.

    runs/signals/<corpus>-<digest>/<signal>/<recording>.npy    read once, shared by all folds
    runs/prepared/<digest>/visible/index.json                  training and validation recordings
    runs/prepared/<digest>/visible/<signal>/<recording>.npy    their inputs and targets
    runs/prepared/<digest>/answers/...                         the same of the test recordings
    runs/prepared/<digest>/names.json                          the ids of the visible recordings

No worker ever sees `answers`. Ids often tell speaker, word or place in the corpus, so the visible
recordings have others, which say nothing; `names.json` maps them to the real ones. The digest
covers task, split and corpus with all its parameters: a changed byte in any of them is another
folder, and no old result is used for it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Corpus, Recording, Signal, Split, Task, UserError
from benchmark.data import checks, splits

Tell = Callable[[str], None]
LAYOUT = 2  # of a fold's folder; one of another layout is not used


def data_digest(name: str, task: Task, split: Split, corpus: Corpus) -> str:
    """Digest (sha256, hex) of everything in the data that can change a score."""
    named = (*task.inputs, task.target, *task.privileged)
    return storage.digest(
        {
            "task": [name, task.version, task.inputs, task.target, *task.privileged],
            "split": [split.name, split.digest],
            "corpus": [corpus.name, corpus.version, corpus.digest()],
            "signals": {s: _changed(corpus.signals[s]) for s in named},
        }
    )


def _changed(signal: Signal) -> dict[str, Any]:
    """Fields without those of default value, so that a new field changes no old digest."""
    default = asdict(Signal(unit="", dtype=""))
    return {name: value for name, value in asdict(signal).items() if value != default[name]}


def fold_folder(runs: Path, data: str, fold: str) -> Path:
    """The folder of one fold; `data` is the data digest."""
    return runs / "prepared" / storage.digest([data, fold, LAYOUT])[:16]


def names(folder: Path) -> dict[str, str]:
    """The ids of a fold's visible recordings, by those that a model sees."""
    found: dict[str, str] = json.loads((folder / "names.json").read_text("utf-8"))
    return found


def find(corpus: Corpus, data: Path) -> Path:
    """The folder of the corpus below the user's data folder; UserError says how to get it."""
    folder = corpus.locate(data)
    if folder is None:
        raise UserError(f"{corpus.name}: not found under {data}. {corpus.advice}")
    return folder


def prepare(
    runs: Path, data: Path, name: str, task: Task, split: Split, corpus: Corpus, tell: Tell
) -> None:
    """Make the folders of every fold that are not there yet; UserError where the corpus is bad."""
    auxiliary = _auxiliary(task, corpus)
    missing = _missing(runs, name, task, split, corpus)
    if not missing:
        return
    tell(f"preparing {name} on {split.name}")
    cache = _cache(runs, corpus)
    recordings = verified_recordings(runs, data, corpus)
    splits.check(split, recordings)
    for fold, target in missing.items():
        roles = split.folds[fold].roles()
        parts = {"visible": {r: roles[r] for r in ("train", "valid")}}
        parts["answers"] = {"test": roles["test"]}
        with storage.whole_folder(target) as new:
            for part, ids in parts.items():
                chosen = {role: [recordings[i] for i in ids[role]] for role in ids}
                shown = {i: i for role in ids.values() for i in role}
                privileged: Sequence[str] = ()
                if part == "visible":
                    shown, privileged = _opaque(shown), task.privileged
                    storage.write_json(new / "names.json", {n: i for i, n in shown.items()})
                _write_part(new / part, cache, name, task, corpus, chosen, shown, privileged)
        for signal in auxiliary:
            # Apart from the fold itself: a metric that is new needs more, and changes no digest.
            with storage.whole_folder(target / "answers" / signal) as new:
                for recording in (recordings[i] for i in roles["test"]):
                    storage.link(
                        _derived(cache, corpus, recording, signal), new / f"{recording.id}.npy"
                    )


def look(runs: Path, data: Path, name: str, task: Task, split: Split, corpus: Corpus) -> bool:
    """Whether the folder of every fold is there; makes none, and reads no signal.

    UserError for what `prepare` would find wrong with the names of recordings.
    """
    if not _missing(runs, name, task, split, corpus):
        return True
    splits.check(split, {r.id: r for r in checks.listed(corpus, find(corpus, data))})
    return False


def _auxiliary(task: Task, corpus: Corpus) -> set[str]:
    """What metrics need beside the target."""
    return {signal for metric in task.on(corpus).metrics for signal in metric.auxiliary}


def _missing(runs: Path, name: str, task: Task, split: Split, corpus: Corpus) -> dict[str, Path]:
    """The folds that are not there yet, or lack something, with the folder of each."""
    digest, auxiliary = data_digest(name, task, split, corpus), _auxiliary(task, corpus)
    folders = {fold: fold_folder(runs, digest, fold) for fold in split.folds}
    return {fold: each for fold, each in folders.items() if not _whole(each, auxiliary)}


def verified_recordings(runs: Path, data: Path, corpus: Corpus) -> dict[str, Recording]:
    """All recordings by id, once the files of the corpus were found to match their checksums.

    That is looked at again only when the files have changed. UserError where they do not match.
    """
    folder = find(corpus, data)
    verified, state = _cache(runs, corpus) / "verified", corpus.state(folder).encode()
    if not verified.exists() or verified.read_bytes() != state:
        if problems := corpus.verify(folder):
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise UserError(
                f"{corpus.name} in {folder} does not match its checksums: {problems[0]}{more}"
            )
        storage.write_whole(verified, state)
    return {r.id: r for r in checks.listed(corpus, folder)}


def _cache(runs: Path, corpus: Corpus) -> Path:
    """Where signals of a corpus are kept that were read once."""
    digest = storage.digest([corpus.version, corpus.digest()])
    return runs / "signals" / f"{corpus.name}-{digest[:8]}"


def _opaque(ids: Collection[str]) -> dict[str, str]:
    """A name of its own for each id that nobody can guess it from, nor its place in the corpus."""
    mixed = random.SystemRandom().sample(sorted(ids), len(ids))
    return {i: f"r{number:0{len(str(len(mixed)))}}" for number, i in enumerate(mixed)}


def _whole(folder: Path, auxiliary: Collection[str]) -> bool:
    return folder.exists() and all((folder / "answers" / signal).exists() for signal in auxiliary)


def _write_part(
    folder: Path,
    cache: Path,
    name: str,
    task: Task,
    corpus: Corpus,
    roles: Mapping[str, Sequence[Recording]],
    shown: Mapping[str, str],
    privileged: Sequence[str],
) -> None:
    signals = (*task.inputs, task.target, *privileged)
    for recording in (r for chosen in roles.values() for r in chosen):
        known = [(cache / s / f"{recording.id}.npy").exists() for s in signals]
        paths = {signal: _derived(cache, corpus, recording, signal) for signal in signals}
        if not all(known):
            shapes = {signal: _shape(path) for signal, path in paths.items()}
            checks.agree(corpus, recording, {s: n[0] for s, n in shapes.items() if n})
        for signal, path in paths.items():
            storage.link(path, folder / signal / f"{shown[recording.id]}.npy")
    index = {
        "asked": {
            "task": name,
            "inputs": task.inputs,
            "target": task.target,
            "signals": {s: asdict(corpus.signals[s]) for s in signals},
        },
        **{
            role: [
                {"id": shown[r.id], "speaker": r.speaker, "session": r.session, "text": r.text}
                | ({"span": r.span} if r.span else {})
                for r in chosen
            ]
            for role, chosen in roles.items()
        },
    }
    storage.write_json(folder / "index.json", index)


def _derived(cache: Path, corpus: Corpus, recording: Recording, signal: str) -> Path:
    """Where a signal lies in the cache; it is read, and looked at, where it is not there yet."""
    path = cache / signal / f"{recording.id}.npy"
    if not path.exists():
        # By content, since all mixtures of an utterance share its EMG.
        content = cache / signal / "content"
        array = checks.read(corpus, recording, signal)
        storage.link(storage.kept(content, storage.keep(content, array)), path)
    return path


def _shape(path: Path) -> tuple[int, ...]:
    """The shape of a stored array, without reading it."""
    shape: tuple[int, ...] = np.load(path, mmap_mode="r", allow_pickle=False).shape
    return shape
