"""Mixtures of simulated speech with noise: which there are, and their sound.

SNRs are those of EMGSE (Wang et al. 2022, arXiv:2202.06507): -10 to 10 dB to train and to choose
by, -11 to 4 dB to test. Noises are those of `noises.kinds`, and babble of one to three voices of
other talkers; noises, voices and sentences of a test are none of training. Every talker gives as
many mixtures of each SNR, and kinds go round, so that they are equally frequent. A talker's test
mixtures meet every test noise at two SNRs, 10 dB apart; the next talker's at the two others.

Everything is drawn from names and the corpus's seed, so a rule and its version are all that is
kept. Sound and SNR are those of the recordings as they are read, with the noise of their room.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmark.core import Array, UserError
from benchmark.corpora import mixing
from benchmark.corpora.mixtures import BABBLE, FARTHEST, Recipe
from benchmark.corpora.simulated.noises import kinds

ROLES = ("train", "train", "train", "test", "train", "valid", "train", "test")  # of sentences
KINDS: Mapping[str, tuple[str, ...]] = {side: (*kinds.SIDES[side], *BABBLE) for side in kinds.SIDES}


@dataclass(frozen=True)
class Protocol:
    """SNRs in dB, and how many mixtures of each a talker gives."""

    train_snr: tuple[int, ...] = (-10, -5, 0, 5, 10)  # also of validation
    test_snr: tuple[int, ...] = (-11, -6, -1, 4)
    train: int = 11
    valid: int = 2


PROTOCOL = Protocol()
READER: Mapping[str, Any] = {  # all that changes a mixture, besides the recordings and the seed
    "version": 1,
    "protocol": asdict(PROTOCOL),
    "roles": ROLES,
    "noises": str(kinds.PARAMETERS),
    "babble": BABBLE,
}


def roles(sentences: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """ "train", "valid" or "test" of each sentence, by its place among those of its talker."""
    return {
        id: ROLES[place % len(ROLES)] for ids in sentences.values() for place, id in enumerate(ids)
    }


def recipes(
    seed: str, sentences: Mapping[str, Sequence[str]], role: Mapping[str, str]
) -> list[Recipe]:
    """All mixtures of a corpus, talker by talker.

    `sentences` names each talker's voiced sentences, and `role` says of each whether it is to
    "train", "valid" or "test"; a talker may have none of a role. UserError: too few voices.
    """
    talkers = sorted(sentences)
    own = {
        r: {talker: [id for id in sentences[talker] if role[id] == r] for talker in talkers}
        for r in ("train", "valid", "test")
    }
    made = []
    for r, by_talker in own.items():
        side = "test" if r == "test" else "train"
        for turn, talker in enumerate(talkers):
            cells = _tested(turn) if r == "test" else _cells(seed, r, turn)
            ids = sorted(by_talker[talker], key=lambda id: _drawn(seed, "order", id))
            for place, (kind, snr) in enumerate(cells if ids else ()):
                clean = ids[place % len(ids)]
                made.append(_recipe(seed, clean, talker, side, kind, snr, own[side]))
    return made


def _cells(seed: str, role: str, turn: int) -> list[tuple[str, int]]:
    """Kind and SNR of the mixtures of the `turn`-th talker; kinds go on where the last stopped."""
    each = PROTOCOL.train if role == "train" else PROTOCOL.valid
    levels = [snr for snr in PROTOCOL.train_snr for _ in range(each)]
    order = sorted(KINDS["train"], key=lambda kind: _drawn(seed, role, kind))
    first = turn * len(levels)
    return [(order[(first + k) % len(order)], snr) for k, snr in enumerate(levels)]


def _tested(turn: int) -> list[tuple[str, int]]:
    """Every test noise at every second SNR, beginning with the one or the other."""
    return [
        (kind, snr)
        for place, kind in enumerate(KINDS["test"])
        for snr in PROTOCOL.test_snr[(turn + place) % 2 :: 2]
    ]


def _recipe(
    seed: str,
    clean: str,
    talker: str,
    side: str,
    kind: str,
    snr: int,
    voices: Mapping[str, Sequence[str]],
) -> Recipe:
    id = f"{clean}+{kind}-{'m' if snr < 0 else 'p'}{abs(snr)}"
    count = int(kind[-1]) if kind in BABBLE else 0
    chosen = _voices(seed, id, clean, talker, count, voices)
    offset = tuple(_drawn(seed, "offset", id, k) % FARTHEST for k in range(count))
    number = _drawn(seed, "number", id) % (1 << 31)
    return Recipe(id, clean, kind, side, number, chosen, offset, snr)


def _voices(
    seed: str, id: str, clean: str, talker: str, count: int, voices: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """A sentence each of `count` other talkers if there are as many, else several of anybody."""

    def chance(one: str) -> int:
        return _drawn(seed, "voice", id, one)

    others = sorted((name for name, ids in voices.items() if ids and name != talker), key=chance)
    if len(others) >= count:
        return tuple(min(voices[name], key=chance) for name in others[:count])
    pool = sorted((one for name in others for one in voices[name]), key=chance)
    pool += sorted((one for one in voices[talker] if one != clean), key=chance)
    if len(pool) < count:
        raise UserError(
            f"{clean}: expected {count} other sentences to babble, found {len(pool)}: more of the "
            "corpus is needed"
        )
    return tuple(pool[:count])


def _drawn(*names: str | int) -> int:
    """64 random bits that depend on nothing but names."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:8])


def mix(
    recipe: Recipe, seed: str, clean: Array, waveform: Callable[[str], Array]
) -> tuple[Array, Array]:
    """(noisy, clean), each (T,) float32 at 16 kHz on the grid of 16 bits, in [-1, 1).

    `clean` (T,) is the sentence, full scale 1; `waveform` gives the whole sound of a voice, which
    repeats as often as needed. UserError: silence somewhere.
    """
    if recipe.voices:
        return mixing.mix(recipe, clean, waveform)
    added = kinds.noise(seed, recipe.role, recipe.kind, recipe.seed, len(clean))
    return mixing.add(recipe, clean, added)
