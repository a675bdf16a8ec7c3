"""Log-mel spectrograms: `spectrogram`, which all corpora share, and `log_mel` of any settings.

`spectrogram` follows the convention of Tacotron 2: 22,050 Hz, 1024-point periodic Hann window, hop
256, magnitude, 80 Slaney bands 0-8 kHz with unit area, natural logarithm, at least 1e-5, reflect
padding of the whole recording (Shen et al. 2018, arXiv 1712.05884; Slaney, Auditory Toolbox, 1998).
The rate is 22050 / 256 = 86.1328125 Hz.
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
BLOCK = 256  # frames of `log_mel` at a time
SIGNAL = Signal("ln", "float32", PARAMETERS.rate / PARAMETERS.hop, (PARAMETERS.bands,))


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


def _hann(size: int) -> Array:
    """A periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


@lru_cache(maxsize=2)
def _lowpass(factor: int) -> Array:
    """The filter that resample_poly would design at every call, of the larger of its factors."""
    from scipy.signal import firwin

    return np.asarray(firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)))


def spectrogram(audio: Array, count: int, parameters: Parameters = PARAMETERS) -> Array:
    """(count, 80) float32 ln mel magnitudes of sound (time,) at 16 kHz; frame k at k / rate s.

    The sound has more than 512 samples and reaches to the last frame.
    """
    from scipy.signal import resample_poly

    lowpass = _lowpass(max(parameters.up, parameters.down)).astype(audio.dtype)
    sound = resample_poly(audio, parameters.up, parameters.down, window=lowpass)
    half = parameters.window // 2
    padded = np.pad(sound, half, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, parameters.window)
    windowed = frames[:: parameters.hop][:count] * _hann(parameters.window)
    filters = mel_filters(parameters.rate, parameters.window, parameters.bands, 0, parameters.top)
    bands = np.abs(np.fft.rfft(windowed, axis=1)) @ filters.T
    return np.asarray(np.log(np.maximum(bands, parameters.floor)), np.float32)


def log_mel(
    wav: Array, rate: float, n_fft: int, hop: int, n_mels: int, fmin: float, fmax: float
) -> Array:
    """ln max(mel magnitudes, 1e-5) (frames, n_mels) of sound (samples,) at `rate` Hz.

    Periodic Hann window of n_fft samples, frames centred on multiples of the hop, zeros beyond
    both ends (librosa's stft with pad_mode="constant"): 1 + samples // hop frames for an even
    n_fft. `wav` holds floats of full scale 1, since the level counts; n_fft and hop are in samples,
    fmin and fmax in Hz. Raises ValueError for integers, other than one axis, no samples, NaN,
    infinity or settings that give no bands.
    """
    wav = np.asarray(wav)
    if wav.dtype.kind != "f":
        raise ValueError(f"wav: expected floats of full scale 1, got dtype {wav.dtype}")
    if wav.ndim != 1 or wav.size == 0:
        raise ValueError(f"wav: expected one axis with samples, got shape {wav.shape}")
    if not np.isfinite(wav).all():
        raise ValueError("wav: holds NaN or infinity")
    if n_fft < 2 or hop < 1:
        raise ValueError(f"expected n_fft of 2 or more and hop of 1 or more, got {n_fft}, {hop}")
    filters = mel_filters(rate, n_fft, n_mels, fmin, fmax).T
    padded = np.pad(wav, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    mel = np.empty((len(frames), n_mels))
    for first in range(0, len(frames), BLOCK):
        block = slice(first, first + BLOCK)
        mel[block] = np.abs(np.fft.rfft(frames[block] * _hann(n_fft), axis=1)) @ filters
    return np.asarray(np.log(np.maximum(mel, PARAMETERS.floor)))
