"""Log-mel spectrogram of the simulated sound: see `benchmark/corpora/io/mel.py`."""

from __future__ import annotations

from benchmark.core import Array
from benchmark.corpora.embedded.sensors.source import Source
from benchmark.corpora.io.mel import PARAMETERS, SIGNAL, Parameters, spectrogram

SIGNALS = {"mel": SIGNAL}


def mel(source: Source, parameters: Parameters = PARAMETERS) -> Array:
    """(T, 80) float32 ln mel magnitudes at 86.1328 Hz; frame k is centred on k / rate seconds."""
    count = source.length(parameters.rate / parameters.hop)
    return spectrogram(source.audio, count, parameters)
