"""What a recogniser makes of a log-mel spectrogram of simulated speech: words of its own grammar.

`data/` holds the network and the language model, made by `tools/train_recogniser.py` with the
command that stands there, and whose digests are here. Each recording is recognised by itself. A
change of anything that changes what is heard, the files among it, is another version of NAME, and
so of every metric that names it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.recogniser import acoustics, bigrams, decoding
from benchmark.spectra import convolutions

NAME = "simulated"
DATA = Path(__file__).parent / "data"
NETWORK, LANGUAGE = DATA / "network.npz", DATA / "bigrams.npz"
NETWORK_SHA256 = "67aaa206eeb3daf4076e0676365fd559a8f0d465559c5e783cf482f3cf3b780c"
LANGUAGE_SHA256 = "f32a635d75e312466a5102cacd8e0c3c4dd1282dd337d10c62201bf72209b16e"
LONGEST = 30.0  # s at a time: longer recordings are heard in parts
SHORTEST = 0.5  # s: in less, nothing is heard
LOUDEST = 1e6  # ln, and as quiet: no model that learnt anything answers beyond, none overflows


@cache
def _network() -> acoustics.Network:
    convolutions.compare(NETWORK, NETWORK_SHA256)
    return acoustics.read(NETWORK)


@cache
def _graph() -> decoding.Graph:
    convolutions.compare(LANGUAGE, LANGUAGE_SHA256)
    return bigrams.read(LANGUAGE).graph()


def text(mel: Array) -> str:
    """The words heard in ln mel magnitudes (frames, 80) at 86.13 Hz, single spaces between them.

    Raises ValueError for other than two axes of 80 bands, no frames, NaN or infinity.
    """
    if wrong := acoustics.unfit(mel):
        raise ValueError(wrong)
    mel = np.clip(np.asarray(mel, np.float64), -LOUDEST, LOUDEST)
    frames = int(LONGEST * acoustics.RATE)
    parts = [mel[first : first + frames] for first in range(0, len(mel), frames)]
    heard = [
        decoding.recognise(acoustics.scores(_network(), [part])[0], _graph())
        for part in parts
        if len(part) >= SHORTEST * acoustics.RATE
    ]
    return " ".join(heard)
