"""Answers of a kept model to inputs of the user, from a worker in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark import storage
from benchmark.core import Array, Job, Paths, Setup, UserError
from benchmark.evaluation import ask_model, validation, worker_run
from benchmark.evaluation.kept import description as form
from benchmark.evaluation.kept import inputs
from benchmark.evaluation.kept.description import Description
from benchmark.evaluation.validation import Breach
from benchmark.registry import Entry
from benchmark.sandbox.request import JobRequest, RunConfig
from benchmark.sandbox.workspace import Keeping


@dataclass(frozen=True)
class Answering:
    """A worker that has read a kept model."""

    kept: Description
    predict: ask_model.Predict

    def answer(self, name: str, given: Mapping[str, Array]) -> tuple[Array, float]:
        """The answer to one recording, validated as in a run, and the seconds that it took."""
        target = self.kept.asked().signals[self.kept.target]
        found, seconds = self.predict(name, given, inputs.shape_of(self.kept, given))
        validation.check_values(name, found, target)
        return found, seconds


@contextmanager
def answering(
    paths: Paths,
    folder: Path,
    kept: Description,
    entry: Entry,
    config: RunConfig,
    setup: Setup = "",
) -> Iterator[Answering]:
    """Start a worker that reads the model in `folder` and waits for inputs.

    It computes as `setup` says; what of the model lay on a GPU goes there, too.

    UserError where the model cannot be read, or fails to answer within the context.
    """
    job = Job(
        *(kept.task, kept.split, kept.fold, kept.entry, kept.variant),
        *(kept.seed, kept.data, kept.code, setup),
    )
    request = JobRequest(job, paths, entry.path, entry.kind, config, ())
    log = paths.runs / "logs" / "kept" / job.key.with_suffix(".predict.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".answering-", dir=paths.runs) as scratch:
        visible, checkpoints = Path(scratch, "visible"), Path(scratch, "checkpoints")
        checkpoints.mkdir()
        _write_asked(visible, kept)
        keeping = Keeping(kept=folder / form.MODEL, visible=visible)
        try:
            with worker_run.started(request, entry, checkpoints, log, keeping) as worker:
                worker.wait_until_ready()
                with worker.breaches():
                    worker.train()
                    target = kept.asked().signals[kept.target]
                    yield Answering(kept, ask_model.from_worker(worker.child, target))
        except Breach as breach:
            raise UserError(f"{kept.entry} gave no answer: {breach}; see {log}") from breach
        finally:
            storage.remove(checkpoints)


def _write_asked(folder: Path, kept: Description) -> None:
    """What a worker is shown of a fold, with no recordings in it."""
    asked = kept.asked()
    index = {"asked": asdict(asked), "train": [], "valid": []}
    storage.write_json(folder / "index.json", index)
