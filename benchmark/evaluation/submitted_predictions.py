"""A folder of predictions -> results, without any code of their author.

Everything is checked before anything is scored: the manifest, the names, each file's type, shape
and values. Such results say `predictions only`: nobody timed them, and nobody knows what they saw.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from benchmark import registry, storage
from benchmark.core import (
    Array,
    Corpus,
    Isolation,
    Job,
    Paths,
    Recording,
    Signal,
    Split,
    Task,
    UserError,
)
from benchmark.data import folds
from benchmark.evaluation import scoring, validation
from benchmark.evaluation.validation import Breach
from benchmark.registry import Entry, header
from benchmark.registry.header import Manifest
from benchmark.registry.source import MANIFEST
from benchmark.results import columns, entry_results, environment
from benchmark.results.result import Item, JobResult, now
from benchmark.worker import fold_reader

LARGEST_FILE = 2**30  # bytes of one prediction
SHOWN = 10  # mistakes that are named
PREDICTIONS = "predictions"  # folder beside the manifest of an entry, if it brings them
UNREADABLE = (*columns.UNREADABLE, Warning)

Sources = Mapping[str, tuple[Split, Corpus]]  # by name of the split


@dataclass(frozen=True)
class Found:
    """Predictions of one split that have passed every check."""

    split: Split
    data: str
    arrays: Mapping[str, Array]  # by recording id


def score(
    paths: Paths,
    name: str,
    task: Task,
    sources: Sources,
    folder: Path,
    entry: str,
    processes: int = 1,
    manifest: Path | None = None,
    splits: Collection[str] | None = None,
) -> list[JobResult]:
    """Check a folder of predictions as a whole, then score it; UserError where it is not right.

    Its `manifest` may lie elsewhere, such as beside the results of an entry. Only those of
    `splits`, if any are named.
    """
    path = manifest or folder / MANIFEST
    declared = header.read_manifest(path)
    if declared.task != name:
        raise UserError(f"{path}: is for the task {declared.task}, not for {name}")
    wanted = [split for split in declared.data if splits is None or split in splits]
    if missing := {*wanted} - sources.keys():
        raise UserError(f"{path}: no split of {name} that is here: {min(missing)!r}")
    chosen = [sources[split] for split in wanted]
    found = [_checked(paths, name, task, *source, declared, folder) for source in chosen]
    made = registry.read_predictions(path)
    results: list[JobResult] = []
    for part, (_, corpus) in zip(found, chosen, strict=True):
        ids = tuple(metric.id for metric in task.on(corpus).metrics)
        code = made.code_digest(made.default, ids)
        results += scored(
            paths, name, ids, part, entry, code, Isolation.PREDICTIONS_ONLY, processes
        )
    return results


def _checked(
    paths: Paths,
    name: str,
    task: Task,
    split: Split,
    corpus: Corpus,
    manifest: Manifest,
    folder: Path,
) -> Found:
    contract = validation.contract(paths.runs, name, task, split, corpus)
    if manifest.data.get(split.name) != contract.data:
        raise UserError(
            f"{folder / MANIFEST}: the predictions for {split.name} are not for today's data:"
            f" expected {contract.data!r}, got {manifest.data.get(split.name)!r}"
        )
    part = _part(folder, split)
    mistakes, arrays = [], {}
    files = _files(part)
    for extra in sorted(files.keys() - contract.recordings.keys()):
        mistakes.append(f"{files[extra]}: no recording of the test part has this name")
    for recording, asked in contract.recordings.items():
        try:
            if recording not in files:
                raise Breach(f"{part / recording}.npy: not there")
            array = _read(files[recording])
            target = corpus.signals[task.target]
            _check(str(files[recording]), array, asked.shape, target)
            arrays[recording] = array
        except Breach as error:
            mistakes.append(str(error))
    if mistakes:
        rest = f"; and {len(mistakes) - SHOWN} more" if len(mistakes) > SHOWN else ""
        raise UserError("; ".join(mistakes[:SHOWN]) + rest)
    return Found(split, contract.data, arrays)


def _part(folder: Path, split: Split) -> Path:
    """The folder of a split, which has its full name: splits of two corpora can share the rest."""
    part, older = folder / split.name, folder / split.name.partition(".")[2]
    if older.is_dir() and not part.exists():
        raise UserError(
            f"{older}: expected a folder of the full name of its split: rename it to {part.name}"
        )
    return part


def _check(where: str, array: Array, shape: tuple[int, ...], target: Signal) -> None:
    validation.check_head(where, array.dtype, array.shape, shape, target)
    validation.check_values(where, array, target)


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: not there; expected a folder with a file for each recording")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):  # ids of recordings may hold slashes
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        if path.suffix not in (".npy", ".npz") or path.is_symlink() or not path.is_file():
            raise UserError(f"{path}: expected files RECORDING.npy or .npz and nothing else")
        recording = path.relative_to(folder).with_suffix("").as_posix()
        if recording in found:
            raise UserError(f"{path}: {found[recording].name} is there too")
        found[recording] = path
    return found


def _read(path: Path) -> Array:
    """The one array of a file; Breach for all that is none, before it takes memory."""
    if path.stat().st_size > LARGEST_FILE:
        raise Breach(f"{path}: larger than {LARGEST_FILE:,} bytes")
    try:
        with path.open("rb") as file, warnings.catch_warnings(action="error"):
            return _array(path, file.read() if path.suffix == ".npy" else _inside(path))
    except UNREADABLE as error:
        raise Breach(f"{path}: not an array that numpy can read: {str(error)[:120]}") from error


def _inside(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) != 1:
            raise Breach(f"{path}: expected one array, got {len(members)}")
        if members[0].file_size > LARGEST_FILE:
            raise Breach(f"{path}: larger than {LARGEST_FILE:,} bytes when unpacked")
        return archive.read(members[0])


def _array(path: Path, content: bytes) -> Array:
    """Read the header first: memory would be taken for all that it promises."""
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise Breach(f"{path}: holds Python objects, expected numbers")
    if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise Breach(f"{path}: its header promises shape {shape}, its content is of another size")
    array: Array = np.load(io.BytesIO(content), allow_pickle=False)
    return array


def scored(
    paths: Paths,
    name: str,
    ids: tuple[str, ...],
    part: Found,
    entry: str,
    code: str,
    isolation: Isolation,
    processes: int,
) -> Iterator[JobResult]:
    """A result for each fold of a split, from predictions that nobody ran here."""
    kept = paths.runs / "predictions"
    for fold in part.split.folds:
        answers = folds.fold_folder(paths.runs, part.data, fold) / "answers"
        _, roles = fold_reader.read_part(answers)
        names = {r.id: storage.keep(kept, part.arrays[r.id]) for r in roles["test"]}
        places = {i: storage.kept(kept, sha) for i, sha in names.items()}
        try:
            measured = scoring.measure_all(paths.root, name, answers, places, processes, ids)
        except scoring.NoValue as error:
            raise UserError(str(error)) from error
        items = tuple(_item(r, names[r.id], measured[r.id]) for r in roles["test"])
        job = Job(name, part.split.name, fold, entry, "default", 0, part.data, code)
        yield JobResult(
            **vars(job),
            metrics=ids,
            status="good",
            isolation=isolation,
            items=items,
            outcomes=scoring.outcomes(items),
            environment=environment.describe(paths.root),
            finished=now(),
        ).sealed()


def _item(recording: Recording, sha: str, measured: Mapping[str, Any]) -> Item:
    return Item(
        recording=recording.id,
        speaker=recording.speaker,
        session=recording.session,
        prediction=sha,
        seconds=0.0,
        measurements=measured,
    )


def publish_as(paths: Paths, manifest: Path, entry: str, results: Sequence[JobResult]) -> Entry:
    """Make an entry of them: the manifest and the results, in a folder of its name.

    UserError where the name is taken by code, or by predictions for another task.
    """
    target = paths.root / "submissions" / entry / MANIFEST
    header.check_name(target, entry)
    task = results[0].task
    other = registry.entries(paths.root).found.get(entry)
    if other and (other.kind != "predictions" or other.tasks != (task,)):
        raise UserError(f"{entry} is the name of another entry: {other.path}")
    if manifest != target:
        storage.write_whole(target, manifest.read_bytes())
    made = registry.read_predictions(target)
    entry_results.merge(made.results, results, {task: registry.task(paths.root, task)})
    return made
