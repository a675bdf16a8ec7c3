"""Griffin-Lim: sound from the log-mel spectrograms that all corpora share (`spectra/mel.py`).

1. ln mel, held within FLOOR and CEILING, becomes magnitudes of a spectrum by the pseudo-inverse of
   the filters, at least LEAST.
2. The phase begins as random numbers of a fixed seed. Each of ROUNDS rounds makes sound of the
   spectra (periodic Hann windows, overlap-added, divided by the sum of their squares) and spectra
   of the sound, and takes the phase of what comes; with momentum a = 0.99, that of
   t_n - a / (1 + a) t_(n-1), where t are the spectra before their magnitudes are set right
   (Griffin & Lim 1984; Perraudin, Balazs & Sondergaard 2013).

No learned part: it is the same for everyone, and what it gives is a lower bound of what a trained
vocoder would make of a spectrogram. On the 192 test sentences of `embedded.new_sentences`
(`benchmarks/vocoder.py`) the sound made of true spectrograms has STOI 0.958 and ESTOI 0.906 against
the recorded sound.

Deterministic: equal spectrograms give equal bits on one machine. Other processors and libraries
round otherwise. In float64 instead of float32, a coarser change, samples differ by up to 2e-4 of
the peak, and STOI and ESTOI by up to 1e-5; so a score that moves by more than 1e-4 between machines
has another cause.

A change of anything above is another version of the vocoder, and so of every metric that names it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal
from benchmark.spectra.mel import PARAMETERS, SIGNAL, hann, mel_filters

NAME = "griffin_lim@1"
FLOOR, CEILING = float(np.log(PARAMETERS.floor)), 5.0  # ln; sound of full scale has 3.2 at most
LEAST = 1e-6  # of a magnitude: the pseudo-inverse goes below 0
ROUNDS, MOMENTUM, SEED = 16, 0.99, 0
OVERLAP = PARAMETERS.window // PARAMETERS.hop
BLOCK = 2048  # frames at a time: 24 s
TINY = np.float32(1e-16)


def fits(signal: Signal) -> bool:
    """Whether a signal is a spectrogram of the shared front end."""
    return (signal.unit, signal.rate, signal.frame) == (SIGNAL.unit, SIGNAL.rate, SIGNAL.frame)


def rate(divisor: int = 1) -> int:
    """Hz of the sound that `sound` makes."""
    return PARAMETERS.rate // divisor


def sound(mel: Array, divisor: int = 1) -> Array:
    """Sound (frames * 256 / divisor,) float32 of ln mel magnitudes (frames, 80), full scale 1.

    Frame k is centred k / 86.13 s after the first sample. The rate is 22,050 Hz, or 11,025 Hz for
    the divisor 2, which leaves out what is above 5.5 kHz and takes half of the time. Long sound is
    made of blocks of 24 s, whose phases do not meet. Raises ValueError for other than two axes of
    80 bands, no frames, NaN or infinity, and divisors other than 1 and 2.
    """
    mel = np.asarray(mel)
    if mel.ndim != 2 or mel.shape[1] != PARAMETERS.bands or not len(mel):
        raise ValueError(f"expected (frames, {PARAMETERS.bands}), got shape {mel.shape}")
    if not np.isfinite(mel).all():
        raise ValueError("the spectrogram holds NaN or infinity")
    if divisor not in (1, 2):
        raise ValueError(f"expected 1 or 2 as divisor of the rate, got {divisor}")
    blocks = (mel[first : first + BLOCK] for first in range(0, len(mel), BLOCK))
    hop = PARAMETERS.hop // divisor
    return np.concatenate([_griffin_lim(magnitudes(block, divisor), hop) for block in blocks])


def magnitudes(mel: Array, divisor: int = 1) -> Array:
    """Magnitudes (frames, 512 / divisor + 1) of ln mel (frames, 80), of the lowest frequencies."""
    bands = np.exp(np.clip(mel, FLOOR, CEILING, dtype=np.float64))
    found = np.maximum(bands @ _inverse()[:, : _bins(divisor)], LEAST)
    return np.asarray(found, np.float32)


def _bins(divisor: int) -> int:
    return PARAMETERS.window // divisor // 2 + 1


@lru_cache(maxsize=1)
def _inverse() -> Array:
    """(80, 513) pseudo-inverse of the filters."""
    filters = mel_filters(PARAMETERS.rate, PARAMETERS.window, PARAMETERS.bands, 0, PARAMETERS.top)
    return np.asarray(np.linalg.pinv(filters).T)


def _griffin_lim(wanted: Array, hop: int) -> Array:
    """Sound (frames * hop,) whose spectra have about the magnitudes (frames, bins) `wanted`."""
    frames = len(wanted)
    size = OVERLAP * hop
    window = hann(size).astype(np.float32)
    # Where each stretch of a hop lies in the windows of four frames.
    made = np.zeros((frames + OVERLAP - 1, hop), np.float32)
    views = np.lib.stride_tricks.sliding_window_view(made.reshape(-1), size)[::hop]
    weights: Array = np.zeros_like(made)
    _overlap_add(np.broadcast_to(np.square(window), (frames, size)), weights)
    weights = 1 / np.maximum(weights, np.float32(1e-3))  # the first and the last samples have none
    spectra: Array = _first(wanted)
    before: Array = np.zeros_like(spectra)
    for _ in range(ROUNDS):
        _overlap_add(np.fft.irfft(spectra, axis=1) * window, made)
        made *= weights
        again = np.fft.rfft(views * window, axis=1)
        spectra = again - np.float32(MOMENTUM / (1 + MOMENTUM)) * before
        before = again
        spectra *= wanted / (_absolute(spectra) + TINY)
    _overlap_add(np.fft.irfft(spectra, axis=1) * window, made)
    made *= weights
    return np.asarray(made.reshape(-1)[size // 2 :][: frames * hop])


def _first(wanted: Array) -> Array:
    """`wanted` with random phases, whose stream NumPy keeps as it is for this generator."""
    turns = np.random.RandomState(SEED).random_sample(wanted.shape)
    phase = (2 * np.pi * turns).astype(np.float32)
    return np.asarray(wanted * (np.cos(phase) + np.complex64(1j) * np.sin(phase)))


def _absolute(spectra: Array) -> Array:
    return np.asarray(np.sqrt(np.square(spectra.real) + np.square(spectra.imag)))


def _overlap_add(parts: Array, out: Array) -> None:
    """Windows (frames, OVERLAP * hop) added up in `out` (frames + OVERLAP - 1, hop)."""
    frames = len(parts)
    stretches = parts.reshape(frames, OVERLAP, -1)
    out[:] = 0
    for k in range(OVERLAP):
        out[k : k + frames] += stretches[:, k]
