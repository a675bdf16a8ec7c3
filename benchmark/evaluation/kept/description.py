"""The folder of a kept model: what lies in it, and what it must be to be used.

    DIR/kept.json   the description: what was trained on what, by which code, and the files' sums
    DIR/model/      what the worker wrote, see `worker/keeping.py`

The description is compared with the files, with today's code of the entry, and with itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmark import storage
from benchmark.core import Asked, Setup, Signal, UserError
from benchmark.registry import Entry
from benchmark.results import environment
from benchmark.worker import fold_reader

LAYOUT = 1
NAME, MODEL = "kept.json", "model"
MOST_FILES = 1000
AGAIN = "train it again: silentbench train"


class KeptFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int  # bytes
    sha256: str


class Description(BaseModel):
    """All that is known of a kept model; times in UTC, rates in Hz."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: int
    entry: str
    kind: str  # baseline or submission
    variant: str
    settings: dict[str, Any]
    seed: int
    setup: Setup
    epoch: int | None  # after which it was kept; None: as `fit` left it
    task: str
    task_version: str
    split: str
    fold: str
    data: str  # digest of task, split and corpus
    code: str  # digest of the entry's code, weights and settings
    recordings: dict[str, int]  # that it was trained on, by role
    inputs: list[str]
    target: str
    signals: dict[str, dict[str, Any]]  # fields of core.Signal
    # Shape of one time step; None where it differs between recordings.
    frames: dict[str, list[int] | None]
    parameters: int | None
    history: list[float]
    environment: dict[str, str | int | None]
    finished: str
    files: dict[str, KeptFile]
    digest: str = ""  # of all the others

    def sealed(self) -> Description:
        return self.model_copy(update={"digest": self._sum()})

    def is_whole(self) -> bool:
        return self.digest == self._sum()

    def _sum(self) -> str:
        return storage.digest(self.model_dump(mode="json", exclude={"digest"}))

    def asked(self) -> Asked:
        """What the model was told about its task."""
        signals = {name: fold_reader.signal(fields) for name, fields in self.signals.items()}
        return Asked(self.task, tuple(self.inputs), self.target, signals)

    def in_words(self) -> list[str]:
        """A few lines for the user: what it is, and what it takes and gives."""
        where = f"{self.split}, fold {self.fold}"
        after = f", after epoch {self.epoch}" if self.epoch else ""
        trained = self.recordings.get("train", 0)
        lines = [
            f"{self.entry} ({self.variant}, seed {self.seed}{after}) for {self.task}",
            f"    trained on {trained} recordings of {where}",
        ]
        asked = self.asked()
        for role, names in (("input", self.inputs), ("answer", [self.target])):
            lines += [f"    {role}: {n}, {self._in_words(asked.signals[n], n)}" for n in names]
        return lines

    def _in_words(self, signal: Signal, name: str) -> str:
        if signal.free:
            return "a text"
        if signal.rate is None:
            return f"one of {', '.join(signal.labels)}"
        frame = self.frames[name]
        named = f" ({', '.join(signal.channels)})" if signal.channels else ""
        shape = "any number of" if frame is None else " x ".join(map(str, frame)) or "1"
        return f"{shape} a time step{named}, {signal.rate:g} Hz, {signal.unit}"


def signal_fields(asked: Asked) -> dict[str, dict[str, Any]]:
    named = (*asked.inputs, asked.target)
    return {name: json.loads(json.dumps(asdict(asked.signals[name]))) for name in named}


def write(folder: Path, description: Description) -> None:
    storage.write_json(folder / NAME, description.sealed().model_dump(mode="json"))


def read(folder: Path) -> Description:
    """The description of a kept model whose files are those it names.

    UserError for a folder that is none, and one that is damaged, each with what to do.
    """
    path = folder / NAME
    if not path.is_file():
        found = "no such folder" if not folder.is_dir() else f"a folder without {NAME}"
        raise UserError(
            f"{folder}: expected a folder that `silentbench train --keep` has written,"
            f" found {found}"
        )
    try:
        raw = json.loads(storage.read_text(path))
        layout = raw["layout"]
        if layout != LAYOUT:
            raise UserError(f"{path}: expected layout {LAYOUT}, found {layout!r:.40}; {AGAIN}")
        description = Description.model_validate(raw)
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        said = str(error).splitlines()[0]
        raise UserError(
            f"{path}: damaged: expected a description ({said:.200}); {AGAIN}"
        ) from error
    if not description.is_whole():
        raise UserError(f"{path}: damaged or edited: its digest is not that of its text; {AGAIN}")
    _check_files(folder, description.files)
    return description


def _check_files(folder: Path, expected: Mapping[str, KeptFile]) -> None:
    found = files_of(folder / MODEL)
    for name in sorted({*expected, *found}):
        place = folder / MODEL / name
        if name not in found:
            raise UserError(f"{place}: damaged: this file of the model is missing; {AGAIN}")
        if name not in expected:
            raise UserError(f"{place}: is no file of this model; remove it, or {AGAIN}")
        if found[name] != expected[name]:
            raise UserError(
                f"{place}: damaged: expected {expected[name].size:,} bytes with the sum"
                f" {expected[name].sha256[:12]}, found {found[name].size:,} with"
                f" {found[name].sha256[:12]}; {AGAIN}"
            )


def files_of(folder: Path) -> dict[str, KeptFile]:
    """Every file below a folder that an untrusted process wrote, with its sum.

    UserError for anything but folders and plain files, of which a link could lead elsewhere.
    """
    found: dict[str, KeptFile] = {}
    pending = [""]
    while pending:
        place = pending.pop()
        if not (folder / place).is_dir() or (folder / place).is_symlink():
            raise UserError(f"{folder / place}: expected a folder, found none, or a link; {AGAIN}")
        with os.scandir(folder / place) as listed:
            for each in listed:
                name = os.path.join(place, each.name)
                mode = each.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    pending.append(name)
                elif not stat.S_ISREG(mode):
                    raise UserError(f"{folder / name}: expected a plain file, found another kind")
                else:
                    found[name] = _sum(folder / name)
                if len(found) + len(pending) > MOST_FILES:
                    raise UserError(f"{folder}: expected at most {MOST_FILES} files of a model")
    return found


def _sum(path: Path) -> KeptFile:
    with path.open("rb") as file:
        total = hashlib.file_digest(file, "sha256")
        return KeptFile(size=file.tell(), sha256=total.hexdigest())


def check_code(description: Description, entry: Entry) -> None:
    """UserError where the entry's code, weights or settings are others than it was kept by."""
    today = code_of(entry, description.variant)
    if today != description.code:
        commit = description.environment.get("commit") or "unknown"
        raise UserError(
            f"{entry.path}: expected the code that this model was trained by (digest"
            f" {description.code[:12]}, commit {commit}), found other code ({today[:12]}); check"
            f" that commit out, or {AGAIN} {entry.name} --task {description.task}"
        )


def code_of(entry: Entry, variant: str) -> str:
    """Digest of what decides what a model does; metrics, which a result's digest has, do not."""
    return entry.code_digest(variant, ())


def other_versions(description: Description) -> list[str]:
    """A sentence for each library that is not here in the version the model was kept with."""
    here = environment.versions()
    return [
        f"{name} is {here[name] or 'not installed'} here, and was {description.environment[name]}"
        " when the model was kept: its answers may differ in the last digits"
        for name in here
        if description.environment.get(name) not in (None, here[name])
    ]
