"""Speed of the metrics, each compared with a common alternative, in one process.

    pip install -e '.[pesq,bench]'
    OMP_NUM_THREADS=1 python benchmarks/metrics.py

Random signals of the tasks' shapes; the fastest of several repeats. Then runs image_metrics.py and
speech_metrics.py, which can also be started alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.metrics import pearson
from benchmark.metrics._measurement import reduce_mean
from benchmark.metrics.image import msd
from benchmark.results import bootstrap


def main() -> None:
    rng = np.random.default_rng(0)
    contours(rng)
    trajectories(rng)
    sums = rng.random((3, 8, 2)) + 1.0
    drawn = lambda: bootstrap.interval(  # noqa: E731
        bootstrap.resampled(sums, reduce_mean), 1.0, sums.shape[1]
    )
    show("interval, 10,000 draws of 8 units, 3 seeds", best(drawn, 3))
    for name in ("image_metrics.py", "speech_metrics.py"):
        subprocess.run([sys.executable, Path(__file__).with_name(name)], check=True)


def contours(rng: np.random.Generator) -> None:
    u, v = rng.normal(size=(2, 100, 2))

    def loop() -> float:
        there = sum(min(float(np.hypot(*(a - b))) for b in v) for a in u) / len(u)
        back = sum(min(float(np.hypot(*(a - b))) for a in u) for b in v) / len(v)
        return (there + back) / 2

    show(
        "MSD of two contours of 100 points", best(lambda: msd.msd(u, v), 20), "loop", best(loop, 3)
    )


def trajectories(rng: np.random.Generator) -> None:
    """One long recording, and a test set of many recordings of the length of sentences."""
    from scipy.stats import pearsonr

    x, y = rng.normal(size=(2, 5000, 12))
    ours = best(lambda: pearson.per_channel(x, y), 20)
    loop = best(lambda: [pearsonr(a, b) for a, b in zip(x.T, y.T, strict=True)], 5)
    show("Pearson, 5000 x 12", ours, "scipy by channel", loop)
    pairs = [rng.normal(size=(2, frames, 14)) for frames in rng.integers(60, 200, 100)]
    ours = best(lambda: [pearson.per_channel(a, b) for a, b in pairs], 10)
    loop = best(
        lambda: [[pearsonr(a[:, c], b[:, c]) for c in range(a.shape[1])] for a, b in pairs], 3
    )
    show("Pearson, test set of 100 recordings of 14 channels", ours, "scipy by channel", loop)


def best(do: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of `repeats` calls, after one warm-up call."""
    do()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        do()
        spent.append(time.perf_counter() - start)
    return min(spent)


def show(what: str, seconds: float, other: str = "", reference: float = 0.0) -> None:
    compared = f"; {other} {reference * 1e3:.3g} ms ({reference / seconds:.1f} x)" if other else ""
    print(f"| {what} | {seconds * 1e3:.3g} ms{compared} |")


if __name__ == "__main__":
    main()
