"""Correlation of pitch where there is voice.

Pearson's r over the voiced frames of one recording between predicted and true pitch (Hz), the mean
over recordings. A tracker's value in unvoiced frames is noise, which r over all frames would count.
Which frames are voiced is the auxiliary signal `voicing` (time,), 0 or 1, of the recording; no
model sees it. At least 10 voiced frames. Sentences of one kind share their melody, so that any
other sentence's pitch may correlate: compare with the trivial baselines. Statistics [r, 1].

The pitch is the channel `pitch` of the signal, or its only one.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import mean_statistics, pair, plausible_mean, reduce_mean
from benchmark.metrics.pearson import MIN_FRAMES, per_channel


def voiced_r(prediction: Array, target: Array, voicing: Array) -> float:
    """r of two pitch tracks (time,) over the frames where `voicing` (time,) is 1.

    Raises ValueError for unequal shapes, NaN, infinity or voicing other than 0 and 1; Undefined for
    fewer than 10 voiced frames or a track that is constant there.
    """
    prediction, target = pair(prediction, target, 1)
    voicing = np.asarray(voicing)
    if voicing.shape != target.shape or not np.isin(voicing, (0, 1)).all():
        raise ValueError(f"expected voicing of 0 and 1 of shape {target.shape}")
    voiced = voicing.astype(bool)
    if voiced.sum() < MIN_FRAMES:
        raise UndefinedTarget(f"fewer than {MIN_FRAMES} voiced frames")
    x, y = prediction[voiced], target[voiced]
    if y.max() == y.min():
        raise UndefinedTarget("constant pitch")
    if x.max() == x.min():
        raise Undefined("constant pitch")
    return float(per_channel(x[:, None], y[:, None])[0])


def _pitch(array: Array, signal: Signal) -> Array:
    """The pitch track (time,) of (time, channels) or (time,)."""
    array = np.asarray(array)
    if array.ndim == 1:
        return array
    if array.ndim != 2 or (array.shape[1] != 1 and "pitch" not in signal.channels):
        raise ValueError("expected one channel, or one that is called pitch")
    return array[:, 0 if array.shape[1] == 1 else signal.channels.index("pitch")]


def _measure(prediction: Array, target: Array, signal: Signal, voicing: Array) -> Array:
    return mean_statistics(voiced_r(_pitch(prediction, signal), _pitch(target, signal), voicing))


VOICED_R = Metric(
    id="pitch_r.voiced@1",
    title="Pitch r, voiced",
    unit="",
    better="higher",
    measure=_measure,
    reduce=reduce_mean,
    plausible=plausible_mean,
    definition="Pearson's r of the pitch over the voiced frames, mean over recordings",
    source="the definition; r over all frames would count the tracker's noise in silence",
    worst=lambda _signal: mean_statistics(-1.0),
    scale=(-1.0, 1.0),
    auxiliary=("voicing",),
    degenerate="the falling melody that most sentences share, as a straight line too",
)
