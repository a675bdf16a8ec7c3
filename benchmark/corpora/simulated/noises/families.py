"""Families of noises: each a function of a generator, a length, and parameters that a kind draws.

All give sound (length,) float64 at 16 kHz of any level; times in s, frequencies in Hz.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array
from benchmark.corpora import noise
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated.noises import parts

Rng = np.random.Generator
DEGREES = np.array([0, 2, 4, 7, 9, 12, 14, 16])  # of a pentatonic scale, in semitones
FORMANTS = ((450.0, 250.0), (1400.0, 500.0), (2600.0, 800.0))  # Hz: of voices, and their width


def coloured(rng: Rng, length: int, slope: float, knee: float) -> Array:
    """Steady noise whose amplitude falls as 1 / (f + knee) ** slope; a negative slope rises."""
    return noise.shaped(rng, length, slope, knee)


def car(rng: Rng, length: int, knee: float) -> Array:
    return noise.car(rng, length, (knee, knee))


def street(rng: Rng, length: int, passing: float) -> Array:
    return noise.street(rng, length, (passing, passing))


def motor(rng: Rng, length: int, firing: float, rolloff: float, load: float, rough: float) -> Array:
    """Harmonics of a speed that wanders, louder and slower under load, over noise of `rough`.

    `load` says how fast the load changes.
    """
    course = parts.curve(rng, length, load)
    tune = parts.partials(rng, firing * (1 + 0.03 * course), rolloff, 40)
    swell = np.exp(0.35 * course)
    low = min(2 * firing, 1500)
    return np.asarray(tune * swell + rough * parts.band(rng, length, low, 5000, 0.5))


def air(
    rng: Rng, length: int, low: float, high: float, slope: float, gusts: float, depth: float
) -> Array:
    """A band of noise, `gusts` a second louder and softer by about `depth` dB."""
    swell = 10 ** (depth / 20 * parts.curve(rng, length, gusts))
    return np.asarray(parts.band(rng, length, low, high, slope) * swell)


def beats(
    rng: Rng, length: int, rate: float, jitter: float, fall: float, low: float, high: float
) -> Array:
    """Short bursts of noise, `rate` a second, each dying away over `fall`."""
    at = parts.events(rng, length, rate, jitter)
    swell = parts.decays(length, at, rng.uniform(0.4, 1, len(at)), 0.002, fall)
    return np.asarray(parts.band(rng, length, low, high, 0.3) * swell)


def struck(
    rng: Rng, length: int, rate: float, jitter: float, pitch: float, fall: float, bend: float
) -> Array:
    """Things that ring when they are struck: partials that lie apart more than harmonics.

    The k-th lies at pitch * k ** (1 + bend) and dies away over fall / k ** 0.5.
    """
    at = parts.events(rng, length, rate, jitter)
    sound = np.zeros(length)
    times = np.arange(int(4 * fall * AUDIO_RATE)) / AUDIO_RATE
    for begin in at:
        base = pitch * 2 ** rng.uniform(-0.3, 0.3)
        order = np.arange(1, 7)
        order = order[base * order ** (1 + bend) < 0.45 * AUDIO_RATE]
        waves = np.sin(2 * np.pi * np.outer(base * order ** (1 + bend), times))
        waves *= np.exp(-np.outer(order**0.5, times) / fall)
        parts.place(sound, int(begin), rng.uniform(0.4, 1) * (rng.random(len(order)) @ waves))
    return sound


def music(rng: Rng, length: int, tempo: float, pitch: float, fall: float) -> Array:
    """Chords and notes of a scale, `tempo` a second, each dying away over `fall`."""
    sound = np.zeros(length)
    times = np.arange(int(4 * fall * AUDIO_RATE)) / AUDIO_RATE
    swell = np.minimum(times / 0.02, 1) * np.exp(-times / fall)
    for begin in parts.events(rng, length, tempo, 0.1):
        for degree in rng.choice(DEGREES, rng.integers(1, 4), replace=False):
            note = np.full(len(times), pitch * 2 ** (degree / 12))
            parts.place(sound, int(begin), swell * parts.partials(rng, note, 1.2, 8))
    return sound


def sweep(
    rng: Rng, length: int, pitch: float, octaves: float, turn: float, steps: float, gate: float
) -> Array:
    """A tone that goes up and down `turn` times a second, beside traffic.

    `steps` 0: as a wail; 1: between two tones. It sounds for a share `gate` of each turn.
    """
    place = turn * np.arange(length) / AUDIO_RATE + rng.random()
    wave = np.sin(2 * np.pi * place)
    wave = (1 - steps) * wave + steps * np.tanh(20 * wave)
    tone = parts.partials(rng, pitch * 2 ** (octaves / 2 * wave), 0.8, 9, odd=True)
    on = 1 / (1 + np.exp(-200 * (gate - 2 * abs((place + 0.25) % 1 - 0.5)) / max(turn, 1)))
    return np.asarray(tone * on + 0.1 * noise.shaped(rng, length, 1.0, 100))


def chirps(rng: Rng, length: int, rate: float, pitch: float, rise: float, span: float) -> Array:
    """Short whistles of about `span` seconds, rising or falling by up to `rise` octaves."""
    sound = np.zeros(length)
    for begin in parts.events(rng, length, rate, 0.6):
        times = np.arange(int(rng.uniform(0.6, 1.4) * span * AUDIO_RATE)) / AUDIO_RATE
        turn = rise * rng.uniform(-1, 1) * (times / span - 0.5)
        base = pitch * 2 ** (rng.uniform(-0.25, 0.25) + turn)
        phase = 2 * np.pi * np.cumsum(base) / AUDIO_RATE
        parts.place(sound, int(begin), rng.uniform(0.3, 1) * np.hanning(len(times)) * np.sin(phase))
    return sound


def crowd(rng: Rng, length: int, voices: float, syllables: float, far: float) -> Array:
    """Voices that nobody understands: buzzes through formants, `syllables` a second each.

    `far` is the share of what reaches the ear by way of the walls, without syllables.
    """
    sound = np.zeros(length)
    for _ in range(round(voices)):
        pitch = rng.uniform(90, 240) * 2 ** (0.15 * parts.curve(rng, length, 2))
        buzz = parts.partials(rng, pitch, 0.4, 40)
        for centre, width in FORMANTS:
            middle = centre * rng.uniform(0.75, 1.3)
            swell = np.exp(0.9 * parts.curve(rng, length, syllables))
            sound += swell * _through(buzz, middle, width) * (300 / middle) ** 0.5
    steady = parts.band(rng, length, 150, 900, 0.6)
    return np.asarray(sound / np.std(sound) + far * steady)


def _through(sound: Array, middle: float, width: float) -> Array:
    """What a resonance lets through."""
    from scipy.signal import iirpeak, lfilter

    b, a = iirpeak(middle, middle / width, AUDIO_RATE)
    return np.asarray(lfilter(b, a, sound))
