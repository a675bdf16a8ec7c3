"""Pitch where there is voice, and whether voice is found where it is.

VOICED_R: Pearson's r over the voiced frames of one recording between predicted and true pitch (Hz),
the mean over recordings. A tracker's value in unvoiced frames is noise, which r over all frames
would count. Which frames are voiced is the signal `voicing` (time,), 0 or 1, of the recording; no
model sees it. At least 10 voiced frames. Sentences of one kind share their melody, so that any
other sentence's pitch may correlate: look at the blind answer. Statistics [r, 1].

VOICING_ERROR: share of frames in which one side is voiced and the other is not, for tracks that
hold 0 Hz (or less) where there is no voice; the mean over recordings (Nakatani et al. 2008, Speech
Communication 50; the decision part of the pitch frame error). Statistics [share, 1].

The pitch is the channel `pitch` of the signal, or its only one.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import pair
from benchmark.metrics._correlation import MIN_FRAMES, per_channel
from benchmark.metrics._mean import one, reduce_mean


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
        raise Undefined(f"target: fewer than {MIN_FRAMES} voiced frames")
    x, y = prediction[voiced], target[voiced]
    if y.max() == y.min():
        raise Undefined("target: constant pitch")
    if x.max() == x.min():
        raise Undefined("constant pitch")
    return float(per_channel(x[:, None], y[:, None])[0])


def voicing_error(prediction: Array, target: Array) -> float:
    """Share of frames of two pitch tracks (time,) that only one side holds above 0 Hz.

    Raises ValueError for unequal shapes, no frames, NaN or infinity.
    """
    prediction, target = pair(prediction, target, 1)
    return float(((prediction > 0) != (target > 0)).mean())


def _pitch(array: Array, signal: Signal) -> Array:
    """The pitch track (time,) of (time, channels) or (time,)."""
    array = np.asarray(array)
    if array.ndim == 1:
        return array
    if array.ndim != 2 or (array.shape[1] != 1 and "pitch" not in signal.channels):
        raise ValueError("expected one channel, or one that is called pitch")
    return array[:, 0 if array.shape[1] == 1 else signal.channels.index("pitch")]


def _measure_r(prediction: Array, target: Array, signal: Signal, voicing: Array) -> Array:
    return one(voiced_r(_pitch(prediction, signal), _pitch(target, signal), voicing))


def _measure_error(prediction: Array, target: Array, signal: Signal) -> Array:
    return one(voicing_error(_pitch(prediction, signal), _pitch(target, signal)))


VOICED_R = Metric(
    id="pitch_r.voiced@1",
    title="Pitch r, voiced",
    unit="",
    better="higher",
    measure=_measure_r,
    reduce=reduce_mean,
    definition="Pearson's r of the pitch over the voiced frames, mean over recordings",
    source="the definition; r over all frames counts what a tracker makes of silence",
    worst=lambda _signal: one(-1.0),
    scale=(-1.0, 1.0),
    auxiliary=("voicing",),
    degenerate="the fall of the voice that most sentences share",
)
VOICING_ERROR = Metric(
    id="voicing_error.frames@1",
    title="Voicing error",
    unit="",
    better="lower",
    measure=_measure_error,
    reduce=reduce_mean,
    definition="share of frames that only one side holds above 0 Hz, mean over recordings",
    source="Nakatani et al. 2008, Speech Communication 50",
    worst=lambda _signal: one(1.0),
    scale=(0.0, 1.0),
    degenerate="always voiced: its error is the share of unvoiced frames",
)
