"""The front end of the log-mel spectrograms that all corpora share: its parameters and filters.

The convention of Tacotron 2: sound at 22,050 Hz, 1024-point periodic Hann window, hop 256,
magnitude, 80 Slaney bands 0-8 kHz with unit area, natural logarithm, at least 1e-5 (Shen et al.
2018, arXiv 1712.05884; Slaney, Auditory Toolbox, 1998). The rate is 22050 / 256 = 86.1328125 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmark.core import Array, Signal


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: int = 22050  # Hz, of the sound
    up: int = 441  # 16,000 * 441 / 320 = 22,050
    down: int = 320
    window: int = 1024
    hop: int = 256
    bands: int = 80
    top: float = 8000.0  # Hz
    floor: float = 1e-5


PARAMETERS = Parameters()
FRAME_RATE = PARAMETERS.rate / PARAMETERS.hop  # Hz
SIGNAL = Signal("ln", "float32", FRAME_RATE, (PARAMETERS.bands,))


@lru_cache(maxsize=2)
def mel_filters(rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float) -> Array:
    """Weights (n_mels, n_fft // 2 + 1) of the bins of an FFT of n_fft samples at `rate` Hz.

    Triangles of unit area in Hz on Slaney's mel scale (Auditory Toolbox, 1998), their corners
    equally spaced in mel: librosa.filters.mel with htk=False, norm="slaney". Raises ValueError
    unless 0 <= fmin < fmax <= rate / 2 and there is at least one filter.
    """
    if not 0 <= fmin < fmax <= rate / 2:
        raise ValueError(f"expected 0 <= fmin < fmax <= {rate / 2} Hz, got {fmin} and {fmax}")
    if n_mels < 1:
        raise ValueError(f"expected at least one mel band, got {n_mels}")
    low, high = _mel(np.array([fmin, fmax]))
    edges = _hertz(np.linspace(low, high, n_mels + 2))
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (bins - low) / (centre - low), (high - bins) / (high - centre)
    filters = np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low)
    filters.flags.writeable = False
    return np.asarray(filters)


def _mel(hertz: Array) -> Array:
    """Linear up to 1 kHz, 200 / 3 Hz a mel; above, 27 mel for a factor of 6.4."""
    linear = hertz * 3 / 200
    above = 15 + np.log(np.maximum(hertz, 1000.0) / 1000) * 27 / np.log(6.4)
    return np.where(hertz < 1000, linear, above)


def _hertz(mel: Array) -> Array:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def hann(size: int) -> Array:
    """A periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


@lru_cache(maxsize=2)
def _lowpass(factor: int) -> Array:
    """The filter that resample_poly would design at every call, of the larger of its factors."""
    from scipy.signal import firwin

    return np.asarray(firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)))


def spectrogram(audio: Array, count: int, parameters: Parameters = PARAMETERS) -> Array:
    """(count, 80) float32 ln mel magnitudes of sound (time,) at 16 kHz; frame k at k / rate s.

    The sound has more than 512 samples and reaches to the last frame; both ends are continued by
    reflection.
    """
    from scipy.signal import resample_poly

    lowpass = _lowpass(max(parameters.up, parameters.down)).astype(audio.dtype)
    sound = resample_poly(audio, parameters.up, parameters.down, window=lowpass)
    return of_sound(sound, count, parameters)


def of_sound(sound: Array, count: int, parameters: Parameters = PARAMETERS) -> Array:
    """As `spectrogram`, of sound at 22,050 Hz."""
    half = parameters.window // 2
    padded = np.pad(sound, half, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, parameters.window)
    windowed = frames[:: parameters.hop][:count] * hann(parameters.window)
    filters = mel_filters(parameters.rate, parameters.window, parameters.bands, 0, parameters.top)
    bands = np.abs(np.fft.rfft(windowed, axis=1)) @ filters.T
    return np.asarray(np.log(np.maximum(bands, parameters.floor)), np.float32)
