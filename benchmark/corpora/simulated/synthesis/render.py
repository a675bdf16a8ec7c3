"""From a take to movement and sound: the only step that takes time.

    timed phones -> gestural score, as the talker plays it -> states of tract and glottis
    -> rest before, after and in pauses; slow wander; pitch -> outlines at 100 Hz, sound at 16 kHz

The synthesiser knows no pause: in an empty segment lungs and folds go on, the tongue waits in the
shape of the next vowel, and after more than about 0.2 s of rest a first stop has no closure. So a
score always begins and ends with the same short rest, and longer ones are made of its states here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import AUDIO_RATE, generator
from benchmark.corpora.simulated.synthesis import score, vtl
from benchmark.corpora.simulated.takes import PAUSE, Rendered, Take, Talker, Timed
from benchmark.corpora.simulated.texts import pitch, timing

FRAME_RATE = 100  # Hz
FULL = 32767  # int16


@dataclass(frozen=True)
class Parameters:
    version: int = 1
    rest: float = 0.15  # s, before and after the phones of every score
    gain: float = 3.5  # of the sound
    loudest: float = 0.98  # of full scale; a take that would be louder is made softer as a whole
    # Deviation of a take's offset, in cm and degrees; the wander within it has half of that. Small
    # against the closures and grooves that make stops and sibilants.
    wander: tuple[tuple[str, float], ...] = (
        *(("HY", 0.06), ("JA", 0.25), ("LP", 0.05), ("TCX", 0.05), ("TCY", 0.03)),
    )
    knots: float = 4.0  # a second, of the wander
    lungs: float = 0.04  # s in which their pressure falls to nothing, and rises again
    after: float = 0.03  # s from the end of a phone to where the tongue begins to go to rest
    before: float = 0.1  # s before a phone in which rest is over: a closure is made ahead
    turn: float = 0.15  # s to go to rest, and to come back
    depth: tuple[float, float] = (0.4, 0.9)  # how far a take goes to rest; 1: all the way
    pressed: float = 2000.0  # dPa, with more the folds vibrate if they are
    apart: float = 0.06  # cm, less than this from their middle


PARAMETERS = Parameters()
# What goes to rest and shrinks without voice: not the velum, which has its own rest, nor the sides
# of the tongue, which keep air in or let it past.
MOVED = ("HY", "JA", "LP", "LD", "TCX", "TCY", "TTX", "TTY", "TBX", "TBY")
PLACES = [vtl.TRACT.index(name) for name in MOVED]
PRESSURE = vtl.GLOTTIS.index("PR")


def render(api: Any, take: Take, talker: Talker, parameters: Parameters = PARAMETERS) -> Rendered:
    """Movement, pitch and sound of a take; `vtl.use` has made the process use the talker's file.

    The same take and talker give the same result, whatever was made before. ValueError from the
    synthesiser where it refuses a score.
    """
    timed = timing.timed(take, talker)
    silent = take.kind == "silent"
    tract, glottis = _states(api, take, talker, timed, parameters)
    times = np.arange(len(tract)) / vtl.STATE_RATE
    tract = tract + _wander(take, talker, len(tract), parameters)
    if silent:
        middle = np.median(tract[:, PLACES], axis=0)
        tract[:, PLACES] = middle + talker.style.reduction * (tract[:, PLACES] - middle)
    rest = _resting(timed, times, parameters) * _depth(take, talker, parameters)
    tract[:, PLACES] += rest[:, None] * (vtl.shape(api, "@")[PLACES] - tract[:, PLACES])
    glottis[:, PRESSURE] *= 0.0 if silent else _blowing(timed, times, parameters)
    glottis[:, vtl.GLOTTIS.index("F0")] = pitch.contour(timed, talker, take, times)
    count = round(timed.duration * FRAME_RATE)
    frames = np.arange(count) / FRAME_RATE
    held = _at(glottis, frames)
    points, tongue = vtl.geometry(api, _at(tract, frames))
    return Rendered(
        points=points,
        tongue=tongue,
        f0=held[:, vtl.GLOTTIS.index("F0")],
        voiced=_voiced(held, parameters),
        audio=None if silent else _sound(api, tract, glottis, count, parameters),
    )


def _states(
    api: Any, take: Take, talker: Talker, timed: Timed, parameters: Parameters
) -> tuple[Array, Array]:
    """States of tract and glottis from the beginning of the take to its end, at vtl.STATE_RATE."""
    segments = [(phone.symbol, phone.end - phone.start) for phone in timed.phones]
    edge = (PAUSE, parameters.rest)
    rng = generator(talker.seed, take.id, "gestures")
    written = vtl.score(api, [edge, *segments, edge])
    played = score.played(written, talker.style, rng, take.kind == "silent")
    made = vtl.motion(api, played)
    count = int(np.ceil(timed.duration * vtl.STATE_RATE)) + 1
    times = np.arange(count) / vtl.STATE_RATE
    lead = timed.phones[0].start - parameters.rest  # of the take before the score begins
    tract, glottis = (_at(states, times - lead) for states in made)
    return tract, glottis


def _at(states: Array, times: Array) -> Array:
    """States (S, c) read at `times` in s by straight lines; the first and last hold beyond."""
    place = np.clip(times * vtl.STATE_RATE, 0, len(states) - 1)
    lower = np.minimum(place.astype(np.int64), len(states) - 2)
    part = (place - lower)[:, None]
    return np.asarray(states[lower] * (1 - part) + states[lower + 1] * part)


def _wander(take: Take, talker: Talker, count: int, parameters: Parameters) -> Array:
    """(count, 19): an offset of the take and slow noise, to add to the states of the tract."""
    rng = generator(talker.seed, take.id, "wander")
    moved = np.zeros((count, len(vtl.TRACT)))
    knots = max(4, int(count / vtl.STATE_RATE * parameters.knots) + 2)
    place = np.linspace(0, knots - 1, count)
    lower = np.minimum(place.astype(np.int64), knots - 2)
    part = 0.5 - 0.5 * np.cos(np.pi * (place - lower))
    for name, size in parameters.wander:
        offset, at = rng.normal(), rng.normal(size=knots)
        slow = at[lower] * (1 - part) + at[lower + 1] * part
        moved[:, vtl.TRACT.index(name)] = size * (offset + 0.5 * slow)
    return moved


def _stretches(timed: Timed) -> Iterator[tuple[float, float]]:
    """From when to when in s phones follow each other without a pause."""
    for pause, group in groupby(timed.phones, lambda phone: phone.symbol == PAUSE):
        if not pause:
            phones = list(group)
            yield phones[0].start, phones[-1].end


def _resting(timed: Timed, times: Array, parameters: Parameters) -> Array:
    """(len(times),) 0 while speaking, 1 at rest, and in between by half a cosine."""
    speaking = np.zeros(len(times))
    for start, end in _stretches(timed):
        begun = (times - start + parameters.before + parameters.turn) / parameters.turn
        ended = (end + parameters.after + parameters.turn - times) / parameters.turn
        speaking = np.maximum(speaking, _smooth(begun) * _smooth(ended))
    return 1 - speaking


def _depth(take: Take, talker: Talker, parameters: Parameters) -> float:
    return float(generator(talker.seed, take.id, "rest").uniform(*parameters.depth))


def _blowing(timed: Timed, times: Array, parameters: Parameters) -> Array:
    """(len(times),) factor of the lungs' pressure: 0 in pauses between phones."""
    factor = np.ones(len(times))
    for phone in timed.phones:
        if phone.symbol == PAUSE:
            fallen = (times - phone.start) / parameters.lungs
            to_rise = (phone.end - times) / parameters.lungs
            factor *= 1 - _smooth(fallen) * _smooth(to_rise)
    return factor


def _smooth(place: Array) -> Array:
    """Half a cosine from 0 at 0 to 1 at 1, held beyond."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0, 1)))


def _voiced(glottis: Array, parameters: Parameters) -> Array:
    """(N,) bool: pressure and distance let the folds vibrate."""
    pressed = glottis[:, PRESSURE] > parameters.pressed
    distance = (glottis[:, vtl.GLOTTIS.index("XB")] + glottis[:, vtl.GLOTTIS.index("XT")]) / 2
    return np.asarray(pressed & (distance < parameters.apart))


def _sound(api: Any, tract: Array, glottis: Array, count: int, parameters: Parameters) -> Array:
    """(160 count,) int16 at 16 kHz."""
    wave = vtl.sound(api, tract, glottis, count * AUDIO_RATE // FRAME_RATE) * parameters.gain
    peak = float(np.abs(wave).max())
    if peak > parameters.loudest:
        wave *= parameters.loudest / peak
    return np.asarray(np.rint(wave * FULL)).astype(np.int16)
