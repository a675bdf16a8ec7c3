"""What a recogniser makes of a log-mel spectrogram of simulated speech: words of its own grammar.

`data/` holds the network and the language model, made by `tools/train_recogniser.py` with the
command that stands there. Each recording is recognised by itself. A change of anything that changes
what is heard is another version of NAME, and so of every metric that names it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.recogniser import acoustics, bigrams, decoding

NAME = "simulated"
DATA = Path(__file__).parent / "data"
NETWORK, LANGUAGE = DATA / "network.npz", DATA / "bigrams.npz"
LONGEST = 30.0  # s at a time: longer recordings are heard in parts
SHORTEST = 0.5  # s: in less, nothing is heard
LOUDEST = 1e6  # ln, and as quiet: no model that learnt anything answers beyond, none overflows


@cache
def _network() -> acoustics.Network:
    return acoustics.read(NETWORK)


@cache
def _graph() -> decoding.Graph:
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
