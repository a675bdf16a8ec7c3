"""Recordings of a simulated corpus, read from its files.

A clean recording is a take: a sentence, a command word with or without company, or a sentence moved
without voice, whose id ends in "-silent". Mixtures of sentences with noise follow from the list of
sentences by rule. All signals are derived when they are read, by `sensors`. A silent take has no
sound: its `mel`, loudness, pitch and voicing are those of the voiced take of the same text by the
same talker, brought to its own time (`sensors.aloud`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmark.core import Array, Recording, Signal, UserError
from benchmark.corpora.io import mel
from benchmark.corpora.mixtures import Recipe
from benchmark.corpora.noise import AUDIO_RATE
from benchmark.corpora.simulated import files, mixtures
from benchmark.corpora.simulated.listing import SILENT, WORD
from benchmark.corpora.simulated.sensors import (
    aloud,
    articulation,
    emg,
    lips,
    seeg,
    sound,
    ultrasound,
)
from benchmark.corpora.simulated.sensors.source import FRAME_RATE, Source
from benchmark.corpora.simulated.stored import (
    Entry,
    entry,
    manifest,
    movement,
    speaker,
    stored_sound,
)
from benchmark.corpora.simulated.texts import lexicon

DERIVED: Mapping[str, Callable[[Source], Array]] = {
    "articulation": aloud.articulation,
    "voicing": aloud.voicing,
    "emg": emg.emg,
    "seeg": seeg.seeg,
    "mel": aloud.mel,
    "speech": sound.speech,
    "lips": lips.lips,
    "ultrasound": ultrasound.ultrasound,
    "contour": ultrasound.contour,
    "audio": sound.audio,
}
NOISELESS: Mapping[str, Callable[[Source], Array]] = {"ultrasound": ultrasound.noiseless}
GRAMMAR_TEXT = "grammar_text"  # as `text`, for metrics whose recogniser knows this grammar alone
MIXED = ("noisy", "clean", "emg", GRAMMAR_TEXT)
PHONE_RATE = articulation.PARAMETERS.rate
SOUND = sound.SIGNALS["audio"]
TEXT = Signal("code point", "uint32", free=True)
SIGNALS: Mapping[str, Signal] = {
    **articulation.SIGNALS,
    **emg.SIGNALS,
    **seeg.SIGNALS,
    **sound.SIGNALS,
    **lips.SIGNALS,
    **ultrasound.SIGNALS,
    "noisy": SOUND,
    "clean": SOUND,
    "word": Signal("class", "int64", labels=lexicon.WORDS),
    "phones": Signal("phone", "uint8", PHONE_RATE, labels=lexicon.PHONES),
    "text": TEXT,
    GRAMMAR_TEXT: TEXT,
}
SENSORS = (articulation, emg, seeg, mel, sound, lips, ultrasound)
LEAST = 4  # sentences to train on, and to test on, below which there are no mixtures


def waveform(folder: Path, id: str) -> Array:
    """Sound (160 N,) float64 in [-1, 1) of a take with voice, as heard in its room."""
    return sound.in_room(stored_sound(folder, id), manifest(folder)["sensor_seed"], id)


@lru_cache(maxsize=4)
def source(folder: Path, id: str) -> Source:
    """What the sensors look at: one take, in mm, Hz and full scale."""
    line = entry(folder, id)
    first, count = line["frames"]
    made = movement(folder, line["talker"])
    if not 0 <= first <= first + count <= len(made.points):
        raise UserError(
            f"{folder / files.MANIFEST}: {id}: expected frames below {len(made.points)}, found "
            f"{first} to {first + count}; {files.AGAIN}"
        )
    part, silent = slice(first, first + count), line["kind"] == "silent"
    return Source(
        id=id,
        session=line["session"],
        speaker=speaker(folder, line["talker"]),
        points=made.points[part] * files.POINT,
        tongue=made.tongue(first, count),
        f0=made.f0[part] * files.HERTZ,
        voiced=made.voiced[part],
        audio=np.zeros(count * AUDIO_RATE // FRAME_RATE) if silent else waveform(folder, id),
        seed=manifest(folder)["sensor_seed"],
        phones=tuple((name, begin, end) for name, begin, end in line["phones"]),
        silent=silent,
        aloud=source(folder, line["of"]) if silent else None,
    )


def phones(line: Entry) -> Array:
    """(T,) uint8 at 50 Hz: the phone that is being said, as its place in lexicon.PHONES."""
    count = line["frames"][1]
    times = np.arange(int(count * PHONE_RATE / FRAME_RATE + 0.5)) / PHONE_RATE
    said = np.zeros(len(times), np.uint8)
    for name, begin, end in line["phones"]:
        said[(times >= begin) & (times < end)] = lexicon.PHONES.index(name)
    return said


def has(id: str) -> tuple[str, ...]:
    """Signals of a recording, told by its id: silent takes have no sound, only words a `word`."""
    if "+" in id:
        return MIXED
    if SILENT.fullmatch(id):
        return (*(name for name in DERIVED if name != "audio"), "phones", "text", GRAMMAR_TEXT)
    return (*DERIVED, "phones", "text", GRAMMAR_TEXT, *(("word",) if WORD.fullmatch(id) else ()))


def read(folder: Path, id: str, signal: str) -> Array:
    """One signal of a clean recording; UserError where it has no such signal."""
    line = entry(folder, id)
    if signal not in has(id):
        raise UserError(
            f"{id} is a recording of kind {line['kind']} and has no signal {signal!r}; it has "
            f"{', '.join(has(id))}"
        )
    if signal == "word":
        return np.array(lexicon.WORDS.index(lexicon.command(line["text"])), np.int64)
    if signal in ("text", GRAMMAR_TEXT):
        return np.array([ord(letter) for letter in line["text"]], np.uint32)
    if signal == "phones":
        return phones(line)
    return DERIVED[signal](source(folder, id))


def read_noiseless(signal: str, folder: Path, id: str) -> Array:
    """A signal of a clean recording without what its sensor adds at random."""
    return NOISELESS[signal](source(folder, id))


def secret_of(folder: Path) -> str:
    """The digest of the secret that a sealed corpus was made from; UserError where it is none."""
    head = manifest(folder)
    if not head.get("sealed"):
        raise UserError(f"{folder}: expected a sealed corpus, found one that trains, too")
    return str(head["seed_sha256"])


def sentences(folder: Path) -> dict[str, list[str]]:
    """Ids of each talker's voiced sentences, in the order of the list."""
    found: dict[str, list[str]] = {about["id"]: [] for about in manifest(folder)["talkers"]}
    for id, line in manifest(folder)["recordings"].items():
        if line["kind"] == "sentence":
            found[line["talker"]].append(id)
    return found


