"""An entry's model: how it is made, fitted, and what it says of itself."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Asked, Model, Recording
from benchmark.worker.loading import load_module

LONGEST_CURVE = 1000  # epochs that are reported


def make_model(path: Path, asked: Asked, seed: int, settings: Mapping[str, Any]) -> Model:
    """Import the entry, its `_*.py` neighbours within reach, and build its model."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    sys.path.insert(0, str(path.parent))
    module = load_module(path)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    model: Model = module.Model(asked, seed, **settings)
    return model


def fit(model: Model, roles: Mapping[str, Sequence[Recording]]) -> None:
    """Train a model; one that comes trained has no `fit`."""
    if hasattr(model, "fit"):
        model.fit(roles["train"], roles["valid"])


def self_report(model: Model) -> dict[str, Any]:
    """What a model may say of itself, where it has the type that it should have."""
    parameters, flops = (getattr(model, name, None) for name in ("parameters", "flops"))
    history = getattr(model, "history", ())
    curve = list(history) if isinstance(history, list | tuple) else []
    return {
        "parameters": parameters if type(parameters) is int else None,
        "flops": flops if type(flops) is float else None,
        "history": curve[:LONGEST_CURVE] if all(type(v) is float for v in curve) else [],
    }
