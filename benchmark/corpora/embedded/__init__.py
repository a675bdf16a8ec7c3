"""The embedded corpus: simulated speakers, small enough to ship with the package.

`data/` holds what a vocal tract model put out: sound and the movement that made it. All
signals are derived from that when they are read, by `sensors/`. Three kinds of recording:
sentences, single words, and mixtures of a sentence with noise. See docs/embedded_corpus.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Checks, Corpus, Recording, Signal, UserError
from benchmark.corpora import mixing, noise
from benchmark.corpora.embedded.sensors import articulation, emg, lips, mel, seeg, ultrasound
from benchmark.corpora.embedded.sensors.source import FRAME_RATE, Source, Speaker
from benchmark.corpora.mixtures import facets
from benchmark.corpora.noise import AUDIO_RATE

FOLDER = Path(__file__).with_name("data")
SENSORS = (articulation, emg, seeg, mel, lips, ultrasound)
WORDS = ("back", "close", "down", "left", "menu", "open", "right", "stop", "up", "yes")

DERIVED: Mapping[str, Callable[[Source], Array]] = {
    "articulation": articulation.articulation,
    "voicing": articulation.voicing,
    "emg": emg.emg,
    "seeg": seeg.seeg,
    "mel": mel.mel,
    "lips": lips.lips,
    "ultrasound": ultrasound.ultrasound,
    "contour": ultrasound.contour,
    "audio": lambda source: source.audio.astype(np.float32),
}
MIXED = ("noisy", "clean", "emg")
PHONE_RATE = articulation.PARAMETERS.rate
SILENCE = "sil"
PHONES = (
    *(SILENCE, "@", "A", "D", "E", "I", "O", "T", "U", "V", "a", "b", "d", "dZ", "f", "g", "i"),
    *("j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "tS", "u", "v", "w", "z", "{"),
)
SOUND = Signal("full scale", "float32", AUDIO_RATE, span=2.0)
SIGNALS: Mapping[str, Signal] = {
    **{name: signal for sensor in SENSORS for name, signal in sensor.SIGNALS.items()},
    "audio": SOUND,
    "noisy": SOUND,
    "clean": SOUND,
    "word": Signal("class", "int64", labels=WORDS),
    "phones": Signal("phone", "uint8", PHONE_RATE, labels=PHONES),
    "text": Signal("code point", "uint32", free=True),
}


@lru_cache(maxsize=2)
def manifest(folder: Path) -> dict[str, Any]:
    """The manifest, with its recordings as a dict by id."""
    try:
        found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{folder}: expected manifest.json of the embedded corpus, found none; "
            "install the package again"
        ) from None
    found["recordings"] = {entry["id"]: entry for entry in found["recordings"]}
    return found


@lru_cache(maxsize=2)
def mixtures(folder: Path) -> dict[str, dict[str, Any]]:
    """Recipes of mixtures by id; none where the folder has no list of them."""
    path = folder / "mixtures.json"
    recipes = json.loads(path.read_text("utf-8")) if path.exists() else []
    return {recipe["id"]: recipe for recipe in recipes}


@lru_cache(maxsize=8)
def sound(folder: Path, speaker: str) -> Array:
    """All sound of a speaker, int16 at 16 kHz."""
    import soundfile

    samples, rate = soundfile.read(folder / f"{speaker}.flac", dtype="int16")
    if rate != AUDIO_RATE:
        raise UserError(f"{speaker}.flac: expected {AUDIO_RATE} Hz, got {rate}; run verify")
    return np.asarray(samples)


@lru_cache(maxsize=8)
def frames(folder: Path, speaker: str) -> dict[str, Array]:
    """Arrays of a speaker at 100 Hz, as they are stored."""
    with np.load(folder / f"{speaker}.npz") as stored:
        return {name: stored[name] for name in ("points", "tongue", "f0", "voiced", "palate")}


@lru_cache(maxsize=8)
def speaker(folder: Path, name: str) -> Speaker:
    stored = frames(folder, name)
    points = stored["points"] / 100.0
    pitch = np.log2(np.maximum(stored["f0"][stored["voiced"] > 0], 1) / 100.0)
    return Speaker(
        id=name,
        rest=points.mean(axis=0),
        spread=np.maximum(points.std(axis=0), 0.05),
        tongue=stored["tongue"].mean(axis=0) / 100.0,
        palate=stored["palate"] / 100.0,
        pitch=(float(pitch.mean()), max(float(pitch.std()), 0.01)),
    )


def waveform(folder: Path, id: str) -> Array:
    """Sound (T,) float64 in [-1, 1) of one clean recording."""
    entry = manifest(folder)["recordings"][id]
    first, count = entry["audio"]
    return np.asarray(sound(folder, entry["talker"])[first : first + count] / 32768.0)


def source(folder: Path, id: str) -> Source:
    """What the sensors look at: one clean recording, in mm, Hz and full scale."""
    entry = manifest(folder)["recordings"][id]
    first, count = entry["frames"]
    part = {
        name: values[first : first + count]
        for name, values in frames(folder, entry["talker"]).items()
        if name != "palate"
    }
    return Source(
        id=id,
        session=entry["session"],
        speaker=speaker(folder, entry["talker"]),
        points=part["points"] / 100.0,
        tongue=part["tongue"] / 100.0,
        f0=part["f0"] / 100.0,
        voiced=part["voiced"] > 0,
        audio=waveform(folder, id),
    )


def phones(entry: Mapping[str, Any]) -> Array:
    """(T,) uint8 at 50 Hz: the phone that is being said, as its place in PHONES."""
    count = entry["frames"][1]
    times = np.arange(int(count * PHONE_RATE / FRAME_RATE + 0.5)) / PHONE_RATE
    said = np.zeros(len(times), np.uint8)
    for name, begin, end in entry["phones"]:
        said[(times >= begin) & (times < end)] = PHONES.index(name)
    return said


def read(folder: Path, id: str, signal: str) -> Array:
    """One signal of a clean recording; `word` only of single words."""
    entry = manifest(folder)["recordings"][id]
    if signal == "word" and entry["kind"] == "word":
        return np.array(WORDS.index(entry["text"]), np.int64)
    if signal == "text":
        return np.array([ord(letter) for letter in entry["text"]], np.uint32)
    if signal == "phones":
        return phones(entry)
    if signal not in DERIVED:
        has = ", ".join((*DERIVED, "text", "phones")) + (
            ", word" if entry["kind"] == "word" else ""
        )
        raise UserError(f"{id} is a {entry['kind']} and has no signal {signal!r}; it has {has}")
    return DERIVED[signal](source(folder, id))


def read_mixture(folder: Path, id: str, signal: str) -> Array:
    """`noisy` and `clean` of a mixture, and the EMG of the recording that was mixed."""
    recipe = mixtures(folder)[id]
    if signal not in MIXED:
        raise UserError(
            f"{id} is a mixture and has no signal {signal!r}; it has {', '.join(MIXED)}"
        )
    if signal == "emg":
        return read(folder, recipe["clean"], "emg")
    clean = waveform(folder, recipe["clean"])
    if signal == "clean":
        return mixing.sixteen_bits(clean * recipe["gain"])
    disturbance = mixing.disturbance(recipe, len(clean), partial(waveform, folder))
    return mixing.sixteen_bits((clean + recipe["scale"] * disturbance) * recipe["gain"])


def recordings(folder: Path = FOLDER) -> list[Recording]:
    """All recordings, clean ones first; nothing but the two lists is read."""
    entries = manifest(folder)["recordings"]
    clean = [
        Recording(id, e["talker"], e["session"], e["text"], partial(read, folder, id))
        for id, e in entries.items()
    ]
    mixed = [
        Recording(id, e["talker"], e["session"], e["text"], partial(read_mixture, folder, id))
        for id, e in ((id, entries[recipe["clean"]]) for id, recipe in mixtures(folder).items())
    ]
    return clean + mixed


def verify(folder: Path = FOLDER) -> list[str]:
    """One sentence for each file that is missing or is not as the manifest says."""
    problems = []
    for name, expected in manifest(folder)["files"].items():
        path = folder / name
        if not path.exists():
            problems.append(f"{name}: expected a file in {folder}, found none; install again")
        elif (got := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
            problems.append(
                f"{name}: expected sha256 {expected[:12]}, got {got[:12]}; install again"
            )
    return problems


def digest(folder: Path = FOLDER) -> str:
    """SHA-256 of the two lists, which hold all files' checksums, and of all sensors' parameters."""
    state = hashlib.sha256()
    for name in ("manifest.json", "mixtures.json"):
        path = folder / name
        state.update(path.read_bytes() if path.exists() else b"")
    for module in (*SENSORS, noise):
        # A fixed prefix, wherever the module lies: published results carry this digest.
        name = module.__name__.rpartition(".")[2]
        state.update(f"benchmark.sensors.{name} {module.PARAMETERS}".encode())
    return state.hexdigest()


def has(id: str) -> tuple[str, ...]:
    """Signals of a recording: `word` is of single words, a mixture has three."""
    if "+" in id:
        return MIXED
    entry = manifest(FOLDER)["recordings"][id]
    return (*DERIVED, "phones", "text", *(("word",) if entry["kind"] == "word" else ()))


def locate(_root: Path) -> Path | None:
    """The package's own folder, wherever the user keeps other data."""
    return FOLDER


