"""SingleWordProductionDutch: ten people with depth electrodes read 100 Dutch words aloud each.

sEEG at 1024 Hz from 54 to 127 contacts (1,103 in all) and sound at 48 kHz, about 300 s a person in
one go (Verwoert et al. 2022, Scientific Data 9: 434). Layout, as of BIDS:

    participants.tsv
    sub-01/ieeg/sub-01_task-wordProduction_ieeg.nwb    iEEG, Audio, Stimulus; see _nwb.py
                ..._ieeg.json  ..._channels.tsv  ..._events.tsv
                ..._space-ACPC_electrodes.tsv  ..._space-ACPC_coordsystem.json

The published protocol cuts a session into ten folds without shuffling, so a recording here is a
tenth of a session, `sub-01-block-0` to `sub-01-block-9`. Half a guard gap is cut off at both of its
ends: from the last sample of a block to the first of the next it is GUARD = 1 s, more than the
published features see to either side (0.2 s and half a window of 50 ms). What filters need beyond
a block's ends comes from its own half gaps, so that no recording holds anything of another tenth;
only the level of the sound is one number of the whole session.

Times are seconds since the participant's first sEEG sample, as in events.tsv; each stream is cut by
its own clock where a block begins, and runs at its nominal rate from there: a clock that is 0.1 %
off, the most that is let pass, has moved by 30 ms at the end of a block of 30 s.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import store
from benchmark.core import Array, Corpus, Recording, Signal, UserError
from benchmark.corpora import _high_gamma, _nwb
from benchmark.sensors import mel as mel_sensor

NAME = "dutch_words"
PUBLISHED = "SingleWordProductionDutch-iBIDS"
PARTICIPANTS = tuple(f"sub-{number:02d}" for number in range(1, 11))
FILES = (
    *("ieeg.nwb", "ieeg.json", "channels.tsv", "events.tsv"),
    *("space-ACPC_electrodes.tsv", "space-ACPC_coordsystem.json"),
)
OURS = re.compile(r"(participants|dataset_description|README|CHANGES|LICENSE)(\.\w+)?")
CONTACTS = 1103  # of all participants; one has 54 to 127
WORDS = range(90, 111)  # of a participant: 100 are said to be
SECONDS = (240.0, 420.0)  # of a session: about 300 are said to be

RATE = 1024  # Hz, of the sEEG
SOUND_RATE = 48000  # Hz, as stored
AUDIO_RATE = 16000  # Hz, as handed out
DOWN = SOUND_RATE // AUDIO_RATE
BLOCKS = 10
GUARD = 1.0  # seconds between two blocks
HALF = math.ceil(GUARD / 2 * RATE * (1 + _nwb.TOLERANCE))  # samples; half a gap of a fast clock too
MARGIN = AUDIO_RATE // 4  # samples of 16 kHz that filters see to either side, half of half a gap
SHORTEST = BLOCKS * (GUARD + 1)  # seconds of a session: a block keeps one of them
SLACK = 1.0  # seconds by which starts of streams may differ
LARGEST = 1e12  # µV: no brain, and float32 can hold it
PIECE = 1 << 16  # samples at a time where a whole stream is looked through

SIGNALS: Mapping[str, Signal] = {
    "seeg": Signal("µV", "float32", RATE, (None,)),
    "high_gamma": Signal("µV", "float32", _high_gamma.PARAMETERS.rate, (None,)),
    "mel": mel_sensor.SIGNALS["mel"],
    "audio": Signal("full scale", "float32", AUDIO_RATE, span=2.0),
    "text": Signal("code point", "uint32", free=True),
}
READER = {
    "version": 1,
    "cut": [BLOCKS, GUARD, HALF],
    "sound": [AUDIO_RATE, "resample_poly", MARGIN],
    "high_gamma": asdict(_high_gamma.PARAMETERS),
    "mel": asdict(mel_sensor.PARAMETERS),
}


@dataclass(frozen=True)
class Block:
    """A tenth of a session, and the recording in the middle of it, in sEEG samples."""

    path: Path  # of the NWB file
    id: str
    participant: str
    tenth: tuple[int, int]  # first sample, and one past the last
    span: tuple[float, float]  # of the recording, seconds since the first sEEG sample
    text: str

    @property
    def inner(self) -> tuple[int, int]:
        """First sample of the recording, and one past its last."""
        return self.tenth[0] + HALF, self.tenth[1] - HALF

    def length(self, rate: float) -> int:
        """Samples of a signal at `rate` Hz: round(duration * rate), halves upwards."""
        first, stop = self.inner
        return int((stop - first) * rate / RATE + 0.5)


Maker = Callable[[Any, Block], Array]  # from an open file


def locate(root: Path) -> Path | None:
    """root/dutch_words, root/SingleWordProductionDutch-iBIDS or root, whichever has an NWB file."""
    return located(root, NAME)


def located(root: Path, name: str) -> Path | None:
    """The same, for a folder below root of another name; within it may be the published folder."""
    for folder in (root / name, root / name / PUBLISHED, root / PUBLISHED, root):
        if _present(folder):
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Ten blocks a participant, in order of time; headers and tables are read, and no signal.

    `seeg` float32 (T, contacts) µV at 1024 Hz; `high_gamma` float32 (T, contacts) µV at 100 Hz, see
    _high_gamma.py; `audio` float32 (T,) at 16 kHz, the session's loudest sample being 1; `mel`
    float32 (T, 80) ln at 86.13 Hz of that, as of `benchmark.sensors.mel`; `text` the words whose
    presentation begins within the block. Sample k of each is taken k / rate s after the block's
    begin. UserError for files that are not as described, and on reading for NaN.
    """
    return listed(folder, MAKERS)


