"""CW-SSIM, complex wavelet structural similarity, averaged over the frames of a recording.

c_x and c_y are the coefficients of two images in one orientation of the coarsest of L levels of a
complex steerable pyramid; under a 7 x 7 window of equal weights w that sum to 1,

    cw_ssim = (2 |sum w c_x conj(c_y)| + K) / (sum w (|c_x|^2 + |c_y|^2) + K)

averaged over the windows that lie inside the band, with Gaussian weights about its centre of
deviation height / 4, then over the orientations. Here L = 4 levels, 8 orientations and K = 0.01,
with values scaled to a span of 255; no guard band. No unit, 0 to 1. Source: Sampat et al. 2009, as
cwssim_index.m v1.0 computes it; it names no default, and values of other settings do not compare.
The pyramid is that of Portilla & Simoncelli 2000, as buildSCFpyr.m computes it. An odd last row or
column is left out; the shorter side has at least 2^(L + 2) pixels.

The value of a recording (time, height, width) is the mean over its frames, the score the mean over
recordings; statistics [value, 1]. Worst: 0. A change of all phases by the same angle costs nothing,
and neither does a constant: a picture's negative and a brighter picture score 1. So never report it
alone.

How: the masks of level L vanish beyond 1 / 2^L of the sampling frequency. So the band needs a small
block of the spectrum only, which two products with cut Fourier matrices give, and what the pyramid
does level by level becomes one mask an orientation.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, factorial, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)

LEVEL, ORIENTATIONS, K = 4, 8, 0.01
SPAN = 255.0  # of the values that K is meant for
WINDOW = 7
MOST = 16  # orientations
BYTES = 2**20  # of coefficients at a time: they stay in the processor's cache
ROUNDING = 1e-13  # of the largest spectral value that an image could have: below, it has none

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]


def cw_ssim(
    target: Array, image: Array, level: int = LEVEL, orientations: int = ORIENTATIONS, k: float = K
) -> float:
    """CW-SSIM of two images (height, width), their values as they are; raises as `per_frame`."""
    image, target = shapes(image, target, 2)
    return float(per_frame(target[None], image[None], level, orientations, k)[0])


def per_frame(
    target: Array, images: Array, level: int = LEVEL, orientations: int = ORIENTATIONS, k: float = K
) -> Floats:
    """CW-SSIM of each frame of two stacks (time, height, width) -> (time,).

    Raises ValueError for unequal shapes, images too small for the level, NaN, infinity, a negative
    k, and Undefined for 0/0, which k = 0 brings about, and for values too large to be squared.
    """
    images, target = shapes(images, target, 3)
    if not (np.isfinite(k) and k >= 0):
        raise ValueError(f"expected k of 0 or more, got {k}")
    masks = _pyramid(*target.shape[1:], level, orientations).masks
    step = max(1, BYTES // (16 * masks.size))
    values = np.empty(len(target))
    for start in range(0, len(target), step):
        some = slice(start, start + step)
        x, y = (coefficients(stack[some], level, orientations) for stack in (target, images))
        values[some] = similarity(x, y, k)
    return values


def coefficients(images: Array, level: int = LEVEL, orientations: int = ORIENTATIONS) -> Complex:
    """Coarsest bands of (time, height, width) images -> (time, orientations, rows, columns).

    Up to a phase that is one for all images. `similarity` compares them, so that a target's can be
    kept for several predictions. Raises ValueError as `per_frame`.
    """
    from scipy.fft import ifft2

    images = np.asarray(images)
    if images.ndim != 3 or images.dtype.kind not in "iuf":
        raise ValueError(f"expected images (time, height, width), got {images.shape}")
    pyramid = _pyramid(*images.shape[1:], level, orientations)
    height, width = len(pyramid.columns), len(pyramid.rows)
    images = images[:, :height, :width].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        across = (images.reshape(-1, width) @ pyramid.rows.view(np.float64)).view(np.complex128)
        spectrum = pyramid.columns.T @ across.reshape(len(images), height, -1)
        largest = np.abs(images).max(axis=(1, 2), keepdims=True) * (height * width)
        spectrum[np.abs(spectrum) < ROUNDING * largest] = 0
        if not np.isfinite(spectrum).all():
            finite(images, "images")
        bands = spectrum[:, None] * pyramid.masks
        return np.asarray(ifft2(bands, overwrite_x=True, workers=1))


def similarity(x: Complex, y: Complex, k: float = K) -> Floats:
    """CW-SSIM of the images (time,) with these `coefficients`; raises Undefined as `per_frame`."""
    if x.shape != y.shape:
        raise ValueError(f"expected coefficients of one shape, got {x.shape} and {y.shape}")
    size = WINDOW**2
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        common = np.abs(_sums(x * y.conj()))
        energy = _sums(_squares(x) + _squares(y))
        similar = (2 / size * common + k) / (energy / size + k)
    if not np.isfinite(energy).all():
        raise Undefined("prediction too large to be squared")
    if not np.isfinite(similar).all():
        raise Undefined("0/0 where both images are blank")
    weights = _weights(*x.shape[2:])
    return np.asarray((similar @ weights[1] @ weights[0]).mean(axis=1))


def _squares(x: Complex) -> Floats:
    return np.asarray(x.real**2 + x.imag**2)


def _sums(bands: Array) -> Array:
    """Sums over all 7 x 7 windows inside the two last axes; no differences, hence no cancelling."""
    for _ in range(2):
        pairs = bands[..., :-1, :] + bands[..., 1:, :]
        bands = pairs[..., :-5, :] + pairs[..., 2:-3, :] + pairs[..., 4:-1, :] + bands[..., 6:, :]
        bands = bands.swapaxes(-1, -2)
    return bands


class _Pyramid(NamedTuple):
    """What turns images (height, width), both even, into the coarsest bands."""

    columns: Complex  # (height, rows of the band): Fourier matrix down the columns
    rows: Complex  # (width, columns of the band): along the rows
    masks: Floats  # (orientations, rows of the band, columns of the band)


@lru_cache(maxsize=8)
def _pyramid(height: int, width: int, level: int, orientations: int) -> _Pyramid:
    if level != int(level) or level < 1:
        raise ValueError(f"expected a level of 1 or more, got {level}")
    if orientations != int(orientations) or not 1 <= orientations <= MOST:
        raise ValueError(f"expected 1 to {MOST} orientations, got {orientations}")
    if min(height, width) < 2 ** (level + 2):
        raise ValueError(
            f"level {level} needs images of at least {2 ** (level + 2)} pixels to either side, "
            f"got {(height, width)}"
        )
    height, width = height - height % 2, width - width % 2
    down, along = (_frequencies(size, level) for size in (height, width))
    y, x = np.meshgrid(down / (height / 2), along / (width / 2), indexing="ij")
    masks = _radial(x, y, level) * _angular(np.arctan2(y, x), orientations)
    return _Pyramid(_fourier(height, down), _fourier(width, along), masks)


def _frequencies(size: int, level: int) -> NDArray[np.int64]:
    """Cycles per image of a band's spectrum, in the order of the Fourier transform."""
    band = ceil(size / 2 ** (level - 1))
    return np.asarray(np.fft.ifftshift(np.arange(band) - band // 2))


def _fourier(size: int, frequencies: NDArray[np.int64]) -> Complex:
    turns = np.outer(np.arange(size), frequencies) % size / size
    return np.asarray(np.exp(-2j * np.pi * turns))


def _radial(x: Floats, y: Floats, level: int) -> Floats:
    """Band pass of the coarsest level: raised cosines in log2 of the frequency, an octave wide.

    The original reads its masks from tables, between whose entries it interpolates. That shows in
    the sixth digit of the result, hence the same tables here.
    """
    with np.errstate(divide="ignore"):
        octaves = np.maximum(np.log2(np.hypot(x, y)), -level - 2)  # at frequency 0 there is none
    table = np.arange(-256, 1) / 256
    high = np.cos(np.pi / 2 * table) ** 2
    low_pass = np.interp(octaves, table - level + 1, np.sqrt(1 - high))
    return np.asarray(low_pass * np.interp(octaves, table - level, np.sqrt(high)))


def _angular(angle: Floats, orientations: int) -> Floats:
    """cos^(orientations - 1) about each orientation, only the lobe that faces it -> (o, *angle)."""
    order = orientations - 1
    norm = 2**order * factorial(order) / sqrt(orientations * factorial(2 * order))
    table = np.pi * np.arange(-2049, 1026) / 1024
    lobe = np.abs(np.mod(np.pi + table, 2 * np.pi) - np.pi) < np.pi / 2
    values = 2 * norm * np.cos(table) ** order * lobe
    turns = np.pi * np.arange(orientations) / orientations
    return np.stack([np.interp(angle, table + turn, values) for turn in turns])


@lru_cache(maxsize=8)
def _weights(height: int, width: int) -> tuple[Floats, Floats]:
    """Weights of the windows of a band: down its columns, along its rows; each sums to 1."""
    down, along = (
        np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (height / 4)) ** 2)
        for n in (height - WINDOW + 1, width - WINDOW + 1)
    )
    return down / down.sum(), along / along.sum()


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    if signal.span is None or not signal.span > 0:
        raise ValueError("CW-SSIM needs signal.span, the largest minus the smallest possible value")
    # Coefficients are linear in the values: scaling k is scaling both stacks.
    ratio = signal.span / SPAN
    values = per_frame(target, prediction, k=K * ratio * ratio)
    return mean_statistics(float(values.mean()))


def _worst(_: Signal) -> Array:
    return mean_statistics(0.0)


CW_SSIM = Metric(
    id="cw_ssim.sampat2009@1",
    title="CW-SSIM",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=_worst,
    definition="similarity of complex wavelet coefficients, level 4, 8 orientations, K = 0.01",
    source="Sampat et al. 2009, IEEE TIP 18(11); cwssim_index.m v1.0",
    scale=(0.0, 1.0),
    degenerate="a negative or a brighter picture scores 1: it sees neither sign nor level",
)
