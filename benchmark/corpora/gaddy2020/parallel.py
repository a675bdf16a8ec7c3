"""Silent utterances of gaddy2020 and the voiced ones of the same sentences."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.gaddy2020 import files
from benchmark.corpora.gaddy2020.files import EMG_RATE, Clip
from benchmark.corpora.io import mel, warping

MEL_RATE = Fraction(mel.PARAMETERS.rate, mel.PARAMETERS.hop)


def voiced(id: str, silent: Clip, same: Sequence[Clip]) -> Clip:
    """Of voiced clips of the `same` sentence that of the same session, else the first.

    UserError where there is none.
    """
    if not same:
        raise UserError(
            f"{id}: expected a voiced utterance of {silent.book}, sentence {silent.sentence}, "
            "found none; get the corpus again"
        )
    session = silent.folder.name.removesuffix("_silent")
    return next((one for one in same if one.folder.name == session), same[0])


def brought(silent: Clip, aloud: Clip, spectrogram: Array) -> Array:
    """(T, 80) float32: the `spectrogram` of the voiced clip, in the time of the silent one."""
    own, theirs = (files.filtered(one) for one in (silent, aloud))
    at = warping.times(*(warping.features(emg, EMG_RATE) for emg in (own, theirs)))
    count = frames(len(own), EMG_RATE)
    return warping.brought(spectrogram, float(MEL_RATE), at, count).astype(np.float32)


def frames(samples: int, rate: float) -> int:
    """How many frames of mel there are in so many samples."""
    return int(samples / Fraction(rate) * MEL_RATE + Fraction(1, 2))