@lru_cache(maxsize=4)
def recipes(folder: Path) -> dict[str, Recipe]:
    """The mixtures of a corpus by id; none where it is too small for voices to babble."""
    by_talker = sentences(folder)
    roles = mixtures.roles(by_talker)
    if sealed := bool(manifest(folder).get("sealed")):
        roles = dict.fromkeys(roles, "test")
    said = [*roles.values()]
    if min(LEAST if sealed else said.count("train"), said.count("test")) < LEAST:
        return {}
    made = mixtures.recipes(manifest(folder)["sensor_seed"], by_talker, roles)
    return {recipe.id: recipe for recipe in made}


def read_mixture(folder: Path, id: str, signal: str) -> Array:
    """`noisy` and `clean` of a mixture, EMG and text of the recording that was mixed."""
    if signal not in MIXED:
        raise UserError(
            f"{id} is a mixture and has no signal {signal!r}; it has {', '.join(MIXED)}"
        )
    if signal in ("emg", GRAMMAR_TEXT):
        return read(folder, recipes(folder)[id].clean, signal)
    noisy, clean = mixed(folder, id)
    return (noisy if signal == "noisy" else clean).copy()


@lru_cache(maxsize=4)  # both of its sounds are read, one after the other
def mixed(folder: Path, id: str) -> tuple[Array, Array]:
    """`noisy` and `clean` of a mixture."""
    recipe, heard = recipes(folder)[id], partial(waveform, folder)
    seed = manifest(folder)["sensor_seed"]
    return mixtures.mix(recipe, seed, heard(recipe.clean), heard)


def recordings(folder: Path) -> list[Recording]:
    """All recordings, clean ones first; nothing but the list is read."""
    entries = manifest(folder)["recordings"]
    clean = [
        Recording(id, line["talker"], line["session"], line["text"], partial(read, folder, id))
        for id, line in entries.items()
    ]
    mixed = [
        Recording(id, e["talker"], e["session"], e["text"], partial(read_mixture, folder, id))
        for id, e in ((id, entries[recipe.clean]) for id, recipe in recipes(folder).items())
    ]
    return clean + mixed


def verify(folder: Path) -> list[str]:
    """One sentence for each file that is missing or is not as the list says."""
    try:
        sums = manifest(folder)["files"]
    except UserError as error:  # of the list itself
        return [str(error)]
    problems = []
    for name, expected in sums.items():
        path = folder / name
        if not path.exists():
            problems.append(f"{name}: expected a file in {folder}, found none; {files.AGAIN}")
        elif (got := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
            problems.append(
                f"{name}: expected sha256 {expected[:12]}, found {got[:12]}; {files.AGAIN}"
            )
    return problems


def listed(folder: Path) -> list[Path]:
    """Every file of a corpus."""
    return [folder / files.MANIFEST, *(folder / name for name in manifest(folder)["files"])]


def digest() -> str:
    """SHA-256 of all that changes a signal besides the files: parameters and rules."""
    state = hashlib.sha256(f"format {files.FORMAT}".encode())
    for module in SENSORS:
        name = module.__name__.rpartition(".")[2]
        state.update(f" {name} {module.PARAMETERS}".encode())
    state.update(json.dumps(mixtures.READER, sort_keys=True).encode())
    return state.hexdigest()
