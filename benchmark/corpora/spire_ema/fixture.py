"""A miniature of the SPIRE EMA corpus: sentences of two simulated speakers."""

from __future__ import annotations

import pickle
import wave
import zipfile
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.io.sparc import CHANNELS as SPARC
from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.sensors import articulation
from benchmark.corpora.spire_ema.files import (
    CHANNELS,
    NORMALISED,
    PROCESSED,
    RATE,
    SOUND,
    SOUND_RATE,
    STEP,
)

PEOPLE = {1: ("u01", "s015Nl03f"), 12: ("u02", "s016Nl03m")}  # talker, and how names begin
SENTENCES = 4  # of each
BEFORE, AFTER = 30, 20  # frames of silence in the file, which begin_end leaves out
AS_THERE = {"Jaw": "LI"}  # what the sensors are called in the embedded corpus


def write(folder: Path) -> None:
    """Write the tree into `folder`, about 2 MB; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "FIXTURE").write_text("A miniature of SPIRE EMA, simulated.\n", "utf-8")
    for number, (talker, stem) in PEOPLE.items():
        said = borrowed.shortest(talker, "sentence", SENTENCES)
        for sentence, id in enumerate(said, start=41):
            _write(folder, f"spk{number}", f"{stem}{sentence:04d}", id)


def _write(folder: Path, speaker: str, name: str, id: str) -> None:
    source = borrowed.source(id)
    frames = len(source.audio) // STEP
    ema = _movements(articulation.articulation(source), frames)
    hum = generator("spire_ema", speaker, name)
    sound = 1e-4 * hum.standard_normal((BEFORE + frames + AFTER) * STEP)
    sound[BEFORE * STEP : (BEFORE + frames) * STEP] += source.audio[: frames * STEP]
    (folder / SOUND / speaker).mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / SOUND / speaker / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    save(
        folder / PROCESSED / speaker / f"{name}.pt",
        {
            NORMALISED: ema,
            "phonemes": ["sil", "ah", "sil"],
            "durations": [3, frames - 5, 2],
            "begin_end": [BEFORE, BEFORE + frames],
        },
    )


def _movements(points: Array, frames: int) -> Array:
    """(frames, 12) at 100 Hz in standard deviations, in the order of CHANNELS."""
    names = [next((AS_THERE[p] + n[-1] for p in AS_THERE if n.startswith(p)), n) for n in CHANNELS]
    columns = points[:, [SPARC.index(name) for name in names]].astype(np.float64)
    at, had = np.arange(frames) / RATE, np.arange(len(columns)) / 50
    moved = np.stack([np.interp(at, had, column) for column in columns.T], axis=1)
    return np.asarray((moved - moved.mean(axis=0)) / moved.std(axis=0))


def save(path: Path, content: object) -> None:
    """As torch saves what holds no tensors: a zip with one pickle and a version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (
            (f"{path.stem}/data.pkl", pickle.dumps(content, protocol=2)),
            (f"{path.stem}/version", b"3\n"),
        ):
            archive.writestr(zipfile.ZipInfo(name), data)
