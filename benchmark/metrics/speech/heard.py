"""Word, character and phone error rate of what a recogniser hears in a spectrogram or sound.

    (S + D + I) / N

of the words heard against the words said, summed over all sentences, as `wer.corpus@1`; of their
characters as `cer.corpus@1`; of their phones, by a lexicon that the task has, as `per.simulated@1`.
A recording is recognised once for all of them, so none is nearer to sound than the others: what is
heard are words, and a rate of characters or phones says how far the wrong ones are off. What is
heard is `recogniser/heard.py`'s: a small network finds phones in the log-mel spectrogram, an exact
search the likeliest words, by how often each follows each other one in texts of the simulated
corpora's grammar. Sound at 16 kHz becomes a spectrogram of the shared front end first, and so does
articulation, by `spectra/articulatory.py`: a score of it is also one of that network, whose own
loss the score of the true articulation shows.

The recogniser knows that grammar alone, 342 words with a perplexity of 42 by pairs, so only
recordings with the auxiliary signal `grammar_text` are scored. It was trained on simulated
talkers of whom none is in the embedded corpus. Its figures say which words can still be told
apart; they are never compared with those of another recogniser, and stand beside what it hears in
the true spectrogram (`oracle_target`). Whatever it is given it hears some words, mostly wrong
ones: knowing nothing has a rate near 1, which may be above it. It aligns, so its chance level is
the answer to another recording. Less than half a second is nothing heard. No prediction is
unscorable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from benchmark.core import Array, Metric, Signal
from benchmark.metrics import text
from benchmark.metrics._measurement import Content, shapes
from benchmark.recogniser import heard
from benchmark.spectra import articulatory, mel, vocoder

SOUND = (16_000.0, ())  # rate in Hz, and shape of a frame
SHORTEST = SOUND[0] * heard.SHORTEST  # samples
# What another machine may change. By `benchmarks/recogniser.py` (39 sentences, 224 words): where
# the last place of float32 is rounded otherwise, or the network calculates in float64, no word
# changes, in true spectrograms as in noisy ones. What is left is a model that is trained again and
# answers otherwise: by 0.01 nepers no word changes, by 0.1 at most one (0.0045). The limit is four
# words in 224, and that of the error rate of predicted texts.
TOLERANCE = text.WER.tolerance


def fits(signal: Signal) -> bool:
    """Whether a target is a spectrogram of the shared front end, articulation, or 16 kHz sound."""
    return vocoder.fits(signal) or articulatory.fits(signal) or (signal.rate, signal.frame) == SOUND


def words(prediction: Array, signal: Signal) -> str:
    """What is heard in a prediction of a target that fits: words between single spaces.

    Nothing in sound of less than half a second. Raises ValueError for a signal that does not fit,
    other shapes, a spectrogram or articulation without frames, NaN or infinity.
    """
    if not fits(signal):
        raise ValueError("expected a shared spectrogram, articulation at 50 Hz or 16 kHz sound")
    if vocoder.fits(signal):
        return heard.text(prediction)
    if articulatory.fits(signal):
        return heard.text(articulatory.spectrogram(prediction))
    if prediction.ndim != 1 or not np.isfinite(prediction).all():
        raise ValueError(f"expected finite sound (time,), got shape {prediction.shape}")
    if len(prediction) < SHORTEST:
        return ""
    count = int(len(prediction) / SOUND[0] * mel.FRAME_RATE)
    return heard.text(mel.spectrogram(prediction.astype(np.float64), count))


@lru_cache(maxsize=1)  # each metric asks for its own
def _words(prediction: Content, signal: Signal) -> Array:
    found = text.encoded(words(prediction.array, signal))
    found.flags.writeable = False
    return found


def _measure(prediction: Array, target: Array, signal: Signal, said: Array, rate: Metric) -> Array:
    prediction, _ = shapes(prediction, target, 1 + len(signal.frame))
    return np.asarray(rate.measure(_words(Content(prediction), signal), said, signal))


WER_HEARD = Metric(
    id=f"wer_asr.{heard.NAME}@1",
    title="WER (heard)",
    unit="",
    tolerance=TOLERANCE,
    better="lower",
    measure=partial(_measure, rate=text.WER),
    reduce=text.WER.reduce,
    plausible=text.WER.plausible,
    definition="word error rate of what a recogniser of the simulated corpora's grammar hears",
    source="jiwer 4, process_words; recogniser/heard.py",
    scale=(0.0, None),
    auxiliary=("grammar_text",),
    fits=fits,
    aligns=True,
)
CER_HEARD = replace(
    WER_HEARD,
    id=f"cer_asr.{heard.NAME}@1",
    title="CER (heard)",
    measure=partial(_measure, rate=text.CER),
    definition="character error rate of the words that `wer_asr` is of, with spaces",
    source="jiwer 4, process_characters; recogniser/heard.py",
)


def phone_error_rate(lexicon: Mapping[str, str]) -> Metric:
    """PER of the words heard by the recogniser's lexicon (word -> phones between spaces)."""
    return replace(
        WER_HEARD,
        id=f"per_asr.{heard.NAME}@1",
        title="PER (heard)",
        measure=partial(_measure, rate=text.phone_error_rate(heard.NAME, lexicon)),
        definition=f"phone error rate of the words that `wer_asr` is of; lexicon {heard.NAME}",
    )
