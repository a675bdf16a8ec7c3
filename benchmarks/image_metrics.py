"""Speed of the image metrics, each compared with a common alternative, and their memory.

    OMP_NUM_THREADS=1 python benchmarks/image_metrics.py

Random frames; the fastest of several repeats. Where pyssim is installed (`pip install -e
'.[bench]'`), its `cw_ssim_value` is timed too, although it is defined differently.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from math import factorial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.metrics.image import cwssim, psnr, ssim

SIZES, FRAMES, MANY = (96, 128), 200, 100_000


def main() -> None:
    if sys.argv[1:]:
        measure_memory(sys.argv[1])
        return
    for name in METRICS:  # first, since a child's peak includes its parent's memory at the start
        subprocess.run([sys.executable, __file__, name], check=True)
    rng = np.random.default_rng(0)
    for size in SIZES:
        target, images = rng.integers(0, 256, (2, FRAMES, size, size)).astype(np.uint8)
        speed(target, images)


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], object]] = {
    "SSIM": lambda target, images: ssim.per_frame(target, images, 255.0),
    "SSIM inside a fan": lambda target, images: ssim.per_frame(
        target, images, 255.0, np.tri(*target.shape[1:], dtype=bool)
    ),
    "CW-SSIM": cwssim.per_frame,
    "PSNR": lambda target, images: psnr.psnr(target, images, 255.0),
}


def speed(target: np.ndarray, images: np.ndarray) -> None:
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    size = target.shape[1]
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    spent = {
        name: best(lambda do=do: do(target, images), 7) / FRAMES for name, do in METRICS.items()
    }
    some = range(20)
    show(
        f"SSIM, {size} x {size}",
        spent["SSIM"],
        "scikit-image",
        best(
            lambda: [
                structural_similarity(target[i], images[i], data_range=255, **settings)
                for i in some
            ],
            3,
        )
        / len(some),
    )
    show(f"SSIM inside a fan, {size} x {size}", spent["SSIM inside a fan"])
    show(
        f"PSNR, {size} x {size}",
        spent["PSNR"],
        "scikit-image",
        best(lambda: peak_signal_noise_ratio(target, images, data_range=255), 3) / FRAMES,
    )
    show(
        f"CW-SSIM, {size} x {size}",
        spent["CW-SSIM"],
        "plain pyramid",
        best(lambda: [plain_cw_ssim(target[i], images[i]) for i in some], 3) / len(some),
    )
    kept = cwssim.coefficients(target)
    show(
        f"CW-SSIM, {size} x {size}, the target's coefficients kept",
        best(lambda: cwssim.similarity(kept, cwssim.coefficients(images)), 5) / FRAMES,
    )
    try:
        from PIL import Image
        from ssim import SSIM
    except ImportError:
        return  # pyssim is not installed
    pairs = [(Image.fromarray(target[i]), Image.fromarray(images[i])) for i in range(5)]
    library = best(lambda: [SSIM(a).cw_ssim_value(b) for a, b in pairs], 3) / len(pairs)
    show(f"CW-SSIM, {size} x {size}", spent["CW-SSIM"], "pyssim", library)


def plain_cw_ssim(
    x: np.ndarray, y: np.ndarray, level: int = 4, orientations: int = 8, k: float = 0.01
) -> float:
    """CW-SSIM of two images with even sides, frame by frame and level by level."""
    values = []
    for a, b in zip(*(plain_bands(image, level, orientations) for image in (x, y)), strict=True):
        common = windows(a * b.conj()).mean(axis=(2, 3))
        energy = windows(np.abs(a) ** 2 + np.abs(b) ** 2).mean(axis=(2, 3))
        rows, columns = np.indices(common.shape)
        square = sum(
            (place - (count - 1) / 2) ** 2
            for place, count in zip((rows, columns), common.shape, strict=True)
        )
        weights = np.exp(-square / (2 * (len(a) / 4) ** 2))
        similar = (2 * np.abs(common) + k) / (energy + k)
        values.append((similar * weights).sum() / weights.sum())
    return float(np.mean(values))


def windows(band: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(band, (7, 7))


def plain_bands(image: np.ndarray, level: int, orientations: int) -> list[np.ndarray]:
    """Complex bands of the coarsest level of a steerable pyramid, one an orientation."""
    low_passes, band_passes = plain_masks(image.shape, level, orientations)
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    for low_pass in low_passes:
        spectrum = middle(spectrum, low_pass.shape) * low_pass
    return [np.fft.ifft2(np.fft.ifftshift(spectrum * mask)) for mask in band_passes]


@lru_cache
def plain_masks(
    shape: tuple[int, int], level: int, orientations: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Low-pass masks from level to level, the first of full size, and masks of the last bands."""
    y, x = np.meshgrid(
        *((np.arange(size) - size // 2) / (size / 2) for size in shape), indexing="ij"
    )
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    radius[shape[0] // 2, shape[1] // 2] = 2 / shape[1]
    octaves = np.log2(radius)
    steps = np.linspace(-1, 0, 257)
    rise = np.abs(np.cos(np.pi / 2 * steps))
    fall = np.sqrt(1 - rise**2)
    low_passes = [np.interp(octaves, steps, fall)]
    for number in range(1, level):
        shape = ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
        octaves, angle = middle(octaves, shape), middle(angle, shape)
        low_passes.append(np.interp(octaves, steps - number, fall))
    high_pass = np.interp(octaves, steps - level, rise)
    order = orientations - 1
    gain = 2 * np.sqrt(4**order * factorial(order) ** 2 / (orientations * factorial(2 * order)))
    # A point every pi / 1024 on the lobe, whose ends are excluded: they count for order 0 only.
    points = np.arange(-511, 512) * np.pi / 1024
    points = np.concatenate([[-np.pi / 2], points, [np.pi / 2]])
    heights = gain * np.concatenate([[0.0], np.cos(points[1:-1]) ** order, [0.0]])
    band_passes = []
    for number in range(orientations):
        away = np.mod(angle - np.pi * number / orientations + np.pi, 2 * np.pi) - np.pi
        band_passes.append(high_pass * np.interp(away, points, heights))
    return low_passes, band_passes


def middle(spectrum: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The lowest frequencies of a spectrum whose frequency 0 is in the middle."""
    top, left = (a // 2 - b // 2 for a, b in zip(spectrum.shape, shape, strict=True))
    return spectrum[top : top + shape[0], left : left + shape[1]]


def measure_memory(name: str) -> None:
    """Peak memory of this process after two frames and after many views of one frame."""
    frame = np.random.default_rng(0).integers(0, 256, (2, 1, 96, 96)).astype(np.uint8)
    target, images = (np.broadcast_to(x, (MANY, 96, 96)) for x in frame)
    METRICS[name](target[:2], images[:2])
    before = peak()
    start = time.perf_counter()
    METRICS[name](target, images)
    spent = time.perf_counter() - start
    print(
        f"| {name}, {MANY:,} frames of 96 x 96 uint8 | peak {peak():.0f} MB, {before:.0f} MB after "
        f"two frames; the inputs are {frame.nbytes / 1e6:.2f} MB and stand for "
        f"{(target.size + images.size) / 1e6:.0f} MB; {spent:.1f} s |"
    )


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


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
    ours = f"{1 / seconds:,.0f} frames/s"
    compared = f"; {other} {1 / reference:,.0f} ({reference / seconds:.1f} x)" if other else ""
    print(f"| {what} | {ours}{compared} |")


if __name__ == "__main__":
    main()
