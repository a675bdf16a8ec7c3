"""Read the files of the gaddy2020 corpus: what is said of a clip, its EMG, its sound, its phones.

A clip is what was recorded between two presses of a key: `<i>_info.json` and its neighbours of the
same number. Those with a sentence_index of -1 are no utterances but what lay between them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import sound as sounds
from benchmark.corpora.io.files import counts, found, mapped, name

KINDS: Mapping[str, str] = {
    "voiced": "voiced_parallel_data",
    "silent": "silent_parallel_data",
    "nonparallel": "nonparallel_data",
    "closedvoiced": "closed_vocab/voiced",
    "closedsilent": "closed_vocab/silent",
}
SILENT = ("silent", "closedsilent")
FILE = re.compile(
    r"(0|[1-9]\d{0,5})_"
    r"(emg\.npy|audio\.flac|audio_clean\.flac|audio_clean_ema\.pkl|button\.npy|info\.json)"
)
MOST_INFO = 4 << 20  # bytes
MOST_SOUND = 900  # seconds of one recording
MOST_EMG = 1e6  # microvolt; the amplifier's own range is below that
LEAST_EMG = 0.01  # microvolt; a step of the amplifier is more
NEAR = Fraction(1, 20)  # seconds by which cleaning may have changed the length of a sound
EMG_RATE, AUDIO_RATE, RECLEANED_RATE = 1000, 16000, 22050  # Hz
SITES = (  # of the electrodes, in the order of the channels
    "left cheek above mouth",
    "left corner of chin",
    "below chin 3 cm back",
    "throat left of larynx",
    "mid-jaw right",
    "right cheek below mouth",
    "right cheek near nose",
    "right cheek 4 cm before ear",
)
CHANNELS = len(SITES)
CLEANED = "audio_clean.flac"
NOTCHES, NOTCH_Q = (60, 120, 180, 240, 300, 360, 420), 30  # Hz
DRIFT, DRIFT_ORDER = 2.0, 3  # Hz


@dataclass(frozen=True)
class Clip:
    """One clip as its info file tells it."""

    kind: str  # of KINDS
    folder: Path  # of its session
    number: int
    book: str
    sentence: int  # -1: not an utterance
    text: str
    length: int  # samples of EMG
    heard: int  # samples of sound, before it was cleaned

    def path(self, what: str) -> Path:
        return found(self.folder / f"{self.number}_{what}")

    @property
    def silent(self) -> bool:
        return self.kind in SILENT


def base(folder: Path) -> Path | None:
    """Where the folders of KINDS lie: `emg_data` of the corpus's folder, or that itself."""
    places = (folder / "emg_data", folder)
    return next((p for p in places if (p / KINDS["voiced"]).is_dir()), None)


def sessions(base: Path, kind: str) -> list[Path]:
    """The folders of a kind's sessions; 5-9 comes before 5-10."""
    here = [path for path in (base / KINDS[kind]).glob("*") if counts(path) and path.is_dir()]
    return sorted(here, key=lambda p: ([int(n) for n in re.findall(r"\d+", p.name)], p.name))


def numbers(session: Path) -> list[int]:
    """The numbers of a session's clips, those that have an info file."""
    matches = (FILE.fullmatch(name(path)) for path in session.iterdir())
    return sorted(int(match[1]) for match in matches if match and match[2] == "info.json")


def clips(session: Path, kind: str) -> Iterator[Clip]:
    """All clips of a session in order of time."""
    for number in numbers(session):
        yield clip(session, kind, number)


def clip(session: Path, kind: str, number: int) -> Clip:
    """What an info file says: book, sentence_index, text, chunks; UserError if it does not.

    `chunks` are [samples of EMG, of sound, of the button], in the order in which they came in.
    """
    path = found(session / f"{number}_info.json")
    try:
        if path.stat().st_size > MOST_INFO:
            raise UserError(f"{path}: expected at most {MOST_INFO} bytes, got more")
        info = json.loads(path.read_bytes())
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{path}: not sound JSON ({type(problem).__name__})") from problem
    if not isinstance(info, dict):
        raise UserError(f"{path}: expected an object, got {type(info).__name__}")
    book, text = _field(path, info, "book", str), _field(path, info, "text", str)
    sentence = _field(path, info, "sentence_index", int)
    if sentence < -1:
        raise UserError(f"{path}: expected a sentence_index from -1, got {sentence}")
    chunks = [_lengths(path, one) for one in _field(path, info, "chunks", list)]
    length, heard = (sum(chunk[k] for chunk in chunks) for k in (0, 1))
    return Clip(kind, session, number, book, sentence, text, length, heard)


def _field(path: Path, info: Mapping[str, Any], name: str, kind: type) -> Any:
    value = info.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UserError(
            f"{path}: expected {name} to be {kind.__name__}, got {str(value)[:40]!r}; "
            "get the file again"
        )
    return value


