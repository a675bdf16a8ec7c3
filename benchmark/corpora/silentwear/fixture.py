"""A miniature of SilentWear: three speakers, three sessions, two batches each.

Each batch has the eight commands once, in random order. Tables in the form in which pandas writes
them, with noise that a command makes louder in channels of its own instead of EMG. As in the
corpus: numbers of samples that do not begin at 0, filtered columns beside raw ones, a column of
objects, which nothing here opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import generator
from benchmark.corpora.silentwear import TOP, WORDS, files

SPEAKERS, SESSIONS, BATCHES = 3, 3, (1, 5)
WORD, PAUSE = 100, 40  # samples
TYPES = {"f4": files.CHANNELS, "f8": tuple(f"{name}_filt" for name in files.CHANNELS)}


def write(folder: Path) -> None:
    """Write the miniature into `folder`, about 7 MB; the same bytes every time."""
    for speaker in range(1, SPEAKERS + 1):
        for mode in ("silent", "vocalized"):
            place = folder / TOP / f"S0{speaker}" / mode
            place.mkdir(parents=True, exist_ok=True)
            for session in range(1, SESSIONS + 1):
                for batch in BATCHES:
                    path = place / f"sess_{session}_batch_{batch}.h5"
                    _batch(path, f"{speaker}{mode}", session, batch)
    (folder / "FIXTURE").write_text("A miniature of SilentWear, made from noise.\n", "utf-8")


def _batch(path: Path, who: str, session: int, batch: int) -> None:
    rng = generator("miniature", who, str(session), str(batch))
    order = rng.permutation(len(WORDS)) + 1
    labels = np.concatenate([np.zeros(PAUSE), *(np.r_[[k] * WORD, [0] * PAUSE] for k in order)])
    rows = len(labels)
    raw = 60.0 * rng.standard_normal((rows, len(files.CHANNELS)))
    course = np.sin(np.pi * np.arange(WORD) / WORD) ** 2
    for place, word in enumerate(order):
        first = PAUSE + place * (WORD + PAUSE)
        for channel in (word, word + 4):
            raw[first : first + WORD, channel] *= 1 + 6 * course
    ids = np.tile([session, batch], (rows, 1))
    offset = rng.uniform(-3e4, 3e4, len(files.CHANNELS))
    write_table(
        path,
        rng.integers(700, 900) + np.arange(rows),
        [
            (TYPES["f4"], np.round(raw + offset).astype("f4")),
            (TYPES["f8"], np.round(raw).astype("f8")),
            (("Label_int",), labels.astype("i4")[:, None]),
            (("session_id", "batch_id"), ids.astype("i8")),
        ],
    )


def write_table(path: Path, index: Array, blocks: list[tuple[tuple[str, ...], Array]]) -> None:
    """A table of pandas in its fixed form, with a column of objects behind the given ones."""
    import h5py  # type: ignore[import-untyped,unused-ignore]

    with h5py.File(path, "w") as file:
        table = file.create_group(files.GROUP)
        table.attrs.update(pandas_type=np.bytes_(b"frame"), nblocks=len(blocks) + 1, ndim=2)
        table["axis0"] = _names([*(name for names, _ in blocks for name in names), "Label_str"])
        table["axis1"] = index.astype("i8")
        for number, (names, values) in enumerate(blocks):
            table[f"block{number}_items"] = _names(names)
            table.create_dataset(f"block{number}_values", data=values)
        objects: Any = h5py.vlen_dtype(np.uint8)
        table[f"block{len(blocks)}_items"] = _names(["Label_str"])
        last = table.create_dataset(f"block{len(blocks)}_values", (1,), objects)
        last[0] = np.frombuffer(b"no pickle", np.uint8)


def _names(names: tuple[str, ...] | list[str]) -> Array:
    return np.array([name.encode() for name in names])
