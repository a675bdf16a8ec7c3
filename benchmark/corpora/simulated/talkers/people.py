"""Who speaks: what a talker is drawn from, the talkers of the release, and those of development."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Literal

import numpy as np

from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.takes import CLASSES, TIERS, Style, Talker, Warp
from benchmark.corpora.simulated.talkers.anatomy import SAFE

Sex = Literal["female", "male"]

HABITS = (0.6, 1.0)  # least and greatest size of a talker's own ways of articulating
SIZE = {"female": 0.89, "male": 1.0}  # of the vocal tract against the plain model's
PHARYNX = {"female": 0.9, "male": 1.03}  # besides: women have the shorter pharynx
F0 = {"female": 200.0, "male": 112.0}  # Hz
# The synthesiser refuses to open the velum with time constants below 0.85 of its own. Ones above
# 1.3, at this rate, leave so little of each phone that half of the words were not understood.
FASTEST, SLOWEST = 0.85, 1.3


def _around(rng: np.random.Generator, spread: float) -> float:
    """A factor around 1."""
    return float(np.exp(rng.normal(0.0, spread)))


def _warp(seed: str, name: str, sex: Sex) -> Warp:
    """A vocal tract in `SAFE`: drawn again until it lies there."""
    rng = generator(seed, name, "warp")
    while True:
        size = float(rng.normal(SIZE[sex], 0.035))
        warp = Warp(
            oral=size * _around(rng, 0.05),
            vertical=size * _around(rng, 0.05),
            pharynx=size * PHARYNX[sex] * _around(rng, 0.05),
            palate=_around(rng, 0.1),
            width=size * _around(rng, 0.05),
        )
        ranges = [SAFE[field.name] for field in fields(warp)]
        if all(a <= x <= b for x, (a, b) in zip(astuple(warp), ranges, strict=True)):
            return warp


def _style(seed: str, name: str, sex: Sex, habits: float) -> Style:
    """Voice, tempo and the timing of gestures, which differs more where `habits` is greater."""
    rng = generator(seed, name, "style")
    return Style(
        f0=F0[sex] * _around(rng, 0.12),
        f0_range=float(rng.uniform(2.4, 4.6)),
        rate=float(rng.uniform(0.9, 1.08)),
        final=float(rng.uniform(1.2, 1.5)),
        ratios={phones: _around(rng, 0.15 * habits) for phones in CLASSES},
        time_constants={
            tier: float(np.clip(np.exp(rng.normal(0.05, 0.12 * habits)), FASTEST, SLOWEST))
            for tier in TIERS
        },
        lags={tier: float(rng.normal(0.0, 0.008 * habits)) for tier in TIERS},
        reduction=float(rng.uniform(0.7, 0.95)),
    )


def talker(seed: str, name: str, sex: Sex) -> Talker:
    """A random talker: all of it follows from `seed` and `name`."""
    habits = float(generator(seed, name, "habits").uniform(*HABITS))
    warp, style = _warp(seed, name, sex), _style(seed, name, sex, habits)
    return Talker(id=name, seed=seed, sex=sex, warp=warp, style=style, habits=habits)


def _group(letter: str, count: int) -> tuple[Talker, ...]:
    """Women and men in turn."""
    sexes: tuple[Sex, Sex] = ("female", "male")
    return tuple(
        talker("silentbench-2", f"{letter}{n:02d}", sexes[(n - 1) % 2]) for n in range(1, count + 1)
    )


RELEASE = _group("u", 12)
DEVELOPMENT = _group("d", 2)  # the only ones on whom the difficulty of a task is ever set
