"""One job to be done: its key, its files, how it is run and what it needs."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmark.core import Job, Paths
from benchmark.data import folds
from benchmark.sandbox import backends
from benchmark.worker.limits import Limits

ASSUMED_MB = 1000  # memory of a job that was never measured


def run_secret(runs: Path) -> bytes:
    """The secret (32 bytes) of a working folder, made on first use; no model can read it."""
    path = runs / "secret"
    if not path.exists():
        runs.mkdir(parents=True, exist_ok=True)
        unique = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with open(os.open(unique, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):  # somebody else's came first: take that
                os.link(unique, path)
        finally:
            unique.unlink(missing_ok=True)
    return path.read_bytes()


@dataclass(frozen=True)
class RunConfig:
    """How every job of a run is done."""

    limits: Limits = field(default_factory=Limits)
    isolation: backends.Backend = field(default_factory=backends.strongest)
    shuffle: bool = False  # probe every job, and not one of each entry
    aggregates: bool = False  # leave a result that says nothing of a single recording
    audit: bool = False  # have the worker log what it does beyond its scratch folder


@dataclass(frozen=True)
class JobRequest:
    """A job with all that it takes to run it, in one value that travels as JSON.

    It names the entry's file, so that whoever runs it reads one task and one entry.
    """

    job: Job
    paths: Paths
    entry: Path  # the entry's file
    kind: str  # of the entry: baseline or submission
    config: RunConfig
    metrics: tuple[str, ...]  # ids of those that its corpus is scored by
    processes: int = 1  # that may measure
    seconds: float | None = None  # that it took before; None: unknown
    memory_mb: float = ASSUMED_MB
    gpu: bool = False  # whether it is given one
    probed: bool = False  # whether a second worker is asked too, see evaluation/probes.py
    attempts: int = 0  # before, that a signal ended

    timing: bool = False  # alone, for its costs; its result lies apart

    def dump(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def parse(cls, text: str) -> Self:
        raw = json.loads(text)
        raw["job"] = Job(**raw["job"])
        raw["paths"] = Paths(**{name: Path(path) for name, path in raw["paths"].items()})
        raw["entry"] = Path(raw["entry"])
        raw["metrics"] = tuple(raw["metrics"])
        raw["config"]["limits"] = Limits(**raw["config"]["limits"])
        raw["config"] = RunConfig(**raw["config"])
        return cls(**raw)

    @property
    def fold(self) -> Path:
        """The folder of the job's fold."""
        return folds.fold_folder(self.paths.runs, self.job.data, self.job.fold)

    @property
    def result(self) -> Path:
        return self._place("results", ".json")

    @property
    def checkpoints(self) -> Path:
        return self._place("checkpoints", "")

    @property
    def log(self) -> Path:
        """What the worker prints."""
        return self._place("logs", ".log")

    def _place(self, what: str, suffix: str) -> Path:
        runs = self.paths.runs / "timing" if self.timing else self.paths.runs
        return runs / what / self.job.key.with_suffix(suffix)
