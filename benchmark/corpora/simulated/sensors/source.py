"""What every sensor of a simulated corpus starts from: a take as it was made, and its talker.

Lengths, times and rounding are those of `embedded.sensors.source`, whose functions take this Source
as well. Randomness: one generator a recording and sensor, from the corpus's seed and their names,
so that whoever lacks the seed can make no sensor's noise again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded.sensors import source as plain
from benchmark.corpora.embedded.sensors.source import FRAME_RATE, Speaker
from benchmark.corpora.noise import coloured, generator

__all__ = ["FRAME_RATE", "SILENCE", "Source", "Speaker", "readiness", "slow", "speaking"]

SILENCE = "sil"  # among phones: a pause


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

    return coloured(rng, (columns, count), FRAME_RATE, gain, 8.0).T
