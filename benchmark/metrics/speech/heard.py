"""Word error rate of what a recogniser hears in a predicted spectrogram or sound.

    (S + D + I) / N

of the words heard against the words said, summed over all sentences, as `wer.corpus@1`. What is
heard is `recogniser/heard.py`'s: a small network finds phones in the log-mel spectrogram, an exact
search the likeliest words, by how often each follows each other one in texts of the simulated
corpora's grammar. Sound at 16 kHz becomes a spectrogram of the shared front end first, and so does
articulation, by `spectra/articulatory.py`: a score of it is also one of that network, whose own
loss the score of the true articulation shows.

The recogniser knows that grammar alone, 342 words with about 27 ways to go on, so only recordings
with the auxiliary signal `grammar_text` are scored. It was trained on simulated talkers of whom
none is in the embedded corpus. Its figures say which words can still be told apart; they are never
compared with those of another recogniser, and stand beside what it hears in the true spectrogram
(`oracle_target`). Whatever it is given it hears some words, mostly wrong ones: knowing nothing has
a rate near 1, which may be above it. It aligns, so its chance level is the answer to another
recording. Less than half a second is nothing heard. No prediction is unscorable.
"""

from __future__ import annotations

import numpy as np

from benchmark.core import Array, Metric, Signal
from benchmark.metrics import text
from benchmark.metrics._measurement import shapes
from benchmark.recogniser import heard
from benchmark.spectra import articulatory, mel, vocoder

SOUND = (16_000.0, ())  # rate in Hz, and shape of a frame


def word_error_rate(prediction: Array, said: str) -> float:
    """WER of the words heard in ln mel magnitudes (frames, 80) at 86.13 Hz.

    Raises ValueError as `recogniser.heard.text`, and UndefinedTarget for a text without a word.
    """
    return text.word_error_rate([said], [heard.text(prediction)])


def fits(signal: Signal) -> bool:
    """Whether a target is a spectrogram of the shared front end, articulation, or 16 kHz sound."""
    return vocoder.fits(signal) or articulatory.fits(signal) or (signal.rate, signal.frame) == SOUND


def _measure(prediction: Array, target: Array, signal: Signal, said: Array) -> Array:
    if not fits(signal):
        raise ValueError("expected a shared spectrogram, articulation at 50 Hz or 16 kHz sound")
    prediction, _ = shapes(prediction, target, 1 + len(signal.frame))
    if articulatory.fits(signal):
        prediction = articulatory.spectrogram(prediction)
    elif not vocoder.fits(signal):
        prediction = _spectrogram(prediction)
    return np.asarray(text.WER.measure(text.encoded(heard.text(prediction)), said, signal))


def _spectrogram(sound: Array) -> Array:
    """(frames, 80) of sound (samples,) at 16 kHz."""
    count = int(len(sound) / SOUND[0] * mel.SIGNAL.rate)
    return mel.spectrogram(np.asarray(sound, np.float64), count)


WER_HEARD = Metric(
    id=f"wer_asr.{heard.NAME}@1",
    title="WER (heard)",
    unit="",
    tolerance=0.02,
    better="lower",
    measure=_measure,
    reduce=text.WER.reduce,
    plausible=text.WER.plausible,
    definition="word error rate of what a recogniser of the simulated corpora's grammar hears",
    source="jiwer 4, process_words; recogniser/heard.py",
    scale=(0.0, None),
    auxiliary=("grammar_text",),
    fits=fits,
    aligns=True,
)
