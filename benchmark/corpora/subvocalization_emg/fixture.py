"""A miniature of subvocalization-emg: seven speakers, two manners each, four repetitions of a word.

The layout of the real files, with noise that a word makes louder in channels of its own instead of
EMG. Oddities as in the corpus: the file that is a copy of another speaker's, a word that has lost
samples, a damaged packet, inputs without electrodes, offsets that drift from file to file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.corpora.noise import generator
from benchmark.corpora.subvocalization_emg import COPIES, FILES, MANNERS, files

SPEAKERS = {"P001": "FA", "P002": "FA", "P003": "FA", "P004": "FA", "P006": "FS", "P007": "FS"}
SPEAKERS |= {"P008": "FS"}
REPETITIONS = 4
LENGTH = 100  # samples of a stretch
SHORT = {("P001", "F", "Nao"): 2}  # this repetition has lost most of its samples
DAMAGED = {("P007", "S", "Nao"): 1}
LOUDER = {"Sim": (0, 1), "Nao": (2,), "Talvez": (3, 0)}  # channels


def write(folder: Path) -> None:
    """Write the miniature into `folder`, about 4 MB; the same bytes every time."""
    (folder / "dist" / "saves").mkdir(parents=True, exist_ok=True)
    (folder / "FIXTURE").write_text(
        "A miniature of subvocalization-emg, made from noise.\n", "utf-8"
    )
    for speaker, manners in SPEAKERS.items():
        for manner in manners:
            (folder / "dist" / "saves" / speaker / manner).mkdir(parents=True)
            for word in FILES:
                name = f"dist/saves/{speaker}/{manner}/{word}.csv"
                lines = _lines(speaker, manner, word)
                if name not in COPIES:
                    (folder / name).write_text("\n".join([files.HEADER, *lines, ""]), "utf-8")
    for copy, original in COPIES.items():
        (folder / copy).write_bytes((folder / original).read_bytes())


def _lines(speaker: str, manner: str, word: str) -> list[str]:
    key = (speaker, manner, word)
    rng = generator("miniature", *key)
    offset, drift = rng.uniform(-12000, 12000, (2, files.LIVE)) * [[1.0], [1e-3]]
    gain = rng.uniform(0.7, 1.4, files.LIVE) * (0.4 if MANNERS[manner] == "subvocal" else 1.0)
    lines = []
    for turn in range(2 * REPETITIONS):
        repetition, silent = turn // 2 + 1, turn % 2 == 1
        length = LENGTH // 3 if not silent and SHORT.get(key) == repetition else LENGTH
        emg = 15.0 * rng.standard_normal((length, files.LIVE))
        if not silent:
            course = np.sin(np.pi * np.arange(length) / length) ** 2
            for channel in LOUDER[word]:
                emg[:, channel] *= 1 + 4 * gain[channel] * course
        emg += offset + drift * turn
        label = files.SILENCE if silent else FILES[word]
        rows = [",".join([label, *(f"{v:.3f}" for v in row)]) + files.UNCONNECTED for row in emg]
        if not silent and DAMAGED.get(key) == repetition:
            rows[length // 2] = rows[length // 2].replace(files.UNCONNECTED, ",1.0,2.0,3.0,4.0")
        lines += rows
    return lines
