"""Distance and correlation of log-mel spectrograms inside speech, where somebody says something.

Most of the variance of a whole recording is the step from rest to speech, which is easy to find:
an answer that knows no more has a good MSE and r over all frames. Here the frames outside phones
(rest before and after, pauses) are left out first; what remains is joined and measured as by
`mel_mse.mean@1` and `mel_r.per_bin_over_time@1`:

    mse = mean over frames t with speech_t = 1 and bins b of (x_tb - y_tb)^2
    r = mean over bins b of Pearson's r of x_tb and y_tb over the frames t with speech_t = 1

The auxiliary signal `speech` (frames,), at the rate of the spectrogram, is 1 in frames inside a
phone and 0 elsewhere; no model sees it. It comes from the corpus, which knows or has aligned its
phones, not from the level of the sound, and only corpora that have it are scored so. A recording
without a frame of speech is left out, for r one with fewer than 10; a bin counts in r as for
`mel_r.per_bin_over_time@1`. All scores are means over recordings, equally weighted, however much
speech they hold. Statistics: [mse, 1, mse_1 .. mse_B] for B bins declared, and [mean r, 1, bins
counted, bins in all].
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmark.core import Array, Metric, Signal, UndefinedTarget
from benchmark.metrics._measurement import (
    channel_count,
    mean_parts,
    pair,
    plausible_mean,
    reduce_mean,
)
from benchmark.metrics.pearson import MIN_FRAMES
from benchmark.metrics.speech import mel


def inside(prediction: Array, target: Array, speech: Array, least: int = 1) -> tuple[Array, Array]:
    """The frames of two spectrograms (frames, bins) where `speech` (frames,) is 1, as float64.

    Raises ValueError for unequal shapes, other than two axes, no frames, NaN, infinity or `speech`
    other than 0 and 1; UndefinedTarget for fewer than `least` frames of speech.
    """
    prediction, target = pair(prediction, target, 2)
    speech = np.asarray(speech)
    if speech.shape != target.shape[:1] or not np.isin(speech, (0, 1)).all():
        raise ValueError(f"expected speech of 0 and 1 of shape {target.shape[:1]}")
    said = speech.astype(bool)
    if not said.any():
        raise UndefinedTarget("no frame of speech")
    if said.sum() < least:
        raise UndefinedTarget(f"fewer than {least} frames of speech")
    return prediction[said], target[said]


def mse(prediction: Array, target: Array, speech: Array) -> float:
    """Mean squared difference over the frames of speech and all bins, in ln^2; as `inside`."""
    return mel.mse(*inside(prediction, target, speech))


def r_over_time(prediction: Array, target: Array, speech: Array) -> float:
    """Mean over bins of r over the frames of speech; as `inside` and `mel.r_over_time`."""
    return mel.r_over_time(*inside(prediction, target, speech, MIN_FRAMES))[0]


def _measure_mse(prediction: Array, target: Array, signal: Signal, speech: Array) -> Array:
    return mel.MEL_MSE.measure(*inside(prediction, target, speech), signal)


def _measure_r(prediction: Array, target: Array, signal: Signal, speech: Array) -> Array:
    return mel.MEL_R.measure(*inside(prediction, target, speech, MIN_FRAMES), signal)


MSE_IN_SPEECH = Metric(
    id="mel_mse.in_speech@1",
    title="Mel MSE in speech",
    unit="ln²",
    better="lower",
    measure=_measure_mse,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=channel_count),
    parts=mean_parts,
    definition="mean over frames inside phones and bins of the squared difference, mean over"
    " recordings",
    source="the definition; rest is the easy part of the MSE over all frames",
    scale=(0.0, None),
    auxiliary=("speech",),
    degenerate="the mean spectrum of speech is the best constant",
)
R_IN_SPEECH = Metric(
    id="mel_r.in_speech@1",
    title="Mel r in speech",
    unit="",
    better="higher",
    measure=_measure_r,
    reduce=reduce_mean,
    plausible=partial(plausible_mean, extra=2),
    worst=mel.MEL_R.worst,
    definition="mean over bins of Pearson's r over the frames inside phones, mean over recordings",
    source="the definition, with the axis of `mel_r.per_bin_over_time@1`",
    scale=(-1.0, 1.0),
    auxiliary=("speech",),
    degenerate="speech that rises and falls, where recordings have one phrase: less so than over"
    " all frames",
)
