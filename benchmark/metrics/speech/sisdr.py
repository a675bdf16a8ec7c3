"""Scale-invariant signal-to-distortion ratio, zero-mean, in dB.

    s, e without their means; a = <e, s> / <s, s>; 10 log10(|a s|^2 / |e - a s|^2)

(Le Roux et al. 2019, arXiv:1811.02508.) A function of the angle between the two: independent of
gain, sign and a constant offset, which is inaudible. float64, no epsilon. It needs samples in step:
5 ms late is as bad as noise, so it says nothing of speech whose phase was generated. Infinite for a
perfect estimate, which counts 200 dB in statistics; undefined where either side is constant.
Worst: -200 dB. Statistics: [value, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
)

LIMIT = 200.0  # dB: beyond what float64 can tell from perfect, or from nothing in common
BLOCK = 1 << 13  # samples at a time, few enough for a processor's cache


def si_sdr(clean: Array, estimate: Array) -> float:
    """SI-SDR in dB of two signals (time,); inf where the estimate is a multiple of the clean one.

    ValueError for other shapes, NaN or infinity; Undefined where either side is constant.
    """
    estimate, clean = shapes(estimate, clean, 1)
    finite(estimate, "prediction")
    finite(clean, "target")
    s, e = (
        _blocks(clean, UndefinedTarget("constant signal")),
        _blocks(estimate, Undefined("constant prediction")),
    )
    length = [np.sqrt(_total(np.square(x) for x in side())) for side in (s, e)]
    shared = _total(x * y for x, y in zip(s(), e(), strict=True)) / length[0] / length[1]
    left = _total(
        np.square(y / length[1] - shared * (x / length[0])) for x, y in zip(s(), e(), strict=True)
    )
    if left == 0:
        return float("inf")
    return float(10 * np.log10(shared**2 / left)) if shared else float("-inf")


def _blocks(signal: Array, constant: Undefined) -> Callable[[], Iterator[Array]]:
    """A function that runs over a signal in float64 blocks, with peak 1 and then without mean.

    Scaled first, so that tiny and huge signals survive; block by block, so that an hour needs no
    second copy.
    """
    low, high = float(signal.min()), float(signal.max())
    if low == high:
        raise constant
    peak = max(-low, high)

    def scaled() -> Iterator[Array]:
        for first in range(0, signal.size, BLOCK):
            yield signal[first : first + BLOCK].astype(np.float64) / peak

    mean = _total(scaled()) / signal.size
    return lambda: (block - mean for block in scaled())


def _total(blocks: Iterable[Array]) -> float:
    return math.fsum(float(block.sum()) for block in blocks)


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:  # noqa: ARG001
    return mean_statistics(float(np.clip(si_sdr(target, prediction), -LIMIT, LIMIT)))


SI_SDR = Metric(
    id="si_sdr.zero_mean@1",
    title="SI-SDR",
    unit="dB",
    tolerance=0.1,
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=lambda _signal: mean_statistics(-LIMIT),
    definition="10 log10 of the power of the clean part over that of the rest, both zero-mean",
    source="Le Roux et al. 2019, arXiv:1811.02508",
    scale=(-200.0, 200.0),
)
