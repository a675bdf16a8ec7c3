"""An entry's model: how it is made, fitted, and what it says of itself."""

from __future__ import annotations

import contextlib
import math
import operator
import os
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.random  # as long as nobody counts the seconds: numpy imports it late

from benchmark.core import Asked, Model, Recording
from benchmark.worker.late_seed import seed_torch_when_imported
from benchmark.worker.loading import load_module

REPORTED = "parameters", "flops", "history"  # attributes of a model
LONGEST_CURVE = 1000  # epochs that are reported
MOST_PARAMETERS = 2**63
LEFT_OUT = "left out: "  # prefix of log lines that say what could not be used
# What numbers of libraries raise when they are no single number after all.
NOT_A_NUMBER = (TypeError, ValueError, OverflowError, RuntimeError)


def make_model(path: Path, asked: Asked, seed: int, settings: Mapping[str, Any]) -> Model:
    """Import the entry, its `_*.py` neighbours within reach, and build its model."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    seed_torch_when_imported(seed)
    sys.path.insert(0, str(path.parent))
    module = load_module(path)
    if "torch" in sys.modules:  # again: the entry may have drawn numbers at its top
        sys.modules["torch"].manual_seed(seed)
    model: Model = module.Model(asked, seed, **settings)
    return model


def fit(model: Model, roles: Mapping[str, Sequence[Recording]]) -> None:
    """Train a model; one that comes trained has no `fit`."""
    if hasattr(model, "fit"):
        model.fit(roles["train"], roles["valid"])


@dataclass(frozen=True)
class SelfReport:
    """What could be used, and a sentence for each thing that could not."""

    parameters: int | None = None
    flops: float | None = None
    history: tuple[float, ...] = ()
    left_out: tuple[str, ...] = ()


def self_report(model: object) -> dict[str, Any]:
    """What a model says of itself, for the evaluator; what cannot be used is named in the log."""
    said = checked({name: getattr(model, name, None) for name in REPORTED})
    for sentence in said.left_out:
        with contextlib.suppress(OSError):  # the entry may have closed its log
            os.write(2, f"{LEFT_OUT}{sentence}\n".encode())
    return {name: getattr(said, name) for name in REPORTED}


def checked(said: Mapping[str, Any]) -> SelfReport:
    """Numbers of any type that is one; None, or nothing, stands for what is not reported.

    The worker and the evaluator ask this function, since the evaluator believes no worker.
    """
    left_out = []
    parameters, flops, history = (said.get(name) for name in REPORTED)
    count = None if parameters is None else _whole(parameters)
    if parameters is not None and count is None:
        left_out.append(f"parameters: expected a whole number from 0, found {_named(parameters)}")
    operations = None if flops is None else _real(flops)
    if flops is not None and (operations is None or operations < 0):
        operations = None
        left_out.append(f"flops: expected a finite number from 0, found {_named(flops)}")
    curve, problem = _curve(history)
    if problem:
        left_out.append(f"history: {problem}")
    return SelfReport(count, operations, curve, tuple(left_out))


def _curve(history: Any) -> tuple[tuple[float, ...], str]:
    """The numbers of a history, at most LONGEST_CURVE, and what is wrong with it."""
    if history is None:
        return (), ""
    wanted = "expected a list of finite numbers, found"
    if isinstance(history, str | bytes | bytearray | Mapping) or not isinstance(history, Iterable):
        return (), f"{wanted} {_named(history)}"
    try:
        values = list(islice(history, LONGEST_CURVE + 1))
    except NOT_A_NUMBER:
        return (), f"{wanted} {_named(history)}"
    curve = []
    for value in values[:LONGEST_CURVE]:
        number = _real(value)
        if number is None:
            return (), f"{wanted} {_named(value)} in it"
        curve.append(number)
    more = len(values) > LONGEST_CURVE
    return tuple(curve), f"only the first {LONGEST_CURVE} values are kept" if more else ""


def _whole(value: Any) -> int | None:
    """A count that fits into 63 bits."""
    if _is_no_number(value):
        return None
    try:
        number = operator.index(value)
    except NOT_A_NUMBER:
        return None
    return number if 0 <= number < MOST_PARAMETERS else None


def _real(value: Any) -> float | None:
    """A finite number."""
    if _is_no_number(value):
        return None
    try:
        number = float(value)
    except NOT_A_NUMBER:
        return None
    return number if math.isfinite(number) else None


def _is_no_number(value: Any) -> bool:
    """Truth values, text that reads like a number, and arrays of other than one number."""
    if isinstance(value, bool | str | bytes | bytearray | complex):
        return True
    kind = getattr(value, "dtype", "f")
    if getattr(kind, "kind", "f") not in "iuf" or str(kind) == "torch.bool":
        return True
    return bool(getattr(value, "ndim", 0))


def _named(value: Any) -> str:
    """A value that could not be used: numbers as they are, the rest by type."""
    if type(value) is float or (type(value) is int and abs(value) < MOST_PARAMETERS):
        return repr(value)
    return ascii(type(value).__name__)[:60]
