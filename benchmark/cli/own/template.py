"""The text of a new corpus file, and recordings to try it with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.cli.own.look import EXAMPLE, SOUND_RATE, Look
from benchmark.core import Array

RATE = 1000  # Hz, of the example's EMG
SECONDS = 0.5
TAKES = 4
SPEAKERS = ("anna", "ben", "cleo")
# Word: how much one sample of the EMG is like the one before, and the pitch of the sound in Hz.
WORDS = {"left": (0.8, 150), "right": (-0.8, 250), "stop": (0.0, 400)}

TEXT = '''"""Recordings of my own; docs/bringing_data.md explains each line."""

from benchmark.corpora.own import {imports}

CORPUS = from_folder(
    name="{name}",
    title="{title}",
    licence="private",
{folder}    path="{path}",
{table}    signals={{
{signals}
    }},
    tasks=({tasks}),
    splits={{
{splits}
    }},
)
'''


def corpus_file(name: str, look: Look, folder: str = "") -> str:
    """The file of a corpus that looks like this; `folder` where it is not in the data folder."""
    signals = dict(look.signals)
    tasks, splits = [], {}
    if "emg" in signals and look.are_words:
        labels = ", ".join(f'"{_escaped(text)}"' for text in look.texts)
        signals["word"] = f"Label(({labels}))"
        tasks.append("emg_word_classification")
    elif "emg" in signals and look.texts:
        signals["text"] = "Text()"
        tasks.append("emg_to_text")
    if "audio" in signals and "emg" in signals:
        signals["mel"] = "Mel()"
        tasks.append("emg_to_mel")
    if look.speakers > 1:
        splits["new_speakers"] = _one_out("speaker", look.speakers)
    elif look.sessions > 1:
        splits["new_sessions"] = _one_out("session", look.sessions)
    if look.texts and not look.are_words and len(look.texts) >= 5:
        splits["new_texts"] = 'k_folds("text", folds=5)'
    elif not look.are_words:
        splits["last_takes"] = "contiguous(valid=0.15, test=0.2)"
    elif (takes := look.count // max(1, look.sessions * len(look.texts))) >= 4:
        # Of each word, since a session may hold one word after the other.
        splits["last_takes"] = 'contiguous(valid=0.15, test=0.2, each=("session", "text"))'
    elif takes == 3 or not splits:
        splits["takes"] = "repetitions(folds=3)"
    used = [*signals.values(), *splits.values()]
    calls = {code.partition("(")[0] for code in used} | {"from_folder"}
    where = f'    folder="{_escaped(folder)}",\n' if folder else ""
    return TEXT.format(
        imports=", ".join(sorted(calls, key=lambda call: (call[0].islower(), call))),
        name=name,
        title=f"{name.replace('_', ' ')}: {_about(look)}",
        folder=where,
        path=look.path,
        table=_table(look),
        signals="\n".join(f'        "{signal}": {code},' for signal, code in signals.items()),
        tasks=", ".join(f'"{task}"' for task in tasks) + "," * (len(tasks) == 1),
        splits="\n".join(f'        "{split}": {code},' for split, code in splits.items()),
    )


def _table(look: Look) -> str:
    if look.table is None:
        return ""
    file, key = map(_escaped, look.table)
    lines = f'    table=("{file}", "{key}"),\n'
    if look.text != "text":
        lines += f'    correct=lambda fields: {{"text": fields["{_escaped(look.text)}"]}},\n'
    return lines


def _one_out(group: str, count: int) -> str:
    return f'leave_one_out("{group}")' if count > 2 else f'leave_one_out("{group}", valid=0.2)'


def _about(look: Look) -> str:
    what = f"{len(look.texts)} words" if look.are_words else "recordings"
    return f"{what} of {look.speakers} speaker{'s' * (look.speakers != 1)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def write_example(folder: Path) -> None:
    """Recordings that look like EXAMPLE: the spectrum tells the word.

    Not its level, nor where a recording is silent, since those tell nothing of articulation.
    """
    rng = np.random.default_rng(0)
    for speaker in SPEAKERS:
        strength = rng.uniform(20, 60, 2)
        for session in range(EXAMPLE.sessions // EXAMPLE.speakers):
            place = folder / speaker / f"day{session + 1}"
            place.mkdir(parents=True)
            for word, (alike, pitch) in WORDS.items():
                for take in range(1, TAKES + 1):
                    middle = rng.normal(0.25, 0.03)
                    _write_emg(place / f"{word}_{take}.csv", rng, middle, strength, alike)
                    _write_sound(place / f"{word}_{take}.wav", rng, middle, pitch)


def _write_emg(
    path: Path, rng: np.random.Generator, middle: float, strength: Array, alike: float
) -> None:
    """Two channels in µV at RATE: noise of one level for all words, swelling once."""
    times = np.arange(round(RATE * SECONDS)) / RATE
    noise = rng.normal(size=(len(times), 2)) * np.sqrt(1 - alike**2)
    for at in range(1, len(noise)):
        noise[at] += alike * noise[at - 1]
    emg = noise * (5 + strength * _burst(times, middle)[:, None])
    rows = (f"{t:.3f},{a:.2f},{b:.2f}" for t, (a, b) in zip(times, emg, strict=True))
    path.write_text("\n".join(["time,chin,cheek", *rows]) + "\n", "utf-8")


def _write_sound(path: Path, rng: np.random.Generator, middle: float, pitch: float) -> None:
    import soundfile

    times = np.arange(round(SOUND_RATE * SECONDS)) / SOUND_RATE
    tone = 0.2 * np.sin(2 * np.pi * pitch * times) * _burst(times, middle)
    soundfile.write(path, tone + rng.normal(0, 0.002, len(times)), SOUND_RATE)


def _burst(times: Array, middle: float) -> Array:
    """How active muscles and voice are at these times in seconds (time,)."""
    return np.asarray(np.exp(-((times - middle) ** 2) / 0.005))
