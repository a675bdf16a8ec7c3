"""Sound from movement: log-mel spectrograms from articulation, by a small network.

Articulation (time, 14) at 50 Hz in the layout of SPARC: six points x, y in mm, loudness, F0 in Hz.
It is interpolated to the 86.13 Hz of the shared spectrograms, standardised, held within
LIMIT standard deviations, and four layers of convolutions that see 0.29 s around a frame make ln
mel magnitudes of it. `data/articulatory.npz` has the weights; `tools/train_articulatory.py` trained
them on simulated talkers of whom none is in the embedded corpus, so it fits simulated movement.

SPARC's own decoder makes sound of what its encoder gives for people, with the voice of a speaker;
here nothing but the fourteen numbers counts, and everybody is made heard in the same way. A change
of anything above or of the weights is another version of every metric that hears by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmark.core import Array, Signal, UserError
from benchmark.spectra import convolutions, mel

RATE, CHANNELS = 50.0, 14
DILATIONS = (1, 1, 1, 1)
LIMIT = 6.0  # standard deviations of the training recordings
FILE = Path(__file__).parent / "data" / "articulatory.npz"
SHA256 = "f5b8df821e28276050364379fc6d87a81e0a7d99fe045abd9ac9ffecfba168f5"


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, and the mean and standard deviation (14,) of what they were trained on."""

    layers: convolutions.Layers
    mean: Array
    deviation: Array


def fits(signal: Signal) -> bool:
    """Whether a signal is articulation in this layout."""
    return (signal.unit, signal.rate, signal.frame) == ("mm", RATE, (CHANNELS,))


def inputs(articulation: Array, mean: Array, deviation: Array) -> Array:
    """(frames, 14) float32 at the rate of spectrograms of articulation (time, 14) at 50 Hz."""
    frames = max(int(len(articulation) / RATE * mel.FRAME_RATE), 1)
    at = np.arange(frames) / mel.FRAME_RATE * RATE
    whole = np.arange(len(articulation))
    moved = np.stack([np.interp(at, whole, channel) for channel in articulation.T], axis=1)
    return np.asarray(np.clip((moved - mean) / deviation, -LIMIT, LIMIT), np.float32)


def spectrogram(articulation: Array) -> Array:
    """ln mel magnitudes (frames, 80) at 86.13 Hz of articulation (time, 14) at 50 Hz.

    Raises ValueError for other than two axes of 14 channels, no samples, NaN or infinity.
    """
    articulation = np.asarray(articulation)
    if articulation.ndim != 2 or articulation.shape[1] != CHANNELS or not len(articulation):
        raise ValueError(f"expected (time, {CHANNELS}), got shape {articulation.shape}")
    if not np.isfinite(articulation).all():
        raise ValueError("the articulation holds NaN or infinity")
    network = _network()
    moved = inputs(articulation, network.mean, network.deviation)
    return np.asarray(convolutions.applied(network.layers, DILATIONS, moved), np.float32)


@cache
def _network() -> Network:
    convolutions.compare(FILE, SHA256)
    return read(FILE)


def write(path: Path, network: Network) -> None:
    """Write a network as .npz."""
    more = {"mean": network.mean, "deviation": network.deviation}
    convolutions.write(path, network.layers, more)


def read(path: Path) -> Network:
    """Read a network; UserError where the file is missing, damaged or holds another."""
    try:
        layers, held = convolutions.read(path, len(DILATIONS), ("mean", "deviation"))
        more = {name: values.astype(np.float64) for name, values in held.items()}
    except convolutions.DAMAGED as error:
        raise UserError(
            f"{path}: expected a network by tools/train_articulatory.py, found {error}; train it "
            "again"
        ) from None
    if wrong := convolutions.unlike(layers, CHANNELS, mel.PARAMETERS.bands):
        raise UserError(f"{path}: {wrong}; train it again")
    for name, values in more.items():
        if values.shape != (CHANNELS,) or not np.isfinite(values).all():
            raise UserError(f"{path}: {name}: expected {CHANNELS} finite numbers; train it again")
    if (more["deviation"] <= 0).any():
        raise UserError(f"{path}: deviation: expected numbers above 0; train it again")
    return Network(layers, more["mean"], more["deviation"])
