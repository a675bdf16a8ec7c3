"""PSNR, peak signal-to-noise ratio, of a recording's images, in dB.

With R the span of possible values and the mean over all pixels of all frames of the recording,

    psnr = 10 log10(R^2 / mean (x - y)^2)

0 dB is an error of the whole span everywhere. R is `signal.span`, never guessed from the images.
One mean over the recording and not one a frame: a single frame without error would make the
mean of decibels infinite. Source: the definition; equals
skimage.metrics.peak_signal_noise_ratio(data_range=R) of the whole stacks. The score is the mean
over recordings; statistics [value, 1].

As a metric it stays within 0 and 100 dB: identical images would have no finite value, and images
within the span none below 0. So every finite prediction has a value, one too large to be squared
0 dB, and no worst score is needed.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)

CAP = 100.0  # dB
PIXELS = 40_000  # at a time: the buffer stays in the processor's cache


def psnr(target: Array, images: Array, span: float) -> float:
    """PSNR in dB of two stacks (time, height, width); infinite where they are identical.

    Raises ValueError for unequal shapes, NaN, infinity or a span that is not positive.
    """
    images, target = shapes(images, target, 3)
    if not (np.isfinite(span) and span > 0):
        raise ValueError(f"expected a positive span of values, got {span}")
    step = max(1, PIXELS // (target.shape[1] * target.shape[2]))
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(target), step):
            some = slice(start, start + step)
            error = np.subtract(target[some], images[some], dtype=np.float64)
            total += float(np.square(error, out=error).sum())
        if not np.isfinite(total):
            finite(target, "target")
            finite(images, "prediction")
        return float(10 * np.log10(span * (span * target.size / np.float64(total))))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    if signal.span is None:
        raise ValueError("PSNR needs signal.span, the largest minus the smallest possible value")
    return mean_statistics(float(np.clip(psnr(target, prediction, signal.span), 0.0, CAP)))


PSNR = Metric(
    id="psnr.per_recording@1",
    title="PSNR",
    unit="dB",
    tolerance=0.1,
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    definition="10 log10(span^2 / mean squared error over all pixels), within 0 and 100 dB",
    source="the definition",
    scale=(0.0, CAP),
    degenerate="the mean of the training pictures is the best constant",
)
