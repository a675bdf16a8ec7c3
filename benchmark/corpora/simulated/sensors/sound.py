"""Sound of a simulated corpus, in a room: its waveform, its mel spectrogram, and where speech is.

The synthesiser's silence is zero, which no microphone gives, and whose logarithm would be most of
what a mel spectrogram says. The room's noise is steady, falls above 300 Hz down to the microphone's
own, and is a draw of the recording's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal
from benchmark.corpora.io import mel as log_mel
from benchmark.corpora.noise import AUDIO_RATE, generator
from benchmark.corpora.simulated.sensors.source import Source, noise, speaking


@dataclass(frozen=True)
class Parameters:
    version: int = 2
    room: float = -70.0  # dB of full scale, root mean square
    knee: float = 300.0  # Hz, above it the room's noise falls by 6 dB an octave
    microphone: float = 0.2  # amplitude that does not fall, as a part of that below the knee
    least: float = 20.0  # Hz, lowest of the noise


PARAMETERS = Parameters()
MEL_RATE = log_mel.PARAMETERS.rate / log_mel.PARAMETERS.hop  # Hz
SIGNALS = {
    "audio": Signal("full scale", "float32", AUDIO_RATE, span=2.0),
    "mel": log_mel.SIGNAL,
    "speech": Signal("0 or 1", "uint8", MEL_RATE),
}


def in_room(sound: Array, seed: str, id: str, parameters: Parameters = PARAMETERS) -> Array:
    """What a microphone hears of `sound` (T,), int16 as stored: float64 in [-1, 1), 16 bits."""

    def gain(f: Array) -> Array:
        falling = 1 / np.sqrt(1 + (f / parameters.knee) ** 2) + parameters.microphone
        return np.asarray(falling * (f >= parameters.least))

    room = noise(generator(seed, id, "room"), len(sound), 1, AUDIO_RATE, gain, 1.0)[:, 0]
    level = 10 ** (parameters.room / 20)
    heard = np.round(sound + 32768 * level * room)
    return np.asarray(np.clip(heard, -32768, 32767) / 32768)


def audio(source: Source) -> Array:
    """(160 N,) float32 in [-1, 1) at 16 kHz."""
    return source.audio.astype(np.float32)


def mel(source: Source) -> Array:
    """(T, 80) float32 ln mel magnitudes at 86.1328 Hz; frame k is centred on k / rate s."""
    return log_mel.spectrogram(source.audio, source.length(MEL_RATE))


def speech(source: Source) -> Array:
    """(T,) uint8 at the rate of the mel: 1 within phones, 0 at rest and in pauses."""
    return speaking(source.phones, source.times(MEL_RATE)).astype(np.uint8)
