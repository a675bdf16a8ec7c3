"""Read the files of the EMG-UKA Trial corpus; what two of them say of one thing is compared.

Subsets/train.audible                             emg_002-001: emg_002-001-0133 emg_002-001-0118 ...
emg/002/001/e07_002_001_0133.adc                  int16 (T, 7) at 600 Hz: EMG and a marker
audio/002/001/a_002_001_0133.wav                  16 kHz: speech and a marker
offset/002/001/offset_002_001_0133.txt            first and last sample of sound, and of EMG
Transcripts/002/001/transcript_002_001_0133.txt   one line, capital letters
Alignments/002/001/{phones,words}_002_001_0133.txt    first and last frame of 10 ms, and a name
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.io import sound as sounds

MANNERS, ROLES = ("audible", "whispered", "silent"), ("train", "test")
LISTED = re.compile(r"emg_(\d{3})-(\d{3})-(\d{4})")
EMG_RATE, AUDIO_RATE = 600, 16000  # Hz
COLUMNS = 7  # of which the last is the marker
MICROVOLTS = 0.033  # a bit, of what the electrodes gave
DOWN, UP = -32640, -32632  # of the marker of EMG
PEAK = 0.5  # of full scale, which the marker of the sound exceeds
LEAD = 0.2  # seconds from the markers to where both signals begin
LATE = 1  # samples of sound by which the offset may be later than that
UNEQUAL = 0.005  # seconds by which both signals may differ in length
KINDS = {  # of files, by folder: how their names begin and end
    "emg": ("e07", "adc"),
    "audio": ("a", "wav"),
    "offset": ("offset", "txt"),
    "Transcripts": ("transcript", "txt"),
}
ALIGNMENTS, SUBSETS = "Alignments", "Subsets"
AGAIN = "get the corpus again"


@dataclass(frozen=True)
class Utterance:
    """One line of the corpus: who said it in which session, how, and for what it is used."""

    root: Path
    speaker: str
    session: str
    number: str
    manner: str
    role: str

    @property
    def id(self) -> str:
        return f"{self.manner}-{self.speaker}-{self.session}-{self.number}-{self.role}"

    def path(self, kind: str) -> Path:
        begins, ends = KINDS[kind]
        return self._place(kind, begins, ends)

    def alignment(self, of: str) -> Path:
        """Of "phones" or "words"; not every utterance has one."""
        return self._place(ALIGNMENTS, of, "txt")

    def _place(self, folder: str, begins: str, ends: str) -> Path:
        name = f"{begins}_{self.speaker}_{self.session}_{self.number}.{ends}"
        return self.root / folder / self.speaker / self.session / name


@dataclass(frozen=True)
class Cut:
    """What of both signals belongs to the utterance, as slices of samples."""

    audio: slice
    emg: slice


def lists(root: Path) -> Iterator[tuple[str, str, Path]]:
    """(manner, role, file) of the authors' lists."""
    for manner in MANNERS:
        for role in ROLES:
            yield manner, role, root / SUBSETS / f"{role}.{manner}"


def utterances(root: Path) -> list[Utterance]:
    """All that the authors' lists name, by manner, speaker, session and number.

    UserError: a list that is missing or names something else, or an utterance named twice.
    """
    found: dict[tuple[str, ...], Utterance] = {}
    for manner, role, path in lists(root):
        for line, listed in enumerate(text(path).splitlines(), start=1):
            session, _, names = listed.partition(":")
            for name in names.split() if ":" in listed else listed.split():
                match = LISTED.fullmatch(name)
                if match is None or not name.startswith(f"{session}-"):
                    raise UserError(
                        f"{path}, line {line}: expected utterances of {session!r:.20}, found "
                        f"{name!r:.40}; {AGAIN}"
                    )
                if (key := match.groups()) in found:
                    raise UserError(
                        f"{path}, line {line}: expected each utterance once, found {name} in "
                        f"{found[key].role}.{found[key].manner} too; {AGAIN}"
                    )
                found[key] = Utterance(root, match[1], match[2], match[3], manner, role)
    return sorted(
        found.values(),
        key=lambda one: (MANNERS.index(one.manner), one.speaker, one.session, one.number),
    )


