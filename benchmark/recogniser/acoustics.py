"""What phone is said in each frame of a log mel spectrogram, by a small network of convolutions.

The spectrogram is the one that all corpora share (`spectra/mel.py`), so that a predicted one can be
recognised as well as that of recorded sound. No normalisation by talker but one: the frequencies of
all of a talker's recordings are stretched by the factor with which the network is surest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.spectra import convolutions, mel

RATE = mel.FRAME_RATE  # Hz
BANDS = mel.PARAMETERS.bands // 2
DILATIONS = (1, 1, 2, 1)  # of the layers
LOUDEST = 95  # percentile of frames, to which levels are relative
DEPTH = 9.0  # nepers below it that count
STRETCHES = tuple(np.round(np.arange(-0.2, 0.21, 0.05), 2))  # ln of factors of frequency
SCALE = 0.4  # of the network's scores against the logs of chances of texts
PRIOR = 0.7  # share of the log frequency of phones that is taken from the network's scores


@dataclass(frozen=True, eq=False)
class Network:
    """Layers (weights (out, in, taps), bias (out,)) and the log frequency of each phone."""

    layers: convolutions.Layers
    frequency: Array  # (phones,)
    talkers: tuple[str, ...]  # that it was trained on, as "start of the seed's digest/talker"


def centres() -> Array:
    """(80,) Hz of the bands, a constant part of the mel scale apart."""
    peaks = mel.mel_filters(
        mel.PARAMETERS.rate, mel.PARAMETERS.window, mel.PARAMETERS.bands, 0, mel.PARAMETERS.top
    )
    bins = np.arange(peaks.shape[1]) * mel.PARAMETERS.rate / mel.PARAMETERS.window
    return np.asarray((peaks * bins).sum(axis=1) / peaks.sum(axis=1))


def stretched(spectrogram: Array, factor: Array) -> Array:
    """(T, 80) with band k as it was at the `factor` of its frequency; factor () or (80,)."""
    hertz = centres()
    at = np.interp(hertz * factor, hertz, np.arange(len(hertz)))
    low = np.minimum(at.astype(int), len(hertz) - 2)
    weight = (at - low).astype(np.float32)
    return np.asarray(spectrogram[:, low] * (1 - weight) + spectrogram[:, low + 1] * weight)


def features(spectrogram: Array) -> Array:
    """(T, 40) float32 of ln mel magnitudes (T, 80): levels without the recording's and its mean.

    UserError where it is no finite spectrogram of one frame or more.
    """
    _check(spectrogram)
    loudest = np.percentile(spectrogram.max(axis=1), LOUDEST)
    levels = np.maximum(spectrogram - loudest, -DEPTH)
    loud = levels.mean(axis=1)
    levels = levels - levels[loud >= np.percentile(loud, 40)].mean(axis=0)
    return np.asarray(levels.reshape(len(levels), BANDS, -1).mean(axis=2), np.float32)


def unfit(spectrogram: Array) -> str:
    """Why nothing can be recognised in it; empty for a finite spectrogram of one frame or more."""
    if (
        spectrogram.ndim != 2
        or spectrogram.shape[1] != mel.PARAMETERS.bands
        or not len(spectrogram)
    ):
        return (
            f"expected a spectrogram of 1 or more frames of {mel.PARAMETERS.bands} bands to "
            f"recognise, found shape {spectrogram.shape}; look at what made it"
        )
    if bad := np.count_nonzero(~np.isfinite(spectrogram).all(axis=1)):
        return (
            f"expected a finite spectrogram to recognise, found {bad} of {len(spectrogram)} frames "
            "with NaN or infinite values; look at what made it"
        )
    return ""


def _check(spectrogram: Array) -> None:
    if wrong := unfit(spectrogram):
        raise UserError(wrong)


def posteriors(network: Network, inputs: Array) -> Array:
    """(T, phones) ln of the chance of each phone in each frame of `features`."""
    outputs = convolutions.applied(network.layers, DILATIONS, inputs)
    top = outputs.max(axis=1, keepdims=True)
    return np.asarray(outputs - top - np.log(np.exp(outputs - top).sum(axis=1, keepdims=True)))


def scores(network: Network, spectrograms: Sequence[Array]) -> list[Array]:
    """Of the recordings (T, 80) of ONE talker: scores (T, phones) as `decoding` adds them up.

    UserError where there are none, or one is no finite spectrogram.
    """
    if not spectrograms:
        raise UserError("expected one recording or more of a talker to recognise, found none")
    for one in spectrograms:
        _check(one)
    found = [
        [posteriors(network, features(stretched(one, np.exp(s)))) for one in spectrograms]
        for s in STRETCHES
    ]
    sure = [float(np.concatenate(each).max(axis=1).mean()) for each in found]
    return [SCALE * (one - PRIOR * network.frequency) for one in found[int(np.argmax(sure))]]


def write(path: Path, network: Network) -> None:
    """Write a network as .npz."""
    more = {"frequency": network.frequency, "talkers": np.array(network.talkers)}
    convolutions.write(path, network.layers, more)


def read(path: Path) -> Network:
    """Read a network; UserError where the file is missing, damaged or holds another."""
    try:
        layers, more = convolutions.read(path, len(DILATIONS), ("frequency", "talkers"))
        frequency, talkers = more["frequency"].astype(np.float64), tuple(map(str, more["talkers"]))
    except convolutions.DAMAGED as error:
        raise UserError(
            f"{path}: expected a network by tools/train_recogniser.py, found {error}; "
            "train it again"
        ) from None
    if frequency.ndim != 1 or not np.isfinite(frequency).all():
        raise UserError(
            f"{path}: expected the frequency of each phone, found {frequency}; train it again"
        )
    if wrong := convolutions.unlike(layers, BANDS, len(frequency)):
        raise UserError(f"{path}: {wrong}; train it again")
    return Network(layers, frequency, talkers)
