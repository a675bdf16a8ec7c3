"""What EMG2EMA reads and answers: EMG at STRIDE times the rate of frames; positions and the rest.

`Movement` works at the rate of the target and standardises it. `PublishedMovement` follows the
public program of Lee et al. (Interspeech 2025): its filters, rates, alignment and scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import _features as features
import numpy as np
from _nouns import Array, Asked, Inputs, Recording, Recordings, Shape

BLOCKS = 3
STRIDE = 2**BLOCKS  # samples of the input in a frame
WEIGHTS = {"loudness": 1.0, "pitch": 0.5}  # in the loss; all other channels are positions
POWER_WINDOW = 0.02  # seconds
FINER = 4  # how often a wave is sampled more densely before it is read between two samples

# Of the public program. 689.06 / 8 is 86.1325, so its two streams part by 3.2 ms in 10 s.
FRAME_RATE, EMG_RATE = 86.16, 689.06  # Hz
NOTCHES = 7  # at mains and the harmonics that follow
SCALES = {"loudness": (0.0, 1.0), "pitch": (130.0, 70.0)}  # offset and unit of a target
SPARC_UNIT = "SPARC unit"  # positions in it are learnt as they are

Front = Literal["wave", "power"]


def filtered(x: Array, rate: float, gain: Callable[[Array], Array], finer: int = 1) -> Array:
    """(time, channels) with each frequency multiplied by gain(f), sampled `finer` times as often.

    The mirror image follows the signal, so that its period has no jump.
    """
    count = len(x)
    spectrum = np.fft.rfft(np.concatenate([x, x[::-1]]), axis=0)
    gains = gain(np.fft.rfftfreq(2 * count, 1 / rate))
    whole = np.fft.irfft(finer * spectrum * gains[:, None], 2 * count * finer, axis=0)
    return whole[: count * finer]


def cleaned(x: Array, rate: float, mains: float) -> Array:
    """Without drift and hum: a Butterworth filter of order 3 and notches of Q 30, both squared."""

    def gain(f: Array) -> Array:
        out = 1 / (1 + (2.0 / np.maximum(f, 1e-9)) ** 6)
        for harmonic in np.arange(mains, rate / 2, mains):
            apart = (f**2 - harmonic**2) ** 2
            out *= apart / (apart + (f * harmonic / 30) ** 2)
        return out

    return filtered(x, rate, gain)


def published_cleaned(x: Array, rate: float, mains: float) -> Array:
    """As `cleaned`, by the responses of the digital filters, and with seven notches only.

    Each filter goes forwards and backwards, which squares its gain and leaves no delay.
    """

    def gain(f: Array) -> Array:
        turn = 2 * np.pi * f / rate
        # The bilinear transform maps f to tan(turn / 2).
        out = 1 / (1 + (np.tan(2 * np.pi / rate) / np.tan(np.maximum(turn, 1e-9) / 2)) ** 6)
        for harmonic in mains * np.arange(1, NOTCHES + 1):
            if harmonic < rate / 2:
                apart = (np.cos(turn) - np.cos(2 * np.pi * harmonic / rate)) ** 2
                wide = np.tan(np.pi * harmonic / 30 / rate) * np.sin(turn)
                out *= apart / (apart + wide**2)
        return out

    return filtered(x, rate, gain)


def resampled(x: Array, rate: float, count: int, new_rate: float) -> Array:
    """The wave at `new_rate`, (count, channels), without what that rate cannot hold."""
    fine = filtered(x, rate, lambda f: 1 / (1 + (f / (0.45 * new_rate)) ** 16), FINER)
    return features.at_frames(fine, rate * FINER, count, new_rate)


def compressed(x: Array) -> Array:
    """Microvolts so that 50 is never reached: nearly linear below 300."""
    return 50 * np.tanh(x / 20 / 50)


def band_powers(x: Array, rate: float, count: int, new_rate: float) -> Array:
    """Log of the power in each band that the rate allows, (count, bands * channels)."""
    bands = [edges for edges in features.EMG_BANDS if edges[1] < rate / 2]
    place = rate, count, new_rate, POWER_WINDOW
    return np.concatenate(
        [features.log_power(features.band(x, rate, *edges), *place) for edges in bands], axis=1
    )


class Movement:
    """EMG at STRIDE times the target's rate; targets as positions, other channels, phone."""

    def __init__(
        self,
        asked: Asked,
        electrodes: Sequence[int] | None = None,
        front: Front = "wave",
        mains: float = 50.0,
    ) -> None:
        (self.input,), self.target = asked.inputs, asked.target
        self.rate = asked.signals[self.input].rate
        self.frame_rate = asked.signals[self.target].rate
        self.channels = asked.signals[self.target].channels
        self.phones = asked.signals.get("phones")
        self.electrodes, self.front, self.mains = electrodes, front, mains

    @property
    def phone_count(self) -> int:
        return 0 if self.phones is None else len(self.phones.labels)

    def fit(self, train: Recordings) -> None:
        self.standard = features.Standard.of(r[self.target] for r in train)
        count = train[0][self.target].shape[1]
        self.others = {n: WEIGHTS[c] for n, c in enumerate(self.channels) if c in WEIGHTS}
        self.positions = [n for n in range(count) if n not in self.others]
        self.order = [*self.positions, *self.others]

    def count(self, shape: Shape) -> int:
        return shape[0]

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = cleaned(self.emg(inputs), self.rate, self.mains)
        place = self.rate, frames * STRIDE, self.frame_rate * STRIDE
        if self.front == "power":
            return band_powers(x, *place)
        return compressed(resampled(x, *place))

    def emg(self, inputs: Inputs | Recording) -> Array:
        """(time, channels) of the chosen electrodes, as far as the corpus has them."""
        x = np.asarray(inputs[self.input], np.float64)
        if self.electrodes is None:
            return x
        kept = [number for number in self.electrodes if 0 <= number < x.shape[1]]
        if not kept:
            raise ValueError(
                f"electrodes {list(self.electrodes)}: none of them is in the corpus, whose"
                f" {x.shape[1]} are numbered from 0 to {x.shape[1] - 1}; choose some of these"
            )
        return x[:, kept]

    def rows(self, recording: Recording) -> Array:
        target = self.at_frames(self.standard(recording[self.target])[:, self.order])
        if self.phones is None:
            return target
        said = recording["phones"]
        place = np.rint(np.arange(len(target)) / self.frame_rate * self.phones.rate).astype(int)
        return np.column_stack([target, said[np.minimum(place, len(said) - 1)]])

    def at_frames(self, target: Array) -> Array:
        """The target, (time, channels), at the rate of frames."""
        return target

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:  # noqa: ARG002
        out = np.empty(shape, np.float32)
        out[:, self.order] = rows[:, : len(self.order)]
        return self.standard.undo(out)


