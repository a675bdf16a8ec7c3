"""What a prediction must be: its shape, its type, its values; and the same told beforehand.

Whoever brings predictions instead of code puts one file a recording into a folder for each split:

    FOLDER/manifest.json                       who and what; `contract TASK` prints one to fill in
    FOLDER/<split>/<recording>.npy             or .npz that holds one array; no pickles

where `<split>` is its full name, such as `embedded.new_sentences`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Corpus, Signal, Split, Task
from benchmark.data import folds
from benchmark.worker import fold_reader

LONGEST_TEXT = 10_000  # characters
LAST_CODE_POINT = 0x10FFFF
SURROGATES = 0xD800, 0xDFFF  # halves of a pair of UTF-16: no characters, and no file can hold them


class Breach(Exception):
    """A prediction that cannot be scored, or none at all; the message is the reason."""


def check_head(
    where: str, dtype: np.dtype[Any], found: tuple[int, ...], shape: tuple[int, ...], target: Signal
) -> None:
    """Compare type and shape with what the target asks for, before any value is read."""
    if not _fits(dtype, target):
        raise Breach(f"{where}: expected {_numbers(target)}, got dtype {str(dtype)[:40]}")
    got = str(found)[:80]
    if target.free:
        if len(found) != 1 or not 0 <= found[0] <= LONGEST_TEXT:
            raise Breach(f"{where}: expected at most {LONGEST_TEXT} code points (n,), got {got}")
    elif found != shape:
        raise Breach(f"{where}: expected shape {shape}, got {got}")


def _fits(dtype: np.dtype[Any], target: Signal) -> bool:
    kinds = "iu" if target.labels or target.free else "iuf"
    return dtype.kind in kinds and dtype.itemsize <= 8


def _numbers(target: Signal) -> str:
    return "integers" if target.labels or target.free else "real numbers"


def check_values(where: str, prediction: Array, target: Signal) -> None:
    """Every value is a number, and one that the target can have."""
    if not np.isfinite(prediction).all():
        bad = int(np.count_nonzero(~np.isfinite(prediction)))
        raise Breach(f"{where}: {bad} of {prediction.size} values are NaN or infinite")
    if target.free and not ((prediction >= 0) & (prediction <= LAST_CODE_POINT)).all():
        raise Breach(f"{where}: expected code points of Unicode, got other numbers")
    if target.free and ((prediction >= SURROGATES[0]) & (prediction <= SURROGATES[1])).any():
        raise Breach(f"{where}: expected characters, got half a surrogate pair (U+D800 to U+DFFF)")
    if target.labels and not 0 <= int(prediction) < len(target.labels):
        last = len(target.labels) - 1
        raise Breach(f"{where}: expected a label from 0 to {last}, got {prediction}")


def shape_of(target: Signal, answer: Array) -> tuple[int, ...]:
    """The shape that is asked for, which tells the model how long the answer is."""
    return (-1,) if target.free else answer.shape


@dataclass(frozen=True)
class ExpectedPrediction:
    """The fold that a test recording belongs to, and the shape of its prediction."""

    fold: str
    shape: tuple[int, ...]  # (-1,): of any length


@dataclass(frozen=True)
class Contract:
    """All that predictions for one split must be."""

    split: str
    data: str  # digest of the data that they are for
    target: str
    inputs: tuple[str, ...]
    signals: Mapping[str, Signal]
    recordings: Mapping[str, ExpectedPrediction]  # by recording id

    def as_json(self) -> dict[str, Any]:
        """What the command `contract` prints."""
        target = self.signals[self.target]
        return {
            "split": self.split,
            "data": self.data,
            "target": {"signal": self.target, **_described(target), "numbers": _numbers(target)},
            "inputs": {signal: _described(self.signals[signal]) for signal in self.inputs},
            "recordings": {
                name: {"fold": one.fold, "shape": list(one.shape)}
                for name, one in self.recordings.items()
            },
        }


def contract(runs: Path, name: str, task: Task, split: Split, corpus: Corpus) -> Contract:
    """The contract of one split, which is prepared already."""
    data = folds.data_digest(name, task, split, corpus)
    target = corpus.signals[task.target]
    recordings = {}
    for fold in split.folds:
        _, roles = fold_reader.read_part(folds.fold_folder(runs, data, fold) / "answers")
        for recording in roles["test"]:
            shape = shape_of(target, recording[task.target])
            recordings[recording.id] = ExpectedPrediction(fold, shape)
    return Contract(split.name, data, task.target, task.inputs, corpus.signals, recordings)


def _described(signal: Signal) -> dict[str, Any]:
    fields: dict[str, Any] = {"unit": signal.unit, "dtype": signal.dtype, "rate_hz": signal.rate}
    if signal.channels:
        fields["channels"] = list(signal.channels)
    if signal.labels:
        fields["labels"] = list(signal.labels)
    return fields


def blank(name: str, splits: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of predictions, with what only their author knows left open."""
    return {
        "title": "Title shown on the leaderboard",
        "authors": [],
        "licence": "CC-BY-4.0",
        "citation": "",
        "trained_on": "the training part of the task",
        "task": name,
        "data": dict(splits),  # split -> digest: what the predictions were made for
    }
