"""What noises are put together from: bands, slow curves, partials, and events in time."""

from __future__ import annotations

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import AUDIO_RATE, coloured

CURVE_RATE = 100  # Hz, at which slow curves are drawn
SLOWEST = 8.0  # s, period below which a slow curve holds nothing


def band(rng: np.random.Generator, length: int, low: float, high: float, slope: float) -> Array:
    """Noise (length,) of unit variance; its amplitude falls as f ** -slope from `low` to `high` Hz.

    Beyond the two it falls by 12 dB an octave more, but never ends.
    """

    def gain(f: Array) -> Array:
        edges = (1 + (low / f) ** 4) * (1 + (f / high) ** 4)
        return np.asarray(f**-slope / np.sqrt(edges))

    return np.asarray(coloured(rng, (1, length), AUDIO_RATE, gain)[0])


def curve(rng: np.random.Generator, length: int, below: float) -> Array:
    """Slow random course (length,) of about unit variance, of frequencies below `below` Hz."""
    count = length * CURVE_RATE // AUDIO_RATE + 2
    course = coloured(
        rng, (1, count), CURVE_RATE, lambda f: (f < below) / (f + below / 4), SLOWEST
    )[0]
    times = np.arange(length) / AUDIO_RATE
    return np.asarray(np.interp(times, np.arange(count) / CURVE_RATE, course))


def partials(
    rng: np.random.Generator, frequency: Array, rolloff: float, most: int, odd: bool = False
) -> Array:
    """Harmonics (length,) of a course of `frequency` in Hz, below 7.2 kHz, of unit variance.

    The level of the k-th is drawn from 0.3 to 1 and falls as k ** -rolloff; `odd` leaves out the
    even ones.
    """
    phase = 2 * np.pi * np.cumsum(frequency) / AUDIO_RATE
    orders = np.arange(1, most + 1, 2 if odd else 1)
    orders = orders[orders * frequency.max() < 0.45 * AUDIO_RATE]
    level = rng.uniform(0.3, 1.0, len(orders)) / orders**rolloff
    begin = rng.uniform(0, 2 * np.pi, len(orders))
    # The sum of level * sin(k * phase + begin) is a polynomial of the first harmonic, taken by
    # Horner's rule: no sine for each of the others.
    first = np.exp(1j * phase)
    step = first**2 if odd else first
    total = np.zeros(len(phase), complex)
    for factor in (level * np.exp(1j * begin))[::-1]:
        total *= step
        total += factor
    sound = (total * first).imag
    return np.asarray(sound / np.std(sound))


def events(rng: np.random.Generator, length: int, rate: float, jitter: float) -> Array:
    """Samples (n,) at which something happens, `rate` times a second, from before the beginning on.

    `jitter` 0: as by a clock; 1: at any time, whatever came before.
    """
    first = -2.0  # s, so that what has begun before is still heard
    count = int((length / AUDIO_RATE - first) * rate * 2) + 8
    gaps = (1 - jitter + jitter * rng.exponential(1.0, count)) / rate
    times = first + rng.uniform(0, 1 / rate) + np.cumsum(gaps)
    at = np.round(times * AUDIO_RATE).astype(int)
    return at[at < length]


def decays(length: int, at: Array, level: Array, rise: float, fall: float) -> Array:
    """Envelope (length,): what happens at samples `at` rises within and decays over seconds."""
    from scipy.signal import fftconvolve

    before = max(0, -int(at.min(initial=0)))
    hits = np.zeros(before + length)
    np.add.at(hits, at + before, level)
    times = np.arange(1, int((rise + 5 * fall) * AUDIO_RATE) + 2) / AUDIO_RATE
    shape = np.minimum(times / rise, 1) * np.exp(-times / fall)
    return np.asarray(fftconvolve(hits, shape)[before : before + length]).clip(0)


def place(sound: Array, at: int, event: Array) -> None:
    """Add an event to a sound (length,), in place; what lies outside of it is left out."""
    begin, end = max(at, 0), min(at + len(event), len(sound))
    if begin < end:
        sound[begin:end] += event[begin - at : end - at]
