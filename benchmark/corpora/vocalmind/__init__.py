"""VocalMind: sEEG of one person who says, mimes and imagines 20 Mandarin words.

The edition on Zenodo (record 14696348, version 2), its original recordings of words:

    Original_Audio_Word/Audio_<Word>_<repetition>.wav                  44.1 kHz, stereo, 3 s
    Original_sEEG_Vocalized_Word/Vocalized_<Word>_<repetition>.csv     3000 rows at 1000 Hz, 3 s
    Original_sEEG_Mimed_Word/Mimed_...  Original_sEEG_Imagined_Word/Imagined_...

The first row of a table has the numbers of its 110 contacts. Words are named in pinyin; each was
said six times, but for one take that is not there. What was mimed and imagined has no sound of its
own. This reader was written from what is published of the layout, and never met the real files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from benchmark import storage
from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora.io import mel
from benchmark.corpora.io.download import Published, fetch_published
from benchmark.corpora.vocalmind import files
from benchmark.corpora.vocalmind.files import CONTACTS, MANNERS, RATE, SECONDS, SOUND, WORDS

NAME = "vocalmind"
RECORD = "https://zenodo.org/records/14696348"
AUDIO_RATE = 16000  # Hz, as handed out
MEL_RATE = mel.PARAMETERS.rate / mel.PARAMETERS.hop
ARCHIVES = tuple(  # as RECORD lists them
    Published(f"{name}.zip", f"{RECORD}/files/{name}.zip?download=1", size, f"md5:{md5}", name)
    for name, size, md5 in (
        (SOUND, 34_300_728, "504755a852fd0cb47f0f829b3da44daa"),
        ("Original_sEEG_Vocalized_Word", 190_182_847, "1cf951dca48cea887eedf414fdd736e6"),
        ("Original_sEEG_Mimed_Word", 187_595_153, "9dfd978d3c4595cdb5a3adb472d5bc4d"),
        ("Original_sEEG_Imagined_Word", 188_671_934, "302bc108c913914cc7ab748b7e3f519c"),
    )
)
SIGNALS: Mapping[str, Signal] = {
    "seeg": Signal(
        "as stored", "float32", RATE, (len(CONTACTS),), tuple(f"contact {n}" for n in CONTACTS)
    ),
    "audio": Signal("full scale", "float32", AUDIO_RATE, span=2.0),
    "mel": mel.SIGNAL,
    "text": Signal("code point", "uint32", free=True),
    "word": Signal("class", "int64", labels=WORDS),
}
OF_SOUND = ("audio", "mel")
READER = {
    "version": 1,
    "sound": [files.SOUND_RATE, AUDIO_RATE, "mean of channels", "resample_poly"],
    "mel": asdict(mel.PARAMETERS),
    "words": WORDS,
    "contacts": CONTACTS,
}


def locate(root: Path) -> Path | None:
    """root/vocalmind or root, whichever has the folder of the sound, or is the BIDS edition."""
    places = (root / NAME, root)
    found = next((place for place in places if (place / SOUND).is_dir()), None)
    return root / NAME if found is None and _is_bids(root / NAME) else found


def _is_bids(folder: Path) -> bool:
    return any(folder.glob("sub-*/**/ieeg"))


def recordings(folder: Path) -> list[Recording]:
    """All takes, by manner, word and repetition: `vocalized-DaNao-1`; only names are read.

    `seeg` float32 (3000, 110) at 1000 Hz, in the unit of the file, which nobody states; `audio`
    float32 (48000,) at 16 kHz, `mel` float32 (258, 80) ln at 86.13 Hz, see `io.mel`, of what was
    said aloud; `text` uint32, the word in pinyin; `word` int64 (), its place in WORDS. UserError
    for the BIDS edition, for names of another form, and on reading for files that are not as above.
    """
    if not (folder / SOUND).is_dir():
        raise UserError(
            f"{folder}: expected {SOUND} of {RECORD}, found none; the BIDS edition (nm000251) is"
            " not read: where it keeps its sound was not known when this reader was written"
        )
    sounds = files.takes(folder, SOUND)
    listed = {kind: files.takes(folder, kind) for kind in MANNERS}
    first = next((path for takes in listed.values() for path in takes.values()), folder)
    found = []
    for kind, manner in MANNERS.items():
        for (word, number), path in listed[kind].items():
            heard = sounds.get((word, number)) if manner == "Vocalized" else None
            id = f"{manner.lower()}-{word}-{number}"
            read = partial(_read, id, path, heard, first)
            found.append(Recording(id, "s1", manner.lower(), word, read))
    return found


def _read(id: str, path: Path, heard: Path | None, first: Path, signal: str) -> Array:
    word = id.split("-")[1]
    if signal == "seeg":
        samples = files.seeg(path)
        files.same_level(path, samples, first)
        return samples
    if signal == "text":
        return np.array([ord(letter) for letter in word], np.uint32)
    if signal == "word":
        return np.array(WORDS.index(word), np.int64)
    if signal not in OF_SOUND:
        raise UserError(f"{id}: expected one of the signals {', '.join(SIGNALS)}, got {signal}")
    if heard is None:
        why = "no sound of it is here" if id.startswith("vocalized") else "nobody can be heard"
        raise UserError(f"{id} has no {signal}: {why}")
    audio = _audio(heard)
    if signal == "audio":
        return audio
    return mel.spectrogram(audio.astype(np.float64), round(SECONDS * MEL_RATE))


def _audio(path: Path) -> Array:
    from scipy.signal import resample_poly

    samples = resample_poly(files.sound(path), AUDIO_RATE // 100, files.SOUND_RATE // 100)
    return np.asarray(samples, np.float32)


def verify(folder: Path) -> list[str]:
    """One sentence for each take that is missing or whose head is wrong; no signal is read."""
    problems: list[str] = []
    try:
        recordings(folder)
        sounds = files.takes(folder, SOUND)
        aloud = files.takes(folder, "Original_sEEG_Vocalized_Word")
    except UserError as problem:
        return [str(problem)]
    wanted = {(word, number) for word in WORDS for number in range(1, files.REPETITIONS + 1)}
    wanted.discard(files.ABSENT)
    miniature = (folder / "FIXTURE").exists()
    for what, found in ((SOUND, sounds), ("Original_sEEG_Vocalized_Word", aloud)):
        missing = sorted(({*sounds, *aloud} if miniature else wanted) - {*found})
        problems += [
            f"{folder / what}: expected {word}, repetition {number}, found none; unpack the archive"
            " again"
            for word, number in missing[:3]
        ]
    for kind in (SOUND, *MANNERS):
        for path in files.takes(folder, kind).values():
            try:
                files.sound_head(path) if kind == SOUND else files.head(path)
            except UserError as problem:
                problems.append(str(problem))
    return problems


def doubts(folder: Path) -> Iterator[str]:
    """Takes that other words have, and sound of which one channel is dead, unlike the others."""
    for kind in (SOUND, *MANNERS):
        found = files.takes(folder, kind)
        numbers = {number for _, number in found}
        words = {word for word, _ in found}
        for word, number in sorted({(w, n) for w in words for n in numbers} - {*found}):
            if (word, number) != files.ABSENT:
                yield (
                    f"{folder / kind}: expected {word}, repetition {number}, which other words "
                    "have, found none"
                )
    sounds = list(files.takes(folder, SOUND).values())
    dead = {path: files.dead_channels(path) for path in sounds}
    usual = Counter(dead.values()).most_common(1)[0][0] if dead else 0
    for path, count in dead.items():
        if count > usual:
            yield f"{path}: expected {usual} channels of silence as in other takes, found {count}"


def corpus_files(folder: Path) -> list[Path]:
    """Every file that is read, sorted."""
    if not (folder / SOUND).is_dir():
        return []
    return sorted(p for kind in (SOUND, *MANNERS) for p in files.takes(folder, kind).values())


def fetch(root: Path) -> None:
    """Download the original recordings of words into root/vocalmind; see `fetch_published`."""
    fetch_published(ARCHIVES, root / NAME, verify)


def digest() -> str:
    """sha256 of what the reader does; the files have checksums of their own."""
    return storage.digest([NAME, READER])


def facets(id: str) -> dict[str, str]:
    """How it was said, and the word."""
    manner, word, _ = id.split("-")
    return {"manner": manner, "word": word}


def _signals_of(id: str) -> Collection[str]:
    return SIGNALS if id.startswith("vocalized-") else [s for s in SIGNALS if s not in OF_SOUND]


CORPUS = Corpus(
    name=NAME,
    title="VocalMind: sEEG of one person who says, mimes and imagines words",
    version="Zenodo 14696348, version 2",
    licence="CC BY 4.0",
    citation=(
        "He et al. (2025), VocalMind: A Stereotactic EEG Dataset for Vocalized, Mimed, and Imagined"
        " Speech in Tonal Language, Scientific Data 12: 657, doi:10.1038/s41597-025-04741-2"
    ),
    advice=(
        "silentbench data prepare vocalmind --accept-licence downloads the original recordings"
        f" of words from {RECORD}, or takes the folder that holds {SOUND} with --from PATH"
    ),
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    fetch=fetch,
    files=corpus_files,
    size="0.6 GB to fetch, about 1 GB on disk (estimated)",
    source=RECORD,
    known_issues=(
        "The reader was written from the published layout and from programs of others that read it;"
        " it never met the real files.",
        "The unit of the sEEG is not stated in the tables: values are handed out as stored, and a"
        " take of quite another level than the first one is refused.",
        "One person: no score says anything about another one.",
        "Six takes a word, in an order that is not published: whether the words came in blocks is"
        " not known, see the nuisance rows.",
        "The sixth take of ShuMu was not published, neither its sEEG nor its sound.",
        "What was mimed and imagined has no sound; sound of the same word aloud is another take, at"
        " other times, and is not handed out as theirs.",
        "A take is 3 s, of which others found about 1 s to be the word: most frames are silence.",
        "Both channels of the sound are averaged.",
        "Recordings of sentences, the authors' processed arrays, and the BIDS edition (nm000251)"
        " are not read.",
    ),
    facets=facets,
    checks=Checks(
        signals=_signals_of,
        slack=0.02,
        levels={"seeg": (1e-9, 1e9), "audio": (5e-5, 0.71)},
        shared=("text", "word"),
        doubts=doubts,
    ),
)