class PublishedMovement(Movement):
    """As the public program has it: the wave at 689.06 Hz, frames at 86.16 Hz, fixed scales.

    Both streams are interpolated linearly, with aliases. The first 8 samples of the wave are left
    out, so that a frame begins one frame later in the EMG than in the target. The answer is
    interpolated back to the target's rate.
    """

    def __init__(
        self, asked: Asked, electrodes: Sequence[int] | None = None, mains: float = 50.0
    ) -> None:
        super().__init__(asked, electrodes, "wave", mains)
        self.target_rate, self.frame_rate = self.frame_rate, FRAME_RATE
        self.units = asked.signals[self.target].units

    def fit(self, train: Recordings) -> None:
        super().fit(train)
        fixed = {n: (0.0, 1.0) for n, unit in enumerate(self.units) if unit == SPARC_UNIT}
        fixed |= {n: SCALES[c] for n, c in enumerate(self.channels) if c in SCALES}
        mean, scale = self.standard.mean.copy(), self.standard.scale.copy()
        for column, (offset, unit) in fixed.items():
            mean[column], scale[column] = offset, unit
        self.standard = features.Standard(mean, scale)

    def count(self, shape: Shape) -> int:
        """Frames that begin before the last one of the target."""
        return max(1, int(np.ceil((shape[0] - 1) / self.target_rate * FRAME_RATE)))

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = published_cleaned(self.emg(inputs), self.rate, self.mains)
        wave = features.at_frames(x, self.rate, (frames + 1) * STRIDE, EMG_RATE)
        return compressed(wave[STRIDE:])

    def at_frames(self, target: Array) -> Array:
        return features.at_frames(target, self.target_rate, self.count(target.shape), FRAME_RATE)

    def answer(self, rows: Array, inputs: Inputs, shape: Shape) -> Array:
        rows = features.at_frames(rows, FRAME_RATE, shape[0], self.target_rate)
        return super().answer(rows, inputs, shape)
