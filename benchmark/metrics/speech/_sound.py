"""What a prediction must have before a metric of speech says anything about it.

Metrics of speech compare two sounds that are both speech, and say odd things about others. STOI
clips the predicted envelope at 6.6 times the true one, so that an envelope that does not move (a
tone, a square, an impulse train, what rounding leaves of a tone at half of the sampling rate)
follows speech into its pauses: 0.4 to 0.5, as much as speech in noise at -11 dB. PESQ hardly counts
what is missing: a tone of 3 kHz has 1.67 narrow band, more than noisy speech and the systems here
that clean it. So a prediction needs

- sound where speech is: at least 1e-6 (-60 dB) of its power, offset included, in the 15 third
  octaves of STOI, 150 to 4,300 Hz. Of other sounds, a window or a filter leaves less there;
- change: in at least 5 of these bands, magnitudes of spectra of about 0.1 s, half overlapping,
  deviate from their means over time with a power of at least 1e-3 (-30 dB) of that in all bands.

On the test set of the embedded corpus, clean speech changes in 11 bands or more and has at least
64 % of its power in them, noisy speech 13 and 24 %, estimates of ridge and of the mask network 12
and 51 %. Tones, squares and impulse trains change in no band, a tone of changing loudness in 1,
noise 200 Hz wide in 2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Undefined

Floats = NDArray[np.float64]

BANDS, LOWEST = 15, 150.0  # third octaves, Hz of the first centre
WINDOW = 0.128  # seconds, to the next power of two in samples: resolves harmonics 40 Hz apart
FEWEST = 4  # frames: of less, nothing can be said about change
BLOCK = 32  # frames at a time
LEAST_POWER, LEAST_CHANGE, LEAST_BANDS = 1e-6, 1e-3, 5
# Of PESQ:
SHORTEST = 0.25  # seconds of sound
LEVELLED = 1e-3  # of its power in the bands of speech, at least: offsets mislead its levelling
BAND = (300.0, 3100.0)  # Hz
CLICK = 0.5  # of all power in one window, at most
SPEAKS = 1e-3  # of the loudest window's power: a window of speech, 30 dB below
SILENT, ANSWERED = 1e-2, 0.6  # of the clean speech's power; of the windows of speech, at least


def check(sound: Array, rate: int, least_power: float = LEAST_POWER) -> None:
    """Undefined where `sound` (samples,) at `rate` Hz cannot be speech, as the module says.

    It is finite and not constant. What is shorter than 4 frames passes.
    """
    size = 2 ** round(np.log2(max(4.0, WINDOW * rate)))
    frames = (len(sound) - size) // (size // 2) + 1
    if frames < FEWEST:
        return
    total, power, change = _powers(sound, rate, size, frames)
    if power.sum() < least_power * total:
        raise Undefined("no sound in the bands of speech")
    if (change >= LEAST_CHANGE * power.sum()).sum() < LEAST_BANDS:
        raise Undefined("a sound that does not change")


def _powers(sound: Array, rate: int, size: int, frames: int) -> tuple[float, Floats, Floats]:
    """Power over all frames, of each band (bands,), and of each band's change over time."""
    peak = max(-float(sound.min()), float(sound.max()))
    window = np.hanning(size + 1)[:-1]
    views = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2]
    total, magnitudes, powers = 0.0, np.zeros(size // 2 + 1), np.zeros(size // 2 + 1)
    for first in range(0, frames, BLOCK):
        spectra = np.fft.rfft(views[first : first + BLOCK].astype(np.float64) / peak * window)
        power = np.square(spectra.real) + np.square(spectra.imag)
        total += float(power.sum())
        magnitudes += np.sqrt(power).sum(axis=0)
        powers += power.sum(axis=0)
    change = np.maximum(powers - np.square(magnitudes) / frames, 0)
    bands = _bands(size, rate)
    return total, bands @ powers, bands @ change


@lru_cache(maxsize=8)
def _bands(size: int, rate: int) -> Floats:
    """Which bins of the spectrum belong to which band: (bands, bins), 1 or 0."""
    edges = LOWEST * 2.0 ** ((np.arange(BANDS + 1) - 0.5) / 3)
    bins = np.fft.rfftfreq(size, 1 / rate)
    return ((bins >= edges[:-1, None]) & (bins < edges[1:, None])).astype(np.float64)


def check_answer(clean: Floats, degraded: Floats, rate: int) -> None:
    """Undefined where a prediction misleads PESQ: see there. Both are finite, `clean` not constant.

    Of the estimates of the baselines that were looked at, none has more than 0.32 of its power in
    one window, or is 20 dB below in more than 14 % of the speech; clean speech of another sentence
    0.25 and 38 %.
    """
    if np.ptp(degraded) == 0:
        raise Undefined("silent prediction")
    if _sounding(degraded, rate) < min(SHORTEST, _sounding(clean, rate) / 2):
        raise Undefined("less than 0.25 s of sound")
    check(degraded, rate, LEVELLED)
    spoken, heard = _levelled(clean, rate), _levelled(degraded, rate)
    if heard.max() > CLICK:
        raise Undefined("a click or a step")
    speaks = spoken > spoken.max() * SPEAKS
    if (heard > spoken * SILENT)[speaks].mean() < ANSWERED:
        raise Undefined("silent in most of the speech")


def _sounding(x: Array, rate: int) -> float:
    """Seconds of 4 ms windows within 60 dB of the loudest one."""
    window = rate // 250
    power = np.square(x / np.abs(x).max())[: len(x) // window * window].reshape(-1, window).mean(1)
    return float((power > power.max() * 1e-6).sum() / 250)


def _levelled(x: Floats, rate: int) -> Floats:
    """What share of the power in the band that PESQ levels by each 32 ms window has.

    With silence before and after, as PESQ adds it, where an offset makes a step.
    """
    window = rate * 32 // 1000
    silence = np.zeros(3 * window)
    power = np.square(band(np.concatenate([silence, x / np.abs(x).max(), silence]), rate))
    power = power[: len(power) // window * window].reshape(-1, window).mean(axis=1)
    return np.asarray(power / power.sum())


def band(sound: Floats, rate: int) -> Floats:
    """Sound (samples,) in the band by which PESQ levels; gently, since a sharp filter rings on."""
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(2, BAND, "bandpass", fs=rate, output="sos"), sound))
