"""STOI and ESTOI of a mel spectrogram, made audible by a vocoder: how much would be understood.

Prediction and target (frames, 80), ln, both become sound by Griffin-Lim (`spectra/vocoder.py`:
magnitudes by the pseudo-inverse of the filters, 16 rounds with momentum 0.99, phases from a fixed
seed) at 11,025 Hz, since STOI hears nothing above 4.3 kHz; then `stoi@1` and `estoi@2` (see there)
of the prediction's sound against the target's.

Not against recorded sound: silent takes have none, and a vocoder's own loss would be part of each
score. So a perfect prediction has 1, and what is lost by mel and Griffin-Lim comes on top: on the
test sentences of `embedded.new_sentences`, sound made of the true spectrograms has STOI 0.958 and
ESTOI 0.906 against the recorded sound (`benchmarks/vocoder.py`). Figures by another vocoder, or
against recorded sound, are other metrics. The row `oracle_resynthesis` has less: its spectrogram is
that of vocoded sound and is vocoded once more, against sound that was vocoded once.

Values below ln 1e-5 count as that and above 5 as 5. A prediction whose bands deviate by less than
0.2 (1.7 dB) over time, in the mean over bands, has no score: it would be steady noise, which has a
STOI of 0.3 to 0.5. Bands of speech deviate by more than 1. What `stoi@1` leaves out is left out
here: less than 30 frames (0.4 s) of speech. Worst: STOI 0, ESTOI -1. Another machine changes a
score by less than 1e-4. Only spectrograms of the front end that all corpora share are measured.
Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from benchmark.core import Array, Metric, Signal, Undefined
from benchmark.metrics._measurement import (
    Content,
    as_declared,
    mean_statistics,
    pair,
    plausible_mean,
    reduce_mean,
)
from benchmark.metrics.speech import stoi
from benchmark.spectra import vocoder

DIVISOR = 2  # of the vocoder's rate
STEADY = 0.2  # ln, standard deviation of a band over time: below, it is no speech


def both(prediction: Array, target: Array) -> tuple[float, float]:
    """STOI and ESTOI of two log-mel spectrograms (frames, 80) by their vocoded sounds.

    Raises ValueError for unequal shapes, other than two axes of 80 bands, no frames, NaN or
    infinity, and Undefined as the module says.
    """
    pair(prediction, target, 2)
    return _both(Content(prediction), Content(target))


@lru_cache(maxsize=1)  # each metric asks for its own
def _both(prediction: Content, target: Content) -> tuple[float, float]:
    held = np.clip(prediction.array, vocoder.FLOOR, vocoder.CEILING, dtype=np.float64)
    if held.std(axis=0).mean() < STEADY:
        raise Undefined("a prediction that hardly changes")
    heard = vocoder.sound(prediction.array, DIVISOR)
    return stoi.both(_of_target(target), heard, vocoder.rate(DIVISOR))


@lru_cache(maxsize=1)  # it may be compared with many
def _of_target(target: Content) -> Array:
    return vocoder.sound(target.array, DIVISOR)


def _measure(prediction: Array, target: Array, signal: Signal, which: int) -> Array:
    if not vocoder.fits(signal):
        raise ValueError("expected a spectrogram of the front end that all corpora share")
    as_declared(target, signal)
    return mean_statistics(both(prediction, target)[which])


STOI = Metric(
    id="stoi.griffin_lim@1",
    title="STOI (Griffin-Lim)",
    unit="",
    better="higher",
    measure=partial(_measure, which=0),
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=stoi.STOI.worst,
    definition="STOI of the spectrogram by Griffin-Lim against the true one by Griffin-Lim",
    source="stoi@1; Griffin & Lim 1984; Perraudin, Balazs & Sondergaard 2013",
    scale=stoi.STOI.scale,
    fits=vocoder.fits,
    degenerate="noise with the course of any sentence, as for `stoi@1`",
)
ESTOI = replace(
    STOI,
    id="estoi.griffin_lim@1",
    title="ESTOI (Griffin-Lim)",
    measure=partial(_measure, which=1),
    worst=stoi.ESTOI.worst,
    definition="ESTOI of the spectrogram by Griffin-Lim against the true one by Griffin-Lim",
    source="estoi@2; Griffin & Lim 1984; Perraudin, Balazs & Sondergaard 2013",
    scale=stoi.ESTOI.scale,
    degenerate="",
)
