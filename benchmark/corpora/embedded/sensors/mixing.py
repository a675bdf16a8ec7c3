"""Mixtures of speech and noise, from recipes that say everything about them.

A recipe is a dict: `kind` (a noise, or "babble1" to "babble3"), `role`, `seed`, `voices` (ids of
the recordings that babble), `offset` (samples into each voice), `snr` in dB, `scale` of the
unit-variance noise and `gain` of the whole mixture, below 1 only where it would clip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors.noise import noise

PEAK = 0.99  # of full scale, where a mixture that would clip is brought to


def sixteen_bits(sound: Array) -> Array:
    """Float32 on the grid of 16-bit sound, in [-1, 1)."""
    return (np.clip(np.round(sound * 32768), -32768, 32767) / 32768).astype(np.float32)


def babble(voices: list[Array], offsets: list[int], length: int) -> Array:
    """Sum (length,) of voices at equal energy, each repeated as often as needed."""
    parts = [
        np.resize(np.roll(voice, -offset), length) / np.std(voice)
        for voice, offset in zip(voices, offsets, strict=True)
    ]
    return np.asarray(np.sum(parts, axis=0))


def disturbance(recipe: Mapping[str, Any], length: int, waveform: Callable[[str], Array]) -> Array:
    """What is added to the speech, before `scale`: (length,) float64, unit variance."""
    if not recipe["voices"]:
        return noise(recipe["kind"], recipe["role"], recipe["seed"], length)
    voices = [waveform(id) for id in recipe["voices"]]
    sound = babble(voices, recipe["offset"], length)
    return np.asarray(sound / np.std(sound))


def levels(clean: Array, sound: Array, snr: float) -> tuple[float, float]:
    """`scale` for an SNR in dB by energy over the whole utterance, and `gain` against clipping."""
    scale = float(np.sqrt(np.sum(clean**2) / np.sum(sound**2) / 10 ** (snr / 10)))
    peak = float(np.max(np.abs(clean + scale * sound)))
    return float(f"{scale:.6g}"), float(f"{min(1.0, PEAK / peak):.6g}")
