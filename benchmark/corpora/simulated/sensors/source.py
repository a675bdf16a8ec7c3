"""What every sensor of a simulated corpus starts from, and the rules that they share.

Lengths: a sensor of rate r gives T = round(duration * r) samples, halves upwards, and sample k is
taken at k / r seconds. Randomness: one PCG64 generator a recording and sensor, seeded from a
SHA-256 of the corpus's seed and their names, so that whoever lacks the seed can make no sensor's
noise again. Results: whole multiples of a quantum that is a power of two, so that a last bit mostly
disappears in the rounding. Noise is made in single precision: with other instructions of a
processor one sample in 100,000 may differ by one quantum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import AUDIO_RATE, generator

FRAME_RATE = 100  # Hz, of the trajectories
SILENCE = "sil"  # among phones: a pause
SLOWEST = 8.0  # s, longest period of slow noise in a recording that is shorter
DEVIATION = np.sqrt((256**2 - 1) / 12)  # of whole numbers, each of 256 as likely as the others


@dataclass(frozen=True, eq=False)
class Speaker:
    """What is the same in all recordings of one talker; lengths in mm, x forward, y upward."""

    id: str
    rest: Array  # (6, 2) mean position of the points
    spread: Array  # (6, 2) standard deviation of the points
    tongue: Array  # (37, 2) mean tongue surface, from the root to the tip
    palate: Array  # (M, 2) hard palate and upper incisors
    pitch: tuple[float, float]  # mean and standard deviation of log2 F0 in voiced frames


@dataclass(frozen=True, eq=False)
class Source:
    """One take: N frames at 100 Hz and 160 N samples of sound, as the microphone heard it.

    Of a silent take `audio` is zeros and `voiced` nowhere true: what it would have sounded like is
    told by `aloud`, the voiced take of the same text.
    """

    id: str
    session: str
    speaker: Speaker
    points: Array  # (N, 6, 2) float64 mm, in the order of io.sparc.POINTS
    tongue: Array  # (N, 37, 2) float64 mm
    f0: Array  # (N,) float64 Hz
    voiced: Array  # (N,) bool
    audio: Array  # (160 N,) float64 in [-1, 1)
    seed: str  # of the corpus's sensors
    phones: tuple[tuple[str, float, float], ...]  # label, start and end in s; SILENCE of a pause
    silent: bool = False
    aloud: Source | None = None  # of a silent take

    def length(self, rate: float) -> int:
        """Number of samples at `rate` Hz: round(duration * rate), halves upwards."""
        return int(Fraction(len(self.points), FRAME_RATE) * Fraction(rate) + Fraction(1, 2))

    def times(self, rate: float) -> Array:
        return np.arange(self.length(rate)) / rate

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
    """As `quantised`, of float32 and in place."""
    values *= np.float32(1 / quantum)
    limited(np.rint(values, out=values), -32768, 32767)
    values *= np.float32(quantum)
    return values


def quantised(values: Array, quantum: float) -> Array:
    """Round to multiples of `quantum` on an int16 grid; values beyond it saturate. float32."""
    grid = np.clip(np.round(values / quantum), -32768, 32767)
    return (grid * quantum).astype(np.float32)


def sampled(frames: Array, times: Array, rate: float, keep: float = 0.4, reach: int = 12) -> Array:
    """Read 100 Hz `frames` (N, ...) at `times` in s: a Hann-windowed sinc that passes keep * rate.

    The first and last frames are held beyond the ends. Weights add up to one.
    """
    cutoff = min(1.0, 2 * keep * rate / FRAME_RATE)
    place = np.asarray(times) * FRAME_RATE
    index = np.floor(place).astype(np.int64)[:, None] + np.arange(1 - reach, reach + 1)
    lag = place[:, None] - index
    weights = np.sinc(cutoff * lag) * np.cos(np.pi * np.clip(lag / (2 * reach), -0.5, 0.5)) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    held = np.clip(index, 0, len(frames) - 1)
    flat = frames.reshape(len(frames), -1)
    out = np.einsum("tk,tkd->td", weights, flat[held])
    return np.asarray(out.reshape(len(place), *frames.shape[1:]))


def delayed(frames: Array, seconds: float) -> Array:
    """Move 100 Hz `frames` (N, ...) later by `seconds` (earlier if negative), holding the ends."""
    place = np.clip(np.arange(len(frames)) - seconds * FRAME_RATE, 0, len(frames) - 1)
    before = np.floor(place).astype(np.int64)
    after = np.minimum(before + 1, len(frames) - 1)
    part = (place - before).reshape(-1, *[1] * (frames.ndim - 1))
    return np.asarray(frames[before] * (1 - part) + frames[after] * part)


def stretched(frames: Array, times: Array) -> Array:
    """Read 100 Hz `frames` (N, C) at `times` by straight lines, which keep what is non-negative."""
    grid = np.arange(len(frames)) / FRAME_RATE
    return np.stack([np.interp(times, grid, column) for column in frames.T], axis=1)


def standard(source: Source) -> Array:
    """Point positions (N, 12) as x, y of each point, in the speaker's standard deviations."""
    z = (source.points - source.speaker.rest) / source.speaker.spread
    return np.asarray(z.reshape(len(z), 12))


def speed(frames: Array) -> Array:
    """Time derivative (N, ...) a second of 100 Hz `frames`, by central differences."""
    return np.asarray(np.gradient(frames, 1 / FRAME_RATE, axis=0))


def loudness(source: Source, rate: int) -> Array:
    """Mean |audio| of blocks of 1 / rate s centred on k / rate, over the recording's deviation.

    The definition of SPARC (Cho et al. 2024, arXiv 2406.12998): blocks of the z-scored waveform.
    """
    block = AUDIO_RATE // rate
    centred = source.audio - source.audio.mean()
    magnitude = np.abs(centred) / max(float(centred.std()), 1e-6)
    padded = np.pad(magnitude, (block // 2, block))
    count = source.length(rate)
    return np.asarray(padded[: count * block].reshape(count, block).mean(axis=1))


def tone(source: Source) -> Array:
    """F0 (N,) in speaker's deviations of log2 F0, from the mean; unvoiced frames are included."""
    mean, deviation = source.speaker.pitch
    return np.asarray((np.log2(np.maximum(source.f0, 20.0)) - mean) / deviation)
