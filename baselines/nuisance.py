# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Nuisance cues: length, level, zero and silences"
# authors = ["SilentBench contributors"]
# tasks = ["*"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# ///
"""A floor: what is known of an answer from how a recording was made, not from what is in it.

The cues are the duration, level and offset of each input channel, and the same of the silences.
Which of them is used, and how much a regression on it is shrunk, is chosen by cross-validation on
the training part; it may be none. A label, or one of a few texts, is the class with the largest
regression on the classes as one-hot rows. A text of many, or a sound, is that of the training
recording whose cue is nearest. Any other signal is the mean course of the training answers,
stretched to the length asked for, at the mean level that the cue tells.
"""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from _courses import stretched
from _cues import PLACES, SHRINK, Scale, cues, held_out, one_hot, parts, solve, table
from _nouns import Array, Asked, Inputs, Recordings, Shape

POINTS = 64  # of a mean course, and of the course of a sound's level
MOST_COLUMNS = 512  # of an answer's frame that have a mean each; a larger one has one
SOUND = 4000.0  # Hz, from which on one channel is a sound, of which no mean can be taken
FEW = 0.5  # texts that are different, as a share of the recordings, up to which they are classes
MOST_COMPARED = 1000  # recordings whose nearest neighbours are compared with them
NONE = ""  # the cue that is none


class Model:
    parameters = 0

    def __init__(self, asked: Asked, seed: int) -> None:
        self.inputs = {name: asked.signals[name] for name in asked.inputs}
        self.target, self.signal = asked.target, asked.signals[asked.target]

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.table = table([cues(recording, self.inputs) for recording in train])
        self.part = parts(train, valid)
        self.by_place = parts(train, valid, PLACES)
        if self.signal.free:
            self._fit_texts([tuple(recording[self.target].tolist()) for recording in train])
        elif self.signal.rate is None:
            self._fit_classes([int(recording[self.target]) for recording in train])
        elif self.signal.rate >= SOUND and train[0][self.target].ndim == 1:
            self._fit_sounds(train)
        else:
            self._fit_courses(train)

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        answer = self.answer(inputs, shape)
        dtype = np.dtype(self.signal.dtype)
        if dtype.kind in "iu":
            answer = np.clip(np.rint(answer), np.iinfo(dtype).min, np.iinfo(dtype).max)
        return np.asarray(answer).astype(dtype)

    def _row(self, inputs: Inputs) -> Array:
        """The chosen cue of one recording, (1, n)."""
        return table([cues(inputs, self.inputs)])[self.cue]

    # Labels, and texts of which there are few

    def _fit_classes(self, classes: list[int]) -> None:
        self.part = self.by_place
        self.names, number = np.unique(classes, return_inverse=True)
        commonest = int(np.bincount(number).argmax())
        wanted = one_hot(number, len(self.names))

        def score(found: Array) -> float:
            return float(np.mean(found.argmax(axis=1) == number))

        self._choose(wanted, score, float(np.mean(number == commonest)))
        self.answer = lambda inputs, _: self.names[
            int(self._regressed(inputs).argmax()) if self.cue else commonest
        ]

    def _choose(self, y: Array, score: Callable[[Array], float], without: float) -> None:
        """The cue and the strength with the best score of rows that are held out."""
        best, self.cue, strength = without, NONE, SHRINK[0]
        for name, x in self.table.items():
            for tried, found in held_out(Scale(x)(x), y, self.part):
                if (reached := score(found)) > best:
                    best, self.cue, strength = reached, name, tried
        if self.cue:
            self.scale = Scale(self.table[self.cue])
            x = self.scale(self.table[self.cue])
            self.weights, self.mean = solve(x, y, strength)
            self.parameters = int(self.weights.size + self.mean.size)

    def _regressed(self, inputs: Inputs) -> Array:
        return (self.scale(self._row(inputs)) @ self.weights + self.mean)[0]

    # Texts, and sounds

    def _fit_texts(self, texts: list[tuple[int, ...]]) -> None:
        count = Counter(texts)
        if len(count) <= FEW * len(texts):
            known = list(count)
            self._fit_classes([known.index(text) for text in texts])
            classified = self.answer
            self.answer = lambda inputs, shape: np.array(known[int(classified(inputs, shape))])
            return
        words = ["".join(map(chr, text)).split() for text in texts]
        commonest = texts.index(count.most_common(1)[0][0])
        self._choose_nearest(lambda a, b: _word_errors(words[a], words[b]), commonest)
        self.answer = lambda inputs, _: np.array(texts[self._nearest(inputs)])

    def _fit_sounds(self, train: Recordings) -> None:
        levels = np.array([_course_of_level(recording[self.target]) for recording in train])
        commonest = int(np.square(levels - levels.mean(axis=0)).sum(axis=1).argmin())
        self._choose_nearest(lambda a, b: float(np.square(levels[a] - levels[b]).mean()), commonest)
        self.answer = lambda inputs, shape: np.resize(
            train[self._nearest(inputs)][self.target], shape
        )

    def _choose_nearest(self, error: Callable[[int, int], float], commonest: int) -> None:
        """The cue by which a neighbour in another part is most alike, or one recording for all."""
        step = -(-len(self.part) // MOST_COMPARED)
        compared = range(0, len(self.part), step)
        self.commonest, self.cue = commonest, NONE
        best = sum(error(i, commonest) for i in compared)
        for name, x in self.table.items():
            z = Scale(x).near(x)
            pairs = ((i, _nearest(z, z[i], self.part != self.part[i])) for i in compared)
            if (reached := sum(error(i, j) for i, j in pairs)) < best:
                best, self.cue = reached, name
        if self.cue:
            self.scale = Scale(self.table[self.cue])
            self.known = self.scale.near(self.table[self.cue])

    def _nearest(self, inputs: Inputs) -> int:
        if not self.cue:
            return self.commonest
        one = self.scale.near(self._row(inputs))[0]
        return _nearest(self.known, one, np.ones(len(self.known), bool))

    # Other signals in time

    def _fit_courses(self, train: Recordings) -> None:
        course, means = 0.0, []
        for recording in train:
            frames = np.asarray(recording[self.target], np.float64)
            course = course + stretched(frames, POINTS) / len(train)
            mean = frames.mean(axis=0).ravel()
            means.append(mean if mean.size <= MOST_COLUMNS else mean.mean(keepdims=True))
        y = np.array(means)
        self.course, centre = np.asarray(course), y.mean(axis=0)
        spread = y.std(axis=0) + 1e-12

        def score(found: Array) -> float:
            return -float(np.square((found - y) / spread).mean())

        self._choose(y, score, score(np.broadcast_to(centre, y.shape)))
        self.parameters += int(self.course.size)
        self.answer = lambda inputs, shape: self._course(
            shape, self._regressed(inputs) - centre if self.cue else np.zeros(len(centre))
        )

    def _course(self, shape: Shape, offset: Array) -> Array:
        answer = stretched(self.course, shape[0])
        return answer + (offset.reshape(shape[1:]) if offset.size > 1 else offset[0])


def _course_of_level(sound: Array) -> Array:
    """ln of the root mean square in POINTS parts of equal length."""
    pieces = np.array_split(np.asarray(sound, np.float64), POINTS)
    return np.array([np.log(np.sqrt(np.mean(p**2)) + 1e-6) if p.size else 0.0 for p in pieces])


def _nearest(known: Array, one: Array, allowed: Array) -> int:
    distance = np.square(known - one).sum(axis=1)
    return int(np.where(allowed, distance, np.inf).argmin())


def _word_errors(wanted: list[str], found: list[str]) -> int:
    """Words to insert, delete or replace."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]
