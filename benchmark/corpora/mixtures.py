"""Seeded mixtures of clean speech with noise, for any corpus: which there are, and their sound.

The protocol is that of EMGSE (Wang et al. 2022, arXiv:2202.06507): an utterance to train on or to
choose by meets, at each of five SNRs, five noises drawn from those of training; a test utterance
meets every test noise at each of four other SNRs. Recipes are drawn from names alone, so nothing
is kept on disk and the same corpus always gives the same mixtures.

Noises: those that `benchmark.corpora.embedded.sensors.noise` synthesises, and babble of one to three voices of the
corpus itself, since the published recordings may not be passed on. Who has them, or others, puts
them into the corpus folder as `noise/train/*.wav` and `noise/test/*.wav`: then these are the only
noises, called after their files (what is no letter, digit or hyphen becomes `_`).

Traps: the published program brings each mixture to a peak of 1, here level is only taken from
mixture and clean speech together, and only where the mixture would clip. Noises of validation are
those of training. SNRs are by energy over the whole utterance, its pauses too.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.embedded.sensors import mixing, noise
from benchmark.corpora.embedded.sensors.source import AUDIO_RATE

FOLDER = "noise"  # below the folder of a corpus
SIDES = ("train", "test")  # of noises; validation meets those of training
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
READER: Mapping[str, Any] = {  # all that changes a mixture, beside the corpus, for its digest
    "version": 1,
    "protocol": asdict(PROTOCOL),
    "noises": [str(noise.PARAMETERS), *SYNTHESISED.train],
}


@dataclass(frozen=True)
class Recipe:
    """One mixture; beside `id` and `clean` it has what `benchmark.corpora.embedded.sensors.mixing` asks for."""

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

    UserError where the folder of noises lacks a side, or two files would have the same name.
    """
    base = folder / FOLDER
    if not base.is_dir():
        return SYNTHESISED
    found = {side: _recorded(base / side) for side in SIDES}
    files = {f"{FOLDER}/{s}/{name}": path for s in SIDES for name, path in found[s].items()}
    return Noises(tuple(found["train"]), tuple(found["test"]), files)


def _recorded(folder: Path) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for path in sorted(folder.glob("*.wav")):
        name = UNFIT.sub("_", path.stem)
        if name in named:
            raise UserError(
                f"{path}: expected a name of its own, but it is called {name} as "
                f"{named[name].name} is; rename one of them"
            )
        named[name] = path
    if not named:
        raise UserError(
            f"{folder}: expected *.wav with noises, found none; add some, or move {FOLDER} away"
        )
    return named


def shared(noises: Noises) -> list[str]:
    """One sentence for each recorded test noise that has the bytes of one of training."""
    known: dict[str, Path] = {}
    problems = []
    for path in noises.files.values():  # those of training come first
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        if content in known and known[content].parent != path.parent:
            problems.append(
                f"{path}: expected a noise that is not heard in training, found the bytes of "
                f"{known[content]}; remove one of them"
            )
        known.setdefault(content, path)
    return problems


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


def mix(recipe: Recipe, clean: Array, waveform: Callable[[str], Array]) -> tuple[Array, Array]:
    """(noisy, clean), each (T,) float32 at 16 kHz on the grid of 16 bits, in [-1, 1).

    `clean` (T,) is the utterance, full scale 1; `waveform` gives the whole sound of a voice, which
    repeats as often as needed: see `sound` for recorded noises. UserError: silence somewhere.
    """
    if not np.any(clean):
        raise UserError(f"{recipe.clean}: expected speech, found silence; get the file again")
    with np.errstate(divide="ignore", invalid="ignore"):
        added = mixing.disturbance(vars(recipe), len(clean), waveform)
    if not np.isfinite(added).all():
        raise UserError(
            f"{recipe.id}: expected a sound to mix, found silence in {' and '.join(recipe.voices)};"
            " get the file again"
        )
    scale, gain = mixing.levels(clean, added, recipe.snr)
    noisy = mixing.sixteen_bits((clean + scale * added) * gain)
    return noisy, mixing.sixteen_bits(clean * gain)


def sound(noises: Noises, voice: str) -> Array:
    """A recorded noise (T,) float64 at 16 kHz, the mean of its channels; UserError if unsound."""
    from scipy.signal import resample_poly

    samples, rate = read_wav(noises.files[voice])
    common = int(np.gcd(rate, AUDIO_RATE))
    mono = samples.mean(axis=1)
    if rate == AUDIO_RATE:
        return np.asarray(mono)
    return np.asarray(resample_poly(mono, AUDIO_RATE // common, rate // common))


def read_wav(path: Path) -> tuple[Array, int]:
    """Samples (T, channels) float64, full scale 1, T >= 1, and their rate in Hz.

    UserError names the file that is no sound file, has no sample, NaN, or samples beyond full
    scale, as those of whole numbers stored as floats are.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, soundfile.SoundFileError) as problem:
        raise UserError(f"{path}: not a sound wav file ({problem}); get it again") from problem
    if not len(samples) or not np.isfinite(samples).all():
        raise UserError(f"{path}: expected finite samples, found NaN or none; get the file again")
    if (peak := float(np.abs(samples).max())) > 1.001:
        raise UserError(f"{path}: expected samples from -1 to 1, found {peak:.6g}; get it again")
    return samples, int(rate)


def facets(id: str) -> dict[str, str]:
    """Noise and SNR of a mixture, by its id; nothing of other recordings."""
    _, plus, mixture = id.partition("+")
    kind, hyphen, snr = mixture.rpartition("-")
    if not (plus and hyphen):
        return {}
    return {"noise": kind, "SNR [dB]": f"{'-' if snr.startswith('m') else ''}{int(snr[1:])}"}
