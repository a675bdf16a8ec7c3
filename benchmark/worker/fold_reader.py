"""Read the folder of one fold that `benchmark.data.folds` wrote.

Apart from the writer, since the sandboxed worker needs this and must not see the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Asked, Recording, Signal


def read_part(folder: Path) -> tuple[Asked, dict[str, list[Recording]]]:
    """Read what `data.folds.prepare` wrote: what is asked, and the recordings of each role."""
    index = json.loads((folder / "index.json").read_text("utf-8"))
    raw = index.pop("asked")
    signals = {name: signal(fields) for name, fields in raw["signals"].items()}
    asked = Asked(raw["task"], tuple(raw["inputs"]), raw["target"], signals)
    return asked, {role: [_kept(folder, r) for r in chosen] for role, chosen in index.items()}


def signal(fields: Mapping[str, Any]) -> Signal:
    """A signal from its fields as JSON has them."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Signal(**values)


def _kept(folder: Path, fields: Mapping[str, Any]) -> Recording:
    def read(name: str) -> Array:
        array: Array = np.load(folder / name / f"{fields['id']}.npy", allow_pickle=False)
        return array

    span = tuple(fields["span"]) if "span" in fields else None
    return Recording(**{**fields, "span": span}, read=read)