def listed(folder: Path, makers: Mapping[str, Maker]) -> list[Recording]:
    """All recordings, whose signals but `text` are made by `makers`."""
    return [
        Recording(b.id, b.participant, b.participant, b.text, partial(_read, makers, b), b.span)
        for participant in _present(folder)
        for b in blocks(folder, participant)
    ]


def blocks(folder: Path, participant: str) -> list[Block]:
    """The ten blocks of one participant; UserError where the file or events.tsv is not sound."""
    path = _file(folder, participant, "ieeg.nwb")
    with _nwb.opened(path) as file:
        seeg, edges = cut(file)
        words = said(folder, participant, file, seeg)
        found = []
        for number, tenth in enumerate(pairwise(edges)):
            first, last = (_nwb.time(seeg, i) for i in (tenth[0] + HALF, tenth[1] - HALF - 1))
            span = first - seeg.begin, last + 1 / seeg.rate - seeg.begin
            text = " ".join(word for onset, word in words if span[0] <= onset < span[1])
            id = f"{participant}-block-{number}"
            found.append(Block(path, id, participant, tenth, span, text))
    return found


def streams(file: Any) -> tuple[_nwb.Stream, _nwb.Stream]:
    """sEEG and sound of an open file; UserError where they did not run at the same time."""
    seeg = _nwb.stream(file, "iEEG", RATE, 2)
    audio = _nwb.stream(file, "Audio", SOUND_RATE, 1)
    if not abs(seeg.begin - audio.begin) <= SLACK:
        raise UserError(
            f"{file.filename}: expected iEEG and Audio to start within {SLACK:g} s of each other,"
            f" got {seeg.begin:.3f} and {audio.begin:.3f} s; {_nwb.AGAIN}"
        )
    return seeg, audio


def cut(file: Any) -> tuple[_nwb.Stream, list[int]]:
    """The sEEG, and eleven of its samples: they cut the time that it shares with the sound."""
    seeg, audio = streams(file)
    begin, end = max(seeg.begin, audio.begin), min(seeg.end, audio.end)
    if not end - begin >= SHORTEST:
        raise UserError(
            f"{file.filename}: expected sEEG and sound of at least {SHORTEST:g} s together, got"
            f" {end - begin:.1f} s; {_nwb.AGAIN}"
        )
    return seeg, [_nwb.place(seeg, begin + (end - begin) * k / BLOCKS) for k in range(BLOCKS + 1)]


