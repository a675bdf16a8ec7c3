"""Golden values of the metrics: seeded inputs, and what independent references say about them.

`python tests/golden/make_metrics.py` writes metrics.json beside this file; the tests import the
inputs from here and compare the harness with that file. None of the harness's code is used.
References: scipy.stats.pearsonr; skimage.metrics.structural_similarity with the options of Wang et
al. 2004; sklearn.metrics; the libraries pesq and pystoi called directly; written-out loops for mean
squares and contours. RandomState is used because its stream is frozen across numpy releases.
"""

from __future__ import annotations

import json
import math
import platform
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def trajectories(seed=0, frames=60, channels=4):
    """(target, prediction), each (frames, channels): smooth, with an offset far from zero."""
    random = np.random.RandomState(seed)
    target = np.cumsum(random.standard_normal((frames, channels)), axis=0) + 40.0
    return target, target + 3.0 * random.standard_normal((frames, channels))


def speech(rate=16_000, seconds=3.0, seed=1):
    """(clean, noisy), each (samples,): syllables of harmonics under formants; with noise."""
    random = np.random.RandomState(seed)
    t = np.arange(int(rate * seconds)) / rate
    pitch = np.cumsum(120.0 + 25.0 * np.sin(2 * np.pi * 0.7 * t)) / rate
    clean = np.zeros_like(t)
    for k in range(1, 28):
        f = 120.0 * k
        gain = math.exp(-(((f - 600) / 300) ** 2)) + 0.4 * math.exp(-(((f - 2100) / 500) ** 2))
        clean += (gain + 0.01) * np.sin(2 * np.pi * k * pitch + k)
    clean *= np.clip(np.sin(2 * np.pi * 1.9 * t), 0.0, None) ** 0.7
    clean *= 0.3 / np.abs(clean).max()
    return clean, clean + 0.01 * random.standard_normal(t.size)


def ultrasound(frames=4, seed=2, centre=60.0, bend=6.0, size=96):
    """(frames, size, size) uint8: a bright arc at `centre` pixels from the apex (47.5, 110)."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[:size, :size]
    radius = np.hypot(x - 47.5, y - 110.0)
    angle = np.degrees(np.arctan2(x - 47.5, 110.0 - y))
    phase = np.arange(frames)[:, None, None] / 6.0
    arc = centre + bend * np.sin(2 * np.pi * phase + angle / 15.0)
    image = 30.0 + 200.0 * np.exp(-0.5 * ((radius - arc) / 2.0) ** 2)
    image = image * (np.abs(angle) < 38) * random.uniform(0.8, 1.0, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def contour_pair():
    """Two contours (7, 2) and (12, 2) in mm."""
    random = np.random.RandomState(3)
    a, b = np.linspace(0.3, 2.6, 7), np.linspace(0.4, 2.9, 12)
    u = np.stack([30 * np.cos(a), 25 * np.sin(a)], axis=1)
    v = np.stack([31 * np.cos(b), 27 * np.sin(b)], axis=1)
    return u + random.standard_normal(u.shape), v + random.standard_normal(v.shape)


def labels():
    """(target, prediction), each (40,), classes 0 to 4 of which 4 never occurs."""
    random = np.random.RandomState(4)
    target = random.randint(0, 4, 40)
    return target, np.where(random.uniform(size=40) < 0.6, target, random.randint(0, 4, 40))


def walked(contour, number):
    """Points equally spaced along a polyline, found by walking along it."""
    lengths = [math.dist(p, q) for p, q in pairwise(contour)]
    points = []
    for i in range(number):
        left, at = sum(lengths) * i / (number - 1), 0
        while at < len(lengths) - 1 and left > lengths[at]:
            left, at = left - lengths[at], at + 1
        share = left / lengths[at]
        points.append(
            [p + share * (q - p) for p, q in zip(contour[at], contour[at + 1], strict=True)]
        )
    return points


def loop_msd(u, v):
    there = [min(math.dist(p, q) for q in v) for p in u]
    back = [min(math.dist(p, q) for p in u) for q in v]
    return (math.fsum(there) / len(u) + math.fsum(back) / len(v)) / 2


def values():
    from pesq import pesq
    from pystoi import stoi
    from scipy.stats import pearsonr
    from skimage.metrics import structural_similarity
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    target, prediction = trajectories()
    squares = [math.fsum(c) / len(c) for c in ((prediction - target) ** 2).T]
    clean, noisy = speech()
    one, other = ultrasound(), ultrasound(seed=5, centre=62.0)
    u, v = (c.tolist() for c in contour_pair())
    truth, guess = labels()
    np.random.seed(0)
    return {
        "pearson": [
            float(pearsonr(a, b).statistic) for a, b in zip(prediction.T, target.T, strict=True)
        ],
        "mse": squares,
        "rmse": math.sqrt(math.fsum(squares) / len(squares)),
        "pesq_wb": pesq(16_000, clean, noisy, "wb"),
        "pesq_nb": pesq(16_000, clean, noisy, "nb"),
        "pesq_nb_8k": pesq(8_000, *speech(8_000), "nb"),
        "stoi": stoi(clean, noisy, 16_000),
        "estoi": stoi(clean, noisy, 16_000, extended=True),
        "ssim": [
            structural_similarity(
                a, b, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
            )
            for a, b in zip(one, other, strict=True)
        ],
        "msd": loop_msd(u, v),
        "msd_resampled": loop_msd(walked(u, 100), walked(v, 100)),
        "accuracy": accuracy_score(truth, guess),
        "macro_f1": f1_score(truth, guess, labels=range(5), average="macro", zero_division=0),
        "confusion": confusion_matrix(truth, guess, labels=range(5)).tolist(),
    }


def main():
    names = ("numpy", "scipy", "scikit-image", "scikit-learn", "pesq", "pystoi")
    found = {"python": platform.python_version()} | {name: version(name) for name in names}
    content = {"made by": "tests/golden/make_metrics.py", "with": found, "values": values()}
    (HERE / "metrics.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
