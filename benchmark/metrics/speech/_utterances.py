"""How many utterances PESQ may find in a clean signal, estimated from above.

PESQ keeps its utterances in tables of 50 and writes beyond them when there are more. It finds them
by the power of 4 ms windows, after filters and levelling: speech is what exceeds a threshold above
the quieter windows; specks of speech are dropped, gaps of up to 0.2 s closed, and what is then at
least 0.2 s long is an utterance (ITU-T P.862; constants as in `pesq` 0.0.4).

The same rule is applied here to the signal as it is and to its band of 300 to 3100 Hz, since the
filters may take away what hides the gaps, such as hum; and at thresholds from half to 1.4 times its
own, since none of this is exact. The largest of these counts is what comes back: at least 0.7 of
the library's own in 150 made-up signals of speech with gaps, noise, hum and offsets, the same in
the median.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array

A_SECOND = 250  # windows
BAND = (300.0, 3100.0)  # Hz
QUIETEST = 1e-4  # of the loudest window's power: what is below counts as that
ROUNDS = 12  # after which the threshold is taken as it is
SPECK, GAP, UTTERANCE = 4, 50, 46  # windows: at most, at most, at least
FACTORS = (0.5, 0.7, 1.0, 1.4)  # of the threshold

Floats = NDArray[np.float64]


def most_utterances(clean: Array, rate: int) -> int:
    """The largest count for sound (samples,) at `rate` Hz that is not silent."""
    sound = clean.astype(np.float64)
    sound /= np.abs(sound).max()
    return max(
        _count(levels > max(factor * threshold, levels.min()))
        for levels in (_levels(sound, rate), _levels(_band(sound, rate), rate))
        for threshold in (_threshold(levels),)
        for factor in FACTORS
    )


def _band(sound: Floats, rate: int) -> Floats:
    from scipy.signal import butter, sosfilt

    # Gentle, since a sharp filter rings on into the gaps.
    return np.asarray(sosfilt(butter(2, BAND, "bandpass", fs=rate, output="sos"), sound))


def _levels(sound: Floats, rate: int) -> Floats:
    """Mean power of each window, none far below the loudest."""
    window = rate // A_SECOND
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
