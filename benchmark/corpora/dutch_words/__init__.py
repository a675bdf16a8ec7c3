"""SingleWordProductionDutch: ten people with depth electrodes read 100 Dutch words aloud each.

sEEG at 1024 Hz from 54 to 127 contacts (1,103 in all) and sound at 48 kHz, about 300 s a person in
one go (Verwoert et al. 2022, Scientific Data 9: 434). Layout, as of BIDS:

    participants.tsv
    sub-01/ieeg/sub-01_task-wordProduction_ieeg.nwb    iEEG, Audio, Stimulus; see `io.nwb`
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

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.dutch_words import files, high_gamma
from benchmark.corpora.dutch_words.files import BLOCKS, GUARD, RATE, SOUND_RATE
from benchmark.corpora.io import mel, nwb
from benchmark.corpora.io.download import Published, fetch_published

NAME = "dutch_words"
PUBLISHED = "SingleWordProductionDutch-iBIDS"
ARCHIVE = Published(  # as https://osf.io/nrgx6 lists it
    f"{PUBLISHED}.zip",
    "https://osf.io/download/g6q5m/",
    2_794_936_886,
    "sha256:015bc9c565c3dbdc7259c01be54f62b3346cbd7dc5cec8156eb718f64b6cbcd9",
)

AUDIO_RATE = 16000  # Hz, as handed out
DOWN = SOUND_RATE // AUDIO_RATE
HALF = math.ceil(GUARD / 2 * RATE * (1 + nwb.TOLERANCE))  # samples; half a gap of a fast clock too
MARGIN = AUDIO_RATE // 4  # samples of 16 kHz that filters see to either side, half of half a gap
LARGEST = 1e6  # µV: a volt is of no brain, nor what an amplifier of sEEG can measure

SIGNALS: Mapping[str, Signal] = {
    "seeg": Signal("µV", "float32", RATE, (None,)),
    "high_gamma": Signal("µV", "float32", high_gamma.PARAMETERS.rate, (None,)),
    "mel": mel.SIGNAL,
    "audio": Signal("full scale", "float32", AUDIO_RATE, span=2.0),
    "text": Signal("code point", "uint32", free=True),
}
READER = {
    "version": 3,
    "cut": [BLOCKS, GUARD, HALF],
    "sound": [AUDIO_RATE, "resample_poly", MARGIN],
    "high_gamma": asdict(high_gamma.PARAMETERS),
    "mel": asdict(mel.PARAMETERS),
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
        if files.present(folder):
            return folder
    return None


def recordings(folder: Path) -> list[Recording]:
    """Ten blocks a participant, in order of time; headers and tables are read, and no signal.

    `seeg` float32 (T, contacts) µV at 1024 Hz; `high_gamma` float32 (T, contacts) µV at 100 Hz, see
    `high_gamma.envelope`; `audio` float32 (T,) at 16 kHz, the session's loudest sample being 1;
    `mel` float32 (T, 80) ln at 86.13 Hz of that, see `io.mel`; `text` the words whose presentation
    begins within the block. Sample k of each is taken k / rate s after the block's begin. UserError
    for files that are not as described, and on reading for NaN.
    """
    return listed(folder, MAKERS)


def listed(folder: Path, makers: Mapping[str, Maker]) -> list[Recording]:
    """All recordings, whose signals but `text` are made by `makers`."""
    return [
        Recording(b.id, b.participant, b.participant, b.text, partial(_read, makers, b), b.span)
        for participant in files.present(folder)
        for b in blocks(folder, participant)
    ]


def blocks(folder: Path, participant: str) -> list[Block]:
    """The ten blocks of one participant; UserError where the file or events.tsv is not sound."""
    path = files.file_of(folder, participant, "ieeg.nwb")
    with nwb.opened(path) as file:
        seeg, edges = files.cut(file)
        words = files.said(folder, participant, file, seeg)
        found = []
        for number, tenth in enumerate(pairwise(edges)):
            first, last = (nwb.time(seeg, i) for i in (tenth[0] + HALF, tenth[1] - HALF - 1))
            span = first - seeg.begin, last + 1 / seeg.rate - seeg.begin
            text = " ".join(word for onset, word in words if span[0] <= onset < span[1])
            id = f"{participant}-block-{number}"
            found.append(Block(path, id, participant, tenth, span, text))
    return found


def _read(makers: Mapping[str, Maker], block: Block, signal: str) -> Array:
    if signal == "text":
        return np.array([ord(letter) for letter in block.text], np.uint32)
    if signal not in makers:
        raise UserError(f"{block.id} has no signal {signal!r}; it has {', '.join(makers)}, text")
    with nwb.opened(block.path) as file:
        return makers[signal](file, block)


def read_seeg(file: Any, block: Block) -> Array:
    """Float32 (T, contacts) in µV, as stored but for the unit."""
    return _contacts(file, block, *block.inner).astype(np.float32)


def read_high_gamma(file: Any, block: Block) -> Array:
    """Float32 (T, contacts) in µV at 100 Hz, filtered over the block's own tenth."""
    power = high_gamma.envelope(_contacts(file, block, *block.tenth), RATE)
    frames = block.length(high_gamma.PARAMETERS.rate)
    return high_gamma.windows(power, RATE, HALF, frames)


