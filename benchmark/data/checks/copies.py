"""Recordings that are copies of others: by their bytes, or by how they begin.

A copy that a reader has cut to the length of another stream still begins as the original does.
"""

from __future__ import annotations

import hashlib

import numpy as np

from benchmark.core import Array, Corpus
from benchmark.data.checks.levels import is_sensor
from benchmark.data.checks.problems import Problem

BEGINNING = 0.1  # seconds
HEARD = 0.01  # of full scale; sound begins there
LEAST_DISTINCT = 4  # values of a beginning that tell it from silence
ADVICE = "remove one of them, or declare `shared` in Checks if it must be so"


def is_own(name: str, corpus: Corpus) -> bool:
    """Whether no other recording should have the same bytes; two may well have the same labels."""
    signal = corpus.signals[name]
    few_values = signal.labels or signal.rate is None or signal.unit == "0 or 1"
    return not few_values and name not in corpus.checks.shared


def keys(name: str, corpus: Corpus, array: Array) -> list[bytes]:
    """What a copy of an array has in common with it: 16 bytes of its content and its beginning."""
    whole = np.ascontiguousarray(array)
    found = [_key(f"{name} {array.shape}", whole)]
    signal = corpus.signals[name]
    count = round(BEGINNING * (signal.rate or 0))
    begin = int(np.argmax(np.abs(whole) > HEARD)) if signal.unit == "full scale" else 0
    first = whole[begin : begin + count]
    is_sensed = array.dtype.kind == "f" and is_sensor(signal.unit)  # pauses give equal spectra
    is_long = is_sensed and 0 < count < len(array) and len(first) == count
    if is_long and len(np.unique(first)) >= LEAST_DISTINCT:
        found.append(_key(f"{name} begins {first.shape}", first))
    return found


def _key(name: str, array: Array) -> bytes:
    state = hashlib.blake2b(f"{name} {array.dtype.str}".encode(), digest_size=16)
    state.update(array.data)
    return state.digest()


def problem(of: str) -> Problem:
    """The problem of a signal whose bytes are those of another recording."""
    return Problem("copy", "values of its own", f"those of {of}", ADVICE)
