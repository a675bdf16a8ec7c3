"""Pearson's correlation of trajectories, such as articulator positions.

For channel c of one recording, over its time steps t:

    r_c = sum_t (x_tc - mean x_c) (y_tc - mean y_c)
          / sqrt(sum_t (x_tc - mean x_c)^2  sum_t (y_tc - mean y_c)^2)

The recording's value is the mean of r_c over channels, the score the mean over recordings, all
equally weighted: pooling recordings would measure their resting positions instead. No unit, from
-1 to 1, no Fisher transform; neither offset nor scale of a channel matters. Recordings need 10
frames. A channel whose target is constant is left out of that recording and its validity is 0; a
channel that only the prediction holds constant counts -1.

Statistics: [mean r, 1, r_1 .. r_C, valid_1 .. valid_C], r 0 where not valid, so the sum of r_c
divided by the sum of valid_c is the mean r of channel c. Only the first two are there when
`signal.frame` leaves the number of channels open. Source: scipy.stats.pearsonr; mean over channels
and recordings as in github.com/lee-jhwn/IS25-emg-ema.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal
from benchmark.metrics._check import as_declared, channel_count
from benchmark.metrics._correlation import of_recording, per_channel
from benchmark.metrics._mean import one, reduce_mean

__all__ = ["PER_RECORDING", "per_channel"]


def _measure(prediction: Array, target: Array, signal: Signal) -> Array:
    """(time, channels) twice -> the statistics above; Undefined as in `of_recording`."""
    r, counted = of_recording(prediction, target)
    as_declared(target, signal)
    mean = r.sum() / counted.sum()
    return one(mean, r, counted) if channel_count(signal) else one(mean)


def _floor(signal: Signal) -> Array:
    channels = channel_count(signal)
    return one(-1.0, np.full(channels, -1.0), np.ones(channels))


PER_RECORDING = Metric(
    id="pearson.per_recording@1",
    title="Pearson r",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    floor=_floor,
    definition="mean over channels of Pearson's r over time, then mean over recordings",
    source="scipy.stats.pearsonr; github.com/lee-jhwn/IS25-emg-ema",
    scale=(-1.0, 1.0),
)
