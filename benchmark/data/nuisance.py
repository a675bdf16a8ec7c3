"""What each nuisance cue by itself tells of the class, on training data alone.

In a corpus that was recorded in blocks of one word, the drift between blocks tells the word: in the
middle of silence, from a zero that has moved, or by a level. No comparison of contents can see
that. Here a regression on each cue (`baselines/_cues.py`) answers recordings that were held out of
it, and its share of right answers stands beside that of the commonest class.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np

from benchmark.core import Array, Asked, Paths, Recording, Split
from benchmark.data import folds
from benchmark.registry import project
from benchmark.worker import fold_reader
from benchmark.worker.loading import load_module

CUES = project.find(project.root(), "baselines/_cues.py")
MOST_CLASSES = 500
FEW = 0.5  # classes as a share of the recordings: where most texts are new, none can be told
SURE = 3.0  # standard deviations above chance, from which on a cue tells something


@dataclass(frozen=True)
class Told:
    """Share of right answers by one cue, over the training parts of all folds."""

    cue: str
    accuracy: float
    chance: float  # share of the commonest class
    recordings: int  # different ones

    @property
    def tells(self) -> bool:
        """Whether it is more than chance gives by luck."""
        deviation = math.sqrt(self.chance * (1 - self.chance) / max(1, self.recordings))
        return self.accuracy > self.chance + SURE * deviation


@cache
def _cues() -> ModuleType:
    return load_module(CUES)


def told(paths: Paths, split: Split, data: str) -> list[Told]:
    """Of each cue, over the training parts of all folds; empty where there are no classes.

    `data` is the data digest of a prepared split. A class is a label, or a text that is repeated,
    unless no text of the training part is tested.
    """
    known: dict[str, Mapping[str, Array]] = {}
    right: Counter[str] = Counter()
    commonest = total = 0
    for fold in split.folds:
        folder = folds.fold_folder(paths.runs, data, fold)
        asked, roles = fold_reader.read_part(folder / "visible")
        if not _is_label(asked) and "text" in split.disjoint:
            continue
        classes = classes_of(asked, roles["train"])
        if not classes:
            continue
        names = folds.names(folder)
        for recording in roles["train"]:
            if names[recording.id] not in known:
                known[names[recording.id]] = cues_of(asked, recording)
        rows = [known[names[recording.id]] for recording in roles["train"]]
        right.update(right_answers(rows, classes, roles["train"], roles["valid"]))
        commonest += max(Counter(classes).values())
        total += len(classes)
    return [Told(cue, n / total, commonest / total, len(known)) for cue, n in right.items()]


def cues_of(asked: Asked, recording: Recording) -> Mapping[str, Array]:
    """The numbers of each cue of one recording, from all inputs of the task."""
    inputs = {name: asked.signals[name] for name in asked.inputs}
    found: Mapping[str, Array] = _cues().cues(recording, inputs)
    return found


def classes_of(asked: Asked, recordings: Sequence[Recording]) -> list[str]:
    """The class of each recording: its label, else its text; empty where there are too many."""
    if _is_label(asked):
        labels = asked.signals[asked.target].labels
        found = [labels[int(r[asked.target])] for r in recordings]
    else:
        found = [r.text for r in recordings]
    count = len(set(found))
    return found if 1 < count <= min(MOST_CLASSES, FEW * len(found)) else []


def _is_label(asked: Asked) -> bool:
    """Whether the target is one label of the whole recording."""
    target = asked.signals[asked.target]
    return bool(target.labels) and target.rate is None


def right_answers(
    rows: Sequence[Mapping[str, Array]],
    classes: Sequence[str],
    train: Sequence[Recording],
    valid: Sequence[Recording],
) -> dict[str, int]:
    """How many held-out recordings each cue gets right, by the strength that suits it best.

    Recordings are held out as `valid` is kept apart: by speaker, by session, or one by one.
    """
    tools = _cues()
    names, number = np.unique(classes, return_inverse=True)
    wanted, part = tools.one_hot(number, len(names)), tools.parts(train, valid, tools.PLACES)
    return {
        cue: max(
            int((found.argmax(axis=1) == number).sum())
            for _, found in tools.held_out(tools.Scale(x)(x), wanted, part)
        )
        for cue, x in tools.table(rows).items()
    }


def line(found: Iterable[Told]) -> str:
    """One sentence on all cues, for the terminal; empty without any."""
    cues = sorted(found, key=lambda each: -each.accuracy)
    if not cues:
        return ""
    said = ", ".join(f"{each.cue} {each.accuracy:.2f}" for each in cues)
    telling = [each.cue for each in cues if each.tells]
    head = f"nuisance cues tell the class ({' and '.join(telling[:2])})" if telling else "nuisance"
    return f"{head}: {said}; chance {cues[0].chance:.2f} ({cues[0].recordings} training recordings)"
