"""A trained model in a folder, written and read inside the sandbox and nowhere else.

An entry may bring its own `Model.save(folder)` and `Model.load(folder)`; the second is called on a
new model in place of `fit`. Of any other entry the attributes of the model are kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmark.core import Model
from benchmark.worker.keeping import attributes


def save(model: Model, folder: Path) -> None:
    """Write a trained model into an empty folder; it ends the worker where that cannot be done."""
    if hasattr(model, "save"):
        model.save(folder)
    else:
        attributes.write(model, folder)


def load(model: Model, folder: Path) -> Model:
    """The model that `save` wrote; `model` is a new one, made by the same code and settings."""
    if hasattr(model, "load"):
        model.load(folder)
        return model
    found = attributes.read(folder)
    if type(found) is not type(model):
        sys.exit(f"expected a kept {type(model).__name__}, found a {type(found).__name__}")
    return found
