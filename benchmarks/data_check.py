"""How fast `data check` is on EMG and sound, and how much memory it takes.

    python benchmarks/data_check.py [--corpus NAME --folder FOLDER] [--recordings 600]

Without a corpus, one is made up: 8 channels of EMG at 1000 Hz and sound at 16 kHz, 5 s a recording,
in one .npy file a signal. Run it on one core (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark import registry  # noqa: E402
from benchmark.core import Array, Corpus, Recording, Signal  # noqa: E402
from benchmark.data import checks  # noqa: E402

SECONDS = 5
SIGNALS = {
    "emg": Signal("µV", "float32", 1000.0, (8,)),
    "audio": Signal("full scale", "float32", 16000.0),
}


def read(folder: Path, id: str, signal: str) -> Array:
    found: Array = np.load(folder / f"{id}-{signal}.npy")
    return found


def made_up(folder: Path, count: int) -> Corpus:
    """A corpus of noise; its files are in `folder`."""
    rng = np.random.default_rng(0)
    for number in range(count):
        emg = 30 * rng.normal(size=(1000 * SECONDS, 8))
        np.save(folder / f"r{number}-emg.npy", emg.astype(np.float32))
        sound = 0.05 * rng.normal(size=16000 * SECONDS)
        np.save(folder / f"r{number}-audio.npy", sound.astype(np.float32))

    def recordings(place: Path) -> list[Recording]:
        ids = (f"r{number}" for number in range(count))
        return [Recording(i, "s1", "1", "", partial(read, place, i)) for i in ids]

    return Corpus(
        name="made_up",
        title="",
        version="1",
        licence="CC0-1.0",
        citation="",
        advice="",
        signals=SIGNALS,
        locate=lambda root: root,
        recordings=recordings,
        digest=lambda: "",
        verify=lambda _folder: [],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--recordings", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        if options.corpus:
            corpus = registry.corpora()[options.corpus]
        else:
            corpus = made_up(folder, options.recordings)
        report = checks.check_corpus(corpus, folder, print)
    for line in report.tally.lines():
        print(line)
    print(report.line())
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    main()
