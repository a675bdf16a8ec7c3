"""Log-spectral distance of two sounds, in dB: how far the spectrum is from the true one.

    LSD = mean_t sqrt(mean_f (10 log10 P_tf - 10 log10 P'_tf)^2)

over spectra of 32 ms, a periodic Hann window every 8 ms (Gray & Markel 1976). Powers below 1e-8
(-80 dB) of the loudest one of the target count as that, on both sides: what lies below is noise of
the converter or rounding, and would decide. Sound shorter than a window is filled up with zeros.

Phase does not count, and each bin does as much as any other, in loud frames and in pauses: removing
noise from pauses is rewarded, which no listener may notice. Level counts. No score for a target of
zeros, which is left out, and for a prediction too large to be squared. Worst: 100 dB. Statistics:
[value, 1].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
    whole_rate,
)

WINDOW, HOP = 0.032, 0.008  # s
LEAST = 1e-8  # of the target's loudest power
WORST = 100.0  # dB
BLOCK = 1024  # frames at a time


def lsd(clean: Array, estimate: Array, rate: float) -> float:
    """LSD in dB of two sounds (samples,) at `rate` Hz.

    ValueError for other shapes, no samples, NaN, infinity or a rate that is no whole number of Hz;
    UndefinedTarget for zeros; Undefined for an estimate too large to be squared.
    """
    estimate, clean = shapes(estimate, clean, 1)
    finite(estimate, "prediction")
    finite(clean, "target")
    size, hop = (max(round(part * whole_rate(rate)), 1) for part in (WINDOW, HOP))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    count = 1 + max(len(clean) - size, 0) // hop
    blocks = [(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    floor = LEAST * max(_powers(clean, window, hop, *block).max() for block in blocks)
    if floor == 0:
        raise UndefinedTarget("silence")
    total = 0.0
    with np.errstate(over="ignore", divide="ignore"):
        for block in blocks:
            true, found = (_powers(x, window, hop, *block) for x in (clean, estimate))
            apart = 10 * np.log10(np.maximum(true, floor) / np.maximum(found, floor))
            total += float(np.sqrt(np.square(apart).mean(axis=1)).sum())
    if not np.isfinite(total):
        raise Undefined("prediction too large to be squared")
    return total / count


def _powers(sound: Array, window: Array, hop: int, first: int, last: int) -> NDArray[np.float64]:
    """(frames, bins) of the frames `first` to `last`."""
    part = sound[first * hop : (last - 1) * hop + len(window)].astype(np.float64)
    part = np.pad(part, (0, max(len(window) - len(part), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(part, len(window))[::hop][: last - first]
    return np.asarray(np.square(np.abs(np.fft.rfft(frames * window, axis=1))))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    return mean_statistics(lsd(target, prediction, signal.rate or 0))


LSD = Metric(
    id="lsd.mean@1",
    title="LSD",
    unit="dB",
    tolerance=0.05,
    better="lower",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=lambda _signal: mean_statistics(WORST),
    definition="root of the mean squared difference of log power spectra over frequency, mean over"
    " frames of 32 ms",
    source="Gray & Markel 1976, IEEE Trans. ASSP 24",
    scale=(0.0, None),
    degenerate="silence where the target is silent for most of the time",
)
