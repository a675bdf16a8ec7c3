"""What a talker must still be able to do: close closures, keep fricatives open, tell vowels apart.

Habits and warps move the tongue away from where the plain model touches the palate, and vowels
towards each other. Constrictions are repaired by moving the one parameter that makes them, as
little as it takes. A habit that this cannot mend, or that a vowel would be misheard for, is shrunk,
again as little as it takes. All areas and formants are measured with the synthesiser, which must
have the talker's anatomy loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.corpora.simulated.talkers.habits import INDEX, RAW, is_consonant, maker

CLOSED = 0.005  # cm2, area of a closure at most
AREA = 0.25  # a fricative's or lateral's area is at most that share from the plain model's
FORMANT = 0.15  # a vowel's F1 and F2 are at most that share from those without habits
NARROWER = 0.5  # a vowel's narrowest area is at least that share of the one without habits
CRITICAL = {"ll": "LD", "tt": "TTY", "tb": "TCY"}  # the parameter that makes a constriction
TIGHTER = {"ll": -1.0, "tt": 1.0, "tb": 1.0}  # the direction in which it narrows
# Where a constriction lies, as shares of the way from the glottis to the lips.
PLACE = {"ll": (0.85, 1.01), "tt": (0.55, 0.97), "tb": (0.4, 0.85)}
ABOVE_LARYNX = 0.2  # a vowel's narrowest area is sought from here on
STEP, FINE, FURTHEST = 0.05, 0.005, 0.6  # cm
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)  # of a habit

# Pairs of vowels whose first has the higher formant, in every talker.
ORDER_F1 = (
    *(("a", "E"), ("E", "I"), ("I", "i"), ("a", "O"), ("O", "U"), ("U", "u"), ("E", "e")),
    *(("2", "9"), ("2", "Y"), ("E:", "I")),  # V r, V w, { I: see `english`
)
ORDER_F2 = (
    *(("i", "I"), ("I", "E"), ("E", "a"), ("a", "O"), ("e", "@"), ("@", "O"), ("9", "u")),
    *(("E:", "2"), ("9", "Y"), ("2", "Y")),
)
ORDER_SLACK = 0.98

_BINS, _RATE, _LOWEST = 4096, 44100.0, 150.0  # of the transfer function; Hz


def _tube(api: Any, shape: Array) -> tuple[Array, Array]:
    """Place (share of the length from the glottis) and area in cm2 of each piece of the tract."""
    tube = api.tract_state_to_tube_state(shape)
    ends = np.cumsum(tube["tube_length"])
    return ends / ends[-1], np.asarray(tube["tube_area"])


def length(api: Any, shape: Array) -> float:
    """Length of the vocal tract in cm."""
    return float(np.sum(api.tract_state_to_tube_state(shape)["tube_length"]))


def area(api: Any, name: str, shape: Array) -> float:
    """Area of a consonant's constriction, or a vowel's narrowest area above the larynx, in cm2."""
    place, areas = _tube(api, shape)
    low, high = PLACE[maker(name)] if is_consonant(name) else (ABOVE_LARYNX, 1.01)
    return float(areas[(place > low) & (place <= high)].min())


def areas(api: Any, shapes: Mapping[str, Array]) -> dict[str, float]:
    """Area of each consonant's constriction in cm2."""
    return {name: area(api, name, s) for name, s in shapes.items() if is_consonant(name)}


