"""What passes between the parts of the simulator: who says what, when, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmark.core import Array

TIERS = ("vowel", "lip", "tongue-tip", "tongue-body", "velic")  # of the gestural score
CLASSES = (  # of phones, by how long they last
    *("vowel", "diphthong", "schwa", "glide", "nasal", "stop", "voiced stop"),
    *("fricative", "voiced fricative", "affricate"),
)
Kind = Literal["sentence", "word", "silent"]
PAUSE = ""  # the synthesiser's name of a pause


@dataclass(frozen=True)
class Warp:
    """Factors of a talker's vocal tract against the plain model's; 1 changes nothing."""

    oral: float = 1.0  # lengths forwards
    vertical: float = 1.0  # heights of the mouth
    pharynx: float = 1.0  # lengths below the mouth
    palate: float = 1.0  # the palate's height, besides `vertical`
    width: float = 1.0


@dataclass(frozen=True)
class Style:
    """How a talker speaks, whatever is said."""

    f0: float  # Hz
    f0_range: float  # semitones
    rate: float  # divides all durations
    final: float  # factor of the last word's durations
    ratios: Mapping[str, float] = field(default_factory=dict)  # of durations, by CLASSES
    time_constants: Mapping[str, float] = field(default_factory=dict)  # factors, by TIERS
    lags: Mapping[str, float] = field(default_factory=dict)  # s, by TIERS
    reduction: float = 0.85  # of movement in silent takes


@dataclass(frozen=True)
class Talker:
    """One simulated talker. All that is drawn of it depends on `seed` and `id` alone."""

    id: str
    seed: str  # of the corpus; a secret in a sealed test
    sex: Literal["female", "male"]
    warp: Warp
    style: Style
    habits: float = 1.0  # size of the talker's own ways of articulating; 0: those of the model


@dataclass(frozen=True)
class Take:
    """One recording to be made."""

    id: str
    talker: str
    session: str
    kind: Kind  # "silent": a sentence moved without voice
    text: str  # words, and "," where a pause is made
    of: str | None = None  # of a silent take: the voiced take of the same text by the same talker


@dataclass(frozen=True)
class Phone:
    """One phone or pause; times in s from the beginning of the recording."""

    name: str  # its label; "sil" of a pause
    symbol: str  # what is synthesised; PAUSE of a pause
    start: float
    end: float
    accented: bool = False


@dataclass(frozen=True)
class Timed:
    """A take's phones, and the rest before and after them: `phones[0].start` is the lead, in s."""

    phones: tuple[Phone, ...]
    tail: float  # s

    @property
    def duration(self) -> float:
        return self.phones[-1].end + self.tail


@dataclass(frozen=True, eq=False)
class Rendered:
    """What the synthesiser made of a take: N frames at 100 Hz and 160 N samples of sound."""

    points: Array  # (N, 6, 2) float64 mm, x forwards and y up; order of io.sparc.POINTS
    tongue: Array  # (N, 37, 2) float64 mm, root to tip
    f0: Array  # (N,) float64 Hz, as commanded, also where unvoiced
    voiced: Array  # (N,) bool
    audio: Array | None  # (160 N,) int16 at 16 kHz; None of a silent take
