"""What a second worker answers: does a model look ahead, does it remember earlier recordings?

A model that is asked twice can remember what it said, and be honest only when it is asked again.
So a second worker trains the same model in a sandbox of its own, is asked other questions in
another order, and its answers are compared with those that are scored. Which of the two is scored
is decided by lot, and neither can tell.

**Look-ahead.** From some moment on, the inputs of a recording are replaced by noise; the second
worker meets the recording in this form alone. The earliest frame of its answer that is not that of
the scored answer tells how far ahead the model looked: the largest distance found over several
recordings, in ms, to within one frame. It is a lower bound: noise shows that a model looks ahead,
and cannot show that it never does.

**Order.** Other recordings are asked as they are. A model that remembers earlier inputs, draws
random numbers while it predicts, or does not train the same way twice, gives other answers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from benchmark.core import Array, Recording, Signal

FEWEST_NOISY, MOST_NOISY = 4, 7  # recordings, where there are twice as many
FEWEST_AGAIN, MOST_AGAIN = 8, 12
DRAWS = 20  # of an order
EARLIEST, LATEST = 0.25, 0.75  # of its length, where noise begins
SAME = 1e-5  # of the answer's standard deviation: what arithmetic alone may change
UNLIKE = 1e6  # standard deviations: a text of another length

Inputs = Mapping[str, Array]
Answers = Mapping[str, Array]  # by recording id


@dataclass(frozen=True)
class Question:
    """What the second worker is asked of one recording."""

    recording: Recording
    inputs: Callable[[], Inputs]  # read when it is asked, as for the worker that is scored
    noisy_from: float | None = None  # seconds; None: as it was recorded


def questions(
    recordings: Sequence[Recording],
    signals: Mapping[str, Signal],
    inputs: Sequence[str],
    target: str,
    look_ahead: bool,
) -> list[Question]:
    """What to ask, in this order: how many, of which recordings and from when on noise, by lot.

    `recordings` come in the order in which the scored worker is asked; few of them have the same
    place or the same one before them here, so that a memory shows also where there are two. With
    `look_ahead`, some come as noise from a moment on, and no other question is about them unless
    there is but one recording.
    """
    lot = random.SystemRandom()
    generator = np.random.default_rng(lot.getrandbits(128))
    mixed = lot.sample(recordings, len(recordings))
    count = min(lot.randint(FEWEST_NOISY, MOST_NOISY), max(1, len(mixed) // 2))
    noisy, rest = (mixed[:count], mixed[count:] or mixed) if look_ahead else ([], mixed)
    asked = [
        Question(r, partial(_recorded, r, inputs))
        for r in rest[: lot.randint(FEWEST_AGAIN, MOST_AGAIN)]
    ]
    places = {r.id: place for place, r in enumerate(recordings)}
    orders = (lot.sample(asked, len(asked)) for _ in range(DRAWS))
    asked = min(orders, key=lambda order: _alike([places[q.recording.id] for q in order]))
    for recording in noisy:
        rate = signals[target].rate
        assert rate is not None
        start = lot.uniform(EARLIEST, LATEST) * len(recording[target]) / rate
        changed = partial(_noisy, recording, inputs, signals, start, generator)
        place = 0 if len(mixed) == 1 else lot.randint(0, len(asked))
        asked.insert(place, Question(recording, changed, start))
    return asked


def _alike(places: Sequence[int]) -> int:
    """How many places, or pairs of neighbours, are those of the order 0, 1, 2, ..."""
    same = sum(place == number for number, place in enumerate(places))
    return same + sum(b == a + 1 for a, b in pairwise(places))


def _recorded(recording: Recording, names: Sequence[str]) -> Inputs:
    return {name: recording[name] for name in names}


def _noisy(
    recording: Recording,
    names: Sequence[str],
    signals: Mapping[str, Signal],
    start: float,
    generator: np.random.Generator,
) -> Inputs:
    return {n: noise_after(recording[n], start, signals[n], generator) for n in names}


def noise_after(x: Array, start: float, signal: Signal, generator: np.random.Generator) -> Array:
    """The signal with noise of its own mean and spread from `start` seconds on."""
    if signal.rate is None:
        return x
    first = min(len(x), math.ceil(start * signal.rate - 1e-9))
    out, shape = x.copy(), x[first:].shape
    if np.issubdtype(x.dtype, np.integer):
        out[first:] = generator.integers(x.min(), int(x.max()) + 1, shape)
    else:
        out[first:] = generator.normal(x.mean(axis=0), x.std(axis=0) + 1e-12, shape)
    return out


def order_change(asked: Sequence[Question], found: Sequence[Array], scored: Answers) -> float:
    """Largest difference of the two workers' answers to the same inputs, as in `_apart`."""
    pairs = zip(asked, found, strict=True)
    return max(
        float(_apart(answer, scored[question.recording.id]).max(initial=0.0))
        for question, answer in pairs
        if question.noisy_from is None
    )


def look_ahead(
    asked: Sequence[Question], found: Sequence[Array], scored: Answers, rate: float, unsure: float
) -> float | None:
    """Milliseconds; None where answers to the same inputs differ (`unsure`, as `order_change`)."""
    if unsure > math.sqrt(SAME):
        return None
    most = 0.0
    for question, answer in zip(asked, found, strict=True):
        if question.noisy_from is not None:
            apart = _apart(answer, scored[question.recording.id])
            frames = np.flatnonzero(apart > max(SAME, 10 * unsure))
            if frames.size:
                most = max(most, question.noisy_from - frames[0] / rate)
    return 1000 * most


def _apart(found: Array, known: Array) -> Array:
    """Largest difference in each frame, in standard deviations of the known answer."""
    if found.shape != known.shape:
        return np.array([UNLIKE])
    if not known.size:
        return np.zeros(1)
    a, b = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(np.asarray(known, float))
    with np.errstate(over="ignore", invalid="ignore"):  # numbers may be as large as there are
        spread = float(b.std()) or max(1.0, float(np.abs(b).max(initial=0.0)))
        distance = np.where(a == b, 0.0, np.abs(a - b) / spread)
    apart: Array = np.nan_to_num(distance, nan=UNLIKE).reshape(len(a), -1).max(axis=1, initial=0.0)
    return np.minimum(apart, UNLIKE)
