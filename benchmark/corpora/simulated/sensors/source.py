"""What every sensor of a simulated corpus starts from: a take as it was made, and its talker.

Lengths, times and rounding are those of `embedded.sensors.source`, whose functions take this Source
as well. Randomness: one generator a recording and sensor, from the corpus's seed and their names,
so that whoever lacks the seed can make no sensor's noise again. Noise is made in single precision
and rounded to a sensor's quantum: with other instructions one sample in 100,000 may differ by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors import source as plain
from benchmark.corpora.embedded.sensors.source import FRAME_RATE, Speaker
from benchmark.corpora.noise import generator

__all__ = [
    "FRAME_RATE",
    "SILENCE",
    "Source",
    "Speaker",
    "drift",
    "limited",
    "noise",
    "readiness",
    "slow",
    "speaking",
    "whole",
]

SILENCE = "sil"  # among phones: a pause
SLOWEST = 8.0  # s, longest period of slow noise in a recording that is shorter
DEVIATION = np.sqrt((256**2 - 1) / 12)  # of whole numbers, each of 256 as likely as the others


@dataclass(frozen=True, eq=False)
class Source(plain.Source):
    """One take: N frames at 100 Hz and 160 N samples of sound, as the microphone heard it.

    Of a silent take `audio` is zeros and `voiced` nowhere true: what it would have sounded like is
    told by `aloud`, the voiced take of the same text.
    """

    seed: str  # of the corpus's sensors
    phones: tuple[tuple[str, float, float], ...]  # label, start and end in s; SILENCE of a pause
    silent: bool = False
    aloud: Source | None = None  # of a silent take

    @property
    def speaking(self) -> Array:
        """(N,) bool: frames within phones."""
        return speaking(self.phones, np.arange(len(self.points)) / FRAME_RATE)

    def random(self, *names: str) -> np.random.Generator:
        """A generator for this recording alone; `names` say for what."""
        return generator(self.seed, self.id, *names)

    def of_talker(self, *names: str) -> np.random.Generator:
        """A generator that all recordings of the talker have in common."""
        return generator(self.seed, "talker", self.speaker.id, *names)

    def of_session(self, *names: str) -> np.random.Generator:
        """A generator that all recordings of the talker's session have in common."""
        return generator(self.seed, "session", self.speaker.id, self.session, *names)


def speaking(phones: Sequence[tuple[str, float, float]], times: Array) -> Array:
    """(len(times),) bool: whether a phone is being said at each of the `times` in s."""
    inside = np.zeros(len(times), bool)
    for label, start, end in phones:
        if label != SILENCE:
            inside |= (times >= start) & (times < end)
    return inside


def readiness(source: Source, lead: float, trail: float, slope: float) -> Array:
    """(N,) at 100 Hz from 0 at rest to 1 in speech; pauses shorter than the ways end it not wholly.

    It is half way `lead` s before a phone and `trail` s after one; a way takes `slope` s.
    """
    phones = [(label, start - lead, end + trail) for label, start, end in source.phones]
    reach = round(slope * FRAME_RATE / 2)
    times = np.arange(-reach, len(source.points) + reach) / FRAME_RATE
    window = np.hanning(2 * reach + 3)[1:-1]
    spoken = speaking(phones, times).astype(np.float64)
    return np.convolve(spoken, window / window.sum(), "valid")


def slow(rng: np.random.Generator, count: int, columns: int, band: tuple[float, float]) -> Array:
    """Noise (count, columns) at 100 Hz of unit variance in `band` in Hz, its power about 1 / f."""

    def gain(f: Array) -> Array:
        return np.asarray(((f >= band[0]) & (f <= band[1])) / np.sqrt(f + 0.3))

    return noise(rng, count, columns, FRAME_RATE, gain, SLOWEST)


def drift(rng: np.random.Generator, times: Array, columns: int, below: float) -> Array:
    """Noise as `slow` makes it from 0 to `below` in Hz, (len(times), columns) at `times` in s.

    So few frequencies are a sum of sines at any rate.
    """
    period = max(SLOWEST, float(times[-1]))
    frequency = np.arange(1, int(below * period) + 1) / period
    size = np.repeat(np.sqrt(1 / (frequency + 0.3)), 2)[:, None]
    size /= np.sqrt(np.sum(size**2) / 2)
    turn = np.exp(2j * np.pi / period * times)[:, None]
    waves = np.cumprod(np.repeat(turn, len(frequency), axis=1), axis=1).view(np.float64)
    return np.asarray(waves @ (size * rng.standard_normal((len(size), columns))), np.float32)


def noise(
    rng: np.random.Generator,
    length: int,
    columns: int,
    rate: float,
    gain: Callable[[Array], Array],
    least: float = 0.05,
) -> Array:
    """Noise (length, columns) float32 of unit variance with amplitude spectrum gain(Hz).

    As `noise.coloured`, but in single precision, and what is drawn for each frequency has one of
    256 levels: only the sum of many is Gaussian.
    """
    from scipy.fft import irfft, next_fast_len

    size = next_fast_len(max(length, round(least * rate)), real=True)
    frequency = np.fft.rfftfreq(size, 1 / rate)
    amplitude = np.zeros(len(frequency))
    amplitude[1:-1] = gain(frequency[1:-1])
    amplitude *= size / (2 * DEVIATION * np.sqrt(np.sum(amplitude**2)))
    levels = np.frombuffer(rng.bytes(2 * len(frequency) * columns), np.int8)
    spectrum = (levels + np.float32(0.5)).view(np.complex64).reshape(-1, columns)
    spectrum *= amplitude[:, None].astype(np.float32)
    return np.asarray(irfft(spectrum, size, axis=0)[:length])


def limited(values: Array, least: float, most: float) -> Array:
    """`values` (..., N) cut off in place.

    By a row of limits: NumPy takes ten times as long for a limit that is a number.
    """
    row = np.empty(values.shape[-1], values.dtype)
    row.fill(least)
    np.maximum(values, row, out=values)
    row.fill(most)
    return np.asarray(np.minimum(values, row, out=values))


def whole(values: Array, quantum: float) -> Array:
    """As `embedded.sensors.source.quantised`, of float32 and in place."""
    values *= np.float32(1 / quantum)
    limited(np.rint(values, out=values), -32768, 32767)
    values *= np.float32(quantum)
    return values
