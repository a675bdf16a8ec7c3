"""The F0 that a talker gives a take: phrase by phrase, without a course that all takes share.

Sentences of one length and one declination let an answer that hears nothing follow the pitch, so
each phrase has a slope, a level and an end of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import generator
from benchmark.corpora.simulated.takes import PAUSE, Phone, Take, Talker, Timed
from benchmark.corpora.simulated.texts import grammar


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    level: float = 1.0  # semitones, spread of takes
    reset: float = 0.8  # semitones, spread of phrases
    # By how much of the talker's range a phrase falls. On average that is what ends and accents
    # rise by: the mean of all courses is flat.
    slope: tuple[float, float] = (-0.5, 0.7)
    rises: float = 0.35  # share of phrases that end by rising
    asking: float = 0.75  # the same of the last phrase of a question that yes or no answers
    rise: tuple[float, float] = (1.0, 5.0)  # semitones
    fall: tuple[float, float] = (0.0, 2.5)  # semitones
    accent: tuple[float, float] = (-0.5, 0.9)  # of the talker's range
    accent_width: float = 0.07  # s
    wander: float = 0.4  # semitones, knots four times a second
    bend: float = 0.035  # s, how fast the end of a phrase turns
    early: float = 0.05  # s by which a phrase's level comes before its first phone


PARAMETERS = Parameters()


def contour(timed: Timed, talker: Talker, take: Take, times: Array) -> Array:
    """F0 (N,) in Hz at `times` (N,) in s from the beginning of the take, voiced or not."""
    rng, reach = generator(talker.seed, "pitch", take.id), talker.style.f0_range
    level = PARAMETERS.level * rng.standard_normal()
    tones = np.full(len(times), level)
    phrases = _phrases(timed.phones)
    for place, phrase in enumerate(phrases):
        asked = place == len(phrases) - 1 and grammar.asks(take.text)
        start, end = phrase[0].start, phrase[-1].end
        here = (times >= start - PARAMETERS.early) | (place == 0)
        progress = np.clip((times - start) / (end - start), 0, 1)
        slope = reach * rng.uniform(*PARAMETERS.slope)
        course = level + PARAMETERS.reset * rng.standard_normal() + slope * (0.5 - progress)
        up = rng.random() < (PARAMETERS.asking if asked else PARAMETERS.rises)
        turn = rng.uniform(*PARAMETERS.rise) if up else -rng.uniform(*PARAMETERS.fall)
        course += turn / (1 + np.exp(-np.clip((times - end + 0.1) / PARAMETERS.bend, -50, 50)))
        tones = np.where(here, course, tones)
    for phone in timed.phones:
        if phone.accented:
            height = reach * rng.uniform(*PARAMETERS.accent)
            away = (times - (phone.start + phone.end) / 2) / PARAMETERS.accent_width
            tones = tones + height * np.exp(-0.5 * away**2)
    tones = tones + PARAMETERS.wander * _wander(rng, timed.duration, times)
    return np.asarray(talker.style.f0 * 2 ** (tones / 12))


def _phrases(phones: tuple[Phone, ...]) -> list[list[Phone]]:
    found = list[list[Phone]]([[]])
    for phone in phones:
        if phone.symbol == PAUSE:
            found.append([])
        else:
            found[-1].append(phone)
    return [phrase for phrase in found if phrase]


def _wander(rng: np.random.Generator, duration: float, times: Array) -> Array:
    """Slow noise of about unit size, smooth, with a knot each 0.25 s."""
    knots = rng.standard_normal(int(duration * 4) + 3)
    at = np.clip(times * 4, 0, len(knots) - 1.001)
    low = at.astype(int)
    weight = 0.5 - 0.5 * np.cos(np.pi * (at - low))
    return np.asarray(knots[low] * (1 - weight) + knots[low + 1] * weight)
