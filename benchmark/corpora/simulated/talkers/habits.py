"""A talker's own ways of articulating: targets that stay the same whenever a phone is said.

Warping a vocal tract cannot change *how* it moves: of two warped talkers the z-scored movements
are the same. What makes talkers differ is here: how much the jaw and the lips do of the work, where
the tongue is held, and how much a consonant gives way to the vowels beside it. All targets are
those of the plain model; `anatomy` warps them afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import generator

PARAMETERS = (
    *("HX", "HY", "JX", "JA", "LP", "LD", "VS", "VO", "TCX", "TCY", "TTX", "TTY", "TBX", "TBY"),
    *("TRX", "TRY", "TS1", "TS2", "TS3"),
)
INDEX = {name: i for i, name in enumerate(PARAMETERS)}
RAW = "-raw"  # ends the names of shapes that are never articulated
LEAST_LIPS = 0.2  # cm, least distance of the lips in a vowel
CONTEXTS = "aiu"  # a consonant has a target beside each of these vowels: "tt-alveolar-closure(a)"

# Parameters that a consonant's context may move, by what makes the constriction. The others are
# what makes it: they stay.
FREE: Mapping[str, tuple[str, ...]] = {
    "ll": ("TCX", "TCY", "TTX", "TTY", "TBX", "TBY", "HY", "LP"),  # the lips
    "tt": ("TCX", "HY", "LP", "JA"),  # the tongue's tip
    "tb": ("TTX", "TTY", "HY", "LP", "JA"),  # the tongue's body
}


@dataclass(frozen=True)
class Spread:
    """Standard deviations between talkers of habit size 1, in cm (JA: degrees).

    `gains` are of a factor's logarithm: of how far a parameter leaves its mean over the vowels.
    """

    gains: tuple[tuple[str, float], ...] = (("JA", 0.45), ("LP", 0.35), ("LD", 0.25), ("HY", 0.2))
    coarticulation: float = 0.3  # of the factor that has the mean 0.8
    tip: tuple[tuple[str, float], ...] = (("TTX", 0.15), ("TTY", 0.22))  # in all phones
    jaw: float = 0.7  # in all consonants
    lips: float = 0.15  # protrusion in all phones
    vowel: tuple[tuple[str, float], ...] = (  # each vowel by itself
        *(("JA", 0.6), ("LP", 0.1), ("TCX", 0.18), ("TCY", 0.12), ("TTX", 0.12), ("TTY", 0.15)),
        ("TBY", 0.12),
    )
    vowel_lips: float = 0.12  # of the factor of the distance of the lips
    consonant: tuple[tuple[str, float], ...] = (("JA", 0.5), ("LP", 0.1))  # each by itself
    consonant_lips: float = 0.15  # as `vowel_lips`; not where the lips make the constriction
    by_maker: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = (
        ("ll", (("TCX", 0.18), ("TCY", 0.12))),
        ("tt", (("TCX", 0.15), ("TBY", 0.06))),
        ("tb", (("TCX", 0.12), ("TTY", 0.2))),
    )


SPREAD = Spread()
# Where the tongue's tip is held counts half at the blade, and so does where the body is.
BLADE = 0.5
LOWER = 0.04  # cm: the tongue lies so much lower, since a habit narrows a vowel more than it opens


def is_consonant(shape: str) -> bool:
    return "(" in shape


def phone(consonant: str) -> str:
    """A consonant's name without its context."""
    return consonant.partition("(")[0]


def maker(shape: str) -> str:
    """What makes a consonant's constriction: "ll", "tt" or "tb"."""
    return shape[:2]


