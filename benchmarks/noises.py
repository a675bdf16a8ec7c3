"""Print what the noises of simulated corpora are like, as a table.

    python benchmarks/noises.py [SECONDS]

Mean over three sounds of each kind: centroid and spread of the spectrum; how much the level of
20 ms blocks varies (standard deviation); the softest of them (least of all three sounds) and the
highest peak, against the level of the whole; and what a sound costs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.core import Array
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated.noises import kinds

SOUNDS = 3
BLOCK = AUDIO_RATE // 50


def measured(sound: Array) -> tuple[float, ...]:
    """Centroid and spread in Hz, variation, least level and peak in dB; of unit variance."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / AUDIO_RATE)
    centre = frequency @ power / power.sum()
    spread = np.sqrt((frequency - centre) ** 2 @ power / power.sum())
    blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)
    level = 10 * np.log10(np.mean(blocks**2, axis=1))
    return centre, spread, np.std(level), level.min(), 20 * np.log10(np.abs(sound).max())


def main(seconds: float) -> None:
    print("| side | noise | family | centroid [Hz] | spread [Hz] | variation [dB] ", end="")
    print("| softest 20 ms [dB] | peak [dB] | CPU [ms/s] |")
    print("|---|---|---|---|---|---|---|---|---|")
    for side, names in kinds.SIDES.items():
        for name, kind in names.items():
            begin = time.process_time()
            length = round(seconds * AUDIO_RATE)
            sounds = [kinds.noise("table", side, name, k, length) for k in range(SOUNDS)]
            cost = 1000 * (time.process_time() - begin) / SOUNDS / seconds
            rows = np.array([measured(sound) for sound in sounds])
            centre, spread, varies, _, peak = rows.mean(axis=0)
            print(
                f"| {side} | {name} | {kind.family} | {centre:.0f} | {spread:.0f} | {varies:.1f} "
                f"| {rows[:, 3].min():.0f} | {peak:.0f} | {cost:.0f} |"
            )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
