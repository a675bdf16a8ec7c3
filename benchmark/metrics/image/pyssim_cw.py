"""What the library pyssim calls CW-SSIM, under a name of its own: neither complex nor of an image.

The rows of an image, one behind the other, are taken for one signal in time. x_s and y_s are two
such signals under a Mexican hat of scale s = 1 .. 30 samples; at each sample

    (2 |sum_s x_s y_s| + K) / (sum_s x_s^2 + sum_s y_s^2 + K)        K = 0.01, values of 0 to 255

and the mean over samples is the value of the image. It cannot be compared with `cw_ssim`: for two
neighbouring frames of a tongue 0.81 stands beside 0.59 there, with noise on it 0.63 beside 0.96. It
is here since figures of published systems that cite CW-SSIM were made with it. Like CW-SSIM it sees
neither sign nor level. Source: pyssim 0.7.1, `SSIM.cw_ssim_value`, and PyWavelets 1.8.0, `cwt` with
`mexh` at its default precision; equal to rounding.

The value of a recording (time, height, width) is the mean over its frames, the score the mean over
recordings; statistics [value, 1]. No unit, 0 to 1. Floor: 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import finite, shapes
from benchmark.metrics._mean import one, reduce_mean

SCALES = 30
K = 0.01
SPAN = 255.0  # of the values that K is meant for
REACH, POINTS = 8.0, 4096  # the wavelet is read from a table of its integral over -8 .. 8

Floats = NDArray[np.float64]


def pyssim_cw(target: Array, image: Array, k: float = K) -> float:
    """Of two images (height, width), their values as they are; raises as `per_frame` does."""
    image, target = shapes(image, target, 2)
    return float(per_frame(target[None], image[None], k)[0])


def per_frame(target: Array, images: Array, k: float = K) -> Floats:
    """Of each frame of two stacks (time, height, width) -> (time,).

    Raises ValueError for unequal shapes, NaN, infinity or a k that is not positive, and Undefined
    for values too large to be squared.
    """
    images, target = shapes(images, target, 3)
    finite(target, "target")
    finite(images, "prediction")
    if not (np.isfinite(k) and k > 0):
        raise ValueError(f"expected a positive k, got {k}")
    values = np.empty(len(target))
    with np.errstate(over="ignore", invalid="ignore"):
        for frame, pair in enumerate(zip(target, images, strict=True)):
            x, y = (_coefficients(image.ravel()) for image in pair)
            common = np.abs(np.einsum("st,st->t", x, y))
            energy = np.einsum("st,st->t", x, x) + np.einsum("st,st->t", y, y)
            if not np.isfinite(energy).all():
                raise Undefined("prediction too large to be squared")
            values[frame] = ((2 * common + k) / (energy + k)).mean()
    return values


def _coefficients(samples: Array) -> Floats:
    """The wavelet transform (scales, samples) of samples in a row."""
    from scipy.fft import irfft, rfft

    wavelets = _wavelets(len(samples))
    whole = irfft(rfft(samples.astype(np.float64), wavelets.size) * wavelets.spectra, wavelets.size)
    rows = zip(whole, wavelets.starts, strict=True)
    return np.stack([row[start : start + len(samples)] for row, start in rows])


class _Wavelets(NamedTuple):
    """What transforms so many samples at every scale."""

    spectra: NDArray[np.complex128]  # (scales, size // 2 + 1)
    size: int  # of a Fourier transform in which nothing wraps round
    starts: tuple[int, ...]  # where the first sample then lies, by scale


@lru_cache(maxsize=4)
def _wavelets(samples: int) -> _Wavelets:
    from scipy.fft import next_fast_len, rfft

    wavelets = [_wavelet(scale) for scale in range(1, SCALES + 1)]
    size = next_fast_len(samples + max(map(len, wavelets)), real=True)
    spectra = np.stack([rfft(wavelet, size) for wavelet in wavelets])
    return _Wavelets(spectra, size, tuple((len(wavelet) - 1) // 2 for wavelet in wavelets))


def _wavelet(scale: int) -> Floats:
    """Differences of the wavelet's integral, read at steps of 1 / scale."""
    x = np.linspace(-REACH, REACH, POINTS)
    hat = 2 / (np.sqrt(3) * np.pi**0.25) * (1 - x**2) * np.exp(-(x**2) / 2)
    step = x[1] - x[0]
    integral = np.cumsum(hat) * step
    read = (np.arange(2 * REACH * scale + 1) / (scale * step)).astype(int)
    return np.asarray(-np.sqrt(scale) * np.diff(integral[read[::-1]], prepend=0.0, append=0.0))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    if signal.span is None or not signal.span > 0:
        raise ValueError("pyssim_cw needs signal.span, the largest minus the smallest value")
    # Coefficients are linear in the values: scaling k is scaling both stacks.
    return one(float(per_frame(target, prediction, k=K * (signal.span / SPAN) ** 2).mean()))


PYSSIM_CW = Metric(
    id="pyssim_cw.flattened@1",
    title="pyssim's CW-SSIM (legacy)",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    floor=lambda _signal: one(0.0),
    definition="similarity of Mexican hat coefficients of the image's rows in one line, 30 scales",
    source="pyssim 0.7.1, cw_ssim_value; PyWavelets 1.8.0",
    scale=(0.0, 1.0),
    lazy="a negative or a brighter picture scores almost 1: it sees neither sign nor level",
)
