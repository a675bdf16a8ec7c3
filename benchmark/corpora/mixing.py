"""The sound of mixtures: speech with noise or voices added at an SNR.

A recipe says everything about a mixture: `kind` (a noise, or "babble1" to "babble3"), `role`,
`seed`, `voices` (ids of the recordings that babble), `offset` (samples into each voice) and `snr`
in dB. See `mixtures` for which there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import sound as sound_files
from benchmark.corpora.mixtures import Noises, Recipe
from benchmark.corpora.noise import AUDIO_RATE, noise

PEAK = 0.99  # of full scale, where a mixture that would clip is brought to


def sixteen_bits(sound: Array) -> Array:
    """Float32 on the grid of 16-bit sound, in [-1, 1)."""
    return (np.clip(np.round(sound * 32768), -32768, 32767) / 32768).astype(np.float32)


def babble(voices: Sequence[Array], offsets: Sequence[int], length: int) -> Array:
    """Sum (length,) of voices at equal energy, each repeated as often as needed."""
    parts = [
        np.resize(np.roll(voice, -offset), length) / np.std(voice)
        for voice, offset in zip(voices, offsets, strict=True)
    ]
    return np.asarray(np.sum(parts, axis=0))


def disturbance(recipe: Recipe, length: int, waveform: Callable[[str], Array]) -> Array:
    """What is added to the speech, before it is brought to its level: (length,) float64.

    It has unit variance.
    """
    if not recipe.voices:
        return noise(recipe.kind, recipe.role, recipe.seed, length)
    voices = [waveform(id) for id in recipe.voices]
    sound = babble(voices, recipe.offset, length)
    return np.asarray(sound / np.std(sound))


def levels(clean: Array, sound: Array, snr: float) -> tuple[float, float]:
    """`scale` for an SNR in dB by energy over the whole utterance, and `gain` against clipping."""
    scale = float(np.sqrt(np.sum(clean**2) / np.sum(sound**2) / 10 ** (snr / 10)))
    peak = float(np.max(np.abs(clean + scale * sound)))
    return float(f"{scale:.6g}"), float(f"{min(1.0, PEAK / peak):.6g}")


def mix(recipe: Recipe, clean: Array, waveform: Callable[[str], Array]) -> tuple[Array, Array]:
    """(noisy, clean), each (T,) float32 at 16 kHz on the grid of 16 bits, in [-1, 1).

    `clean` (T,) is the utterance, full scale 1; `waveform` gives the whole sound of a voice, which
    repeats as often as needed: see `sound` for recorded noises. UserError: silence somewhere.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        added = disturbance(recipe, len(clean), waveform)
    return add(recipe, clean, added)


def add(recipe: Recipe, clean: Array, added: Array) -> tuple[Array, Array]:
    """As `mix`, of a disturbance (T,) that is there already; of any level."""
    if not np.any(clean):
        raise UserError(f"{recipe.clean}: expected speech, found silence; get the file again")
    if not np.isfinite(added).all():
        raise UserError(
            f"{recipe.id}: expected a sound to mix, found silence in {' and '.join(recipe.voices)};"
            " get the file again"
        )
    scale, gain = levels(clean, added, recipe.snr)
    noisy = sixteen_bits((clean + scale * added) * gain)
    return noisy, sixteen_bits(clean * gain)


def sound(noises: Noises, voice: str) -> Array:
    """A recorded noise (T,) float64 at 16 kHz, the mean of its channels; UserError if unsound."""
    from scipy.signal import resample_poly

    samples, told = sound_files.read(noises.files[voice])
    rate = told.rate
    common = int(np.gcd(rate, AUDIO_RATE))
    mono = samples.mean(axis=1)
    if rate == AUDIO_RATE:
        return np.asarray(mono)
    return np.asarray(resample_poly(mono, AUDIO_RATE // common, rate // common))