class _Own:
    """One talker's habits, drawn once."""

    def __init__(self, seed: str, talker: str, size: float) -> None:
        self.names, self.size = (seed, talker, "habits"), size
        rng = generator(*self.names)
        self.gains = {n: float(np.exp(rng.normal(0.0, s * size))) for n, s in SPREAD.gains}
        spread = SPREAD.coarticulation * size
        self.coarticulation = float(np.clip(rng.normal(1.0 - 0.2 * size, spread), 0.2, 1.25))
        self.tip = {n: float(rng.normal(0.0, s * size)) for n, s in SPREAD.tip}
        self.jaw = float(rng.normal(0.0, SPREAD.jaw * size))
        self.lips = float(rng.normal(0.0, SPREAD.lips * size))

    def draw(self, what: str) -> np.random.Generator:
        return generator(*self.names, what)

    def offsets(
        self, rng: np.random.Generator, spreads: tuple[tuple[str, float], ...]
    ) -> dict[str, float]:
        return {name: float(rng.normal(0.0, spread * self.size)) for name, spread in spreads}


def _add(shape: Array, offsets: Mapping[str, float]) -> None:
    for name, value in offsets.items():
        shape[INDEX[name]] += value


def _vowel(own: _Own, name: str, plain: Array, mean: Array) -> Array:
    rng, shape = own.draw(name), plain.copy()
    for parameter, gain in own.gains.items():
        i = INDEX[parameter]
        shape[i] = mean[i] + gain * (plain[i] - mean[i])
    offsets = own.offsets(rng, SPREAD.vowel)
    _add(shape, offsets)
    _add(shape, own.tip)
    shape[INDEX["LP"]] += own.lips
    shape[INDEX["TCY"]] -= LOWER * own.size
    shape[INDEX["TBX"]] += BLADE * (offsets["TCX"] + own.tip["TTX"])
    shape[INDEX["TBY"]] += BLADE * own.tip["TTY"] - LOWER * own.size
    lips = shape[INDEX["LD"]] * (1.0 + own.size * SPREAD.vowel_lips * float(rng.normal()))
    shape[INDEX["LD"]] = max(lips, LEAST_LIPS)
    return shape


def _consonant(own: _Own, name: str, plain: Array, mean: Array) -> Array:
    """`mean` is over the contexts: coarticulation is how far the target leaves it."""
    by = maker(name)
    rng, shape = own.draw(phone(name)), plain.copy()  # the same in each context
    for parameter in FREE[by]:
        i = INDEX[parameter]
        shape[i] = mean[i] + own.coarticulation * (plain[i] - mean[i])
    _add(shape, own.offsets(rng, SPREAD.consonant))
    _add(shape, own.offsets(rng, dict(SPREAD.by_maker)[by]))
    _add(shape, {"JA": own.jaw, "LP": own.lips})
    if by != "tt":
        _add(shape, own.tip)
    if by == "ll":
        shape[INDEX["TCY"]] -= LOWER * own.size
    else:
        factor = 1.0 + own.size * SPREAD.consonant_lips * float(rng.normal())
        shape[INDEX["LD"]] *= factor
    return shape


def targets(
    plain: Mapping[str, Array], limits: tuple[Array, Array], seed: str, talker: str, size: float
) -> dict[str, Array]:
    """The talker's targets: shapes of the plain model, (19,) each in order of `PARAMETERS`.

    `limits`: the least and the greatest value of each parameter, (19,) each. Size 0 changes
    nothing.
    """
    if size == 0:
        return {name: shape.copy() for name, shape in plain.items()}
    own = _Own(seed, talker, size)
    vowels = [s for name, s in plain.items() if not is_consonant(name) and not name.endswith(RAW)]
    mean = np.mean(vowels, axis=0)
    result = {}
    for name, shape in plain.items():
        if name.endswith(RAW):
            result[name] = shape.copy()
            continue
        if is_consonant(name):
            over = np.mean([plain[f"{phone(name)}({context})"] for context in CONTEXTS], axis=0)
            mine = _consonant(own, name, shape, over)
        else:
            mine = _vowel(own, name, shape, mean)
        result[name] = np.clip(mine, *limits)
    return result