CORPUS = Corpus(
    name="embedded",
    title="Embedded corpus of simulated speakers",
    version="1",
    licence="Simulated with VocalTractLab (GPL-3.0); the data hold no part of the program",
    citation="Birkholz (2013), Modeling consonant-vowel coarticulation for articulatory speech "
    "synthesis, PLoS ONE 8(4): e60603 (VocalTractLab); sensors: docs/embedded_corpus.md",
    advice="comes with the package",
    signals=SIGNALS,
    locate=locate,
    recordings=recordings,
    digest=digest,
    verify=verify,
    synthetic=True,
    size="22 MB, within the package",
    source="docs/embedded_corpus.md",
    known_issues=(
        "Simulated: a score says that a method works on this simulation, nothing about people.",
        "Speakers are copies of one model of the vocal tract: they differ in size, not in "
        "proportions, and less than people do.",
        "Not every recording has every signal: `word` is of single words, `noisy` and `clean` are "
        "of mixtures, which otherwise have `emg` only.",
        "The number of contacts of `seeg` differs from speaker to speaker.",
        "White and pink noise of test mixtures differ from those of training by realisation only.",
    ),
    facets=facets,
    checks=Checks(
        signals=has,
        flat=("ultrasound",),  # beyond the fan
        # Of mixtures of one sentence, and of one word said alike by one speaker or by two.
        shared=("emg", "clean", "text", "word", "voicing", "phones"),
    ),
)
