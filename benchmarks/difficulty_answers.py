"""What `difficulty` lets answer: two that know nothing, a line and a small network.

Each is made, fitted and asked as a baseline is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))

import _features as features
import articulation_conv
import blind
import emg_words
import nuisance
import ridge
from _views import Trajectory

from benchmark.core import Array, Signal

REACH = 0.19  # s of context to either side of a frame
STEP = {"emg": 0.04, "seeg": 0.045}  # s from one frame of context to the next
POINTS = 200  # of a mean course
NEAREST = 0.25  # of the training answers, those that last most alike


@dataclass(frozen=True, eq=False)
class Item:
    """A recording whose signals are read once."""

    id: str
    speaker: str
    session: str
    text: str
    kind: str  # "sentence", "word" or "silent"
    read: Callable[[str], Array] = field(repr=False)
    kept: dict[str, Array] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Array:
        if name not in self.kept:
            self.kept[name] = self.read(name)
        return self.kept[name]


class Given(dict[str, Array]):
    """What a model sees of a recording that is tested, and what is kept of it."""

    def __init__(self, item: Item, name: str) -> None:
        super().__init__({name: item[name]})
        self.kept = item.kept


@dataclass(frozen=True)
class Asked:
    """What a model is told of a task."""

    task: str
    inputs: tuple[str, ...]
    target: str
    signals: Mapping[str, Signal]


class Stretched:
    """The mean training answer at relative time; with `alike`, of those that last alike."""

    alike = 1.0

    def __init__(self, asked: Asked, seed: int) -> None:  # noqa: ARG002
        self.target = asked.target

    def fit(self, train: Sequence[Item], valid: Sequence[Item]) -> None:  # noqa: ARG002
        answers = [item[self.target] for item in train]
        self.lengths = np.log([len(answer) for answer in answers])
        self.courses = np.stack([resized(answer, POINTS) for answer in answers])

    def predict(self, inputs: Given, shape: tuple[int, ...]) -> Array:  # noqa: ARG002
        count = max(1, round(self.alike * len(self.courses)))
        near = np.argsort(np.abs(self.lengths - np.log(shape[0])), kind="stable")[:count]
        return resized(self.courses[near].mean(axis=0), shape[0])


class Length(Stretched):
    alike = NEAREST


class Own(Trajectory):
    """Features beside themselves without their recording's mean."""

    def features(self, inputs: Any, frames: int) -> Array:
        name = f"features of {self.input} in {frames} frames"
        if name not in inputs.kept:
            x = super().features(inputs, frames)
            inputs.kept[name] = np.concatenate([x, features.own_level(x)], axis=1)
        kept: Array = inputs.kept[name]
        return kept


class Around(Own):
    """The same of several moments around a frame."""

    def features(self, inputs: Any, frames: int) -> Array:
        x = super().features(inputs, frames)
        step = max(1, round(STEP[self.input] * self.frame_rate))
        reach = round(REACH * self.frame_rate) // step * step
        place = np.arange(frames)[:, None] + np.arange(-reach, reach + 1, step)
        return x[np.clip(place, 0, frames - 1)].reshape(frames, -1)


class Line(ridge.Model):
    reach = 0.0  # the view has the context

    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(asked, seed)
        self.view = Around(asked)


class Network(articulation_conv.Model):
    def __init__(self, asked: Asked, seed: int) -> None:
        super().__init__(asked, seed)
        self.view = Own(asked)


ANSWERS: dict[str, Callable[[Asked, int], Any]] = {
    "stretched": Stretched,
    "length": Length,
    "blind": blind.Model,
    "nuisance": nuisance.Model,
    "line": Line,
}
OF_WORDS: tuple[Callable[[Asked, int], Any], ...] = (
    ridge.Model,
    partial(emg_words.Model, network="gru"),  # a word may begin anywhere
)


def resized(course: Array, count: int) -> Array:
    place = np.linspace(0, len(course) - 1, count)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(course) - 1)
    part = (place - before)[:, None]
    return course[before] * (1 - part) + course[after] * part
