"""Scale-invariant signal-to-distortion ratio, zero-mean, in dB.

    s, e without their means; a = <e, s> / <s, s>; 10 log10(|a s|^2 / |e - a s|^2)

(Le Roux et al. 2019, arXiv:1811.02508.) A function of the angle between the two: blind to gain and
sign, and to a constant offset, which nobody hears. float64, no epsilon. It wants samples in step:
5 ms late is as bad as noise, so it says nothing of speech whose phase was generated. Infinite for a
perfect estimate, which stands as 200 dB in statistics; undefined where either side is constant.
Floor of the scale: -200 dB. Statistics: [value, 1].
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import pair
from benchmark.metrics._mean import one, reduce_mean

LIMIT = 200.0  # dB: beyond what float64 can tell from perfect, or from nothing in common


def si_sdr(clean: Array, estimate: Array) -> float:
    """SI-SDR in dB of two signals (time,); inf where the estimate is a multiple of the clean one.

    ValueError for other shapes, NaN or infinity; Undefined where either side is constant.
    """
    estimate, clean = pair(estimate, clean, 1)
    if np.ptp(clean) == 0:
        raise Undefined("target: constant signal")
    if np.ptp(estimate) == 0:
        raise Undefined("constant prediction")
    clean, estimate = _standing(clean), _standing(estimate)
    shared = float(clean @ estimate) * clean
    left = estimate - shared
    ratio = float(shared @ shared), float(left @ left)
    if ratio[1] == 0:
        return float("inf")
    return float(10 * np.log10(ratio[0] / ratio[1])) if ratio[0] else float("-inf")


def _standing(x: Array) -> Array:
    """Without its mean, of unit length; scaled first, so that tiny and huge signals survive."""
    x = x / np.abs(x).max()
    x = x - x.mean()
    return np.asarray(x / np.sqrt(x @ x))


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:  # noqa: ARG001
    return one(float(np.clip(si_sdr(target, prediction), -LIMIT, LIMIT)))


SI_SDR = Metric(
    id="si_sdr.zero_mean@1",
    title="SI-SDR",
    unit="dB",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    floor=lambda _signal: one(-LIMIT),
    definition="10 log10 of the power of the clean part over that of the rest, both zero-mean",
    source="Le Roux et al. 2019, arXiv:1811.02508",
    scale=(-200.0, 200.0),
)
