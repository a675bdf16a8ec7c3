"""Read the files of the SPIRE EMA corpus: names, sound, and what torch has saved beside it.

A `.pt` file is a zip that holds one pickle, `<name>/data.pkl`, of a dict of numpy arrays and lists.
It is read without torch, and nothing of it is imported or run but what makes numpy's arrays.
"""

from __future__ import annotations

import pickle
import re
import wave
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io.sparc import ALLOWED, WRONG

AGAIN = "get the file again, or see that nothing has changed it"
SOUND, PROCESSED = "audios", "processed"  # a folder of each speaker lies in both
SUFFIX = {SOUND: ".wav", PROCESSED: ".pt"}
SPEAKERS, SENTENCES = 38, 460
NAME = re.compile(r".+?(\d{4})")
RATE, SOUND_RATE = 100, 16000  # Hz
STEP = SOUND_RATE // RATE
NORMALISED = "ema_trimmed_and_normalised_with_6_articulators"
CHANNELS = tuple(point + axis for point in ("UL", "LL", "Jaw", "TT", "TB", "TD") for axis in "XY")
STRAY = 2  # frames by which the movements may outlast the sound
MOST_PICKLE, MOST_FRAMES = 8 << 20, 6000  # bytes; frames of one sentence: a minute
MOST = 1e3  # standard deviations
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, pickle.UnpicklingError, *WRONG)


@dataclass(frozen=True, eq=False)
class Movements:
    """What one `.pt` file holds of a sentence."""

    ema: Array  # float64 (frames, 12) at 100 Hz, each articulator in its own standard deviations
    begin: int  # the first frame, counted from the begin of the sound


class _ArraysOnly(pickle.Unpickler):
    """Finds what numpy's arrays and numbers are made with, and refuses all other names."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core.", "numpy._core.")  # its name before numpy 2
        if (module, name) not in {*ALLOWED, ("_codecs", "encode")}:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def sentences(folder: Path, what: str) -> dict[tuple[int, int], Path]:
    """The files of SOUND or PROCESSED by speaker and sentence; UserError for two of one."""
    found: dict[tuple[int, int], Path] = {}
    for place in (folder / what).glob("spk*"):
        if not place.name[3:].isdecimal():
            continue
        for path in place.glob(f"[!.]*{SUFFIX[what]}"):
            match = NAME.fullmatch(path.stem)
            if match is None:
                raise UserError(
                    f"{path}: expected a name that ends in the four digits of a sentence; {AGAIN}"
                )
            key = int(place.name[3:]), int(match[1])
            if key in found:
                raise UserError(f"{path}: {found[key]} is the same sentence; keep one of them")
            found[key] = path
    return dict(sorted(found.items()))


def movements(path: Path) -> Movements:
    """The movements of a sentence; UserError for anything else, and for parts that do not fit."""
    content = _content(path)
    ema, span = content.get(NORMALISED), content.get("begin_end")
    if not isinstance(ema, np.ndarray) or ema.dtype.kind != "f" or ema.shape[1:] != (12,):
        got = f"{ema.dtype} {ema.shape}" if isinstance(ema, np.ndarray) else type(ema).__name__
        raise UserError(f"{path}: expected {NORMALISED} float (frames, 12), got {got}; {AGAIN}")
    if not 0 < len(ema) <= MOST_FRAMES:
        raise UserError(f"{path}: expected 1 to {MOST_FRAMES} frames, got {len(ema)}; {AGAIN}")
    for row, column in np.argwhere(~(np.abs(ema) <= MOST))[:1]:
        raise UserError(
            f"{path}: expected numbers, got {ema[row, column]} of {CHANNELS[column]} at frame "
            f"{row}; {AGAIN}"
        )
    if not isinstance(span, list | tuple) or len(span) != 2 or not all(map(_whole, span)):
        raise UserError(f"{path}: expected begin_end of two counts, got {str(span)[:40]}; {AGAIN}")
    begin, end = map(int, span)
    if end - begin != len(ema) or begin < 0:
        raise UserError(
            f"{path}: expected {end - begin} frames by its begin_end, got {len(ema)}; {AGAIN}"
        )
    durations = content.get("durations")
    if not isinstance(durations, list | tuple) or not all(map(_whole, durations)):
        raise UserError(f"{path}: expected durations of phones, whole numbers of frames; {AGAIN}")
    if (total := sum(map(int, durations))) != len(ema):
        raise UserError(f"{path}: expected phones of {len(ema)} frames, got {total}; {AGAIN}")
    return Movements(ema.astype(np.float64), begin)


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _content(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [i for i in archive.infolist() if i.filename.endswith("/data.pkl")]
            tensors = [i for i in archive.namelist() if "/data/" in i]
            if len(names) != 1 or tensors or names[0].file_size > MOST_PICKLE:
                raise UserError(
                    f"{path}: expected one data.pkl of numpy arrays, got {len(names)} and "
                    f"{len(tensors)} tensors; {AGAIN}"
                )
            with archive.open(names[0]) as file:
                content = _load(file)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); {AGAIN}") from problem
    except DAMAGED as problem:
        why = f"{type(problem).__name__}: {problem}".splitlines()[0][:120]
        raise UserError(
            f"{path}: expected what torch saves of arrays ({why}); {AGAIN}"
        ) from problem
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected a dict, got {type(content).__name__}; {AGAIN}")
    return content


def _load(file: IO[bytes]) -> Any:
    return _ArraysOnly(file).load()


def sound(path: Path, begin: int, frames: int) -> Array:
    """Float64 (samples,) at 16 kHz of the frames from `begin` on, full scale 1.

    UserError for another form, for a file that is cut off, and where it ends before the movements.
    """
    length = sound_head(path)
    missing = (begin + frames) * STEP - length
    if missing > STRAY * STEP:
        raise UserError(
            f"{path}: expected {(begin + frames) / RATE:.2f} s of sound, as long as the movements, "
            f"got {length / SOUND_RATE:.2f} s; {AGAIN}"
        )
    with wave.open(str(path), "rb") as file:
        file.setpos(min(begin * STEP, length))
        content = file.readframes(frames * STEP)
    return np.frombuffer(content, "<i2") / 32768


def sound_head(path: Path) -> int:
    """Samples of a file of one channel of 16 bits at 16 kHz; UserError for others, and cut ones."""
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            length = file.getnframes()
        size = path.stat().st_size
    except (OSError, EOFError, wave.Error) as problem:
        raise UserError(f"{path}: expected a WAV file ({problem}); {AGAIN}") from problem
    if form != (1, 2, SOUND_RATE):
        raise UserError(
            f"{path}: expected one channel of 16 bits at {SOUND_RATE} Hz, got {form[0]} of "
            f"{8 * form[1]} bits at {form[2]} Hz; {AGAIN}"
        )
    if length == 0 or size < 2 * length:
        raise UserError(f"{path}: expected {2 * length} bytes of sound, got fewer; {AGAIN}")
    return length
