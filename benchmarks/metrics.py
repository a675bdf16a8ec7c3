"""How fast the metrics are, each beside what a reader would reach for, in one process.

    OMP_NUM_THREADS=1 python benchmarks/metrics.py

Made-up signals of the tasks' shapes; the best of several repeats, since machines are noisy.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark import statistics
from benchmark.corpora.embedded import SIGNALS
from benchmark.metrics import msd, pearson, pesq, ssim, stoi
from benchmark.metrics._mean import reduce_mean

FRAMES, SECONDS, RATE = 100, 3, 16_000
FAN, SOUND = SIGNALS["ultrasound"], SIGNALS["clean"]


def main() -> None:
    rng = np.random.default_rng(0)
    images(rng)
    contours(rng)
    trajectories(rng)
    speech(rng)
    stack = np.stack([rng.random((3, 1000)), np.ones((3, 1000))], axis=-1)
    speakers = [f"s{n % 8}" for n in range(1000)]
    spent = best(lambda: statistics.interval(stack, speakers, reduce_mean), 3)
    show("interval, 10,000 draws, 3 runs of 1000 recordings", spent)


def images(rng: np.random.Generator) -> None:
    from skimage.metrics import structural_similarity

    one, other = rng.integers(0, 256, (2, FRAMES, 96, 96)).astype(np.uint8)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}

    def reference() -> None:
        for a, b in zip(one, other, strict=True):
            structural_similarity(a, b, data_range=255, **settings)

    ours = best(lambda: [ssim.SSIM.measure(other, one, FAN)], 5) / FRAMES
    show("SSIM, one 96 x 96 frame", ours, "scikit-image", best(reference, 3) / FRAMES)


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
    from scipy.stats import pearsonr

    x, y = rng.normal(size=(2, 5000, 12))
    ours = best(lambda: pearson.per_channel(x, y), 20)
    loop = best(lambda: [pearsonr(a, b) for a, b in zip(x.T, y.T, strict=True)], 5)
    show("Pearson, 5000 x 12", ours, "scipy by channel", loop)


def speech(rng: np.random.Generator) -> None:
    """Noise in bursts as fast as syllables stands for speech: what counts is the length."""
    times = np.arange(SECONDS * RATE) / RATE
    clean = rng.normal(size=len(times)) * (
        0.02 + 0.1 * np.maximum(0, np.sin(2 * np.pi * 3 * times))
    )
    noisy = clean + 0.03 * rng.normal(size=len(times))
    for metric in (pesq.PESQ_WB, pesq.PESQ_NB, stoi.STOI, stoi.ESTOI):
        spent = best(lambda m=metric: m.measure(noisy, clean, SOUND), 5) / SECONDS
        show(f"{metric.title}, one second of sound", spent)


def best(do: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of some repeats, after one that is not counted."""
    do()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        do()
        spent.append(time.perf_counter() - start)
    return min(spent)


def show(what: str, seconds: float, other: str = "", reference: float = 0.0) -> None:
    beside = f"; {other} {reference * 1e3:.3g} ms ({reference / seconds:.1f} x)" if other else ""
    print(f"| {what} | {seconds * 1e3:.3g} ms{beside} |")


if __name__ == "__main__":
    main()
