"""How fast raw ultrasound becomes upright pictures, reading included, and what memory it takes.

    OMP_NUM_THREADS=1 python benchmarks/ultrasound.py

A minute of 64 scan lines of 842 samples at 81.5 frames/s, 260 MB of noise in a temporary file, as
long as the longest recordings of TaL, to 96 x 96 pixels at 60 frames/s; the best of three, since
machines are noisy. Beside it stands scipy's map_coordinates, frame by frame, which reads single
samples by straight lines where ours averages those within a pixel.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.corpora._fan import Fan, places, upright, weights
from benchmark.corpora._ultrasound_files import Ultrasound, read_frames
from benchmark.corpora.tal import GRID, RATE

SECONDS = 60
SCAN = Ultrasound(Fan(64, 842, 0.025, 210, 10.0), rate=81.5, first=0.9)


def main() -> None:
    fan = SCAN.fan
    count = int(SECONDS * SCAN.rate)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.ult")
        rng = np.random.default_rng(0)
        with path.open("wb") as file:
            for _ in range(count):
                file.write(rng.integers(0, 256, (fan.lines, fan.samples), np.uint8).tobytes())
        start = time.perf_counter()
        index, matrix = weights(fan, GRID)
        built = time.perf_counter() - start
        before = peak()
        times = SCAN.first + np.arange(int(SECONDS * RATE) - 1) / RATE
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            chosen = SCAN.nearest(times, count)
            pictures = upright(read_frames(path, fan, chosen), len(chosen), fan, GRID)
            spent.append(time.perf_counter() - start)
        some = next(read_frames(path, fan, chosen[:32]))
        start = time.perf_counter()
        for frame in some:
            plainly(frame)
        plain = (time.perf_counter() - start) / len(some)
    megabytes = count * fan.lines * fan.samples / 1e6
    print(
        f"| raw to 96 x 96, {fan.lines} x {fan.samples}, reading included | "
        f"{len(pictures) / min(spent):,.0f} frames/s; map_coordinates {1 / plain:,.0f} "
        f"({plain * len(pictures) / min(spent):.1f} x) |"
    )
    print(
        f"| memory | {peak() - before:.0f} MB more at most, of which {pictures.nbytes / 1e6:.0f} "
        f"MB are the pictures; the file has {megabytes:.0f} MB |"
    )
    print(
        f"| weights | {matrix.nnz:,} of {len(index):,} pixels, {matrix.data.nbytes * 2 / 1e6:.1f} "
        f"MB, made once in {built:.2f} s |"
    )


def plainly(frame: np.ndarray) -> np.ndarray:
    from scipy.ndimage import map_coordinates

    index, line, sample = places(SCAN.fan, GRID)
    picture = np.zeros(GRID.size**2, np.uint8)
    picture[index] = map_coordinates(frame, (line, sample), order=1)
    return picture


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
