"""Golden values of the metrics: seeded inputs, and their scores by independent references.

`python tests/golden/make_metrics.py` writes metrics.json in this folder, each value with its
source; the tests import the inputs from here and compare the harness with that file. None of the
harness's code is used. RandomState is used because its stream is frozen across numpy releases.
The references are needed only to reproduce the values; `constraints.txt` does not pin them all:

    pip install jiwer librosa pesq pyrtools pystoi scikit-image scikit-learn statsmodels
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


APEX, PITCH = (30.3, 82.7), 0.7  # of `tongues`: x and y in pixels, mm a pixel


def tongues(seed=10, shift=0.0, frames=3):
    """(frames, 60, 72) uint8: a surface that fades to both sides, a second edge, and speckle."""
    from scipy.ndimage import gaussian_filter

    random = np.random.RandomState(seed)
    y, x = np.mgrid[:60, :72]
    radius, angle = np.hypot(x - APEX[0], y - APEX[1]), np.arctan2(x - APEX[0], APEX[1] - y)
    images = []
    for frame in range(frames):
        edge = 52.0 + shift + 8.0 * np.sin(3.0 * angle + 0.7 * frame)
        surface = np.exp(-0.5 * ((radius - edge) / 1.5) ** 2) * np.exp(-((angle / 0.55) ** 2))
        below = 0.5 * np.exp(-0.5 * ((radius - edge + 14.0) / 3.0) ** 2)
        speckle = gaussian_filter(random.standard_normal(x.shape), 0.7)
        images.append(20.0 + 200.0 * (surface + below) * (1.0 + 0.9 * speckle) + 12.0 * speckle)
    return np.clip(images, 0, 255).astype(np.uint8)


def loop_contour(image):
    """The contour of an image of `tongues` by the rule of image/_ultrasound.py, ray by ray."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    height, width = image.shape
    smooth = gaussian_filter(image.astype(float), 1.0, mode="nearest")
    ahead = math.atan2((height - 1) / 2 - APEX[1], (width - 1) / 2 - APEX[0])
    rays = []
    for degree in range(-180, 180):
        direction = math.cos(ahead + math.radians(degree)), math.sin(ahead + math.radians(degree))
        inside = []
        for radius in range(200):
            x, y = APEX[0] + radius * direction[0], APEX[1] + radius * direction[1]
            if 0 <= x <= width - 1 and 0 <= y <= height - 1:
                value = map_coordinates(smooth, [[y], [x]], order=1)[0]
                inside.append((float(value), radius))
        if len(inside) >= 8:
            rays.append((direction, inside))
    darkest = min(value for _, inside in rays for value, _ in inside)
    brightest = max(value for _, inside in rays for value, _ in inside)
    points = []
    for direction, inside in rays:
        values = [value for value, _ in inside]
        top = values.index(max(values))
        if values[top] < (darkest + brightest) / 2:
            continue
        radius = float(inside[top][1])
        if 0 < top < len(values) - 1:
            before, at, after = values[top - 1 : top + 2]
            radius += 0.5 * (before - after) / (before - 2 * at + after)
        points.append([APEX[0] + radius * direction[0], APEX[1] + radius * direction[1]])
    assert len(points) >= 10
    assert brightest - darkest >= 0.05 * 255
    return points


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


def loop_hausdorff(u, v):
    """The larger of the two directed 95th percentiles, linear between points."""
    far = []
    for one, other in ((u, v), (v, u)):
        near = sorted(min(math.dist(p, q) for q in other) for p in one)
        place = 0.95 * (len(near) - 1)
        low = math.floor(place)
        far.append(near[low] + (place - low) * (near[low + 1] - near[low]))
    return max(far)


def loop_mcd(pairs):
    """MCD in dB of (coefficients, coefficients), c0 first."""
    distances = [math.dist(c[1:], other[1:]) for c, other in pairs]
    return 10 / math.log(10) * math.sqrt(2) * math.fsum(distances) / len(distances)


def cepstra():
    """(target, prediction), mel cepstra (40, 6) and (31, 6): the second is the first, faster."""
    random = np.random.RandomState(6)
    target = np.cumsum(random.standard_normal((40, 6)), axis=0)
    kept = np.delete(target, np.arange(3, 40, 4)[:9], axis=0)
    return target, kept + 0.2 * random.standard_normal(kept.shape)


