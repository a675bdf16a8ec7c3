"""What is stored of a simulated corpus: its list, and movement, sound and means of its talkers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.simulated import files
from benchmark.corpora.simulated.sensors.source import Speaker

Entry = Mapping[str, Any]


@lru_cache(maxsize=4)
def manifest(folder: Path) -> dict[str, Any]:
    """The list, with its recordings as a dict by id; UserError where it is missing or broken."""
    return files.read_manifest(folder)


@lru_cache(maxsize=16)  # all talkers of the release, 5 MB each: folds are read role by role
def movement(folder: Path, talker: str) -> files.Movement:
    return files.read_movement(folder / f"{talker}.movement")


@lru_cache(maxsize=16)
def speaker(folder: Path, talker: str) -> Speaker:
    """What all takes of a talker have in common: where it rests and how far it moves."""
    made = movement(folder, talker)
    points = made.points * files.POINT
    # Of the tongue's mean the components are enough: what they miss has none.
    shape = made.mean + made.components.mean(axis=0) * files.COMPONENT @ made.basis
    pitch = np.log2(np.maximum(made.f0[made.voiced], 1) * files.HERTZ)
    return Speaker(
        id=talker,
        rest=points.mean(axis=0),
        spread=np.maximum(points.std(axis=0), 0.05),
        tongue=np.asarray(shape, np.float64).reshape(-1, 2),
        palate=made.palate * files.POINT,
        pitch=(float(pitch.mean()), max(float(pitch.std()), 0.01)),
    )


def entry(folder: Path, id: str) -> Entry:
    """The list's line of one clean recording."""
    found: Entry | None = manifest(folder)["recordings"].get(id)
    if found is None:
        raise UserError(f"{folder}: no recording is called {id!r}")
    return found


def stored_sound(folder: Path, id: str) -> Array:
    """Sound (160 N,) int16 of a take as it was made, without its room."""
    line = entry(folder, id)
    return files.read_sound(folder / f"{line['talker']}.flac", *line["audio"])
