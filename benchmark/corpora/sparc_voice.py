"""Sound from articulation in SPARC's own coordinates, by SPARC's decoder.

The decoder takes movement, pitch and loudness at 50 Hz and the embedding of a speaker, and gives
sound of 16 kHz, 320 samples a frame: `decode(ema, pitch, loudness, spk_emb)` of the package
`speech-articulatory-coding` 0.1.0. Package and weights are those that `sparc_targets` needs.

The embedding is what SPARC heard in the recording itself, so that the voice of what is decoded is
the speaker's. It says whose voice it is and nothing of when anything was said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, Signal, UserError
from benchmark.corpora import sparc_targets
from benchmark.corpora.io import sparc

EMA = sparc.STREAMS["ema"]
LOUDNESS, PITCH = EMA, EMA + 1  # columns of articulation (time, 14)
# Of a decoder that is given what it cannot take.
FAILS = (RuntimeError, ValueError, TypeError, LookupError, AssertionError)


@dataclass(frozen=True)
class Voice:
    """SPARC's decoder: `decode(ema, pitch, loudness, spk_emb)` -> samples (n,) at `rate` Hz."""

    decode: Callable[..., Array]
    rate: float


def fits(signal: Signal) -> bool:
    """Whether a signal is articulation in SPARC's own coordinates, as it estimates it of people."""
    shape = (signal.rate, signal.frame, signal.channels)
    return signal.unit == "SPARC unit" and shape == (sparc.RATE, (EMA + 2,), sparc.CHANNELS)


def load(tell: sparc_targets.Tell) -> Voice:
    """The decoder; UserError without the package, its weights, or a decoder among them."""
    model = sparc_targets.load(tell)
    if getattr(model, "generator", None) is None:
        raise UserError(f"{sparc_targets.PACKAGE} {sparc_targets.MODEL} came without a decoder")
    return Voice(model.decode, float(model.output_sr))


def sound(voice: Voice, id: str, articulation: Array, speaker: Array) -> Array:
    """Samples (n,) float32 of articulation (time, 14) at 50 Hz, by the embedding of a speaker (E,).

    UserError, naming the recording `id`, where the decoder takes none of it or gives no sound.
    """
    answer = np.asarray(articulation, np.float32)
    if answer.ndim != 2 or answer.shape[1] != EMA + 2 or not np.isfinite(answer).all():
        raise UserError(f"{id}: expected finite articulation (time, 14), got {answer.shape}")
    parts = {"pitch": answer[:, PITCH], "loudness": answer[:, LOUDNESS]}
    try:
        found = voice.decode(ema=answer[:, :EMA], **parts, spk_emb=np.asarray(speaker, np.float32))
    except FAILS as problem:
        why = sparc_targets.first_line(problem)
        raise UserError(f"{id}: SPARC could not decode it ({why})") from problem
    wave = np.asarray(found, np.float32)
    if wave.ndim != 1 or not len(wave) or not np.isfinite(wave).all():
        raise UserError(f"{id}: expected finite sound (time,) of SPARC's decoder, got {wave.shape}")
    return wave
