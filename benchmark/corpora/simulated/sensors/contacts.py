"""Contacts of depth electrodes: how many a talker has, which are bad, and what drives which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmark.core import Array
from benchmark.corpora.noise import generator

KINDS = ("moving", "planning", "hearing")
# Hz, edges of the bands that are heard; one ends where the next begins.
HEARD = (100.0, 400.0, 1000.0, 2500.0, 5000.0, 7900.0)
MOVED = 26  # columns of what moves: see `seeg.moved`


@dataclass(frozen=True)
class Parameters:
    version: int = 2
    rate: int = 1024  # Hz
    contacts: tuple[int, int] = (54, 127)  # fewest and most of a talker
    bad: float = 0.05  # part of them that is bad
    noisy: float = 0.5  # part of the bad ones that is noisy; the rest is dead
    active: float = 0.3  # part of the good ones that speech drives
    kinds: tuple[float, ...] = (0.5, 0.3, 0.2)  # parts of the active ones, in order of KINDS
    features: int = 3  # in which a moving contact prefers a state
    reach: float = 1.0  # deviations of a feature from that state to where a response has fallen
    peak: float = 3.0  # drive of a moving contact in that state, above what it is far from there
    far: float = -0.5  # drive of a moving contact far from it
    threshold: float = 1.0  # of drive, above which contacts respond
    speech: tuple[float, float] = (0.3, 1.2)  # weight of speech as such, of moving and planning
    moving: tuple[float, float] = (-0.15, 0.05)  # s, earliest and latest of a moving contact
    planning: tuple[float, float] = (0.1, 0.3)  # s before a phone's middle
    width: float = 0.06  # s, deviation of the course of a planned phone
    hearing: tuple[float, float] = (0.03, 0.15)  # s after the sound
    quiet: float = -60.0  # dB of full scale in a band, below it nothing is heard
    band: tuple[float, float] = (70.0, 170.0)  # Hz, high gamma
    response: float = 12.0  # microvolts rms of high gamma at one deviation of drive
    drift: float = 0.2  # deviation of ln of a contact's response within a recording
    drift_below: float = 0.3  # Hz
    gain: float = 0.15  # the same between recordings
    background: float = 45.0  # microvolts rms of each contact's own 1/f noise
    shared: float = 25.0  # microvolts rms of 1/f noise common to all: the reference
    wander: float = 20.0  # microvolts rms of each contact's potential below `drift_below`
    bursts: float = 0.2  # a second, of a noisy contact
    burst: float = 1500.0  # microvolts rms of one, of which the reference has its part
    knee: float = 1.0  # Hz, below it the background is flat
    slope: float = 1.2  # amplitude falls as 1 / f ** slope
    hum: float = 4.0  # microvolts of the mains
    mains: float = 50.0  # Hz
    quantum: float = 2.0**-6  # microvolts


PARAMETERS = Parameters()


@dataclass(frozen=True)
class Contacts:
    """A talker's contacts, numbered from 0, and which of them are marked as bad."""

    count: int
    dead: tuple[int, ...]
    noisy: tuple[int, ...]

    @property
    def good(self) -> Array:
        """Numbers of those that `seeg` holds, rising."""
        return np.setdiff1d(np.arange(self.count), (*self.dead, *self.noisy))


@lru_cache(maxsize=32)
def contacts(seed: str, talker: str, parameters: Parameters = PARAMETERS) -> Contacts:
    """How many contacts a talker has, and which are bad."""
    rng = generator(seed, "talker", talker, "seeg", "contacts")
    fewest, most = parameters.contacts
    count = int(rng.integers(fewest, most + 1))
    bad = rng.permutation(count)[: round(parameters.bad * count)]
    noisy = round(parameters.noisy * len(bad))
    dead, loud = (tuple(sorted(int(c) for c in part)) for part in (bad[noisy:], bad[:noisy]))
    return Contacts(count, dead, loud)


@dataclass(frozen=True, eq=False)
class Active:
    """The contacts that speech drives: places among the good ones, kinds, and latencies in s."""

    places: Array  # (A,) int
    kinds: tuple[str, ...]
    latency: Array  # (A,) s: later than the movement, the sound, or a phone's middle
    speech: Array  # (A,) weight of speech as such
    features: Array  # (A, features) int: columns of `moved` that drive it if it moves
    preferred: Array  # (A, features) where it likes them best
    bands: Array  # (A, bands) weights of what is heard


@lru_cache(maxsize=32)
def active(seed: str, talker: str, parameters: Parameters = PARAMETERS) -> Active:
    """The same in all recordings of a talker."""
    good = len(contacts(seed, talker, parameters).good)
    rng = generator(seed, "talker", talker, "seeg", "active")
    count = round(parameters.active * good)
    places = np.sort(rng.permutation(good)[:count])
    # Parts are kept to, whatever is drawn: a talker without a kind would have another task.
    edges = np.round(np.cumsum(parameters.kinds) / np.sum(parameters.kinds) * count)
    number = np.searchsorted(edges, np.arange(count), "right")
    kinds = tuple(KINDS[k] for k in rng.permutation(number))
    early, late = parameters.planning
    spans = {"moving": parameters.moving, "planning": (-late, -early)}
    spans["hearing"] = parameters.hearing
    latency = np.array([rng.uniform(*spans[kind]) for kind in kinds])
    speech = rng.uniform(*parameters.speech, count)
    rng = generator(seed, "talker", talker, "seeg", "tuning")
    # Of every kind, so that a contact's tuning does not hang on the others' kinds.
    drawn = [
        (
            rng.permutation(MOVED)[: parameters.features],
            rng.standard_normal(parameters.features),
            rng.dirichlet(np.full(len(HEARD) - 1, 0.5)),
        )
        for _ in kinds
    ]
    features, preferred, bands = (np.stack(column) for column in zip(*drawn, strict=True))
    return Active(places, kinds, latency, speech, features, preferred, bands)
