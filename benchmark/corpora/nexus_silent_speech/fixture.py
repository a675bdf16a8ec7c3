"""A miniature of nexus-silent-speech: both sets, all six sessions, a few words in each.

The layout of the real files, with noise that a word makes louder in channels of its own, at a time
of its own, instead of EMG. Oddities as in the corpus: a first row that is no sample, rows of
several lengths, a line of the table that is there twice, quotes in one of the tables.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.corpora.nexus_silent_speech import FEW, files
from benchmark.corpora.noise import generator

SETS = {"30x10": (("drum", *FEW), 4, 2), "50x3": (FEW, 2, 4)}  # words, sessions, repetitions
START = {"30x10": 1698051433, "50x3": 1693896975}
STEP, PAUSE = 8, 180_000  # seconds from one recording, from one session, to the next
LENGTHS = (1506, 1507, 1504, 1519)


def write(folder: Path) -> None:
    """Write the miniature into `folder`, about 6 MB; the same bytes every time."""
    for name, (words, sessions, repetitions) in SETS.items():
        place = folder / "datasets" / "electrode-brace" / name
        place.mkdir(parents=True, exist_ok=True)
        quote = '"' if name == "50x3" else ""
        lines = [",".join(f"{quote}{column}{quote}" for column in files.COLUMNS)]
        for session in range(sessions):
            rng = generator("miniature", name, str(session))
            offset = rng.uniform(-30000, 30000, files.CHANNELS)
            order = rng.permutation(np.repeat(np.arange(len(words)), repetitions))
            for place_in_session, word in enumerate(order):
                time = START[name] + PAUSE * session + STEP * place_in_session
                lines.append(f"{quote}{words[word]}{quote},{time},{quote}s{quote},{session}")
                emg = _emg(rng, int(word), offset, LENGTHS[place_in_session % len(LENGTHS)])
                np.save(place / f"{time}.npy", emg)
        twice = [lines[1]] if name == "30x10" else []
        table = "\n".join([lines[0], *twice, *lines[1:], ""])
        (place / "metadata.csv").write_text(table, "utf-8")
    (folder / "FIXTURE").write_text(
        "A miniature of nexus-silent-speech, made from noise.\n", "utf-8"
    )


def _emg(rng: np.random.Generator, word: int, offset: Array, length: int) -> Array:
    emg = 20.0 * rng.standard_normal((length, files.CHANNELS))
    begin = int(rng.integers(250, 500))
    course = np.sin(np.pi * np.arange(250) / 250) ** 2
    for channel in (word, word + 3):
        emg[begin : begin + 250, channel] *= 1 + 8 * course
    emg += offset
    emg[0] = 5e-324 * np.arange(1, files.CHANNELS + 1)
    return np.asarray(np.round(emg, 3))
