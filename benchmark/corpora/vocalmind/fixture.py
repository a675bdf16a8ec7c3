"""A miniature of VocalMind: four words, two takes each, made of words of a simulated speaker.

Of what is mimed and imagined, two words: reading tables takes time.

The speaker's movements drive the sEEG of a take, so that the high gamma of some contacts follows
the word; what is mimed moves alike, and what is imagined moves little. Mimed takes lie in a folder
of the archive's name twice over, as some programs unpack them.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.noise import AUDIO_RATE, generator
from benchmark.corpora.simulated.sensors import seeg
from benchmark.corpora.vocalmind.files import CONTACTS, MANNERS, RATE, SECONDS, SOUND, SOUND_RATE

UNHEARD = 2  # words that are mimed and imagined as well
SAID = ("DaNao", "MiFan", "QingCai", "XueXiao")
TAKES = (1, 2)
STRENGTH = {"Vocalized": 1.0, "Mimed": 0.7, "Imagined": 0.2}
ONSET = (0.4, 0.9)  # seconds from the begin of a take to the voice
DIGITS = 2  # of a value, so that tables stay small
NOISE = 3.0  # where nobody speaks, in steps


def write(folder: Path) -> None:
    """Write the tree into `folder`, about 18 MB; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "FIXTURE").write_text("A miniature of VocalMind, simulated.\n", "utf-8")
    speaker = max(borrowed.talkers(), key=borrowed.contacts)
    said = list(borrowed.commands(speaker).values())[: len(SAID)]
    for word, ids in zip(SAID, said, strict=True):
        for take, id in zip(TAKES, ids, strict=False):
            _write_take(folder, word, take, id)


def _write_take(folder: Path, word: str, take: int, id: str) -> None:
    from scipy.signal import resample_poly

    source = borrowed.source(id)
    brain = resample_poly(seeg.seeg(source)[:, : len(CONTACTS)].astype(np.float64), 125, 128)
    for kind, manner in MANNERS.items():
        if manner != "Vocalized" and word not in SAID[:UNHEARD]:
            continue
        rng = generator("vocalmind", manner, word, str(take))
        at = rng.uniform(*ONSET)
        values = NOISE * rng.standard_normal((SECONDS * RATE, len(CONTACTS)))
        begin = round(at * RATE)
        part = brain[: len(values) - begin]
        values[begin : begin + len(part)] += STRENGTH[manner] * part
        place = folder / kind / kind if manner == "Mimed" else folder / kind
        place.mkdir(parents=True, exist_ok=True)
        _table(place / f"{manner}_{word}_{take}.csv", values)
        if manner == "Vocalized":
            sound = 1e-4 * rng.standard_normal(SECONDS * AUDIO_RATE)
            first = round(at * AUDIO_RATE)
            heard = source.audio[: len(sound) - first]
            sound[first : first + len(heard)] += heard
            (folder / SOUND).mkdir(exist_ok=True)
            _write_sound(folder / SOUND / f"Audio_{word}_{take}.wav", sound)


def _table(path: Path, values: Array) -> None:
    """Whole numbers below 100, each looked up: printing them one by one takes a minute."""
    top = 10**DIGITS - 1
    spelled = np.array([str(number) for number in range(-top, top + 1)])
    cells = spelled[np.clip(np.round(values), -top, top).astype(int) + top].tolist()
    lines = [",".join(map(str, CONTACTS)), *map(",".join, cells)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _write_sound(path: Path, samples: Array) -> None:
    from scipy.signal import resample_poly

    loud = np.clip(resample_poly(samples, SOUND_RATE // 100, AUDIO_RATE // 100), -1, 1)
    both = np.repeat(np.round(loud * 32767).astype("<i2")[:, None], 2, axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(both.tobytes())
