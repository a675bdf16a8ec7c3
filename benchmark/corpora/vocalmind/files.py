"""Read the files of VocalMind's Zenodo edition: names, tables of sEEG, and sound.

One file is one take of 3 s. Names are `<Manner>_<Word>_<repetition>.csv` and
`Audio_<Word>_<repetition>.wav`, in a folder for each archive, or in one of the same name there.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError

AGAIN = "get the file again, or see that nothing has changed it"
MANNERS: Mapping[str, str] = {  # by folder
    "Original_sEEG_Vocalized_Word": "Vocalized",
    "Original_sEEG_Mimed_Word": "Mimed",
    "Original_sEEG_Imagined_Word": "Imagined",
}
SOUND = "Original_Audio_Word"
WORDS = (
    *("DaNao", "DiTie", "JiaTing", "KaFei", "MianBao", "MiFan", "NiuNai", "PengYou", "PingGuo"),
    *("QiChe", "QingCai", "ShouJi", "ShuMu", "WuDao", "XiongMao", "XueXiao", "YaChi", "YinHang"),
    *("YinYue", "ZhongGuo"),
)
REPETITIONS = 6
ABSENT = ("ShuMu", 6)  # of what was said aloud, neither sEEG nor sound is published
# Of the amplifier, as the head of each table has them.
CONTACTS = (
    *range(9, 15),
    *range(17, 20),
    *range(21, 34),
    *range(42, 54),
    *range(59, 70),
    *range(75, 86),
    *range(92, 146),
)
RATE, SOUND_RATE = 1000, 44100  # Hz
SECONDS = 3
LARGEST = 1e12
APART = 1e3  # times that two takes may differ in level
NAME = re.compile(r"([A-Za-z]+)_([A-Za-z]+)_([1-9]\d?)\.(csv|wav)")


def takes(folder: Path, kind: str) -> dict[tuple[str, int], Path]:
    """The files of one archive by word and repetition; UserError for a name of another form."""
    found: dict[tuple[str, int], Path] = {}
    manner = MANNERS.get(kind, "Audio")
    for path in _paths(folder / kind):
        match = NAME.fullmatch(path.name)
        word, number = (match[2], int(match[3])) if match else ("", 0)
        if match is None or match[1] != manner or word not in WORDS or number > REPETITIONS:
            raise UserError(
                f"{path}: expected a name such as {manner}_{WORDS[0]}_1, of {len(WORDS)} words and "
                f"{REPETITIONS} repetitions; {AGAIN}"
            )
        if (word, number) in found:
            raise UserError(f"{path}: {found[word, number]} is the same take; keep one of them")
        found[word, number] = path
    return dict(sorted(found.items(), key=lambda item: (WORDS.index(item[0][0]), item[0][1])))


def _paths(folder: Path) -> Iterator[Path]:
    suffix = "wav" if folder.name == SOUND else "csv"
    for place in (folder, folder / folder.name):
        yield from sorted(p for p in place.glob(f"*.{suffix}") if not p.name.startswith("."))


def head(path: Path) -> None:
    """UserError unless the first line names the contacts, in their order."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            names = [cell.strip().strip('"') for cell in file.readline(4096).split(",")]
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: expected a table ({problem}); {AGAIN}") from problem
    if names != [str(number) for number in CONTACTS]:
        got = f"{len(names)} that begin with {', '.join(names[:3])}"
        raise UserError(
            f"{path}: expected the numbers of {len(CONTACTS)} contacts in the first line, from "
            f"{CONTACTS[0]} to {CONTACTS[-1]}, got {got[:60]}; {AGAIN}"
        )


def seeg(path: Path) -> Array:
    """Float32 (3000, 110) as stored, at 1000 Hz; UserError for anything else, and for NaN."""
    head(path)
    try:
        values = np.loadtxt(path, np.float64, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8")
    except (OSError, ValueError) as problem:
        said = str(problem).splitlines()[0]
        raise UserError(f"{path}: expected a table of numbers ({said}); {AGAIN}") from problem
    if values.shape != (SECONDS * RATE, len(CONTACTS)):
        raise UserError(
            f"{path}: expected {SECONDS * RATE} rows of {len(CONTACTS)} numbers, got "
            f"{values.shape[0]} of {values.shape[1]}; {AGAIN}"
        )
    for row, column in np.argwhere(~(np.abs(values) <= LARGEST))[:1]:
        raise UserError(
            f"{path}: expected numbers, got {values[row, column]} at contact {CONTACTS[column]}, "
            f"{row / RATE:.3f} s; {AGAIN}"
        )
    return values.astype(np.float32)


def same_level(path: Path, samples: Array, other: Path) -> None:
    """UserError where a take is a thousandfold as strong as another one, or as weak.

    No unit is stated, so that only other takes tell which one a table is in.
    """
    status = other.stat()
    known = _level(other, status.st_size, status.st_mtime_ns)
    level = float(np.sqrt(np.square(samples, dtype=np.float64).mean()))
    if not known / APART <= level <= known * APART:
        raise UserError(
            f"{path}: expected sEEG within a factor of {APART:g} of that of {other.name}, which has"
            f" an rms of {known:.3g}, got {level:.3g}: one of both is in another unit; {AGAIN}"
        )


@lru_cache(maxsize=4)
def _level(path: Path, _size: int, _changed: int) -> float:
    return float(np.sqrt(np.square(seeg(path), dtype=np.float64).mean()))


def dead_channels(path: Path) -> int:
    """How many of the two channels of a sound hold one value all the time."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return int(np.count_nonzero(np.ptp(samples, axis=0) == 0))


def sound_head(path: Path) -> None:
    """UserError unless a file is 3 s of two channels of 16 bits at 44.1 kHz, and all there."""
    _sound(path, read=False)


def sound(path: Path) -> Array:
    """Float64 (132300,) at 44.1 kHz, the mean of both channels, full scale 1."""
    return _sound(path, read=True)


def _sound(path: Path, read: bool) -> Array:
    frames = SECONDS * SOUND_RATE
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            length = file.getnframes()
            content = file.readframes(length) if read else b""
        size = path.stat().st_size
    except (OSError, EOFError, wave.Error) as problem:
        raise UserError(f"{path}: expected a WAV file ({problem}); {AGAIN}") from problem
    if (*form, length) != (2, 2, SOUND_RATE, frames):
        raise UserError(
            f"{path}: expected 2 channels of 16 bits at {SOUND_RATE} Hz for {SECONDS} s, got "
            f"{form[0]} of {8 * form[1]} bits at {form[2]} Hz for {length / form[2]:.2f} s; {AGAIN}"
        )
    if size < 4 * frames or (read and len(content) != 4 * frames):
        raise UserError(f"{path}: expected {4 * frames} bytes of sound, got fewer; {AGAIN}")
    samples = np.frombuffer(content, "<i2").reshape(-1, 2)
    return np.asarray(samples.mean(axis=1) / 32768)