def said(folder: Path, participant: str, file: Any, seeg: _nwb.Stream) -> list[tuple[float, str]]:
    """Words with the second at which each is shown; from Stimulus where events.tsv has none."""
    path = _file(folder, participant, "events.tsv")
    found = []
    for line, row in enumerate(_table(path) if path.exists() else (), start=2):
        if row.get("trial_type") != "word":
            continue
        try:
            onset, word = float(row["onset"]), row["value"]
        except (KeyError, ValueError) as problem:
            raise UserError(
                f"{path}, line {line}: expected a number as onset and a word as value, got"
                f" {str(row)[:80]}; {_nwb.AGAIN}"
            ) from problem
        if not -SLACK <= onset <= seeg.end - seeg.begin + SLACK:
            raise UserError(
                f"{path}, line {line}: expected an onset within the recording of"
                f" {seeg.end - seeg.begin:.0f} s, got {onset}; {_nwb.AGAIN}"
            )
        found.append((onset, word))
    return found or _shown(file, seeg)


def _shown(file: Any, seeg: _nwb.Stream) -> list[tuple[float, str]]:
    """The same from the strings beside the sEEG: a word begins where the string changes to it."""
    stimulus = _nwb.stream(file, "Stimulus", RATE, 1)
    found, before = [], ""
    for first in range(0, len(stimulus.data), PIECE):
        texts = _nwb.texts(stimulus, first, min(first + PIECE, len(stimulus.data)))
        for index, text in enumerate(map(str.strip, texts), start=first):
            if text and text != before:
                found.append((_nwb.time(stimulus, index) - seeg.begin, text))
            before = text
    return found


def _read(makers: Mapping[str, Maker], block: Block, signal: str) -> Array:
    if signal == "text":
        return np.array([ord(letter) for letter in block.text], np.uint32)
    if signal not in makers:
        raise UserError(f"{block.id} has no signal {signal!r}; it has {', '.join(makers)}, text")
    with _nwb.opened(block.path) as file:
        return makers[signal](file, block)


def seeg(file: Any, block: Block) -> Array:
    """Float32 (T, contacts) in µV, as stored but for the unit."""
    return _contacts(file, block, *block.inner).astype(np.float32)


def high_gamma(file: Any, block: Block) -> Array:
    """Float32 (T, contacts) in µV at 100 Hz, filtered over the block's own tenth."""
    power = _high_gamma.envelope(_contacts(file, block, *block.tenth), RATE)
    frames = block.length(_high_gamma.PARAMETERS.rate)
    return _high_gamma.windows(power, RATE, HALF, frames)


def _contacts(file: Any, block: Block, first: int, stop: int) -> Array:
    """sEEG samples float64 (stop - first, contacts) in µV; UserError names what is no number."""
    stream, _ = streams(file)
    with np.errstate(over="ignore"):
        values = _nwb.samples(stream, first, stop) * _nwb.microvolts(stream.unit)
    for row, column in np.argwhere(~(np.abs(values) <= LARGEST))[:1]:
        at = first + int(row)
        raise UserError(
            f"{stream.where}: {block.participant}, contact {_contact(block, int(column))}: expected"
            f" numbers below {LARGEST:g} µV, got {values[row, column]} at sample {at},"
            f" {at / RATE:.3f} s; {_nwb.AGAIN}, or leave this participant out"
        )
    return values


def _contact(block: Block, column: int) -> str:
    """The name of a contact, from channels.tsv where that has it, and its column."""
    path = _file(block.path.parents[2], block.participant, "channels.tsv")
    names = [row.get("name", "") for row in _table(path)] if path.is_file() else []
    return f"{' '.join(names[column : column + 1])} (column {column})".strip()


