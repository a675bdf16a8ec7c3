"""The signals of a recording, as arrays: of an utterance by its files, of a mixture by a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmark.core import Array, Recording, Signal, UserError
from benchmark.corpora import mixing, mixtures
from benchmark.corpora.gaddy2020 import files, parallel, phones
from benchmark.corpora.gaddy2020.files import AUDIO_RATE, EMG_RATE, Clip
from benchmark.corpora.gaddy2020.phones import PHONES
from benchmark.corpora.io import mel, sparc

NAME = "gaddy2020"
LEAST_SOUND = 400  # samples at 16 kHz: a window of the spectrogram is filled by reflection
SIGNALS: Mapping[str, Signal] = {
    "emg": Signal("µV", "float32", EMG_RATE, (files.CHANNELS,), files.SITES),
    "emg_raw": Signal("µV", "float32", EMG_RATE, (files.CHANNELS,), files.SITES),
    **dict.fromkeys(
        ("audio", "clean", "noisy"), Signal("full scale", "float32", AUDIO_RATE, span=2.0)
    ),
    "mel": mel.SIGNAL,
    "text": Signal("code point", "uint32", free=True),
    "phones": Signal("phone", "uint8", sparc.RATE, labels=PHONES),
    "articulation": Signal(
        "SPARC unit",
        "float32",
        sparc.RATE,
        (14,),
        sparc.CHANNELS,
        ("SPARC unit",) * 12 + ("1", "Hz"),
    ),
    "voicing": Signal("0 or 1", "uint8", sparc.RATE),
}


def read(folder: Path, id: str, clip: Clip, aloud: Sequence[Clip], signal: str) -> Array:
    """One signal of an utterance; `aloud` are voiced ones of a silent one's sentence.

    `emg` and `emg_raw` float32 (T, 8), 1000 Hz, microvolt as the amplifier's software scales it;
    `audio` float32 (T,), 16 kHz, the cleaned sound; `mel` float32 (T, 80), 86.13 Hz; `text` uint32
    (characters,); `phones` uint8 (T,), 50 Hz; `articulation` float32 (T, 14), 50 Hz; `voicing`
    uint8 (T,), 50 Hz. EMG has the samples that the info file counts, and sound the length that it
    counts within 0.05 s. UserError where they do not, for other signals, for those of the sound
    where there is no voice, and for files that are not sound. That the two end within SLACK of each
    other is not tested here, but by the checks that the corpus declares (`CORPUS.checks.slack`).
    """
    if signal not in SIGNALS or signal in ("noisy", "clean"):
        has = ", ".join(name for name in SIGNALS if name not in ("noisy", "clean"))
        raise UserError(f"{id}: expected one of the signals {has}, got {signal}")
    if signal == "text":
        return np.array([ord(letter) for letter in clip.text], np.uint32)
    if signal == "emg":
        return files.filtered(clip).astype(np.float32)
    if signal == "emg_raw":
        return files.emg(clip).astype(np.float32)
    if clip.kind == "silent" and signal == "mel":
        other = parallel.voiced(id, clip, aloud)
        return parallel.brought(clip, other, _of_sound(folder, id, other, "mel"))
    if clip.silent:
        raise UserError(f"{id} is a silent recording and has no {signal}: nobody can be heard")
    return _of_sound(folder, id, clip, signal)


def _of_sound(folder: Path, id: str, clip: Clip, signal: str) -> Array:
    path = clip.path(files.CLEANED)
    if signal == "audio":
        return files.sound(clip).astype(np.float32)
    if signal == "mel":
        audio = files.sound(clip)
        if len(audio) < LEAST_SOUND:
            raise UserError(f"{path}: expected {LEAST_SOUND} samples or more, got {len(audio)}")
        return mel.spectrogram(audio, parallel.frames(len(audio), AUDIO_RATE))
    _, seconds = files.sound_header(clip)
    if signal == "phones":
        return phones.read(phones.grid(folder, clip), seconds, sparc.RATE)
    streams = sparc.find(folder, id, clip.path("audio_clean_ema.pkl"), NAME, float(seconds))
    made = sparc.articulation if signal == "articulation" else sparc.voicing
    return made(streams)


def read_mixture(
    recipe: mixtures.Recipe, known: Mapping[str, Recording], noises: mixtures.Noises, signal: str
) -> Array:
    """`noisy` and `clean` float32 (T,) at 16 kHz; `emg` and `text` of the utterance."""
    if signal in ("emg", "emg_raw", "text"):
        return known[recipe.clean][signal]
    if signal not in ("noisy", "clean"):
        raise UserError(f"{recipe.id} is a mixture and has no {signal}")

    def voice(name: str) -> Array:
        return mixing.sound(noises, name) if name in noises.files else known[name]["audio"]

    noisy, clean = mixing.mix(recipe, known[recipe.clean]["audio"], voice)
    return noisy if signal == "noisy" else clean
