"""Log-mel spectrograms: `spectrogram`, which all corpora share, and `log_mel` of any settings.

`spectrogram`, its parameters and filters, is `spectra/mel.py`, since metrics need it, too.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array
from benchmark.spectra.mel import PARAMETERS, SIGNAL, hann, mel_filters, spectrogram

__all__ = ["PARAMETERS", "SIGNAL", "log_mel", "mel_filters", "spectrogram"]

BLOCK = 256  # frames of `log_mel` at a time


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
        mel[block] = np.abs(np.fft.rfft(frames[block] * hann(n_fft), axis=1)) @ filters
    return np.asarray(np.log(np.maximum(mel, PARAMETERS.floor)))
