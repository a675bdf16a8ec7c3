"""Noises to mix with speech: white, pink, engine, car and street, each of unit variance.

The kinds and the signal-to-noise ratios follow the protocol of EMGSE (Wang et al. 2022,
arXiv 2202.06507), which tests on car, engine, pink, white, street and voices. All are synthesised.
"train" and "test" draw from different seeds and, for engine, car and street, from ranges of
parameters that do not meet, so a noise heard in training is never heard in a test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, UserError

AUDIO_RATE = 16000  # Hz, of all mixtures


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    engine: tuple[tuple[str, tuple[float, float]], ...] = (
        ("train", (28.0, 45.0)),  # Hz, firing rate
        ("test", (55.0, 80.0)),
    )
    car: tuple[tuple[str, tuple[float, float]], ...] = (
        ("train", (60.0, 110.0)),  # Hz, above it the rumble falls by 12 dB an octave
        ("test", (140.0, 220.0)),
    )
    street: tuple[tuple[str, tuple[float, float]], ...] = (
        ("train", (0.25, 0.6)),  # Hz, how often something passes
        ("test", (0.9, 1.6)),
    )


PARAMETERS = Parameters()
KINDS = ("white", "pink", "engine", "car", "street")


def generator(*names: str) -> np.random.Generator:
    """A generator that depends on nothing but `names`."""
    seed = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(seed[:16], "big")))


def coloured(
    rng: np.random.Generator,
    shape: tuple[int, int],
    rate: float,
    gain: Callable[[Array], Array],
    least: float = 0.05,
) -> Array:
    """Gaussian noise (channels, time) of unit variance with amplitude spectrum gain(Hz).

    It repeats after its length or `least` seconds, so slow noise needs a `least` of some periods.
    """
    from scipy.fft import irfft, next_fast_len

    channels, length = shape
    size = next_fast_len(max(length, round(least * rate)), real=True)
    frequency = np.fft.rfftfreq(size, 1 / rate)
    amplitude = np.zeros(len(frequency))
    amplitude[1:-1] = gain(frequency[1:-1])
    amplitude *= size / (2 * np.sqrt(np.sum(amplitude**2)))
    parts = rng.standard_normal((channels, len(frequency), 2))
    spectrum = parts.view(np.complex128)[..., 0]
    spectrum *= amplitude
    return np.asarray(irfft(spectrum, size, axis=1)[:, :length])


def shaped(rng: np.random.Generator, length: int, slope: float, knee: float) -> Array:
    """Noise (length,) whose amplitude falls as 1 / (f + knee) ** slope above 20 Hz."""
    sound = coloured(rng, (1, length), AUDIO_RATE, lambda f: (f >= 20) / (f + knee) ** slope)
    return np.asarray(sound[0])


def engine(rng: np.random.Generator, length: int, span: tuple[float, float]) -> Array:
    """Harmonics of a firing rate that wanders by a few per cent, over a rumble."""
    base = rng.uniform(*span)
    wander = coloured(rng, (1, length), AUDIO_RATE, lambda f: (f < 4) / (f + 0.5), 4.0)[0]
    phase = 2 * np.pi * np.cumsum(base * (1 + 0.02 * wander)) / AUDIO_RATE
    order = np.arange(1, 31)
    level = rng.uniform(0.3, 1.0, 30) / order**0.7
    tune = sum(
        g * np.sin(k * phase + p) for k, g, p in zip(order, level, rng.random(30) * 6, strict=True)
    )
    return np.asarray(tune / np.std(tune) + 0.35 * shaped(rng, length, 0.7, 50))


def car(rng: np.random.Generator, length: int, span: tuple[float, float]) -> Array:
    """Low rumble of the road and a little wind."""
    rumble = shaped(rng, length, 2.0, rng.uniform(*span))
    return np.asarray(rumble + 0.12 * shaped(rng, length, 0.5, 300))


def street(rng: np.random.Generator, length: int, span: tuple[float, float]) -> Array:
    """Steady traffic, passing vehicles that swell and fade, and now and then a horn."""
    times = np.arange(length) / AUDIO_RATE
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(*span) * times + rng.random()))
    traffic = shaped(rng, length, 1.0, 100) * (0.4 + swell**2)
    start, pitch = rng.uniform(0, times[-1]), rng.uniform(350, 520)
    sounding = (times > start) & (times < start + 0.4)
    horn = sum(np.sin(2 * np.pi * k * pitch * times) / k for k in (1, 2, 3, 4))
    return np.asarray(traffic + 0.35 * horn * sounding)


def noise(kind: str, role: str, seed: int, length: int) -> Array:
    """Noise (length,) float64 at 16 kHz, unit variance. `role` is "train" or "test"."""
    rng = generator("noise", kind, role, str(seed))
    if kind == "white":
        sound = rng.standard_normal(length)
    elif kind == "pink":
        sound = shaped(rng, length, 0.5, 0.0)
    elif kind in ("engine", "car", "street"):
        make = {"engine": engine, "car": car, "street": street}[kind]
        sound = make(rng, length, dict(getattr(PARAMETERS, kind))[role])
    else:
        raise UserError(f"no noise is called {kind!r}; there are {', '.join(KINDS)}")
    return np.asarray(sound / np.std(sound))