def _contacts(file: Any, block: Block, first: int, stop: int) -> Array:
    """sEEG samples float64 (stop - first, contacts) in µV; UserError names what is no number.

    Contacts that channels.tsv calls bad are left out.
    """
    stream, _ = files.streams(file)
    with np.errstate(over="ignore"):
        values = nwb.samples(stream, first, stop) * nwb.microvolts(stream.unit)
    folder = block.path.parents[2]
    good = files.good(folder, block.participant, values.shape[1])
    values = values[:, good]
    for row, column in np.argwhere(~(np.abs(values) <= LARGEST))[:1]:
        at = first + int(row)
        contact = files.contact(folder, block.participant, int(good[column]))
        raise UserError(
            f"{stream.where}: {block.participant}, contact {contact}: expected numbers below"
            f" {LARGEST:g} µV, got {values[row, column]} at sample {at}, {at / RATE:.3f} s;"
            f" {nwb.AGAIN}, or leave this participant out"
        )
    return values


def sound(file: Any, block: Block) -> Array:
    """Sound at 48 kHz of the block and of MARGIN to either side, the session's peak being 1.

    Float64 (DOWN * (T + 2 * MARGIN),) for T samples at 16 kHz.
    """
    seeg, audio = files.streams(file)
    begin = nwb.place(audio, nwb.time(seeg, block.inner[0]))
    first = begin - DOWN * MARGIN
    stop = begin + DOWN * (block.length(AUDIO_RATE) + MARGIN)
    status = block.path.stat()
    peak = files.peak(block.path, status.st_size, status.st_mtime_ns)
    return nwb.samples(audio, first, stop) / peak


def read_audio(file: Any, block: Block) -> Array:
    """Float32 (T,) at 16 kHz."""
    from scipy.signal import resample_poly

    down = resample_poly(sound(file, block), 1, DOWN)
    return np.asarray(down[MARGIN:-MARGIN], np.float32)


def read_mel(file: Any, block: Block) -> Array:
    """Float32 (T, 80) ln, of the block's `audio` alone."""
    count = block.length(mel.PARAMETERS.rate / mel.PARAMETERS.hop)
    return mel.spectrogram(read_audio(file, block).astype(np.float64), count)


MAKERS: Mapping[str, Maker] = {
    "seeg": read_seeg,
    "high_gamma": read_high_gamma,
    "mel": read_mel,
    "audio": read_audio,
}


def fetch(root: Path) -> None:
    """Download the corpus into root/dutch_words. UserError: see `fetch_published`."""
    fetch_published([ARCHIVE], root / NAME, lambda tree: files.verify(tree / PUBLISHED))


def digest() -> str:
    """sha256 of what this reader does; `data.checksums` takes those of the files."""
    return storage.digest([NAME, READER])


def facets(id: str) -> dict[str, str]:
    """Which tenth of the session it is, 1 to 10: electrodes and voices change as time goes by."""
    return {"tenth": str(int(id.rpartition("-")[2]) + 1)}


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
        "silentbench data prepare dutch_words --accept-licence downloads it, or takes a copy"
        f" of {PUBLISHED} from https://osf.io/nrgx6 with --from PATH"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=files.verify,
    fetch=fetch,
    files=files.corpus_files,
    size="2.8 GB to fetch; about 3.9 GB by the number of samples",
    source="https://osf.io/nrgx6",
    known_issues=(
        "The clock in the NWB file is absolute and large; events.tsv counts from the first sEEG"
        " sample. Streams start at times of their own, some milliseconds apart.",
        "A recording is a tenth of a session without half a second at either end: 1 s between two"
        " blocks belongs to none, and words that begin in it are in no text.",
        "Each contact count (54 to 127) is a participant's own: no model's weights fit all.",
        "Contacts that channels.tsv calls bad, where it has a column status, are left out.",
        "Published pipelines of this kind set NaN to 0; here NaN is refused by name, since a filter"
        " run there and back spreads it over all of a contact's signal.",
        "Values are brought to µV where the file says V, mV or µV (after conversion and offset);"
        " with any other unit, or none, they stay as they are.",
        "Sound is scaled by the peak of its session, so its level says something of every tenth.",
        "A word's time is that of its presentation on the screen, not of the voice.",
        "The published baseline frames windows from their beginning, here they are centred.",
    ),
    facets=facets,
    checks=Checks(
        levels={"seeg": (0.1, 1e5), "high_gamma": (1e-3, 1e4), "audio": (5e-5, 0.71)},
        shared=("text",),
    ),
)