def _lengths(path: Path, chunk: object) -> tuple[int, int]:
    if not isinstance(chunk, list) or [type(n) for n in chunk] != [int] * 3 or min(chunk) < 0:
        raise UserError(f"{path}: expected chunks of three counts, got {str(chunk)[:40]!r}")
    return int(chunk[0]), int(chunk[1])


def emg(clip: Clip) -> Array:
    """(T, 8) float64 as stored, as many as the info file counts; UserError for anything else.

    UserError for NaN too, and for no sample at all.
    """
    path = clip.path("emg.npy")
    check_emg(clip)
    samples = np.array(emg_header(path), np.float64)
    if not np.abs(samples).max() < MOST_EMG:  # which NaN is not either
        raise UserError(f"{path}: holds NaN, or more than {MOST_EMG:.0e} microvolt; get it again")
    for channel in np.flatnonzero(np.ptp(samples, axis=0) < LEAST_EMG)[: len(samples) > 1]:
        raise UserError(
            f"{path}: expected channel {channel + 1} to change, found less than {LEAST_EMG:g} "
            "microvolt from its lowest to its highest sample; get it again"
        )
    return samples


def check_emg(clip: Clip) -> None:
    """UserError unless the header of a clip's EMG says what its info file does."""
    path = clip.path("emg.npy")
    if (got := len(emg_header(path))) != clip.length:
        raise UserError(
            f"{path}: expected {clip.length} samples, as {clip.number}_info.json counts, got {got}"
            "; get both again"
        )


def emg_header(path: Path) -> Array:
    """The array of a file without its content (mapped); UserError for a type or shape of others."""
    stored = mapped(path)
    if stored.dtype.kind != "f" or stored.ndim != 2 or stored.shape[1] != CHANNELS:
        raise UserError(
            f"{path}: expected EMG float (time, {CHANNELS}), got {stored.dtype} {stored.shape}"
        )
    if len(stored) == 0:
        raise UserError(f"{path}: expected EMG, got no sample")
    return stored


def filtered(clip: Clip) -> Array:
    """(T, 8) float64 without hum and drift.

    Filtered together with the clips before and after it, where there are any, and cut back, so that
    the ends of an utterance are not the ends of what the filter sees.
    """
    from scipy.signal import butter, filtfilt, iirnotch

    middle = emg(clip)
    before, after = (_neighbour(clip, step, middle[:0]) for step in (-1, 1))
    samples = np.concatenate([before, middle, after])
    steps = [iirnotch(hum, NOTCH_Q, EMG_RATE) for hum in NOTCHES]
    steps.append(butter(DRIFT_ORDER, DRIFT, "highpass", fs=EMG_RATE))
    if len(samples) <= (least := 3 * max(len(b) for b, _ in steps)):
        raise UserError(f"{clip.path('emg.npy')}: expected more than {least} samples to filter")
    for b, a in steps:
        samples = filtfilt(b, a, samples, axis=0)
    return np.asarray(samples[len(before) : len(before) + len(middle)])


def _neighbour(one: Clip, step: int, nothing: Array) -> Array:
    """EMG of the clip before or after one; `nothing` where it has no EMG."""
    number = one.number + step
    if not found(one.folder / f"{number}_emg.npy").exists():
        return nothing
    return emg(clip(one.folder, one.kind, number))


def sound(clip: Clip) -> Array:
    """(T,) float64 at 16 kHz, full scale 1; what was cleaned again at 22,050 Hz is resampled.

    UserError for another rate, for two channels, for no sample, for more than a quarter hour, and
    for another length than that of the sound that was cleaned, by the info file.
    """
    from scipy.signal import resample_poly

    rate, _ = sound_header(clip)
    samples = sounds.read(clip.path(CLEANED))[0][:, 0]
    return samples if rate == AUDIO_RATE else np.asarray(resample_poly(samples, 320, 441))


def sound_header(clip: Clip) -> tuple[int, Fraction]:
    """Rate in Hz and length in seconds; UserError as `sound`."""
    path = clip.path(CLEANED)
    if not path.is_file():
        raise UserError(f"{path}: expected a sound file, found none; get it again")
    told = sounds.header(path)
    if told.rate not in (AUDIO_RATE, RECLEANED_RATE) or told.channels != 1:
        raise UserError(
            f"{path}: expected one channel at {AUDIO_RATE} or {RECLEANED_RATE} Hz, got "
            f"{told.channels} at {told.rate} Hz"
        )
    if not 0 < told.seconds <= MOST_SOUND:
        got = f"{float(told.seconds):.0f} s"
        raise UserError(f"{path}: expected up to {MOST_SOUND} s of sound, got {got}")
    if abs(told.seconds - Fraction(clip.heard, AUDIO_RATE)) > NEAR:
        raise UserError(
            f"{path}: expected {clip.heard / AUDIO_RATE:.2f} s, as {clip.number}_info.json counts, "
            f"got {float(told.seconds):.2f} s; get both again"
        )
    return told.rate, told.seconds