def sound(file: Any, block: Block) -> Array:
    """Sound at 48 kHz of the block and of MARGIN to either side, the session's peak being 1.

    Float64 (DOWN * (T + 2 * MARGIN),) for T samples at 16 kHz.
    """
    seeg, audio = streams(file)
    begin = _nwb.place(audio, _nwb.time(seeg, block.inner[0]))
    first = begin - DOWN * MARGIN
    stop = begin + DOWN * (block.length(AUDIO_RATE) + MARGIN)
    status = block.path.stat()
    return _nwb.samples(audio, first, stop) / _peak(block.path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _peak(path: Path, _size: int, _changed: int) -> float:
    """The largest magnitude of a session's sound, read piece by piece."""
    highest = 0.0
    with _nwb.opened(path) as file:
        _, audio = streams(file)
        for first in range(0, len(audio.data), 16 * PIECE):
            stop = min(first + 16 * PIECE, len(audio.data))
            piece = _nwb.samples(audio, first, stop)
            for at in np.flatnonzero(~np.isfinite(piece))[:1]:
                raise UserError(
                    f"{audio.where}: expected numbers, got {piece[at]} at sample {first + at},"
                    f" {(first + at) / SOUND_RATE:.3f} s; {_nwb.AGAIN}"
                )
            highest = max(highest, float(np.abs(piece).max()))
    if highest < 1e-30:
        raise UserError(f"{path}: expected sound in /acquisition/Audio, got silence; {_nwb.AGAIN}")
    return highest


def audio(file: Any, block: Block) -> Array:
    """Float32 (T,) at 16 kHz."""
    from scipy.signal import resample_poly

    down = resample_poly(sound(file, block), 1, DOWN)
    return np.asarray(down[MARGIN:-MARGIN], np.float32)


def mel(file: Any, block: Block) -> Array:
    """Float32 (T, 80) ln, of the block's `audio` alone."""
    count = block.length(mel_sensor.PARAMETERS.rate / mel_sensor.PARAMETERS.hop)
    return mel_sensor.spectrogram(audio(file, block).astype(np.float64), count)


MAKERS: Mapping[str, Maker] = {
    "seeg": seeg,
    "high_gamma": high_gamma,
    "mel": mel,
    "audio": audio,
}


def digest() -> str:
    """sha256 of what this reader does to the files; their own sums are taken elsewhere."""
    return store.digest([NAME, READER])


def files(folder: Path) -> Iterator[Path]:
    """Every file of the corpus that is there, sorted; nothing else that lies around."""
    top = [p for p in folder.glob("*") if OURS.fullmatch(p.name)]
    below = [p for p in folder.glob("sub-[0-9][0-9]/ieeg/sub-*") if p.name[:6] == p.parts[-3]]
    return (path for path in sorted([*top, *below]) if path.is_file())


def facets(id: str) -> dict[str, str]:
    """Which tenth of the session it is, 1 to 10: electrodes and voices change as time goes by."""
    return {"tenth": str(int(id.rpartition("-")[2]) + 1)}


def verify(folder: Path) -> list[str]:
    """One sentence for each thing that is not as published; no signal is read."""
    published = not (folder / "FIXTURE").exists()
    problems, contacts, expected = [], 0, list(PARTICIPANTS)
    try:
        named = [row.get("participant_id", "") for row in _table(folder / "participants.tsv")]
        if not published:
            expected = [name for name in PARTICIPANTS if name in named]
        if named != expected or not named:
            problems.append(
                f"{folder}/participants.tsv: expected {PARTICIPANTS[0]} to {PARTICIPANTS[-1]},"
                f" got {', '.join(named)[:100] or 'nobody'}"
            )
    except UserError as problem:
        problems.append(str(problem))
    for participant in sorted({*expected, *_present(folder)}):
        try:
            contacts += _verified(folder, participant, published, problems)
        except UserError as problem:
            problems.append(str(problem))
    if published and not problems and contacts != CONTACTS:
        problems.append(f"{folder}: expected {CONTACTS} contacts in all, got {contacts}")
    return [p if p.endswith(_nwb.AGAIN) else f"{p}; {_nwb.AGAIN}" for p in problems]


def _verified(folder: Path, participant: str, published: bool, problems: list[str]) -> int:
    """Add what is wrong with one participant to `problems`; the number of contacts."""
    nwb, info, channels, events, electrodes, system = (
        _file(folder, participant, name) for name in FILES
    )
    missing = [p for p in (nwb, info, channels, events, electrodes, system) if not p.is_file()]
    problems += [f"{path}: expected a file, found none" for path in missing]
    if missing:
        return 0
    for path in (info, system):
        _json(path)
    names, placed = ([row.get("name", "") for row in _table(p)] for p in (channels, electrodes))
    with _nwb.opened(nwb) as file:
        signal, _ = cut(file)
        (samples, contacts), seconds = signal.data.shape, signal.end - signal.begin
        strings = len(_nwb.stream(file, "Stimulus", RATE, 1).data)
        words = len(said(folder, participant, file, signal))
    if contacts != len(names):
        problems.append(
            f"{nwb}: expected the {len(names)} contacts of channels.tsv, got {contacts}"
        )
    if len(set(names)) < len(names):
        problems.append(f"{channels}: expected each contact once")
    if unplaced := sorted({*names} - {*placed}):
        problems.append(f"{electrodes}: expected every contact, found no {', '.join(unplaced[:3])}")
    if strings != samples:
        problems.append(f"{nwb}: expected {samples} strings in Stimulus, got {strings}")
    if published and not SECONDS[0] <= seconds <= SECONDS[1]:
        problems.append(f"{nwb}: expected about 300 s, got {seconds:.0f}")
    if published and words not in WORDS:
        problems.append(f"{events}: expected about 100 words, got {words}")
    return int(contacts)


def _present(folder: Path) -> list[str]:
    """Participants that have an NWB file here."""
    found = folder.glob("sub-[0-9][0-9]/ieeg")
    names = sorted(path.parent.name for path in found)
    return [name for name in names if _file(folder, name, "ieeg.nwb").is_file()]


def _file(folder: Path, participant: str, name: str) -> Path:
    task = f"{participant}_task-wordProduction_{name}"
    return folder / participant / "ieeg" / task


def _table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a table with tabs and a header, by column; UserError where it is none."""
    header, *lines = _text(path).splitlines() or [""]
    columns = header.split("\t")
    for number, line in enumerate(lines, start=2):
        if not line:
            continue  # some writers end a table with an empty line
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise UserError(
                f"{path}, line {number}: expected {len(columns)} cells, got {len(cells)};"
                f" {_nwb.AGAIN}"
            )
        yield dict(zip(columns, cells, strict=True))


def _json(path: Path) -> None:
    try:
        json.loads(_text(path))
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{path}: expected JSON, got {problem}; {_nwb.AGAIN}") from problem


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path}: expected a text ({problem}); {_nwb.AGAIN}") from problem


CORPUS = Corpus(
    name=NAME,
    title="SingleWordProductionDutch: depth electrodes of ten people who read words aloud",
    version="OSF nrgx6",
    licence="not stated by its authors",
    citation=(
        "Verwoert et al. 2022, Dataset of speech production in intracranial electroencephalography,"
        " Scientific Data 9: 434, doi:10.1038/s41597-022-01542-9"
    ),
    advice=(
        f"get {PUBLISHED} from https://osf.io/nrgx6, then"
        " run_benchmark.py data prepare dutch_words --from PATH --accept-licence"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    files=files,
    size="not stated; about 3.9 GB by the number of samples, where they are not compressed",
    source="https://osf.io/nrgx6",
    traps=(
        "The clock in the NWB file is absolute and large; events.tsv counts from the first sEEG"
        " sample. Streams start at times of their own, some milliseconds apart.",
        "A recording is a tenth of a session without half a second at either end: 1 s between two"
        " blocks belongs to none, and words that begin in it are in no text.",
        "Each contact count (54 to 127) is a participant's own: no model's weights fit all.",
        "Published pipelines of this kind set NaN to 0; here NaN is refused by name, since a filter"
        " run there and back spreads it over all of a contact's signal.",
        "Values are brought to µV where the file says V, mV or µV (after conversion and offset);"
        " with any other unit, or none, they stay as they are.",
        "Sound is scaled by the peak of its session, so its level says something of every tenth.",
        "A word's time is that of its presentation on the screen, not of the voice.",
        "The published baseline frames windows from their beginning, here they are centred.",
    ),
    facets=facets,
)
