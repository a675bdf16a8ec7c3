"""A miniature of the EMG-UKA Trial corpus: four sessions of two speakers, one in all manners.

Sentences, sound, phones and EMG are those of talkers of the embedded corpus, another one in each
session and manner but the silent one, whose sentences are those of its audible part, moved without
voice: six of its eight sites, at 600 Hz. As in the corpus markers rise at different
times in EMG and sound, amplifiers add an offset, and one silent utterance has no alignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.emg_uka_trial import alignments, files
from benchmark.corpora.emg_uka_trial.alignments import PHONE_RATE
from benchmark.corpora.emg_uka_trial.files import (
    AUDIO_RATE,
    EMG_RATE,
    LEAD,
    MICROVOLTS,
    Utterance,
)
from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.sensors import emg
from benchmark.corpora.simulated.sensors.source import Source

TALKERS = {  # by manner, speaker and session
    ("audible", "002", "001"): "u01",
    ("audible", "008", "001"): "u02",
    ("audible", "008", "002"): "u03",
    ("audible", "008", "003"): "u04",
    ("whispered", "002", "001"): "u05",
    ("silent", "002", "001"): "u01",
}
USED = ("train",) * 5 + ("valid",) + ("test",) * 2  # sentences; those to choose by train, too
OFFSETS = (-2000, -8000, 3400, 8100, 12200, 2700)  # of the amplifier, by channel
BEFORE = {"emg": 0.075, "audio": 0.03}  # s until the marker rises
AFTER = {"emg": 0.01, "audio": 0.1}  # s that nobody reads
ALIKE = (  # embedded phones, and the nearest here
    "@ AX A AA D DH E EH I IH O AO T TH U UH V AH a AE dZ JH i IY j Y o OW tS CH u UW { AE h HH "
    "3 ER S SH N NG"
)


def write(folder: Path) -> None:
    """Write the miniature into `folder`, about 6 MB; the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "FIXTURE").write_text(
        "A miniature of EMG-UKA Trial, made from simulated speech.\n", "utf-8"
    )
    listed: dict[str, list[Utterance]] = {path.name: [] for _, _, path in files.lists(folder)}
    for hundreds, ((manner, speaker, session), talker) in enumerate(TALKERS.items()):
        said = zip(USED, borrowed.shortest(talker, "sentence", len(USED)), strict=True)
        for number, (role, id) in enumerate(said, start=100 * hundreds + 1):
            # Those to choose by have a number that ends in 0, the others never do.
            named = f"{100 * hundreds if role == 'valid' else number:04}"
            used = "test" if role == "test" else "train"
            one = Utterance(folder, speaker, session, named, manner, used)
            listed[f"{used}.{manner}"].append(one)
            source = borrowed.source(id)
            if manner == "silent":  # another take: of the same movement, with noise of its own
                mute = np.zeros_like(source.voiced)
                source = replace(source, id=f"silent-{id}", voiced=mute)
            _utterance(one, source, borrowed.text(id).upper())
    (folder / files.SUBSETS).mkdir()
    for name, those in listed.items():
        lines = []
        for _, speaker, session in TALKERS:
            own = [one for one in those if (one.speaker, one.session) == (speaker, session)]
            stems = (f"emg_{speaker}-{session}-{one.number}" for one in reversed(own))
            lines.append(f"emg_{speaker}-{session}: {' '.join(stems)}\n")
        (folder / files.SUBSETS / name).write_text("".join(dict.fromkeys(lines)), "utf-8")


def _utterance(one: Utterance, source: Source, text: str) -> None:
    from scipy.io import wavfile

    for kind in files.KINDS:
        one.path(kind).parent.mkdir(parents=True, exist_ok=True)
    one.alignment("phones").parent.mkdir(parents=True, exist_ok=True)
    muscles, first = _emg(source)
    sound, begin = _sound(source, one.manner)
    muscles.astype("<i2").tofile(one.path("emg"))
    wavfile.write(one.path("audio"), AUDIO_RATE, sound.astype(np.int16))
    # Both end where the EMG does, but for the sample that is not read.
    last = len(muscles) - 1
    end = begin + round((last - first) * AUDIO_RATE / EMG_RATE) + 40
    one.path("offset").write_text(f"{begin} {end}\n{first} {last}\n", "utf-8")
    one.path("Transcripts").write_text(f"{text}\n\n", "utf-8")
    if one.manner != "silent" or not one.number.endswith("1"):
        _alignments(one, source, text, (last - first) / EMG_RATE)


def _emg(source: Source) -> tuple[Array, int]:
    """(T, 7) int16 with the marker in its last column, and where speech begins."""
    from scipy.signal import resample_poly

    sites = np.asarray(emg.emg(source), np.float64)[:, :6]
    speech = resample_poly(sites, EMG_RATE, emg.PARAMETERS.rate, axis=0, padtype="mean")
    begin = round((BEFORE["emg"] + LEAD) * EMG_RATE)
    padded = np.pad(speech, ((begin, round(AFTER["emg"] * EMG_RATE)), (0, 0)))
    padded += 2.0 * generator("miniature", source.id, "uka").standard_normal(padded.shape)
    stored = np.clip(np.round(padded / MICROVOLTS) + OFFSETS, -32768, 32767)
    marker = np.where(np.arange(len(stored)) < begin - LEAD * EMG_RATE, files.DOWN, files.UP)
    return np.column_stack([stored, marker]), begin


def _sound(source: Source, manner: str) -> tuple[Array, int]:
    """(N, 2): speech, quieter in a whisper and none in silence, and the marker, in 16 bits."""
    begin = round((BEFORE["audio"] + LEAD) * AUDIO_RATE)
    padded = np.pad(source.audio, (begin, round(AFTER["audio"] * AUDIO_RATE)))
    padded *= {"audible": 1.0, "whispered": 0.1, "silent": 0.0}[manner]
    padded += 1e-4 * generator("miniature", source.id, "room").standard_normal(padded.shape)
    apart = np.arange(len(padded)) - (begin - round(LEAD * AUDIO_RATE))
    marker = np.where(apart < 0, 0.0, np.exp(-np.maximum(apart, 0) / 40))
    return np.round(32767 * np.column_stack([padded, 0.999 * marker])), begin


def _alignments(one: Utterance, source: Source, text: str, seconds: float) -> None:
    """Phones as the embedded corpus has them; words share the time equally."""
    spelt = dict(zip(ALIKE.split()[::2], ALIKE.split()[1::2], strict=True))
    count = int((seconds - 0.012) * PHONE_RATE)
    names = ["SIL"] * count
    for label, start, end in source.phones:
        first, last = (min(count, round(at * PHONE_RATE)) for at in (start, end))
        names[first:last] = [_phone(spelt, label)] * (last - first)
    edges = [0, *(k for k in range(1, count) if names[k] != names[k - 1]), count]
    rows = [(a, b - 1, names[a]) for a, b in pairwise(edges)]
    one.alignment("phones").write_text("".join("{} {} {}\n".format(*row) for row in rows), "utf-8")
    words = ["$", *text.split(), "$"]
    words[1] += "(2)"  # another pronunciation
    parts = np.linspace(0, count, len(words) + 1).astype(int)
    lines = zip(parts[:-1], parts[1:] - 1, words, strict=True)
    one.alignment("words").write_text(
        "".join("{} {} {}\n".format(*line) for line in lines), "utf-8"
    )


def _phone(spelt: Mapping[str, str], name: str) -> str:
    known = spelt.get(name, name.upper())
    return known if known in alignments.PHONES else "SIL"
