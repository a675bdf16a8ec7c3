"""What phone is said in each frame of a log mel spectrogram, by a small network of convolutions.

The spectrogram is the corpora's own (`corpora.io.mel`), so that a predicted one can be recognised
as well as that of recorded sound. No normalisation by talker but one: the frequencies of all of a
talker's recordings are stretched by the factor with which the network is surest.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, UserError
from benchmark.corpora.io import mel
from benchmark.corpora.io.unpack import DAMAGED_ZIP
from benchmark.corpora.simulated.texts import lexicon

RATE = mel.PARAMETERS.rate / mel.PARAMETERS.hop  # Hz
BANDS = mel.PARAMETERS.bands // 2
DILATIONS = (1, 1, 2, 1)  # of the layers
LOUDEST = 95  # percentile of frames, to which levels are relative
DEPTH = 9.0  # nepers below it that count
STRETCHES = tuple(np.round(np.arange(-0.2, 0.21, 0.05), 2))  # ln of factors of frequency
SCALE = 0.4  # of the network's scores against the logs of chances of texts
# What NumPy's reader says of a file that is none of its own, or a broken one.
DAMAGED = (*DAMAGED_ZIP, ValueError, KeyError, TypeError, SyntaxError)
PRIOR = 0.7  # share of the log frequency of phones that is taken from the network's scores


@dataclass(frozen=True, eq=False)
class Network:
    """Layers (weights (out, in, taps), bias (out,)) and the log frequency of each phone."""

    layers: tuple[tuple[Array, Array], ...]
    frequency: Array  # (len(lexicon.PHONES),)
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


def _check(spectrogram: Array) -> None:
    if (
        spectrogram.ndim != 2
        or spectrogram.shape[1] != mel.PARAMETERS.bands
        or not len(spectrogram)
    ):
        raise UserError(
            f"expected a spectrogram of 1 or more frames of {mel.PARAMETERS.bands} bands to "
            f"recognise, found shape {spectrogram.shape}; look at what made it"
        )
    if bad := np.count_nonzero(~np.isfinite(spectrogram).all(axis=1)):
        raise UserError(
            f"expected a finite spectrogram to recognise, found {bad} of {len(spectrogram)} frames "
            "with NaN or infinite values; look at what made it"
        )


def posteriors(network: Network, inputs: Array) -> Array:
    """(T, phones) ln of the chance of each phone in each frame of `features`."""
    for place, (weights, bias) in enumerate(network.layers):
        taps, dilation = weights.shape[2], DILATIONS[place]
        margin = dilation * (taps // 2)
        padded = np.pad(inputs, ((margin, margin), (0, 0)))
        parts = [
            padded[k * dilation : k * dilation + len(inputs)] @ weights[:, :, k].T
            for k in range(taps)
        ]
        inputs = np.sum(parts, axis=0) + bias
        if place + 1 < len(network.layers):
            inputs = np.maximum(inputs, 0)
    top = inputs.max(axis=1, keepdims=True)
    return np.asarray(inputs - top - np.log(np.exp(inputs - top).sum(axis=1, keepdims=True)))


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
    arrays = {"frequency": network.frequency, "talkers": np.array(network.talkers)}
    for place, (weights, bias) in enumerate(network.layers):
        arrays |= {f"weights{place}": weights.astype(np.float16), f"bias{place}": bias}
    made = io.BytesIO()
    np.savez_compressed(made, allow_pickle=False, **arrays)
    storage.write_whole(path, made.getvalue())


def read(path: Path) -> Network:
    """Read a network; UserError where the file is missing, damaged or holds another."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            layers = tuple(
                (np.asarray(held[f"weights{k}"], np.float32), np.asarray(held[f"bias{k}"]))
                for k in range(len(DILATIONS))
            )
            frequency, talkers = held["frequency"], tuple(map(str, held["talkers"]))
    except (*DAMAGED, OSError) as error:
        raise UserError(
            f"{path}: expected a network by tools/train_recogniser.py, found {error}; "
            "train it again"
        ) from None
    if wrong := _unlike(layers, frequency):
        raise UserError(f"{path}: {wrong}; train it again")
    return Network(layers, frequency, talkers)


def _unlike(layers: Sequence[tuple[Array, Array]], frequency: Array) -> str:
    """What is not as a network of this recogniser has it; nothing where all is."""
    phones, before = len(lexicon.PHONES), BANDS
    if frequency.shape != (phones,):
        return f"expected {phones} phones, found {frequency.size}"
    for place, (weights, bias) in enumerate(layers):
        if weights.ndim != 3 or weights.shape[1] != before or weights.shape[2] % 2 == 0:
            return f"layer {place}: expected weights (any, {before}, odd), found {weights.shape}"
        if bias.shape != weights.shape[:1]:
            return f"layer {place}: expected {len(weights)} biases, found {bias.shape}"
        if not all(np.isfinite(values).all() for values in (weights, bias)):
            return f"layer {place}: expected finite numbers, found others"
        before = len(bias)
    if before != phones or not np.isfinite(frequency).all():
        return f"expected finite scores of {phones} phones, found {before}"
    return ""
