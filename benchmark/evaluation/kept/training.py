"""Train one entry on one fold, in the sandbox, and keep the model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmark import storage
from benchmark.core import Asked, Corpus, Job, Paths, Recording, Setup, Split, Task, UserError
from benchmark.data import folds
from benchmark.evaluation import worker_run
from benchmark.evaluation.kept import description as form
from benchmark.evaluation.kept.description import Description
from benchmark.evaluation.validation import Breach
from benchmark.registry import Entry
from benchmark.results import environment
from benchmark.results.result import now
from benchmark.sandbox.request import JobRequest, RunConfig
from benchmark.sandbox.workspace import Keeping
from benchmark.worker import fold_reader
from benchmark.worker import model as worker_model

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Training:
    """What to train: an entry for a task, on the training part of one fold."""

    task_name: str
    task: Task
    split: Split
    corpus: Corpus
    fold: str
    entry: Entry
    variant: str
    seed: int = 0
    setup: Setup = ""
    epoch: int | None = None  # to end after; None: as `fit` ends

    def job(self) -> Job:
        data = folds.data_digest(self.task_name, self.task, self.split, self.corpus)
        code = form.code_of(self.entry, self.variant)
        return Job(
            *(self.task_name, self.split.name, self.fold, self.entry.name, self.variant),
            *(self.seed, data, code, self.setup),
        )


def train(paths: Paths, what: Training, config: RunConfig, folder: Path, tell: Tell) -> Description:
    """Train it and write `folder`, which must not be there; the model as `fit` leaves it.

    UserError where the entry fails, with its reason and its log; nothing is written then.
    """
    if folder.exists() and not (folder.is_dir() and storage.is_empty(folder)):
        raise UserError(
            f"--keep {folder}: expected a new folder, found one with files; name another"
        )
    one = replace(what.split, folds={what.fold: what.split.folds[what.fold]})
    folds.prepare(paths.runs, paths.data, what.task_name, what.task, one, what.corpus, tell)
    job = what.job()
    request = JobRequest(job, paths, what.entry.path, what.entry.kind, config, ())
    asked, roles = fold_reader.read_part(request.fold / "visible")
    log = paths.runs / "logs" / "kept" / job.key.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    tell(f"training {what.entry.name} on {len(roles['train'])} recordings of {what.split.name}")
    with TemporaryDirectory(prefix=".keeping-", dir=paths.runs) as scratch:
        place, checkpoints = Path(scratch, form.MODEL), Path(scratch, "checkpoints")
        for each in (place, checkpoints):
            each.mkdir()
        keeping = Keeping(keeps=place, epoch=what.epoch)
        report = _fitted(request, what.entry, checkpoints, log, keeping)
        _check_epoch(what, report)
        found = _description(request, what, asked, roles, report, form.files_of(place))
        _write(folder, place, found)
        storage.remove(checkpoints)
        storage.remove(place)
    return found


def _fitted(
    request: JobRequest, entry: Entry, checkpoints: Path, log: Path, keeping: Keeping
) -> worker_model.SelfReport:
    """What the model says of itself once the worker has written it."""
    try:
        with worker_run.started(request, entry, checkpoints, log, keeping) as worker:
            worker.wait_until_ready()
            with worker.breaches():
                training = worker.train()
                assert training is not None
    except Breach as breach:
        raise UserError(f"{entry.name} could not be trained and kept: {breach}; see {log}") from (
            breach
        )
    return worker_model.checked(training.report)


def _check_epoch(what: Training, report: worker_model.SelfReport) -> None:
    if what.epoch is not None and len(report.history) != what.epoch:
        found = f"{len(report.history)} epochs" if report.history else "nothing of epochs"
        raise UserError(
            f"--epoch {what.epoch}: expected {what.entry.name} to end after that epoch, found"
            f" {found} in its history; choose an earlier one, or leave --epoch out"
        )


def _description(
    request: JobRequest,
    what: Training,
    asked: Asked,
    roles: Mapping[str, list[Recording]],
    report: worker_model.SelfReport,
    files: Mapping[str, form.KeptFile],
) -> Description:
    return Description(
        layout=form.LAYOUT,
        entry=what.entry.name,
        kind=what.entry.kind,
        variant=what.variant,
        settings=what.entry.settings(what.variant),
        seed=what.seed,
        setup=what.setup,
        epoch=what.epoch,
        task=what.task_name,
        task_version=what.task.version,
        split=what.split.name,
        fold=what.fold,
        data=request.job.data,
        code=request.job.code,
        recordings={role: len(chosen) for role, chosen in roles.items()},
        inputs=list(asked.inputs),
        target=asked.target,
        signals=form.signal_fields(asked),
        frames={
            name: _frame(request.fold / "visible" / name, roles["train"])
            for name in (*asked.inputs, asked.target)
        },
        parameters=report.parameters,
        history=list(report.history),
        environment=environment.describe(request.paths.root, "cuda" in what.setup),
        finished=now(),
        files=dict(files),
    )


def _frame(folder: Path, recordings: Sequence[Recording]) -> list[int] | None:
    """The shape of one time step of a signal, where all recordings have the same."""
    arrays = (np.load(folder / f"{r.id}.npy", mmap_mode="r") for r in recordings)
    shapes = {array.shape[1:] for array in arrays}
    return list(shapes.pop()) if len(shapes) == 1 else None


def _write(folder: Path, place: Path, found: Description) -> None:
    """Copy the files, which belong to the sandbox's user, and write the description last."""
    if folder.is_dir():
        folder.rmdir()
    with storage.whole_folder(folder) as new:
        for name in found.files:
            copied = new / form.MODEL / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place / name, copied)
            copied.chmod(0o644)
        (new / form.MODEL).mkdir(exist_ok=True)
        form.write(new, found)
