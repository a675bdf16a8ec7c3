"""What a model says when it is asked again: does it look ahead, does the order of asking matter?

**Look-ahead.** From some moment on, the inputs of a recording are replaced by noise. The earliest
frame of the answer that changes tells how far ahead the model looked: the largest distance found
over several recordings and moments, in ms, to within one frame of the answer. It is a lower bound:
noise shows that a model looks ahead, and cannot show that it never does.

**Order.** Some recordings are asked for again, in another order. A model that remembers earlier
inputs, or draws random numbers, gives other answers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmark.core import Array, Recording, Signal

PROBED = 3  # recordings
MOMENTS = (0.35, 0.65)  # of its length, where noise begins, give or take a tenth
AGAIN = 10  # recordings asked for in another order
SAME = 1e-5  # of the answer's standard deviation: what arithmetic alone may change

Inputs = Mapping[str, Array]
Ask = Callable[[Recording, Inputs], Array]
Answers = Mapping[str, Array]  # by recording id


def look_ahead(
    ask: Ask,
    recordings: Sequence[Recording],
    answers: Answers,
    signals: Mapping[str, Signal],
    inputs: Sequence[str],
    rate: float,
) -> float | None:
    """Milliseconds; None where the model gives another answer each time it is asked.

    Draws its own noise and moments, which no entry can foresee.
    """
    generator = np.random.default_rng()
    most = 0.0
    for recording in random.sample(list(recordings), min(PROBED, len(recordings))):
        known, given = answers[recording.id], {name: recording[name] for name in inputs}
        unsure = _apart(ask(recording, given), known).max(initial=0.0)
        if unsure > math.sqrt(SAME):
            return None
        for moment in MOMENTS:
            start = (moment + generator.uniform(-0.1, 0.1)) * len(known) / rate
            changed = {
                name: noise_after(array, start, signals[name], generator)
                for name, array in given.items()
            }
            apart = _apart(ask(recording, changed), known)
            frames = np.flatnonzero(apart > max(SAME, 10 * unsure))
            if frames.size:
                most = max(most, start - frames[0] / rate)
    return 1000 * most


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


def order(
    ask: Ask, recordings: Sequence[Recording], answers: Answers, inputs: Sequence[str]
) -> float:
    """Largest change of an answer, as in `_apart`, when it is asked for in another order."""
    chosen = random.sample(list(recordings), min(AGAIN, len(recordings)))
    return max(
        float(_apart(ask(r, {name: r[name] for name in inputs}), answers[r.id]).max(initial=0.0))
        for r in chosen
    )


def _apart(found: Array, known: Array) -> Array:
    """Largest difference in each frame, in standard deviations of the known answer."""
    if found.shape != known.shape:
        return np.array([np.inf])  # a text of another length
    if not known.size:
        return np.zeros(1)
    a, b = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(np.asarray(known, float))
    spread = float(b.std()) or max(1.0, float(np.abs(b).max(initial=0.0)))
    apart: Array = np.abs(a - b).reshape(len(a), -1).max(axis=1, initial=0.0) / spread
    return apart
