"""SingleWordProductionDutch with the mel spectrogram of the published baseline: 23 bins at 100 Hz.

Files, recordings and all other signals are those of `dutch_words`. Sound is brought to 16 kHz by
scipy's `decimate` (Chebyshev of order 8 there and back, which keeps what is below 6.4 kHz), scaled
by the session's peak and rounded towards zero to 16 bits; magnitudes of 50 ms windows (periodic
Hann, 800 samples) every 10 ms; 23 triangles of unit sum on the scale 2595 lg(1 + f / 700), their
corners on whole bins; natural logarithm, after 1e-7 is added (Verwoert et al. 2022, Sci. Data 9:
434; github.com/neuralinterfacinglab/SingleWordProductionDutch).

Differs from there: window k is centred on k / 100 seconds rather than begun there, and the peak is
that of the sound at 48 kHz, which moves all values by one constant.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, Recording, Signal
from benchmark.corpora import dutch_words
from benchmark.corpora.dutch_words import AUDIO_RATE, DOWN, MARGIN, Block

NAME = "dutch_words_23"


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 100  # Hz, of the frames
    window: int = 800  # samples of 16 kHz
    bands: int = 23
    loudest: int = 32767  # what the session's peak becomes
    floor: float = 1e-7  # added to magnitudes before the logarithm


PARAMETERS = Parameters()
READER = {**dutch_words.READER, "mel": asdict(PARAMETERS)}


@lru_cache(maxsize=2)
def filters(parameters: Parameters = PARAMETERS) -> Array:
    """Triangles (bands, window / 2 + 1) of unit sum, from 0 to 8000 Hz."""
    bins = parameters.window // 2 + 1
    top = AUDIO_RATE / 2
    edges = np.arange(parameters.bands + 2) / (parameters.bands + 1)
    hertz = 700 * ((1 + top / 700) ** edges - 1)
    corners = np.floor(np.floor(hertz + 1e-6) / top * bins)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    place = np.arange(bins)
    up, down = (place - low) / (centre - low), (high - place) / (high - centre)
    weights = np.maximum(0, np.minimum(up, down))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def spectrogram(sound: Array, skip: int, count: int, parameters: Parameters = PARAMETERS) -> Array:
    """Frames float32 (count, 23) in ln of sound at 16 kHz, 1 being the session's peak.

    Frame k is centred k / 100 s after sample `skip`, from which half a window lies to both sides.
    """
    half, hop = parameters.window // 2, AUDIO_RATE // parameters.rate
    whole = np.trunc(np.clip(sound, -1, 1) * parameters.loudest)
    part = whole[skip - half : skip + half + (count - 1) * hop]
    frames = np.lib.stride_tricks.sliding_window_view(part, parameters.window)[::hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(parameters.window) / parameters.window)
    bands = np.abs(np.fft.rfft(frames * hann, axis=1)) @ filters(parameters).T
    return np.asarray(np.log(bands + parameters.floor), np.float32)


def mel(file: Any, block: Block) -> Array:
    """Float32 (T, 23) ln at 100 Hz of one block; filters and windows see its half gaps besides."""
    from scipy.signal import decimate

    down = decimate(dutch_words.sound(file, block), DOWN)
    return spectrogram(down, MARGIN, block.length(PARAMETERS.rate))


def recordings(folder: Path) -> list[Recording]:
    """As those of dutch_words; `mel` is float32 (T, 23) ln at 100 Hz."""
    return dutch_words.listed(folder, {**dutch_words.MAKERS, "mel": mel})


def locate(root: Path) -> Path | None:
    """Where dutch_words lies, or root/dutch_words_23."""
    return dutch_words.located(root, NAME) or dutch_words.locate(root)


def digest() -> str:
    """sha256 of what this reader does to the files."""
    return storage.digest([NAME, READER])


CORPUS = replace(
    dutch_words.CORPUS,
    name=NAME,
    title="SingleWordProductionDutch with the published baseline's mel of 23 bins",
    signals={
        **dutch_words.SIGNALS,
        "mel": Signal("ln", "float32", PARAMETERS.rate, (PARAMETERS.bands,)),
    },
    locate=locate,
    recordings=recordings,
    digest=digest,
    advice=dutch_words.CORPUS.advice.replace(f" {dutch_words.NAME} ", f" {NAME} "),
)