def formants(api: Any, shape: Array) -> Array:
    """F1 and F2 in Hz (fewer where the spectrum has fewer peaks)."""
    spectrum = api.tract_state_to_transfer_function(
        shape, n_spectrum_samples=_BINS, save_phase_spectrum=False
    )["magnitude_spectrum"][: _BINS // 2]
    inner = spectrum[1:-1]
    peaks = 1 + np.flatnonzero((inner > spectrum[:-2]) & (inner >= spectrum[2:]))
    frequencies = peaks * _RATE / _BINS
    return np.asarray(frequencies[frequencies > _LOWEST][:2])


def fits(found: float, wanted: float) -> bool:
    """Whether a constriction does what that of the plain model, of area `wanted`, does."""
    if wanted < CLOSED:
        return found < CLOSED
    return abs(found - wanted) <= AREA * wanted


def repaired(api: Any, name: str, shape: Array, wanted: float) -> Array | None:
    """The shape with its critical parameter moved by the least distance that makes it fit.

    None where no distance up to `FURTHEST` does.
    """
    found = area(api, name, shape)
    if fits(found, wanted):
        return shape
    index = INDEX[CRITICAL[maker(name)]]
    sign = TIGHTER[maker(name)] * (1.0 if found > wanted else -1.0)

    def moved(distance: float) -> Array:
        result = shape.copy()
        result[index] += sign * distance
        return result

    for distance in np.arange(STEP, FURTHEST + STEP / 2, STEP):
        if fits(area(api, name, moved(distance)), wanted):
            outside, inside = distance - STEP, distance
            while inside - outside > FINE:
                middle = (inside + outside) / 2
                if fits(area(api, name, moved(middle)), wanted):
                    inside = middle
                else:
                    outside = middle
            return moved(inside)
    return None


def between(contexts: Mapping[str, Array]) -> list[Array]:
    """Targets beside other vowels: the synthesiser mixes those of the contexts."""
    shapes = list(contexts.values())
    pairs = [(one + other) / 2 for one, other in combinations(shapes, 2)]
    return [*pairs, np.asarray(np.mean(shapes, axis=0))]


def constricted(
    api: Any,
    mine: Mapping[str, Array],
    plain: Mapping[str, Array],
    wanted: Mapping[str, float],
) -> tuple[dict[str, Array], float]:
    """A consonant's targets that fit, with as much of the habit as allows it, and that share.

    `mine` and `plain` are its targets by context, with and without habits. They and what lies
    between them must fit; `plain` where no share of the habit allows it.
    """
    for share in SHARES:
        shapes = dict[str, Array]()
        for name in mine:
            shape = plain[name] + share * (mine[name] - plain[name])
            if (fitting := repaired(api, name, shape, wanted[name])) is None:
                break
            shapes[name] = fitting
        else:
            if all(fits(area(api, name, mixed), wanted[name]) for mixed in between(shapes)):
                return shapes, share
    return dict(plain), 0.0


class _Vowel:
    """A vowel between the talker's habit (share 1) and none (share 0)."""

    def __init__(self, api: Any, name: str, mine: Array, plain: Array) -> None:
        self.api, self.name, self.mine, self.plain = api, name, mine, plain
        self.wanted, self.narrowest = formants(api, plain), area(api, name, plain)
        self.next = 0  # place in SHARES to go on from
        self.shrink()

    def _try(self, share: float) -> bool:
        """Take a share; whether the vowel then sounds as it should and is open enough."""
        self.share, self.shape = share, self.plain + share * (self.mine - self.plain)
        if share > 0:
            self.shape[INDEX["JA"]] = self.mine[INDEX["JA"]]  # it hardly moves the formants
        self.found = formants(self.api, self.shape)
        return (
            len(self.found) == len(self.wanted)
            and bool(np.all(np.abs(self.found / self.wanted - 1) <= FORMANT))
            and area(self.api, self.name, self.shape) >= NARROWER * self.narrowest
        )

    def shrink(self) -> None:
        """Go on to the next smaller share that is good; share 0 is so by definition."""
        while self.next < len(SHARES):
            self.next += 1
            if self._try(SHARES[self.next - 1]):
                return


def disordered(found: Mapping[str, Array]) -> list[str]:
    """Pairs of vowels whose formants are in the wrong order, as "F1 a > O"."""
    wrong = []
    for formant, pairs in enumerate((ORDER_F1, ORDER_F2)):
        for high, low in pairs:
            if found[high][formant] <= ORDER_SLACK * found[low][formant]:
                wrong.append(f"F{formant + 1} {high} > {low}")
    return wrong


def kept(
    api: Any, mine: Mapping[str, Array], plain: Mapping[str, Array]
) -> tuple[dict[str, Array], dict[str, float], dict[str, Array]]:
    """The talker's vowels with as much of its habits as lets them be told apart.

    `mine` and `plain` are all shapes with and without habits, both warped. Returns the vowels'
    shapes, the share of the habit that each keeps, and their formants (F1, F2) in Hz.
    """
    vowels = {
        name: _Vowel(api, name, mine[name], plain[name])
        for name in mine
        if not is_consonant(name) and not name.endswith(RAW)
    }
    while wrong := disordered({name: vowel.found for name, vowel in vowels.items()}):
        pairs = [text.split(" ")[1::2] for text in wrong]
        movable = {n for pair in pairs for n in pair if vowels[n].share > 0}
        if not movable:
            break
        for name in sorted(movable):
            vowels[name].shrink()
    return (
        {name: vowel.shape for name, vowel in vowels.items()},
        {name: vowel.share for name, vowel in vowels.items()},
        {name: vowel.found for name, vowel in vowels.items()},
    )


def faults(
    wanted: Mapping[str, float], found: Mapping[str, float], heard: Mapping[str, Array]
) -> list[str]:
    """What a talker cannot articulate: constrictions that do not fit, vowels in wrong order.

    `wanted` and `found` are areas in cm2 of the plain model's constrictions and of the talker's,
    `heard` the vowels' formants in Hz.
    """
    wrong = [
        f"{name}: {found[name]:.3f} cm2 for {wanted[name]:.3f}"
        for name in wanted
        if not fits(found[name], wanted[name])
    ]
    return wrong + disordered(heard)
