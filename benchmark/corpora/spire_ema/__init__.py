"""SPIRE EMA corpus: sound and movements of the articulators of 38 people who read 460 sentences.

    audios/spk1/<name><sentence>.wav        16 kHz, one channel
    processed/spk1/<name><sentence>.pt      a dict that torch has saved: movements, phones, times

A sentence is a number of four digits, of MOCHA-TIMIT; its words are not in the corpus. Movements of
six sensors in the midsagittal plane come at 100 Hz, cut to where somebody speaks, each articulator
in standard deviations about its mean. This reader was written from what is published of the layout,
and never met the real files. No task asks for movements from sound yet: see CORPUS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io.download import Published, fetch_published
from benchmark.corpora.spire_ema import files
from benchmark.corpora.spire_ema.files import CHANNELS, PROCESSED, RATE, SOUND, SOUND_RATE

NAME = "spire_ema"
PAGE = "https://huggingface.co/datasets/SpireLab/SPIRE_EMA_CORPUS"
REVISION = "55f21628de95514e3ff22eaccc75e1547d181297"
ARCHIVES = tuple(  # as the host lists them at REVISION
    Published(f"{name}.zip", f"{PAGE}/resolve/{REVISION}/{name}.zip", size, f"sha256:{sum}")
    for name, size, sum in (
        (SOUND, 1_656_697_958, "e07eaee117126ebc852593805b865798800a0438dd97cb423f50d1d2b1de2baf"),
        (
            PROCESSED,
            3_086_792_402,
            "ea1c3440af2b69cef0765b97e1e533ea72dae6029c49a175e1a93761c4236d04",
        ),
    )
)
SIGNALS: Mapping[str, Signal] = {
    "audio": Signal("full scale", "float32", SOUND_RATE, span=2.0),
    "articulation": Signal("standard deviation", "float32", RATE, (len(CHANNELS),), CHANNELS),
}
MUCH_LONGER = 3  # times as long as in other recordings
READER = {"version": 1, "articulation": [files.NORMALISED, RATE], "audio": SOUND_RATE}


def locate(root: Path) -> Path | None:
    """root/spire_ema or root, whichever has a folder of a speaker in both folders."""
    for place in (root / NAME, root):
        if all(any((place / what).glob("spk*")) for what in (SOUND, PROCESSED)):
            return place
    return None


def recordings(folder: Path) -> list[Recording]:
    """All sentences, speaker by speaker: `spk1-0042`; only names are read.

    `audio` float32 (T,) at 16 kHz and `articulation` float32 (N, 12) at 100 Hz, both from where
    the sentence begins to where it ends, the same moment for both. The text is the sentence's
    number in MOCHA-TIMIT. UserError for names of another form, and on reading for files that do not
    fit each other.
    """
    sounds, moved = files.sentences(folder, SOUND), files.sentences(folder, PROCESSED)
    found = []
    for (speaker, sentence), path in moved.items():
        id, heard = f"spk{speaker}-{sentence:04d}", sounds.get((speaker, sentence))
        text = f"MOCHA-TIMIT {sentence:04d}"
        read = partial(_read, id, path, heard)
        found.append(Recording(id, f"spk{speaker}", f"spk{speaker}", text, read))
    return found


def _read(id: str, path: Path, heard: Path | None, signal: str) -> Array:
    if signal not in SIGNALS:
        raise UserError(f"{id}: expected one of the signals {', '.join(SIGNALS)}, got {signal}")
    found = files.movements(path)
    if signal == "articulation":
        return found.ema.astype(np.float32)
    if heard is None:
        raise UserError(f"{id} has no audio: {path} has none beside it in {SOUND}; unpack it again")
    return files.sound(heard, found.begin, len(found.ema)).astype(np.float32)


def verify(folder: Path) -> list[str]:
    """One sentence for each file that is missing or whose head is wrong; no movements are read."""
    try:
        sounds, moved = files.sentences(folder, SOUND), files.sentences(folder, PROCESSED)
    except UserError as problem:
        return [str(problem)]
    problems = [
        f"{(folder / what) / f'spk{speaker}'}: expected sentence {sentence:04d}, found none; "
        f"unpack {what}.zip again"
        for what, found in ((SOUND, sounds), (PROCESSED, moved))
        for speaker, sentence in sorted({*sounds, *moved} - {*found})
    ]
    expected = files.SPEAKERS * files.SENTENCES
    if not (folder / "FIXTURE").exists() and len(moved) != expected:
        problems.append(
            f"{folder / PROCESSED}: expected {files.SPEAKERS} speakers of {files.SENTENCES} "
            f"sentences, {expected:,} files, got {len(moved):,}; unpack {PROCESSED}.zip again"
        )
    for path in sounds.values():
        try:
            files.sound_head(path)
        except UserError as problem:
            problems.append(str(problem))
    return problems


def doubts(folder: Path) -> Iterator[str]:
    """Sound that goes on much longer after the sentence than that of other recordings does."""
    sounds, moved = files.sentences(folder, SOUND), files.sentences(folder, PROCESSED)
    after = {}
    for key in {*sounds} & {*moved}:
        found = files.movements(moved[key])
        after[key] = files.sound_head(sounds[key]) / SOUND_RATE - (
            (found.begin + len(found.ema)) / RATE
        )
    usual = median(after.values()) if after else 0.0
    for key, seconds in sorted(after.items()):
        if seconds > MUCH_LONGER * max(usual, 0.1) + 0.5:
            yield (
                f"{sounds[key]}: expected about {usual:.2f} s after the sentence as in other "
                f"recordings, found {seconds:.2f} s"
            )


def corpus_files(folder: Path) -> list[Path]:
    """Every file that is read, sorted."""
    return sorted(p for what in (SOUND, PROCESSED) for p in files.sentences(folder, what).values())


def fetch(root: Path) -> None:
    """Download both archives into root/spire_ema; see `fetch_published`."""
    fetch_published(ARCHIVES, root / NAME, verify)


def digest() -> str:
    """sha256 of what the reader does; the files have checksums of their own."""
    return storage.digest([NAME, READER])


CORPUS = Corpus(
    name=NAME,
    title="SPIRE EMA: sound and articulators of 38 people who read sentences",
    version=f"revision {REVISION[:8]}",
    licence="CC BY 4.0",
    citation=(
        "Bandekar, Udupa and Ghosh (2024), Articulatory synthesis using representations learnt"
        " through phonetic label-aware contrastive loss, Interspeech 2024, 427-431,"
        " doi:10.21437/Interspeech.2024-1756"
    ),
    advice=(
        "silentbench data prepare spire_ema --accept-licence downloads audios.zip and"
        f" processed.zip from {PAGE}, or takes the folder that holds {SOUND} and {PROCESSED} with"
        " --from PATH"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    files=corpus_files,
    size="4.7 GB to fetch, more on disk",
    source=PAGE,
    known_issues=(
        "The reader was written from the corpus's page and from programs of others that read it; it"
        " never met the real files.",
        "No task asks for articulation from sound yet, and so there is no split: the linear"
        " baseline has no features for sound. The corpus can serve tasks and splits of your own.",
        "Movements are in standard deviations of each articulator, not in millimetres; over what"
        " the authors took mean and deviation is not stated.",
        "The page calls the movements after trimming ema_clipped; programs that read the files call"
        " them ema_trimmed. Neither is read, nor ema_raw: which of their 18 columns is which sensor"
        " is not stated.",
        "The rate of 100 Hz is not stated on the page; others found it by the length of the sound.",
        "Phones are not handed out: their inventory is not published. That their durations add up"
        " to the movements is checked.",
        "The words of a sentence are not in the corpus: its text is its number in MOCHA-TIMIT.",
    ),
    checks=Checks(
        slack=0.03, levels={"articulation": (1e-2, 1e2), "audio": (5e-5, 0.71)}, doubts=doubts
    ),
)
