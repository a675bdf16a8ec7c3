"""What a folder of recordings looks like: enough to write the first version of its corpus file.

A guess from the names of the files and from the first file of each kind, for the user to correct.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.core import UserError
from benchmark.corpora.own_paths import fields_of, files_below
from benchmark.corpora.own_table import read_rows, read_table

SOUNDS, TABLES, ARRAYS = (".wav", ".flac"), (".csv", ".tsv"), (".npy",)
TIME = re.compile(r"(?i)(time|timestamp|t)([ _]?[(\[]?(s|ms|us|ns|sec|seconds)[)\]]?)?")
SAID = re.compile(r"(?i)text|word|label|class|cls|sentence|transcript(ion)?|utterance")
UNKNOWN_RATE = 1000.0  # Hz, where no file tells it
SOUND_RATE = 16000
MOST_CLASSES = 40
FOLDERS = ("speaker", "session")


@dataclass(frozen=True)
class Look:
    """A path with fields, the source of each signal as code, values of fields, and doubts."""

    path: str
    signals: Mapping[str, str]
    speakers: int
    sessions: int
    texts: tuple[str, ...]
    count: int
    doubts: tuple[str, ...] = ()
    table: tuple[str, str] | None = None  # of recordings: its file, and its column of their names
    text: str = "text"  # the column of what was said

    @property
    def are_words(self) -> bool:
        """Whether texts are a few classes that come again and again."""
        return 1 < len(self.texts) <= MOST_CLASSES and len(self.texts) * 2 <= self.count


# What `data new` assumes where there is nothing to look at, and what its example looks like.
EXAMPLE = Look(
    path="{speaker}/{session}/{text}_{take:[0-9]+}",
    signals={
        "emg": 'File(".csv", unit="µV", rate=1000, channels=("chin", "cheek"), time="time")',
        "audio": 'File(".wav", rate=16000)',
    },
    speakers=3,
    sessions=6,
    texts=("left", "right", "stop"),
    count=72,
)


def look_at(folder: Path) -> Look:
    """Guess how a folder is laid out; UserError where no file can be read, or nothing fits."""
    there = files_below(folder)
    kinds = Counter(Path(name).suffix for name in there)
    endings = [e for e in (*TABLES, *ARRAYS, *SOUNDS) if e in kinds]
    if not endings:
        found = ", ".join(sorted(filter(None, kinds))) or "no files"
        raise UserError(f"{folder}: expected WAV, CSV or NPY files, found {found}")
    table = _listing(there, kinds)
    if table is not None:
        endings.remove(Path(table[0]).suffix.lower())
    names = [n.removesuffix(endings[0]) for n in there if n.endswith(endings[0])]
    path = _path(names) if table is None else f"{{{table[1]}}}"
    fields = list(filter(None, (fields_of(path, name) for name in names)))
    text = "text"
    if table is not None:
        rows = read_rows(folder / table[0], table[1])
        fields = [rows[f[table[1]]] for f in fields if f[table[1]] in rows]
        text = next((head for head in fields[0] if SAID.fullmatch(head)), "text")
    doubts: list[str] = []
    signals = {}
    for ending in endings:
        first = next(p for n, p in there.items() if n.endswith(ending))
        signal = "emg" if "emg" not in signals else "audio"
        if ending in SOUNDS:
            signal, code = _sound(first, "emg" not in signals, doubts)
        else:
            code = _table(first, doubts) if ending in TABLES else _array(first, doubts)
        if signal not in signals:
            signals[signal] = code
    return Look(
        path=path,
        signals=signals,
        speakers=len({f.get("speaker", "") for f in fields}),
        sessions=len({(f.get("speaker"), f.get("session")) for f in fields}),
        texts=tuple(sorted({f[text] for f in fields if text in f})),
        count=len(fields),
        doubts=tuple(doubts),
        table=table,
        text=text,
    )


def _listing(there: Mapping[str, Path], kinds: Mapping[str, int]) -> tuple[str, str] | None:
    """The one table among many files that has a row for each, and its column of their names."""
    for name in there:
        ending = Path(name).suffix
        others = [n for n in there if Path(n).suffix != ending and "/" not in n]
        if "/" in name or ending not in TABLES or kinds[ending] > 1 or not others:
            continue
        for head in _heads(there[name]):
            try:
                known = read_rows(there[name], head).keys()
            except UserError:  # not one row a name, or no text
                continue
            if all(Path(n).stem in known for n in others):
                return name, head
    return None


def _heads(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return [head.strip().strip('"') for head in re.split("[\t;,]", file.readline().strip())]


def _path(names: Sequence[str]) -> str:
    """Folders are speaker and session, as far as there are any; the name is a text and a take.

    Where names are numbers only, the last folder is the text.
    """
    depth = Counter(name.count("/") for name in names).most_common(1)[0][0]
    last = [name.rpartition("/")[2] for name in names if name.count("/") == depth]
    if numbers := depth > 0 and all(name.isdigit() for name in last):
        depth -= 1
    more = tuple(f"part{letter}" for letter in "abcdefgh"[: max(0, depth - len(FOLDERS))])
    folders = "".join(f"{{{field}}}/" for field in (*FOLDERS, *more)[:depth])
    if numbers:
        return f"{folders}{{text}}/{{take}}"
    for mark in "_-":
        if all(re.fullmatch(rf".+{mark}[0-9]+", name) for name in last):
            return f"{folders}{{text}}{mark}{{take:[0-9]+}}"
    if all(name.isdigit() for name in last):
        return f"{folders}{{take}}"
    return f"{folders}{{text}}"


def _table(path: Path, doubts: list[str]) -> str:
    heads, rows = read_table(path)
    time = next((head for head in heads if TIME.fullmatch(head)), None)
    channels = [head for head in heads if head != time]
    rate = _rate(rows[:, heads.index(time)]) if time is not None and len(rows) > 1 else 0.0
    if not rate:
        doubts.append(f"rate: nothing in {path.name} tells it")
    named = _tuple(channels) if channels else str(rows.shape[1])
    times = f", time={_quoted(time)}" if time is not None and rate else ""
    columns = f", columns={_tuple(channels)}" if time is not None and not times else ""
    doubts.append("unit: of the EMG, in which its numbers are")
    known = f"{rate or UNKNOWN_RATE:g}"
    samples = rows[:, [n for n in range(rows.shape[1]) if not heads or heads[n] != time]]
    unit = _unit(bool((samples == np.round(samples)).all()))
    ending = path.suffix.lower()
    return f'File("{ending}", unit="{unit}", rate={known}, channels={named}{columns}{times})'


def _array(path: Path, doubts: list[str]) -> str:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{path}: not a NumPy array of numbers: {error}") from error
    doubts.append(f"rate, unit: nothing in {path.name} tells them")
    shape, unit = found.shape, _unit(found.dtype.kind in "iu")
    channels = f", channels={shape[1]}" if len(shape) == 2 else ""
    frame = f", frame={tuple(shape[1:])}" if len(shape) > 2 else ""
    return f'File(".npy", unit="{unit}", rate={UNKNOWN_RATE:g}{channels}{frame})'


def _unit(whole: bool) -> str:
    """Whole numbers are mostly those of a converter."""
    return "ADC counts" if whole else "µV"


def _sound(path: Path, alone: bool, doubts: list[str]) -> tuple[str, str]:
    """The name of the signal, and its source; several tracks and nothing else are EMG."""
    import soundfile

    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        raise UserError(f"{path}: not a sound file: {error}") from error
    ending = path.suffix.lower()
    if alone and info.channels > 1:
        rate = info.samplerate
        return "emg", f'File("{ending}", unit="1", rate={rate}, channels={info.channels})'
    stored = f", stored={info.samplerate}" if info.samplerate != SOUND_RATE else ""
    columns = ", columns=(0,)" if info.channels > 1 else ""
    if columns:
        doubts.append(f"columns: the first of {info.channels} tracks of {path.name} is taken")
    return "audio", f'File("{ending}", rate={SOUND_RATE}{stored}{columns})'


def _rate(times: np.ndarray) -> float:
    """Hz of time stamps in s, ms, µs or ns: the one that EMG may have; 0 where none may."""
    step = float(np.median(np.diff(times)))
    rates = [round(unit / step, 2) for unit in (1.0, 1e3, 1e6, 1e9) if step > 0]
    return next((rate for rate in rates if 20 <= rate <= 20_000), 0.0)


def _tuple(names: Iterable[str]) -> str:
    quoted = [_quoted(name) for name in names]
    return f"({', '.join(quoted)}{',' if len(quoted) == 1 else ''})"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