def text(path: Path) -> str:
    """The content of a text file, with a byte order mark or not; UserError where it is none."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "no UTF-8"
        raise UserError(f"{path}: expected a text, found {why}; {AGAIN}") from problem


def cut(one: Utterance) -> Cut:
    """The samples that the offsets name, the last one left out; UserError where they make no sense.

    Both parts last equally long.
    """
    path = one.path("offset")
    words = text(path).split()
    if len(words) != 4 or not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        raise UserError(f"{path}: expected 4 numbers, found {' '.join(words)!r:.60}; {AGAIN}")
    begin, end, first, last = map(int, words)
    sound, muscles = (end - begin) / AUDIO_RATE, (last - first) / EMG_RATE
    if min(sound, muscles) <= 0 or abs(sound - muscles) > UNEQUAL:
        raise UserError(
            f"{path}: expected sound and EMG of equal length, found {sound:.3f} and {muscles:.3f} "
            f"s; {AGAIN}"
        )
    return Cut(slice(begin, end), slice(first, last))


def samples(one: Utterance) -> int:
    """How many of EMG there are with the marker, by the size of the file; UserError for a part."""
    path = one.path("emg")
    try:
        size = path.stat().st_size
    except OSError as problem:
        raise UserError(f"{path}: expected EMG, found {problem.strerror}; {AGAIN}") from problem
    count, rest = divmod(size, 2 * COLUMNS)
    if rest or not count:
        raise UserError(
            f"{path}: expected samples of {2 * COLUMNS} bytes, found {size} bytes; {AGAIN}"
        )
    return count


def emg(one: Utterance) -> Array:
    """(T, 6) float32 microvolt at 600 Hz between the offsets; UserError where the marker differs.

    The marker is to rise 0.2 s before.
    """
    count, part, path = samples(one), cut(one).emg, one.path("emg")
    stored = np.fromfile(path, "<i2").reshape(count, COLUMNS)
    marker = stored[:, -1]
    if not np.isin(marker, (DOWN, UP)).all():
        odd = int(marker[~np.isin(marker, (DOWN, UP))][0])
        raise UserError(
            f"{path}: expected a marker of {DOWN} and {UP} in column {COLUMNS}, found {odd}; "
            f"{AGAIN}"
        )
    rise = int(np.argmax(marker == UP)) if UP in marker else None
    _begins(one, path, rise, part.start, EMG_RATE, 0)
    _ends(one, path, part.stop, count)
    return np.asarray(stored[part, :-1] * np.float32(MICROVOLTS))


def sound(one: Utterance) -> Array:
    """Speech (N,) float64 at 16 kHz, full scale 1, between the offsets; UserError as in `emg`."""
    path, part = one.path("audio"), cut(one).audio
    stored, told = sounds.read(path)
    if (told.rate, told.channels) != (AUDIO_RATE, 2):
        raise UserError(_other_form(path, told.rate, told.channels))
    height = np.abs(stored[:, 1] - np.median(stored[:, 1]))
    peak = float(height.max())
    rise = int(np.argmax(height > peak / 2)) if peak > PEAK else None
    _begins(one, path, rise, part.start, AUDIO_RATE, LATE)
    _ends(one, path, part.stop, len(stored))
    return np.asarray(stored[part, 0])


def frames(one: Utterance) -> int:
    """How many samples the header of the sound names; UserError where it is no such sound."""
    path = one.path("audio")
    told = sounds.header(path)
    if (told.rate, told.channels) != (AUDIO_RATE, 2):
        raise UserError(_other_form(path, told.rate, told.channels))
    return told.frames


def _other_form(path: Path, rate: int, channels: int) -> str:
    return (
        f"{path}: expected 2 channels (speech, marker) at {AUDIO_RATE} Hz, found {channels} at "
        f"{rate} Hz; {AGAIN}"
    )


def _begins(one: Utterance, path: Path, rise: int | None, begin: int, rate: int, late: int) -> None:
    lead = round(LEAD * rate)
    if rise is None or not 0 <= begin - rise - lead <= late:
        found = "none" if rise is None else f"it at sample {rise}"
        raise UserError(
            f"{path}: expected the marker to rise at sample {begin - lead}, {LEAD} s before what "
            f"{one.path('offset').name} says, found {found}; {AGAIN}"
        )


def _ends(one: Utterance, path: Path, end: int, count: int) -> None:
    if end >= count:
        raise UserError(
            f"{path}: expected more than {end} samples, as {one.path('offset').name} says, found "
            f"{count}; {AGAIN}"
        )


def check_lengths(one: Utterance) -> None:
    """UserError unless the signal that is shorter ends where the offsets say that both end."""
    parts, counts = cut(one), (samples(one), frames(one))
    _ends(one, one.path("emg"), parts.emg.stop, counts[0])
    _ends(one, one.path("audio"), parts.audio.stop, counts[1])
    over = counts[0] - parts.emg.stop, counts[1] - parts.audio.stop
    if min(over) > 1:
        raise UserError(
            f"{one.path('offset')}: expected the end of EMG or sound, found {over[0]} samples of "
            f"EMG and {over[1]} of sound after it; {AGAIN}"
        )
