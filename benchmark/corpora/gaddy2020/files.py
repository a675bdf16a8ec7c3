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
from tokenize import TokenError
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import textgrid

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
ALIGNMENTS = "text_alignments"
MOST_INFO = 4 << 20  # bytes
MOST_SOUND = 900  # seconds of one recording
MOST_EMG = 1e9  # microvolt; the amplifier's own range is below 1e6
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
NOTCHES, NOTCH_Q = (60, 120, 180, 240, 300, 360, 420), 30  # Hz
DRIFT, DRIFT_ORDER = 2.0, 3  # Hz
# What numpy raises on bytes that are not an npy file.
NO_NPY = (ValueError, EOFError, SyntaxError, TypeError, OverflowError, MemoryError, TokenError)
SILENCE, UNKNOWN = "sil", "unknown"
PHONES = (
    *(SILENCE, "aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "b", "ch", "d", "dh", "dx", "eh"),
    *("el", "em", "en", "er", "ey", "f", "g", "hh", "hv", "ih", "iy", "jh", "k", "l", "m", "n"),
    *("nx", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z"),
    *("zh", UNKNOWN),
)
# What the aligner writes where nobody speaks, and where somebody says what it has no word for.
SAID: Mapping[str, str] = {"": SILENCE, "sp": SILENCE, SILENCE: SILENCE, "spn": UNKNOWN}


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

    def path(self, what: str) -> Path:
        return self.folder / f"{self.number}_{what}"

    @property
    def silent(self) -> bool:
        return self.kind in SILENT


def base(folder: Path) -> Path | None:
    """Where the folders of KINDS lie: `emg_data` of the corpus's folder, or that itself."""
    places = (folder / "emg_data", folder)
    return next((p for p in places if (p / KINDS["voiced"]).is_dir()), None)


def sessions(base: Path, kind: str) -> list[Path]:
    """The folders of a kind's sessions; 5-9 comes before 5-10."""
    found = [path for path in (base / KINDS[kind]).glob("[!.]*") if path.is_dir()]
    return sorted(found, key=lambda p: ([int(n) for n in re.findall(r"\d+", p.name)], p.name))


def numbers(session: Path) -> list[int]:
    """The numbers of a session's clips, those that have an info file."""
    names = (FILE.fullmatch(path.name) for path in session.iterdir())
    return sorted(int(name[1]) for name in names if name and name[2] == "info.json")


def clips(session: Path, kind: str) -> Iterator[Clip]:
    """All clips of a session in order of time."""
    for number in numbers(session):
        yield clip(session, kind, number)


def clip(session: Path, kind: str, number: int) -> Clip:
    """What an info file says: book, sentence_index, text, chunks; UserError if it does not.

    `chunks` are [samples of EMG, of sound, of the button], in the order in which they came in.
    """
    path = session / f"{number}_info.json"
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
    lengths = [_length(path, one) for one in _field(path, info, "chunks", list)]
    return Clip(kind, session, number, book, sentence, text, sum(lengths))


def _field(path: Path, info: Mapping[str, Any], name: str, kind: type) -> Any:
    value = info.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UserError(
            f"{path}: expected {name} to be {kind.__name__}, got {str(value)[:40]!r}; "
            "get the file again"
        )
    return value


def _length(path: Path, chunk: object) -> int:
    if not isinstance(chunk, list) or [type(n) for n in chunk] != [int] * 3 or min(chunk) < 0:
        raise UserError(f"{path}: expected chunks of three counts, got {str(chunk)[:40]!r}")
    return int(chunk[0])


def emg(path: Path) -> Array:
    """(T, 8) float64 as stored; UserError for anything else, for NaN and for no sample at all."""
    samples = np.array(emg_header(path), np.float64)
    if not np.abs(samples).max() < MOST_EMG:  # which NaN is not either
        raise UserError(f"{path}: holds NaN, or more than {MOST_EMG:.0e} microvolt; get it again")
    return samples


def emg_header(path: Path) -> Array:
    """The array of a file without its content (mapped); UserError for a type or shape of others."""
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from problem
    except NO_NPY as problem:
        raise UserError(f"{path}: not a sound npy file; get it again") from problem
    if not isinstance(stored, np.ndarray):
        raise UserError(f"{path}: expected an npy file, got an archive")
    if stored.dtype.kind != "f" or stored.ndim != 2 or stored.shape[1] != CHANNELS:
        raise UserError(
            f"{path}: expected EMG float (time, {CHANNELS}), got {stored.dtype} {stored.shape}"
        )
    if len(stored) == 0:
        raise UserError(f"{path}: expected EMG, got no sample")
    return np.asarray(stored)


def filtered(clip: Clip) -> Array:
    """(T, 8) float64 without hum and drift.

    Filtered together with the clips before and after it, where there are any, and cut back, so that
    the ends of an utterance are not the ends of what the filter sees.
    """
    from scipy.signal import butter, filtfilt, iirnotch

    middle = emg(clip.path("emg.npy"))
    around = [clip.folder / f"{clip.number + step}_emg.npy" for step in (-1, 1)]
    before, after = (emg(path) if path.exists() else middle[:0] for path in around)
    samples = np.concatenate([before, middle, after])
    steps = [iirnotch(hum, NOTCH_Q, EMG_RATE) for hum in NOTCHES]
    steps.append(butter(DRIFT_ORDER, DRIFT, "highpass", fs=EMG_RATE))
    if len(samples) <= (least := 3 * max(len(b) for b, _ in steps)):
        raise UserError(f"{clip.path('emg.npy')}: expected more than {least} samples to filter")
    for b, a in steps:
        samples = filtfilt(b, a, samples, axis=0)
    return np.asarray(samples[len(before) : len(before) + len(middle)])


def sound(path: Path) -> Array:
    """(T,) float64 at 16 kHz, full scale 1; what was cleaned again at 22,050 Hz is resampled.

    UserError for another rate, for two channels, for no sample and for more than a quarter hour.
    """
    import soundfile
    from scipy.signal import resample_poly

    rate, _ = sound_header(path)
    try:
        samples, _ = soundfile.read(path, dtype="float64")
    except soundfile.SoundFileError as problem:
        raise UserError(f"{path}: not a sound file that can be read; get it again") from problem
    if not np.abs(samples).max() <= 1:  # which NaN is not either
        raise UserError(f"{path}: expected samples from -1 to 1, got NaN or others; get it again")
    if rate == AUDIO_RATE:
        return np.asarray(samples)
    return np.asarray(resample_poly(samples, 320, 441))


def sound_header(path: Path) -> tuple[int, Fraction]:
    """Rate in Hz and length in seconds; UserError as `sound`."""
    import soundfile

    if not path.is_file():
        raise UserError(f"{path}: expected a sound file, found none; get it again")
    try:
        info = soundfile.info(path)
    except soundfile.SoundFileError as problem:
        raise UserError(f"{path}: not a sound file that can be read; get it again") from problem
    if info.samplerate not in (AUDIO_RATE, RECLEANED_RATE) or info.channels != 1:
        raise UserError(
            f"{path}: expected one channel at {AUDIO_RATE} or {RECLEANED_RATE} Hz, got "
            f"{info.channels} at {info.samplerate} Hz"
        )
    seconds = Fraction(info.frames, info.samplerate)
    if not 0 < seconds <= MOST_SOUND:
        got = f"{float(seconds):.0f} s"
        raise UserError(f"{path}: expected up to {MOST_SOUND} s of sound, got {got}")
    return info.samplerate, seconds


def phones(path: Path, count: int, rate: float) -> Array:
    """(count,) uint8 at `rate`: the phone of PHONES that is said at k / rate seconds.

    UNKNOWN in all frames where there is no TextGrid, and in those that it says nothing of. Stress
    is left out. UserError for a TextGrid without phones and for a phone that is not one of PHONES.
    """
    if not path.exists():
        return np.full(count, PHONES.index(UNKNOWN), np.uint8)
    tiers = textgrid.read(path)
    if "phones" not in tiers:
        raise UserError(f"{path}: expected a tier called phones, got {', '.join(tiers) or 'none'}")
    classes = {}
    for label in {interval.text for interval in tiers["phones"]}:
        plain = label.strip().lower().rstrip("012")
        plain = SAID.get(plain, plain)
        if plain not in PHONES:
            raise UserError(f"{path}: {label!r} is not a phone of {', '.join(PHONES)}")
        classes[label] = PHONES.index(plain)
    said = textgrid.frames(tiers["phones"], count, rate, classes, PHONES.index(UNKNOWN))
    return said.astype(np.uint8)
