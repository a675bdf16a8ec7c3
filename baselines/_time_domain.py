"""Time-domain features of EMG for speech: five numbers a channel, every 8 ms.

Each channel is split at 134 Hz into a low and a high band. A frame of 32 ms gives, in this order,
the mean and the mean square of the low band, the rectified mean and the mean square of the high
band, and how often the high band changes its sign, per sample (Jou et al. 2006, Interspeech; here
as in Wang et al. 2022, arXiv 2202.06507).
"""

from __future__ import annotations

import numpy as np
from _features import TINY
from _nouns import Array

HOP, WINDOW = 8, 32  # milliseconds
EDGE = 134.0  # Hz between low and high band
KINDS = 5  # features of a channel
DECAY = 0.2  # seconds after which the filters have forgotten an impulse to double precision


def at_2000_hz(x: Array) -> Array:
    """(time, ...) at 2048 Hz without the last sample of every 43, 43 and 42: 2000 Hz.

    Of what is left behind the last 128 samples, samples 41 and 83 go, as published, where others
    follow.
    """
    place, whole = np.arange(len(x)), len(x) // 128 * 128
    left = np.isin(place - whole, (41, 83)) & (place < len(x) - 1)
    return x[~np.where(place < whole, np.isin(place % 128, (42, 85, 127)), left)]


def split(x: Array, rate: float, edge: float = EDGE) -> tuple[Array, Array]:
    """(time, channels) through causal third-order Butterworth low-pass and high-pass filters.

    The digital filters of the bilinear transform, applied as products of spectra: with silence
    behind the signal for as long as they ring this is their recursion, to rounding.
    """
    count = len(x) + int(np.ceil(DECAY * rate))
    turn = np.exp(2j * np.pi * np.fft.rfftfreq(count))
    warped = np.tan(np.pi * edge / rate)  # where the bilinear transform puts the edge
    below, above = (turn + 1) * warped, turn - 1  # their ratio is s relative to the edge
    poles = (above + below) * (above**2 + above * below + below**2)
    spectrum = np.fft.rfft(x, count, axis=0)
    low, high = (
        np.fft.irfft(spectrum * (zeros**3 / poles)[:, None], count, axis=0)[: len(x)]
        for zeros in (below, above)
    )
    return low, high


def frame_count(samples: int, rate: float) -> int:
    """Whole windows in a signal; one in a shorter signal, which is filled with zeros."""
    return max(0, int((samples - _samples(WINDOW, rate)) / (HOP * rate / 1000))) + 1


def time_domain(x: Array, rate: float, published: bool = False) -> Array:
    """EMG (time, channels) -> (frames, channels * 5) float32, the features of a channel together.

    Means are weighted by a Blackman window, whose weights sum to less than half the samples. As
    `published`, changes of sign are those behind the window, which numpy ends at -1e-17: the first
    and the last pair of samples count where their signs are equal.
    """
    low, high = split(np.asarray(x, np.float64), rate)
    frames, width = frame_count(len(x), rate), _samples(WINDOW, rate)
    window = np.blackman(width) / width
    crossed = np.zeros_like(high)
    crossed[1:] = high[1:] * high[:-1] <= 0
    parts = [
        _framed(low, rate, frames, window),
        _framed(low**2, rate, frames, window * np.blackman(width)),
        _framed(np.abs(high), rate, frames, window),
        _framed(high**2, rate, frames, window * np.blackman(width)),
        _framed(crossed, rate, frames, np.append(0, np.ones(width - 1) / width)),
    ]
    if published:
        parts[-1] = _crossings(high, rate, frames, np.blackman(width))
    return np.stack(parts, axis=-1).reshape(frames, -1).astype(np.float32)


def _samples(milliseconds: float, rate: float) -> int:
    return round(milliseconds * rate / 1000)


def _framed(x: Array, rate: float, frames: int, weights: Array) -> Array:
    """Weighted sum over each frame: (time, channels) -> (frames, channels)."""
    return np.asarray(_windows(x, rate, frames, len(weights)) @ weights)


def _windows(x: Array, rate: float, frames: int, width: int) -> Array:
    """(time, channels) -> (frames, channels, width), silence behind the signal."""
    starts = np.round(np.arange(frames) * HOP * rate / 1000).astype(int)
    missing = max(0, starts[-1] + width - len(x))
    x = np.concatenate([x, np.zeros((missing, x.shape[1]))])
    return np.lib.stride_tricks.sliding_window_view(x, width, axis=0)[starts]


def _crossings(x: Array, rate: float, frames: int, window: Array) -> Array:
    """Changes of sign within each windowed frame, per sample: (frames, channels)."""
    inside = _windows(x, rate, frames, len(window)) * window
    return np.asarray((inside[..., 1:] * inside[..., :-1] <= 0).sum(-1) / len(window))


def logarithmic(x: Array) -> Array:
    """Time-domain features, of which roots of squares and rectified means become logarithms."""
    mean, power, rectified, high_power, crossings = np.split(x.reshape(len(x), -1, KINDS), KINDS, 2)
    levels = [np.log(part + TINY) for part in (np.sqrt(power), rectified, np.sqrt(high_power))]
    return np.concatenate([mean, *levels, crossings], axis=2).reshape(len(x), -1)
