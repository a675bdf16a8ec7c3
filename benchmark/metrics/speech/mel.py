"""Distance and correlation of log-mel spectrograms (frames, bins) in natural logarithm.

The front end (window, hop, mel scale, smallest magnitude) belongs to the target signal, which both
sides share (`corpora/io/mel.py`); a prediction is compared as it comes.

MEL_MSE: mean over frames and bins of the squared difference, ln^2. Not the sum over bins, which is
as many times larger as there are bins. Statistics [mse, 1, mse_1 .. mse_B], for B bins declared.

MEL_R: Pearson's r over time in each bin, then the mean over bins. Not over the bins of a frame,
where a constant mean spectrum already scores about 0.7. A bin whose target is constant (silence at
the smallest magnitude) is left out; a bin that only the prediction holds constant counts -1. At
least 10 frames. Statistics [mean r, 1, bins counted, bins in all]. Source: the axis is that of
github.com/neuralinterfacinglab/SingleWordProductionDutch.

MEL_R_FRAME: Pearson's r across the bins of each frame, then the mean over frames, as part of the
literature reports it; only for comparison with that, since the shape that all spectra share is most
of it. A frame whose target is constant is left out; a frame that only the prediction holds constant
counts -1. Statistics [mean r, 1].

All scores are means over recordings, equally weighted.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    as_declared,
    channel_count,
    mean_parts,
    mean_statistics,
    pair,
    plausible_mean,
    reduce_mean,
)
from benchmark.metrics.pearson import moves, of_recording, per_channel


def mse(prediction: Array, target: Array) -> float:
    """Mean squared difference of two log-mel spectrograms (frames, bins), in ln^2.

    Raises ValueError for unequal shapes, other than two axes, no frames, NaN or infinity.
    """
    prediction, target = pair(prediction, target, 2)
    with np.errstate(over="ignore"):
        return float(np.square(prediction - target).mean())


def r_over_time(prediction: Array, target: Array) -> tuple[float, int]:
    """Mean over bins of r over time, and how many bins had a target that is not constant.

    Raises ValueError as `mse`, and Undefined where no bin can be counted.
    """
    r, counted = of_recording(prediction, target)
    return float(r.sum() / counted.sum()), int(counted.sum())


def r_over_bins(prediction: Array, target: Array) -> float:
    """Mean over frames of r across bins; frames with a constant target do not count.

    Raises ValueError as `mse` and for one bin, and Undefined where no frame can be counted.
    """
    prediction, target = pair(prediction, target, 2)
    if target.shape[1] < 2:
        raise ValueError(f"expected at least 2 bins, got {target.shape[1]}")
    counted = moves(target.T)
    if not counted.any():
        raise UndefinedTarget("constant")
    if not moves(prediction.T)[counted].any():
        raise Undefined("constant prediction")
    r = per_channel(prediction.T, target.T)[counted]
    return float(np.where(np.isnan(r), -1.0, r).mean())


def _measure_mse(prediction: Array, target: Array, signal: Signal) -> Array:
    value = mse(prediction, target)
    as_declared(target, signal)
    if not np.isfinite(value):
        raise Undefined("prediction too large to be squared")
    bands = np.square(np.subtract(prediction, target, dtype=np.float64)).mean(axis=0)
    return mean_statistics(value, bands) if channel_count(signal) else mean_statistics(value)


def _measure_r(prediction: Array, target: Array, signal: Signal) -> Array:
    value, counted = r_over_time(prediction, target)
    as_declared(target, signal)
    return mean_statistics(value, np.array([counted, target.shape[1]]))


def _measure_r_frame(prediction: Array, target: Array, signal: Signal) -> Array:
    value = r_over_bins(prediction, target)
    as_declared(target, signal)
    return mean_statistics(value)


def _worst_r(signal: Signal) -> Array:
    bins = channel_count(signal)
    return mean_statistics(-1.0, np.array([bins, bins]))


MEL_MSE = Metric(
    id="mel_mse.mean@1",
    title="Mel MSE",
    unit="ln²",
    better="lower",
    measure=_measure_mse,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=channel_count),
    parts=mean_parts,
    definition="mean over frames and bins of the squared difference, mean over recordings",
    source="the definition",
    scale=(0.0, None),
    degenerate="the mean spectrum of the training targets is the best constant, and where all"
    " recordings take a like course, that course, stretched, is far better",
)
MEL_R = Metric(
    id="mel_r.per_bin_over_time@1",
    title="Mel r",
    unit="",
    better="higher",
    measure=_measure_r,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=2),
    worst=_worst_r,
    definition="mean over bins of Pearson's r over time, mean over recordings",
    source="github.com/neuralinterfacinglab/SingleWordProductionDutch",
    scale=(-1.0, 1.0),
    degenerate="on short recordings the envelope of any utterance correlates with that of any"
    " other",
)
MEL_R_FRAME = Metric(
    id="mel_r.per_frame_over_bins@1",
    title="Mel r per frame (legacy)",
    unit="",
    better="higher",
    measure=_measure_r_frame,
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=lambda _signal: mean_statistics(-1.0),
    definition="mean over frames of Pearson's r across bins, mean over recordings",
    source="the definition",
    scale=(-1.0, 1.0),
    degenerate="a constant mean spectrum",
)
