"""PESQ, the perceptual evaluation of speech quality, as in `pesq` 0.0.4.

Raw PESQ x = 4.5 - 0.1 d_sym - 0.0309 d_asym (ITU-T P.862), mapped to a mean opinion score
(MOS-LQO):

    narrow band, P.862.1:         0.999 + 4 / (1 + exp(4.6607 - 1.4945 x))   at most 4.549
    wide band, P.862.2 (2007):    0.999 + 4 / (1 + exp(3.8224 - 1.3669 x))   at most 4.644

Wide band is without Corrigendum 2 of 2018, as all comparable figures are. Audio (samples,) of any
scale, since both sides are levelled: 16 kHz, or 8 kHz for narrow band only; other rates are refused
here and resampled outside. PESQ aligns the two in time.

The library writes beyond its tables, and may die, when a signal has more than 50 utterances. An
utterance and the gap behind it take at least 97 windows of 4 ms, so 18 s cannot hold that many.
Longer audio, up to two minutes, is scored whole where `most_utterances` estimates 34 at most, and
the value is the library's. Else it is cut into equal pieces of at most 18 s, and the pieces'
scores are averaged, weighted by length; a piece without a score leaves the recording without one.
Only what is scored at once is held as float64, so that an hour needs little more memory than it
takes itself.

What is missing hardly disturbs PESQ, and speech in loud noise has 1.02 to 1.06 wide band: a click
in silence has 1.07, noisy speech with 70 % of the speech silenced 1.15, and with a large offset or
a click, by which PESQ levels it so that the rest becomes quiet, up to 1.4. So a prediction (or a
piece of one) has no score if

- it has less than 0.25 s of sound, the least that PESQ takes, or half of the clean sound where that
  is less;
- it cannot be speech (`speech/_sound.py`): less than 1e-3 of its power lies from 150 to 4,300 Hz,
  or fewer than 5 of the 15 third-octave bands there change;
- one window of 32 ms has more than half of its power from 300 to 3,100 Hz;
- both levelled by the power in that band, it is 20 dB below the clean speech in more than 40 % of
  the windows in which that speaks.

What remains: noisy speech of which 40 % is silenced, or that is drowned for a moment, is better
than whole, and so is, where noise is loud, whatever is narrow in frequency, such as a sweep.

Worst: 0.999 for both, the limit of the mappings for ever worse speech. Raw -0.5 is
often called the lowest, but noise goes below (wide band 1.022, where raw -0.5 maps to 1.043).
Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget, UserError
from benchmark.metrics._measurement import (
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
    whole_rate,
)
from benchmark.metrics.speech import _sound

Band = Literal["wb", "nb"]
RATES: dict[Band, tuple[int, ...]] = {"wb": (16_000,), "nb": (8_000, 16_000)}
SAFE = 18  # seconds: too short for more utterances than the library has room for
LONGEST = 120  # seconds at once
MOST = 34  # utterances at once by an estimate that may be a third too low; there is room for 50
SHORTEST = 0.25  # seconds
# Of the estimate, as in the library:
WINDOWS = 250  # a second
QUIETEST = 1e-4  # of the loudest window's power: what is below counts as that
ROUNDS = 12  # after which the threshold is taken as it is
SPECK, GAP, UTTERANCE = 4, 50, 46  # windows: at most, at most, at least
FACTORS = (0.5, 0.7, 1.0, 1.4)  # of the threshold

Floats = NDArray[np.float64]
WORST = 0.999
REWARDED = (
    "steady noise: it gets what speech in louder noise gets; what is narrow in frequency, such as a"
    " sweep; noisy speech of which up to 40 % is silenced"
)


def pesq(clean: Array, degraded: Array, rate: float, band: Band) -> float:
    """MOS-LQO of `degraded` against `clean`, both (samples,) at `rate` Hz.

    Raises ValueError for unequal lengths, other than one axis, NaN, infinity or another rate,
    Undefined where PESQ has no value, UserError when the library is not installed.
    """
    degraded, clean = shapes(degraded, clean, 1)
    finite(degraded, "prediction")
    finite(clean, "target")
    hertz = whole_rate(rate)
    if hertz not in RATES[band]:
        raise ValueError(f"PESQ {band} needs a rate of {RATES[band]} Hz, got {rate}")
    if clean.size < SHORTEST * hertz:
        raise UndefinedTarget("shorter than 0.25 s")
    pieces = 1 if _at_once(clean, hertz) else -(-clean.size // (SAFE * hertz))
    parts = list(zip(np.array_split(clean, pieces), np.array_split(degraded, pieces), strict=True))
    scores = [_score(reference, other, hertz, band) for reference, other in parts]
    return float(np.average(scores, weights=[reference.size for reference, _ in parts]))


def _at_once(clean: Array, rate: int) -> bool:
    """Whether the library can score such audio without being cut."""
    if clean.size <= SAFE * rate or np.ptp(clean) == 0:
        return True
    return clean.size <= LONGEST * rate and most_utterances(clean, rate) <= MOST


def most_utterances(clean: Array, rate: int) -> int:
    """How many utterances PESQ may find in sound (samples,) at `rate` Hz, not silent, from above.

    PESQ finds utterances by the power of 4 ms windows, after filters and levelling: speech is what
    exceeds a threshold above the quieter windows; specks of speech are dropped, gaps of up to 0.2 s
    closed, and what is then at least 0.2 s long is an utterance (ITU-T P.862; constants as in
    `pesq` 0.0.4). The same rule is applied here to the signal as it is and to its band of 300 to
    3100 Hz, since the filters may take away what hides the gaps, such as hum; and at thresholds
    from half to 1.4 times its own, since none of this is exact. The largest of these counts is
    returned: at least 0.7 of the library's own in 150 synthetic signals of speech with gaps, noise,
    hum and offsets, the same in the median.
    """
    sound = clean.astype(np.float64)
    sound /= np.abs(sound).max()
    return max(
        _count(levels > max(factor * threshold, levels.min()))
        for levels in (_levels(sound, rate), _levels(_sound.band(sound, rate), rate))
        for threshold in (_threshold(levels),)
        for factor in FACTORS
    )


def _levels(sound: Floats, rate: int) -> Floats:
    """Mean power of each window, none far below the loudest."""
    window = rate // WINDOWS
    power = np.square(sound[: len(sound) // window * window]).reshape(-1, window).mean(axis=1)
    return np.asarray(np.maximum(power, QUIETEST * power.max()))


def _threshold(levels: Floats) -> float:
    """Two deviations above the mean of the windows that do not exceed it."""
    threshold = float(levels.mean())
    for _ in range(ROUNDS):
        quiet = levels[levels <= threshold]
        if not len(quiet):
            break
        threshold = 1.001 * float(quiet.mean() + 2 * quiet.std())
    return threshold


def _count(speech: NDArray[np.bool_]) -> int:
    """Utterances among windows of which `speech` says which are loud."""
    starts, ends = np.flatnonzero(np.diff(speech, prepend=False, append=False)).reshape(-1, 2).T
    heard = ends - starts > SPECK
    starts, ends = starts[heard], ends[heard]
    apart = starts[1:] - ends[:-1] > GAP
    lengths = ends[np.append(apart, True)] - starts[np.append(True, apart)] if len(starts) else ends
    return int((lengths >= UTTERANCE).sum())


def _score(clean: Array, degraded: Array, rate: int, band: Band) -> float:
    """MOS-LQO of one piece of audio; UndefinedTarget or Undefined where PESQ has none."""
    clean, degraded = clean.astype(np.float64), degraded.astype(np.float64)
    if np.ptp(clean) == 0:
        raise UndefinedTarget("silent")
    try:
        _sound.check_answer(clean, degraded, rate)
        errors, value = _call(clean, degraded, rate, band)
        if value == errors.NO_UTTERANCES_DETECTED:
            raise Undefined("no utterance")
        if np.isnan(value):
            raise Undefined("no value from PESQ")
    except Undefined:
        errors, alone = _call(clean, clean, rate, band)
        if alone == errors.NO_UTTERANCES_DETECTED:
            raise UndefinedTarget("no utterance") from None  # whatever is predicted
        raise
    if value < 0:
        raise RuntimeError(f"pesq failed with code {value}")
    return value


def _call(clean: Array, degraded: Array, rate: int, band: Band) -> tuple[Any, float]:
    """The library's error codes, and its value or one of them.

    Each side gets its own peak, which levelling makes harmless, so that a very loud one does not
    push the other below what float32 holds.
    """
    try:
        from pesq import PesqError
        from pesq import pesq as score
    except ImportError as error:
        raise UserError("PESQ is not installed: pip install -e .[pesq]") from error
    clean, degraded = (x / np.abs(x).max() for x in (clean, degraded))
    value = score(rate, clean, degraded, band, on_error=PesqError.RETURN_VALUES)
    return PesqError, float(value)


def _measure(prediction: Array, target: Array, signal: Signal, band: Band) -> Array:
    return mean_statistics(pesq(target, prediction, whole_rate(signal.rate), band))


def _worst(_: Signal) -> Array:
    return mean_statistics(WORST)


PESQ_WB = Metric(
    id="pesq_wb@1",
    title="PESQ-WB",
    unit="MOS-LQO",
    tolerance=0.02,
    better="higher",
    measure=partial(_measure, band="wb"),
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=_worst,
    definition="P.862 with the mapping of P.862.2 (2007, without Corrigendum 2), 16 kHz",
    source="ITU-T P.862, P.862.2; pesq 0.0.4",
    scale=(0.999, 4.644),
    degenerate=REWARDED,
    aligns=True,
)
PESQ_NB = Metric(
    id="pesq_nb@1",
    title="PESQ-NB",
    unit="MOS-LQO",
    tolerance=0.02,
    better="higher",
    measure=partial(_measure, band="nb"),
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=_worst,
    definition="P.862 with the mapping of P.862.1",
    source="ITU-T P.862, P.862.1; pesq 0.0.4",
    scale=(0.999, 4.549),
    degenerate=REWARDED,
    aligns=True,
)