def spectra():
    """(target, prediction), ln mel magnitudes (40, 30): smooth along both axes, and noise."""
    random = np.random.RandomState(9)
    t, b = np.arange(40)[:, None] / 40, np.arange(30)[None] / 30
    target = -4 + 3 * np.sin(2 * np.pi * (2 * t + b)) + 2 * np.cos(5 * np.pi * b)
    return target, target + 0.7 * random.standard_normal(target.shape)


def transcripts():
    """(references, hypotheses) with insertions, deletions, substitutions and an empty one."""
    references = ["she had your dark suit", "in greasy wash water", "all year", "never again"]
    return references, ["he had your dark dark suit", "in greasy water", "", "never once again"]


def scores():
    """Scores (9, 4) of methods on data sets, with ties."""
    random = np.random.RandomState(7)
    return np.round(random.uniform(size=(9, 4)) + np.array([0.0, 0.1, 0.3, 0.3]), 1)


def pvalues():
    return np.round(np.random.RandomState(8).uniform(size=12) ** 4, 4)


def pyramid_cw_ssim(x, y):
    """CW-SSIM of two images from the coarsest complex bands of pyrtools' pyramid."""
    from pyrtools.pyramids import SteerablePyramidFreq

    bands = [
        SteerablePyramidFreq(image.astype(float), height=4, order=7, is_complex=True).pyr_coeffs
        for image in (x, y)
    ]
    values = []
    for orientation in range(8):
        a, b = (band[3, orientation] for band in bands)
        rows, columns = (n - 6 for n in a.shape)
        total = weight = 0.0
        for i in range(rows):
            for j in range(columns):
                u, v = (band[i : i + 7, j : j + 7] for band in (a, b))
                energy = (np.abs(u) ** 2 + np.abs(v) ** 2).mean()
                similar = (2 * abs((u * v.conj()).mean()) + 0.01) / (energy + 0.01)
                away = (i - (rows - 1) / 2) ** 2 + (j - (columns - 1) / 2) ** 2
                w = math.exp(-away / (2 * (len(a) / 4) ** 2))
                total, weight = total + w * similar, weight + w
        values.append(total / weight)
    return math.fsum(values) / len(values)


def concordance(x, y):
    """Lin's coefficient of two sequences of numbers."""
    n, mx, my = len(x), math.fsum(x) / len(x), math.fsum(y) / len(y)
    sxy = math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / n
    sx, sy = math.fsum((a - mx) ** 2 for a in x) / n, math.fsum((b - my) ** 2 for b in y) / n
    return 2 * sxy / (sx + sy + (mx - my) ** 2)


def signals():
    """Golden values of trajectories and sound: {name: (value, source)}."""
    import librosa
    from pesq import pesq
    from pystoi import stoi
    from scipy.fft import dct
    from scipy.stats import pearsonr
    from sklearn.metrics import r2_score

    target, prediction = trajectories()
    squares = [math.fsum(c) / len(c) for c in ((prediction - target) ** 2).T]
    r = [float(pearsonr(a, b).statistic) for a, b in zip(prediction.T, target.T, strict=True)]
    clean, noisy = speech()
    c, other = cepstra()
    of_mel = [dct(y, type=2, axis=1)[:, :25] / 30 for y in spectra()]
    far = [[math.dist(p[1:], q[1:]) for q in other] for p in c]
    _, path = librosa.sequence.dtw(C=np.array(far))
    magnitudes = np.abs(librosa.stft(clean, n_fft=512, hop_length=160, pad_mode="constant"))
    bands = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=40, fmin=80, fmax=7600, dtype=float)
    mel = np.log(np.maximum(bands @ magnitudes, 1e-5)).T
    s, e = (x - math.fsum(x) / len(x) for x in (clean, noisy + 0.1))
    shared = math.fsum(s * e) / math.fsum(s * s)
    ratio = math.fsum((shared * s) ** 2) / math.fsum((e - shared * s) ** 2)
    np.random.seed(0)
    return {
        "pearson": (r, "scipy.stats.pearsonr of each channel"),
        "r2": (
            r2_score(target, prediction, multioutput="raw_values").tolist(),
            "sklearn.metrics.r2_score of each channel",
        ),
        "ccc": (
            [concordance(a, b) for a, b in zip(prediction.T, target.T, strict=True)],
            "written out, Lin 1989",
        ),
        "mse": (squares, "written out"),
        "rmse": (math.sqrt(math.fsum(squares) / len(squares)), "written out"),
        "pesq_wb": (pesq(16_000, clean, noisy, "wb"), "pesq"),
        "pesq_nb": (pesq(16_000, clean, noisy, "nb"), "pesq"),
        "pesq_nb_8k": (pesq(8_000, *speech(8_000), "nb"), "pesq"),
        "stoi": (stoi(clean, noisy, 16_000), "pystoi"),
        "estoi": (stoi(clean, noisy, 16_000, extended=True), "pystoi"),
        "si_sdr": (10 * math.log10(ratio), "written out; the estimate 0.1 too high"),
        "log_mel": (mel[::50].tolist(), "librosa: magnitudes, Slaney; every 50th of 301 frames"),
        "mcd": (loop_mcd(zip(c, c[::-1], strict=True)), "written out; the target, reversed"),
        "mcd_log_mel": (
            loop_mcd(zip(*of_mel, strict=True)),
            "written out, over scipy.fft.dct; spectra of 30 bands",
        ),
        "mcd_dtw": (loop_mcd((c[i], other[j]) for i, j in path), "along the path of librosa"),
    }


