"""The kinds of noise of either side, and the sound of one by its name.

Ranges are frozen: what is mixed follows from them and from names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.noise import generator, shaped
from benchmark.corpora.simulated.noises import families

Span = tuple[float, float]
FLOOR = 0.01  # of steady pink noise in every sound of unit variance: no noise is ever silent
FAMILIES: Mapping[str, Callable[..., Array]] = {
    family.__name__: family
    for family in (
        *(families.coloured, families.car, families.street, families.motor, families.air),
        *(families.beats, families.struck, families.music, families.sweep, families.chirps),
        families.crowd,
    )
}


@dataclass(frozen=True, init=False)
class Kind:
    """A noise: its family, and the ranges from which each sound of it draws the parameters.

    `spans` stand in the order of the family's parameters.
    """

    family: str
    spans: tuple[Span, ...]

    def __init__(self, family: str, *spans: Span) -> None:
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "spans", spans)


@dataclass(frozen=True)
class Parameters:
    version: int
    floor: float
    train: tuple[tuple[str, Kind], ...]
    test: tuple[tuple[str, Kind], ...]


TRAIN: Mapping[str, Kind] = {
    # coloured: slope, knee
    "brown": Kind("coloured", (0.95, 1.1), (0, 20)),
    "rust": Kind("coloured", (0.7, 0.8), (0, 20)),
    "pale": Kind("coloured", (0.2, 0.3), (0, 20)),
    "blue": Kind("coloured", (-0.4, -0.25), (0, 20)),
    "murmur": Kind("coloured", (1.6, 2.0), (700, 1100)),
    # car: knee
    "coach": Kind("car", (55, 100)),
    # street: passing
    "avenue": Kind("street", (0.2, 0.5)),
    # motor: firing, rolloff, load, rough
    "lorry": Kind("motor", (26, 45), (0.6, 0.9), (0.5, 1.5), (0.3, 0.5)),
    "mower": Kind("motor", (85, 115), (0.2, 0.4), (1, 2), (0.4, 0.7)),
    "vacuum": Kind("motor", (380, 520), (0.8, 1.1), (0.2, 0.5), (1.2, 2)),
    "mixer": Kind("motor", (240, 320), (0.5, 0.8), (2.5, 4), (0.2, 0.5)),
    "hum": Kind("motor", (49.5, 50.5), (1.2, 1.6), (0.3, 0.5), (0.02, 0.05)),
    # air: low, high, slope, gusts, depth
    "storm": Kind("air", (30, 80), (200, 400), (0.4, 0.7), (0.3, 0.7), (5, 7)),
    "shower": Kind("air", (900, 1600), (6000, 7500), (0, 0.2), (4, 8), (1, 2)),
    "dryer": Kind("air", (250, 500), (2500, 3500), (0.1, 0.3), (0.2, 0.6), (0.3, 1)),
    # beats: rate, jitter, fall, low, high
    "tram": Kind("beats", (3, 4.5), (0.05, 0.2), (0.08, 0.14), (100, 250), (900, 1500)),
    "steps": Kind("beats", (1.5, 2.2), (0.05, 0.15), (0.04, 0.08), (60, 150), (500, 1200)),
    "applause": Kind("beats", (45, 80), (0.9, 1), (0.012, 0.025), (700, 1000), (2500, 4000)),
    "printer": Kind("beats", (22, 32), (0, 0.1), (0.008, 0.015), (500, 900), (3000, 5000)),
    "helicopter": Kind("beats", (11, 16), (0, 0.03), (0.02, 0.035), (50, 90), (300, 700)),
    # struck: rate, jitter, pitch, fall, bend
    "bells": Kind("struck", (1.2, 2), (0.1, 0.4), (350, 650), (0.6, 1), (0.15, 0.3)),
    "hammer": Kind("struck", (2.5, 4), (0.05, 0.2), (180, 320), (0.03, 0.08), (0.3, 0.5)),
    # music: tempo, pitch, fall
    "organ": Kind("music", (1, 1.8), (110, 160), (0.8, 1.2)),
    # sweep: pitch, octaves, turn, steps, gate
    "alarm": Kind("sweep", (850, 1300), (0.3, 0.5), (1.5, 3), (1, 1), (1, 1)),
    "beeper": Kind("sweep", (1500, 2400), (0, 0), (1, 2), (1, 1), (0.4, 0.6)),
    # chirps: rate, pitch, rise, span
    "brook": Kind("chirps", (60, 110), (500, 900), (0.5, 1), (0.015, 0.03)),
    "birds": Kind("chirps", (5, 9), (2600, 4200), (0.6, 1.2), (0.06, 0.12)),
    "crickets": Kind("chirps", (25, 40), (4300, 5500), (0, 0.05), (0.02, 0.03)),
    # crowd: voices, syllables, far
    "market": Kind("crowd", (8, 11), (2, 3), (0.8, 1.2)),
}
TEST: Mapping[str, Kind] = {
    # coloured: slope, knee
    "white": Kind("coloured", (0, 0), (0, 0)),
    "pink": Kind("coloured", (0.5, 0.5), (0, 0)),
    # car: knee
    "car": Kind("car", (140, 220)),
    # street: passing
    "street": Kind("street", (0.9, 1.6)),
    # motor: firing, rolloff, load, rough
    "engine": Kind("motor", (55, 80), (0.6, 0.9), (0.5, 4), (0.2, 0.5)),
    "drill": Kind("motor", (140, 200), (0, 0.2), (5, 8), (0.6, 1)),
    # air: low, high, slope, gusts, depth
    "wind": Kind("air", (100, 200), (500, 900), (0.4, 0.8), (0.8, 1.6), (4, 6)),
    "fan": Kind("air", (40, 90), (1200, 2000), (0.5, 0.8), (9, 14), (1.5, 2.5)),
    # beats: rate, jitter, fall, low, high
    "train": Kind("beats", (5.5, 8), (0.3, 0.5), (0.05, 0.1), (250, 500), (1600, 2400)),
    "keyboard": Kind("beats", (7, 10), (0.5, 0.8), (0.006, 0.012), (1200, 1800), (5000, 7000)),
    "rain": Kind("beats", (180, 400), (1, 1), (0.003, 0.006), (1500, 2500), (6000, 7500)),
    # struck: rate, jitter, pitch, fall, bend
    "dishes": Kind("struck", (5, 9), (0.7, 1), (1100, 2200), (0.09, 0.2), (0.2, 0.5)),
    # music: tempo, pitch, fall
    "music": Kind("music", (2.5, 4), (220, 330), (0.3, 0.6)),
    # sweep: pitch, octaves, turn, steps, gate
    "siren": Kind("sweep", (600, 800), (0.9, 1.3), (0.3, 0.7), (0, 0), (1, 1)),
    # crowd: voices, syllables, far
    "crowd": Kind("crowd", (4, 6), (4, 6), (0.2, 0.5)),
}
SIDES: Mapping[str, Mapping[str, Kind]] = {"train": TRAIN, "test": TEST}
PARAMETERS = Parameters(1, FLOOR, tuple(TRAIN.items()), tuple(TEST.items()))


def noise(seed: str, side: str, name: str, number: int, length: int) -> Array:
    """Noise (length,) float64 at 16 kHz of unit variance, the `number`-th of its kind.

    It depends on nothing but the arguments. UserError: no kind of that name on that side.
    """
    if name not in SIDES[side]:
        raise UserError(
            f"expected a noise of {side}, which are {', '.join(SIDES[side])}; found {name!r}"
        )
    made = SIDES[side][name]
    rng = generator(seed, "noise", side, name, str(number))
    drawn = [rng.uniform(*span) for span in made.spans]
    sound = FAMILIES[made.family](rng, length, *drawn)
    sound = sound / np.std(sound) + FLOOR * shaped(rng, length, 0.5, 0.0)
    return np.asarray(sound / np.std(sound))
