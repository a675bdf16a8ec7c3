"""What can be heard of a recording and of what was predicted of it, and how sound is encoded.

Sound stays as it is. Log-mel spectrograms of the shared front end become sound by a vocoder: that
of `spectra/vocoder.py` at its full rate, or a user's own. Articulation of simulated speakers is a
spectrogram first (`spectra/articulatory.py`); that of people is decoded by SPARC, where somebody
asks for it and has its weights. Other targets have no sound.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from benchmark.core import Array, Recording, Signal, Task
from benchmark.corpora import sparc_voice
from benchmark.report.plots.answers import is_sound
from benchmark.spectra import articulatory, vocoder

# ln mel magnitudes (frames, 80) -> sound (samples,) at 22,050 Hz, full scale 1.
Vocoder: TypeAlias = Callable[[Array], Array]
RE_SYNTHESIS = (
    f"Sounds called re-synthesis are made of spectrograms by the vocoder {vocoder.NAME}, which is"
    " not trained: of the target and of predictions alike, so what it loses is lost in all of them."
)
SYNTHESISER = (
    " Spectrograms of articulation are made by a network that was trained on simulated speakers of"
    " another corpus."
)
NO_VOCODER = (
    "There is no sound of this articulation: the synthesiser of the project knows simulated"
    " speakers only. SPARC's own decoder makes sound of it where it is installed:"
    " `silentbench listen ENTRY --vocoder sparc`."
)
DECODED = (
    "Sounds called re-synthesis are made of articulation by the decoder of SPARC: of the target and"
    " of predictions alike, with the embedding of the speaker as SPARC heard it in the recorded"
    " sound of the same recording. So the voice is given, and what is said when is predicted."
)


@dataclass(frozen=True)
class Sound:
    name: str  # recorded, target, prediction, trivial, or that of an input: the same in all entries
    title: str
    wave: Array  # (samples,), full scale 1
    rate: float  # Hz
    vocoder: str = ""  # that made it of a spectrogram: NAME or MODULE:FUNCTION


@dataclass(frozen=True)
class Decoder:
    """SPARC's decoder, with the speaker of each recording of a corpus."""

    sound: Callable[[str, Array], Array]  # id of a recording, (time, 14) -> (samples,), scale 1
    rate: float  # Hz


@dataclass(frozen=True)
class Answers:
    """One recording, with its target, and what was predicted of it."""

    recording: Recording
    prediction: Array
    trivial: tuple[str, Array] | None = None  # of the trivial baseline of this title
    recorded: Sound | None = None


def can_be_heard(target: Signal, decoded: bool = False) -> bool:
    """Whether predictions of a target are sound, or can be made audible; `decoded`: by SPARC."""
    if decoded and sparc_voice.fits(target):
        return True
    return is_sound(target) or vocoder.fits(target) or articulatory.fits(target)


def note(target: Signal, by: str = "", decoded: bool = False) -> str:
    """What a page says of its sounds, or of why there are none; often nothing.

    `by` names a vocoder of the user's own, `decoded` says that SPARC decodes.
    """
    if decoded and sparc_voice.fits(target):
        return DECODED
    made = f"Re-synthesis is by {by}." if by else RE_SYNTHESIS
    if vocoder.fits(target):
        return made
    if articulatory.fits(target):
        return made + SYNTHESISER
    return NO_VOCODER if "pitch" in target.channels else ""


def heard(
    target: Signal,
    name: str,
    title: str,
    answer: Array,
    by: Vocoder = vocoder.sound,
    named: str = vocoder.NAME,
) -> Sound:
    """The sound of one answer; ValueError where `can_be_heard` says no.

    A spectrogram (frames, 80) becomes sound at 22,050 Hz, which its title says, and so does
    articulation (time, 14) of simulated speakers. `named` is what the vocoder `by` is called.
    """
    if is_sound(target):
        return Sound(name, title, np.asarray(answer), target.rate or 0.0)
    if articulatory.fits(target):
        answer = articulatory.spectrogram(answer)
    elif not vocoder.fits(target):
        raise ValueError(f"expected sound or a spectrogram of the shared front end, got {target}")
    return Sound(name, f"{title} (re-synthesis)", by(answer), vocoder.rate(), named)


def sounds_of(
    task: Task,
    signals: Mapping[str, Signal],
    answers: Answers,
    by: Vocoder = vocoder.sound,
    named: str = vocoder.NAME,
    decoder: Decoder | None = None,
) -> list[Sound]:
    """What was recorded, audible inputs, target, prediction, trivial baseline; what there is."""
    target = signals[task.target]
    if not can_be_heard(target, decoder is not None):
        return []

    def audible(name: str, title: str, answer: Array) -> Sound:
        if decoder is None:
            return heard(target, name, title, answer, by, named)
        wave = decoder.sound(answers.recording.id, answer)
        return Sound(name, f"{title} (re-synthesis)", wave, decoder.rate, named)

    found = [answers.recorded] if answers.recorded else []
    for name in task.inputs:
        if is_sound(signals[name]):
            wave = answers.recording[name]
            found.append(Sound(name, name, wave, signals[name].rate or 0.0))
    title = task.target if is_sound(target) else "target"
    found.append(audible("target", title, answers.recording[task.target]))
    found.append(audible("prediction", "prediction", answers.prediction))
    if answers.trivial:
        title, answer = answers.trivial
        found.append(audible("trivial", f"{title}, trivial baseline", answer))
    return found


def at_rate(wave: Array, rate: float, to: int) -> Array:
    """Samples (n,) at `rate` Hz -> float64 at `to` Hz, from -1 to 1, clipped at full scale."""
    from scipy.signal import resample_poly

    found, ratio = np.asarray(wave, np.float64), Fraction(to, round(rate))
    if ratio != 1 and found.size:
        found = resample_poly(found, ratio.numerator, ratio.denominator)
    return np.clip(found, -1.0, 1.0)


def encoded(wave: Array, rate: float, kind: Literal["FLAC", "WAV"]) -> bytes:
    """A file of sound (samples,) at `rate` Hz: 16 bits, clipped at full scale."""
    import soundfile

    out = io.BytesIO()
    clipped = np.clip(np.asarray(wave, np.float64), -1.0, 1.0)
    soundfile.write(out, clipped, round(rate), format=kind, subtype="PCM_16")
    return out.getvalue()
