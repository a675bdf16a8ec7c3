"""High-gamma envelopes of sEEG, the features that came with SingleWordProductionDutch.

Each contact without its straight line; 70-170 Hz, without 98-102 and 148-152 Hz (the second and
third harmonic of the mains), every filter a Butterworth of order 4 run there and back; the
magnitude of the analytic signal; its mean in windows of 50 ms every 10 ms (Verwoert et al. 2022,
Sci. Data 9: 434; github.com/neuralinterfacinglab/SingleWordProductionDutch).

One thing differs: there window k begins at k / 100 seconds, here it is centred on it, as all frames
of this benchmark are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    order: int = 4  # of each filter, which is run there and back
    band: tuple[float, float] = (70.0, 170.0)  # Hz
    stops: tuple[tuple[float, float], ...] = ((98.0, 102.0), (148.0, 152.0))  # Hz
    window: float = 0.05  # seconds
    rate: int = 100  # Hz, of the windows


PARAMETERS = Parameters()
GROUP = 16  # contacts at a time, so that the steps between need little memory


def envelope(seeg: Array, rate: float, parameters: Parameters = PARAMETERS) -> Array:
    """Magnitude of the analytic signal of high gamma, float64 (time, contacts), unit as given.

    About a quarter of a second at either end depends on where the signal was cut.
    """
    from scipy import fft, signal

    kinds = (("bandpass", parameters.band), *(("bandstop", stop) for stop in parameters.stops))
    filters = [
        signal.iirfilter(parameters.order, edges, btype=kind, fs=rate, output="sos")
        for kind, edges in kinds
    ]
    out = np.empty(seeg.shape)
    size = fft.next_fast_len(len(seeg))
    for first in range(0, seeg.shape[1], GROUP):
        part = signal.detrend(seeg[:, first : first + GROUP], axis=0)
        for sections in filters:
            part = signal.sosfiltfilt(sections, part, axis=0)
        out[:, first : first + GROUP] = np.abs(signal.hilbert(part, size, axis=0)[: len(seeg)])
    return out


def windows(
    power: Array, rate: float, skip: int, frames: int, parameters: Parameters = PARAMETERS
) -> Array:
    """Means float32 (frames, contacts); window k is centred k / 100 s after sample `skip`.

    `power` (time, contacts) reaches half a window beyond the first and the last centre.
    """
    length = int(parameters.window * rate)
    centres = skip + np.arange(frames) / parameters.rate * rate
    starts = np.floor(centres - parameters.window * rate / 2).astype(np.int64)
    total = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)])
    return np.asarray((total[starts + length] - total[starts]) / length, np.float32)