def pictures():
    from skimage.metrics import structural_similarity

    one, other = ultrasound(), ultrasound(seed=5, centre=62.0)
    pairs = list(zip(one, other, strict=True))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    u, v = (c.tolist() for c in contour_pair())
    edges = [[walked(loop_contour(i), 100) for i in tongues(*a)] for a in ((), (11, 3.0))]
    return {
        "ssim": (
            [structural_similarity(a, b, data_range=255, **settings) for a, b in pairs],
            "skimage.metrics.structural_similarity as Wang et al. 2004 want it",
        ),
        "cw_ssim": ([pyramid_cw_ssim(*p) for p in pairs], "pyramid of pyrtools; windows in loops"),
        "msd": (loop_msd(u, v), "written out"),
        "msd_pictures": (
            [PITCH * loop_msd(a, b) for a, b in zip(*edges, strict=True)],
            "written out, ray by ray, over scipy's gaussian_filter and map_coordinates",
        ),
        "hausdorff_pictures": (
            [PITCH * loop_hausdorff(a, b) for a, b in zip(*edges, strict=True)],
            "written out, of the same contours",
        ),
        "tip_pictures": (
            [PITCH * math.dist(a[-1], b[-1]) for a, b in zip(*edges, strict=True)],
            "written out, of the same contours",
        ),
        "msd_resampled": (loop_msd(walked(u, 100), walked(v, 100)), "written out"),
    }


def decisions():
    import jiwer
    from scipy.stats import friedmanchisquare, rankdata
    from sklearn.metrics import (
        accuracy_score,
        balanced_accuracy_score,
        confusion_matrix,
        f1_score,
    )
    from statsmodels.stats.multitest import multipletests

    truth, guess = labels()
    table, p = scores(), pvalues()
    return {
        "accuracy": (accuracy_score(truth, guess), "scikit-learn"),
        "balanced_accuracy": (balanced_accuracy_score(truth, guess), "scikit-learn"),
        "macro_f1": (
            f1_score(truth, guess, labels=range(5), average="macro", zero_division=0),
            "scikit-learn",
        ),
        "confusion": (confusion_matrix(truth, guess, labels=range(5)).tolist(), "scikit-learn"),
        "wer": (jiwer.wer(*transcripts()), "jiwer"),
        "cer": (jiwer.cer(*transcripts()), "jiwer"),
        "holm": (multipletests(p, method="holm")[1].tolist(), "statsmodels"),
        "bonferroni": (multipletests(p, method="bonferroni")[1].tolist(), "statsmodels"),
        "benjamini_hochberg": (multipletests(p, method="fdr_bh")[1].tolist(), "statsmodels"),
        "friedman": (float(friedmanchisquare(*table.T).pvalue), "scipy.stats.friedmanchisquare"),
        "average_ranks": (rankdata(-table, axis=1).mean(axis=0).tolist(), "scipy.stats.rankdata"),
    }


REFERENCES = (
    "numpy",
    "scipy",
    "scikit-image",
    "scikit-learn",
    "pesq",
    "pystoi",
    "jiwer",
    "librosa",
    "pyrtools",
    "statsmodels",
)


def main():
    found = {"python": platform.python_version()} | {name: version(name) for name in REFERENCES}
    made = signals() | pictures() | decisions()
    content = {
        "made by": "tests/golden/make_metrics.py",
        "with": found,
        "values": {name: value for name, (value, _) in made.items()},
        "sources": {name: source for name, (_, source) in made.items()},
    }
    (HERE / "metrics.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
