"""Seeded mixtures of clean speech with noise, for any corpus: which there are.

The protocol is that of EMGSE (Wang et al. 2022, arXiv:2202.06507): an utterance to train on or to
choose by meets, at each of five SNRs, five noises drawn from those of training; a test utterance
meets every test noise at each of four other SNRs. Recipes are drawn from names alone, so nothing
is kept on disk and the same corpus always gives the same mixtures.

Noises: those that `noise` synthesises, and babble of one to three voices of the corpus itself,
since the published recordings may not be passed on. Who has them, or others, puts them into the
corpus folder as `noise/train/*.wav` and `noise/test/*.wav`, of 16 kHz or more: then these are the
only noises, called after their files (what is no letter, digit or hyphen becomes `_`).

Known differences: the published program brings each mixture to a peak of 1; here mixture and clean
speech are attenuated together, and only where the mixture would clip. Noises of validation are
those of training. SNRs are by energy over the whole utterance, its pauses too.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmark.core import UserError
from benchmark.corpora import noise
from benchmark.corpora.io import files, sound

FOLDER = "noise"  # below the folder of a corpus
SIDES = ("train", "test")  # of noises; validation meets those of training
SOUNDS = ("wav", "flac", "mp3", "ogg", "aif", "aiff", "w64", "m4a", "opus")
BABBLE = ("babble1", "babble2", "babble3")  # the last figure counts the voices
UNFIT = re.compile(r"[^A-Za-z0-9-]+")  # for a name within an id
FARTHEST = 1 << 20  # samples, where a voice begins at the latest; it repeats


@dataclass(frozen=True)
class Protocol:
    """How many mixtures an utterance gives: SNRs in dB, and noises drawn for each of them."""

    train: tuple[int, ...] = (-10, -5, 0, 5, 10)  # also of validation
    test: tuple[int, ...] = (-11, -6, -1, 4)
    draws: int = 5  # of the noises of training; a test utterance meets all test noises


@dataclass(frozen=True)
class Noises:
    """Names of noises, and the files of those that are recorded, by `noise/<side>/<name>`."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    files: Mapping[str, Path] = field(default_factory=dict)


PROTOCOL = Protocol()
SYNTHESISED = Noises((*noise.KINDS, *BABBLE), (*noise.KINDS, *BABBLE))
READER: Mapping[str, Any] = {  # all that changes a mixture, besides the corpus, for its digest
    "version": 1,
    "protocol": asdict(PROTOCOL),
    "noises": [str(noise.PARAMETERS), *SYNTHESISED.train],
}


@dataclass(frozen=True)
class Recipe:
    """One mixture; all fields but `id` and `clean` are what `mixing.disturbance` asks for."""

    id: str  # <utterance>+<noise>-<snr>, such as spk1-b1-0042+pink-m11 for -11 dB
    clean: str  # the utterance
    kind: str  # the noise
    role: str  # "train" or "test": which of the two sides the noise comes from
    seed: int  # of a synthesised noise
    voices: tuple[str, ...]  # utterances that babble, or the one recorded noise
    offset: tuple[int, ...]  # sample at which each voice begins, round its end
    snr: int  # dB


def noises(folder: Path) -> Noises:
    """What is to be mixed in a corpus: recorded noises if its folder has any, else synthesised.

    UserError where the folder of noises lacks a side or holds what would not be heard, or two files
    would have the same name.
    """
    base = folder / FOLDER
    if not base.is_dir():
        return SYNTHESISED
    for path in files.entries(base):
        if path.name not in SIDES and (path.is_dir() or files.ending(path) in SOUNDS):
            raise UserError(
                f"{path}: expected noises in {' and '.join(SIDES)} alone, nobody would hear this "
                "one; move it away"
            )
    found = {side: _recorded(base / side) for side in SIDES}
    paths = {f"{FOLDER}/{s}/{name}": path for s in SIDES for name, path in found[s].items()}
    return Noises(tuple(found["train"]), tuple(found["test"]), paths)


def _recorded(folder: Path) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for path in files.entries(folder):
        if files.ending(path) != "wav" or not path.is_file():
            raise UserError(f"{path}: expected *.wav alone; convert it or move it away")
        name = UNFIT.sub("_", path.stem)
        for other in (other for other in named if other.lower() == name.lower()):
            raise UserError(
                f"{path}: expected a name of its own, but it is called {name} as "
                f"{named[other].name} is; rename one of them"
            )
        named[name] = path
    if not named:
        raise UserError(
            f"{folder}: expected *.wav with noises, found none; add some, or move {FOLDER} away"
        )
    return named


def noise_files(folder: Path) -> list[Path]:
    """The files of recorded noises of a corpus, sorted: what `noises` would read, sound or not."""
    sides = (files.entries(folder / FOLDER / side) for side in SIDES)
    return sorted(path for side in sides for path in side if path.is_file())


