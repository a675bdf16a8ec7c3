"""Log-mel spectrogram of the sound, in the convention of Tacotron 2.

22,050 Hz, 1024-point periodic Hann window, hop 256, magnitude, 80 Slaney bands 0-8 kHz with unit
area, natural logarithm, floor 1e-5, reflect padding of the whole recording (Shen et al. 2018,
arXiv 1712.05884; Slaney, Auditory Toolbox, 1998). The rate is 22050 / 256 = 86.1328125 Hz.
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
SIGNAL = Signal("ln", "float32", PARAMETERS.rate / PARAMETERS.hop, (PARAMETERS.bands,))


def slaney_mel(frequency: Array) -> Array:
    """Hz to mel: straight up to 1 kHz (200 / 3 Hz a mel), 27 steps a factor of 6.4 above."""
    linear = frequency * 3 / 200
    above = 15 + np.log(np.maximum(frequency, 1000.0) / 1000) * 27 / np.log(6.4)
    return np.where(frequency < 1000, linear, above)


def slaney_hz(mel: Array) -> Array:
    """Mel to Hz, the inverse of `slaney_mel`."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@lru_cache(maxsize=2)
def filters(parameters: Parameters = PARAMETERS) -> Array:
    """Triangles (bands, bins) of unit area in Hz, their edges equally spaced in mel."""
    top = slaney_mel(np.array(parameters.top))
    edges = slaney_hz(np.linspace(0, float(top), parameters.bands + 2))
    bins = np.arange(parameters.window // 2 + 1) * parameters.rate / parameters.window
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low))


def spectrogram(audio: Array, count: int, parameters: Parameters = PARAMETERS) -> Array:
    """(count, 80) float32 ln mel magnitudes of sound (time,) at 16 kHz; frame k at k / rate s.

    The sound has more than 512 samples and reaches to the last frame.
    """
    from scipy.signal import resample_poly

    sound = resample_poly(audio, parameters.up, parameters.down)
    half = parameters.window // 2
    padded = np.pad(sound, half, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, parameters.window)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(parameters.window) / parameters.window)
    spectrum = np.abs(np.fft.rfft(frames[:: parameters.hop][:count] * hann, axis=1))
    bands = spectrum @ filters(parameters).T
    return np.asarray(np.log(np.maximum(bands, parameters.floor)), np.float32)
