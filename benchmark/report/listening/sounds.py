"""What can be heard of a recording and of what was predicted of it, and how sound is encoded.

Sound stays as it is. Log-mel spectrograms of the shared front end become sound by a vocoder: that
of `spectra/vocoder.py` at its full rate, or a user's own. Articulation of simulated speakers is a
spectrogram first (`spectra/articulatory.py`). Other targets have no sound.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from benchmark.core import Array, Recording, Signal, Task
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
    " speakers only."
)


@dataclass(frozen=True)
class Sound:
    name: str  # recorded, target, prediction, trivial, or that of an input: the same in all entries
    title: str
    wave: Array  # (samples,), full scale 1
    rate: float  # Hz
    vocoder: str = ""  # that made it of a spectrogram: NAME or MODULE:FUNCTION


@dataclass(frozen=True)
class Answers:
    """One recording, with its target, and what was predicted of it."""

    recording: Recording
    prediction: Array
    trivial: tuple[str, Array] | None = None  # of the trivial baseline of this title
    recorded: Sound | None = None


def can_be_heard(target: Signal) -> bool:
    """Whether predictions of a target are sound, or can be made audible."""
    return is_sound(target) or vocoder.fits(target) or articulatory.fits(target)


def note(target: Signal, by: str = "") -> str:
    """What a page says of its sounds, or of why there are none; often nothing.

    `by` names a vocoder of the user's own.
    """
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
) -> list[Sound]:
    """What was recorded, audible inputs, target, prediction, trivial baseline; what there is."""
    target = signals[task.target]
    if not can_be_heard(target):
        return []
    found = [answers.recorded] if answers.recorded else []
    for name in task.inputs:
        if is_sound(signals[name]):
            wave = answers.recording[name]
            found.append(Sound(name, name, wave, signals[name].rate or 0.0))
    title = task.target if is_sound(target) else "target"
    found.append(heard(target, "target", title, answers.recording[task.target], by, named))
    found.append(heard(target, "prediction", "prediction", answers.prediction, by, named))
    if answers.trivial:
        title, answer = answers.trivial
        found.append(heard(target, "trivial", f"{title}, trivial baseline", answer, by, named))
    return found


def encoded(wave: Array, rate: float, kind: Literal["FLAC", "WAV"]) -> bytes:
    """A file of sound (samples,) at `rate` Hz: 16 bits, clipped at full scale."""
    import soundfile

    out = io.BytesIO()
    clipped = np.clip(np.asarray(wave, np.float64), -1.0, 1.0)
    soundfile.write(out, clipped, round(rate), format=kind, subtype="PCM_16")
    return out.getvalue()


def data_url(sound: Sound) -> str:
    """Sound as FLAC within a page."""
    content = encoded(sound.wave, sound.rate, "FLAC")
    return "data:audio/flac;base64," + base64.b64encode(content).decode()
