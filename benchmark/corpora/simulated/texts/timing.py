"""When each phone of a take is said: durations by class, rate, pauses, and rest at both ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.takes import PAUSE, Phone, Take, Talker, Timed
from benchmark.corpora.simulated.texts import lexicon

BASE = {  # s at rate 1
    "vowel": 0.095,
    "diphthong": 0.062,  # each of its two phones
    "schwa": 0.050,
    "glide": 0.050,
    "nasal": 0.062,
    "stop": 0.075,
    "voiced stop": 0.062,
    "fricative": 0.088,
    "voiced fricative": 0.066,
    "affricate": 0.100,
}
_CLASS_OF = {
    **{phone: name for name, phones in lexicon.CONSONANTS.items() for phone in phones},
    "@": "schwa",
}


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rate: float = 0.13  # spread of the logarithm of the rate of takes
    phrase: float = 0.10  # the same of phrases
    phone: float = 0.13  # the same of phones
    silent: float = 0.88  # factor of the rate in silent takes
    pause: tuple[float, float] = (0.12, 0.5)  # s
    rest: tuple[float, float] = (0.1, 1.2)  # s, before and after
    uneven: float = 3.0  # power of a uniform draw: most rests are short, some long
    stretched: float = 0.3  # share of the accented vowels that are longer
    stretch: float = 1.25
    shortest: float = 0.035  # s, of a phone


PARAMETERS = Parameters()


def timed(take: Take, talker: Talker) -> Timed:
    """The phones of a take, in whole milliseconds.

    The last word is lengthened by the talker's `final`, a word before a pause by its square root.
    """
    rng, style = generator(talker.seed, "timing", take.id), talker.style
    rate = style.rate * np.exp(PARAMETERS.rate * rng.standard_normal())
    rate *= PARAMETERS.silent if take.kind == "silent" else 1.0
    lead, tail = (round(float(s), 3) for s in _rests(rng))
    words = take.text.split()
    phones, start, pace = list[Phone](), lead, rate
    for place, (word, sounds) in enumerate(zip(words, lexicon.sounds(take.text), strict=True)):
        if word == ",":
            end = round(start + float(rng.uniform(*PARAMETERS.pause)), 3)
            phones.append(Phone(lexicon.SILENCE, PAUSE, start, end))
            start, pace = end, rate * np.exp(PARAMETERS.phrase * rng.standard_normal())
            continue
        after = words[place + 1] if place + 1 < len(words) else None
        longer = style.final ** {None: 1.0, ",": 0.5}.get(after, 0.0)
        for at, (sound, name) in enumerate(zip(sounds, classes(sounds), strict=True)):
            accented = lexicon.STRESSED.get(word) == at
            seconds = BASE[name] * style.ratios.get(name, 1.0) * longer / pace
            seconds *= np.exp(PARAMETERS.phone * rng.standard_normal())
            if rng.random() < PARAMETERS.stretched and accented:
                seconds *= PARAMETERS.stretch
            end = round(start + max(float(seconds), PARAMETERS.shortest), 3)
            symbol = lexicon.SUBSTITUTES.get(sound, sound)
            phones.append(Phone(sound, symbol, start, end, accented))
            start = end
    return Timed(tuple(phones), tail)


def classes(sounds: tuple[str, ...]) -> list[str]:
    """The class of each phone of a word, as in `takes.CLASSES`."""
    found = [_CLASS_OF.get(sound, "vowel") for sound in sounds]
    for k in range(len(sounds) - 1):
        if sounds[k] in ("a", "E", "o", "O") and sounds[k + 1] in ("I", "U"):
            found[k : k + 2] = ["diphthong"] * 2
    return found


def _rests(rng: np.random.Generator) -> Array:
    low, high = PARAMETERS.rest
    return np.asarray(low + (high - low) * rng.random(2) ** PARAMETERS.uneven)
