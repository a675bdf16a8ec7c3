"""What the harness hands to a model, as far as the entries here use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Inputs: TypeAlias = Mapping[str, Array]  # of one recording, by name of the signal
Shape: TypeAlias = tuple[int, ...]


class Signal(Protocol):
    dtype: str
    rate: float  # Hz
    channels: tuple[str, ...]
    units: tuple[str, ...]
    labels: tuple[str, ...]
    free: bool


class Asked(Protocol):
    task: str
    inputs: tuple[str, ...]
    target: str
    signals: Mapping[str, Signal]


class Recording(Protocol):
    def __getitem__(self, signal: str) -> Array: ...


Recordings: TypeAlias = Sequence[Recording]