def problems(folder: Path) -> list[str]:
    """One sentence for each recorded noise that cannot be used, or is there twice; reads them all.

    Of a lower rate than speech a noise has none of what is heard above, so its SNR would be another
    one there.
    """
    try:
        recorded = noises(folder)
    except UserError as problem:
        return [str(problem)]
    told: list[str] = []
    known: dict[str, Path] = {}
    for path in recorded.files.values():  # those of training come first
        try:
            content = sound.examine(path)
            if (rate := sound.header(path).rate) < noise.AUDIO_RATE:
                raise UserError(
                    f"{path}: expected {noise.AUDIO_RATE} Hz or more, found {rate} Hz; record or "
                    "get it again"
                )
        except UserError as problem:
            told.append(str(problem))
            continue
        if same := known.get(content):
            what = "is not heard in training" if same.parent != path.parent else "is there once"
            told.append(
                f"{path}: expected a noise that {what}, found the sound of {same}; remove one of "
                "them"
            )
        known.setdefault(content, path)
    return told


def recipes(
    roles: Mapping[str, str],
    noises: Noises = SYNTHESISED,
    speakers: Mapping[str, str] | None = None,
    protocol: Protocol = PROTOCOL,
) -> list[Recipe]:
    """All mixtures of the utterances, one after the other, by SNR and then by noise.

    `roles` says of each utterance whether it is to "train", "valid" or "test". Voices of babble are
    training utterances, and test utterances where one is tested: no voice has both sides, and none
    babbles over itself. They are of other speakers where `speakers` knows three such utterances,
    else of anybody. In all there are (train + valid) * 5 SNRs * 5 noises + test * 4 SNRs * noises.
    UserError: fewer noises of training than are drawn, or fewer utterances than voices.
    """
    if len(noises.train) < protocol.draws:
        raise UserError(
            f"expected {protocol.draws} noises of training or more, found {len(noises.train)}: "
            f"add some to {FOLDER}/train"
        )
    speaker = dict(speakers or {})
    voices = _pools(roles, speaker)
    made = []
    for id, role in roles.items():
        side = "test" if role == "test" else "train"
        pool = voices[side, speaker.get(id)]
        for snr in protocol.test if side == "test" else protocol.train:
            kinds: Sequence[str] = noises.test
            if side == "train":
                order = sorted(noises.train, key=lambda kind: _drawn("noise", id, snr, kind))
                kinds = [kind for kind in noises.train if kind in order[: protocol.draws]]
            made += [_recipe(id, side, snr, kind, noises, pool) for kind in kinds]
    return made


def _pools(
    roles: Mapping[str, str], speaker: Mapping[str, str]
) -> Mapping[tuple[str, str | None], Sequence[str]]:
    """Utterances that may babble over those of a speaker, by side and speaker."""
    pools: dict[tuple[str, str | None], Sequence[str]] = {}
    for side in SIDES:
        every = [id for id, role in roles.items() if role == side]
        for name in {speaker.get(id) for id in roles}:
            others = [id for id in every if speaker.get(id) != name]
            pools[side, name] = others if len(others) >= len(BABBLE) else every
    return pools


def _recipe(
    clean: str, side: str, snr: int, kind: str, noises: Noises, pool: Sequence[str]
) -> Recipe:
    id = f"{clean}+{kind}-{'m' if snr < 0 else 'p'}{abs(snr)}"
    file = f"{FOLDER}/{side}/{kind}"
    count = int(kind[-1]) if kind in BABBLE and not noises.files else 0
    voices = (file,) if file in noises.files else _voices(id, clean, side, count, pool)
    offset = tuple(_drawn("offset", id, k) % FARTHEST for k in range(len(voices)))
    return Recipe(id, clean, kind, side, _drawn("seed", id) % (1 << 31), voices, offset, snr)


def _voices(id: str, clean: str, side: str, count: int, pool: Sequence[str]) -> tuple[str, ...]:
    if len(pool) <= count and len(set(pool) - {clean}) < count:
        raise UserError(
            f"{clean}: expected {count} other utterances of role {side} to babble, found "
            f"{len(set(pool) - {clean})}: more of the corpus is needed"
        )
    draws = (pool[_drawn("voice", id, k) % len(pool)] for k in itertools.count())
    chosen: list[str] = []
    while len(chosen) < count:
        if (voice := next(draws)) not in (clean, *chosen):
            chosen.append(voice)
    return tuple(chosen)


def _drawn(*names: str | int) -> int:
    """64 random bits that depend on nothing but names, not even on the version of a library."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:8])


def facets(id: str) -> dict[str, str]:
    """Noise and SNR of a mixture, by its id; nothing of other recordings."""
    _, plus, mixture = id.partition("+")
    kind, hyphen, snr = mixture.rpartition("-")
    if not (plus and hyphen):
        return {}
    return {"noise": kind, "SNR [dB]": f"{'-' if snr.startswith('m') else ''}{int(snr[1:])}"}
