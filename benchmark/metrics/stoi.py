"""STOI and ESTOI, short-time objective intelligibility, as in `pystoi` 0.4.1.

Both signals go to 10 kHz; frames of 25.6 ms that lie more than 40 dB below the loudest frame of the
*clean* signal are dropped; magnitudes in 15 third-octave bands from 150 Hz; segments of 30 frames.
STOI (Taal et al. 2011): each band of a segment is scaled to the clean norm, clipped at -15 dB
signal-to-distortion and correlated with the clean one; mean over bands and segments. ESTOI (Jensen
& Taal 2016): rows, then columns of each segment are normalised, and the mean of their products is
taken. No unit, no alignment in time, at most 1; neither gain nor polarity matters, so both sides
are brought to peak 1 first, which keeps them clear of the library's additive constants.

ESTOI as published is undefined where a segment of the degraded signal is silent; the library adds
rounding-size noise there from numpy's global generator. That generator is seeded for the call and
put back afterwards, so that the value is the same each time and no one else's numbers change.

Floors: STOI 0, what its correlations tend to for a prediction that carries nothing of the target
(the library's own value for silence). ESTOI -1, the least its products can sum to: unrelated noise
falls a little below 0 there and must not score worse than no answer.
Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._check import pair, whole_rate
from benchmark.metrics._mean import one, reduce_mean

RATE = 10_000  # Hz
FRAME, HOP, SEGMENT = 256, 128, 30  # samples, samples, frames
DYNAMIC_RANGE = 40  # dB


def stoi(clean: Array, degraded: Array, rate: float) -> float:
    """STOI of `degraded` against `clean`, both (samples,) at `rate` Hz, a whole number.

    Raises ValueError for unequal lengths, other than one axis, NaN, infinity or a wrong rate, and
    Undefined for silence or less than 30 frames of active speech.
    """
    return _intelligibility(clean, degraded, rate, extended=False)


def estoi(clean: Array, degraded: Array, rate: float) -> float:
    """ESTOI; input and errors as for `stoi`."""
    return _intelligibility(clean, degraded, rate, extended=True)


def _intelligibility(clean: Array, degraded: Array, rate: float, extended: bool) -> float:
    from pystoi import stoi as library

    degraded, clean = pair(degraded, clean, 1)
    hertz = whole_rate(rate)
    clean, degraded = _at_10_khz(clean, hertz, "target: silent"), _at_10_khz(degraded, hertz)
    _check_activity(clean, degraded)
    state = np.random.get_state()
    np.random.seed(0)
    try:
        return float(library(clean, degraded, RATE, extended=extended))
    finally:
        np.random.set_state(state)


def _at_10_khz(
    x: NDArray[np.float64], rate: int, silent: str = "silent prediction"
) -> NDArray[np.float64]:
    from pystoi.utils import resample_oct

    if np.ptp(x) == 0:
        raise Undefined(silent)
    x = x / np.abs(x).max()
    return x if rate == RATE else np.asarray(resample_oct(x, RATE, rate))


def _check_activity(clean: NDArray[np.float64], degraded: NDArray[np.float64]) -> None:
    """Undefined where the library would return 1e-5, fail obscurely, or score noise of its own."""
    from pystoi.utils import remove_silent_frames

    if clean.size <= FRAME:
        raise Undefined("target: too short")
    clean, degraded = remove_silent_frames(clean, degraded, DYNAMIC_RANGE, FRAME, HOP)
    if len(range(0, clean.size - FRAME, HOP)) < SEGMENT:
        raise Undefined("target: less than 30 frames of speech")
    if not degraded.any():
        raise Undefined("silent prediction")


def _measure(prediction: Array, target: Array, signal: Signal, extended: bool) -> Array:
    return one(_intelligibility(target, prediction, whole_rate(signal.rate), extended))


def _floor(_: Signal, value: float) -> Array:
    return one(value)


STOI = Metric(
    id="stoi@1",
    title="STOI",
    unit="",
    better="higher",
    measure=partial(_measure, extended=False),
    reduce=reduce_mean,
    floor=partial(_floor, value=0.0),
    definition="correlation of third-octave envelopes over 384 ms, clipped at -15 dB",
    source="Taal et al. 2011; pystoi 0.4.1",
    scale=(None, 1.0),
)
ESTOI = Metric(
    id="estoi@1",
    title="ESTOI",
    unit="",
    better="higher",
    measure=partial(_measure, extended=True),
    reduce=reduce_mean,
    floor=partial(_floor, value=-1.0),
    definition="correlation of normalised spectrograms over 384 ms",
    source="Jensen & Taal 2016; pystoi 0.4.1",
    scale=(-1.0, 1.0),
)
