"""DNSMOS of sounds: how good they sound, as a network guesses that knows no true sound.

The networks of P.835 (speech, background, overall) and of P.808, 1 to 5, as the package `speechmos`
brings them with their weights (Reddy, Gopal and Cutler 2021 and 2022). They were trained on calls
in noise, rated by people. Sound is brought to 16 kHz and clipped at full scale; the package repeats
what is shorter than 9.01 s and averages over longer sounds.

It is no metric of the leaderboard. It hears no words and knows no target, so that what is easily
made may get more than what was asked for: a second of nothing has an overall 1.84, which is more
than noisy speech gets (1.1 to 2.1), and than some true sounds that a vocoder made. A metric of the
board must not reward silence. And a metric more in a task would make every published result of that
task stale, also where the package is not.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmark.core import UserError
from benchmark.report.listening.sounds import Sound, at_rate

RATE = 16_000  # Hz
NAMES: Mapping[str, str] = {  # as the package names them, and as they are shown
    "ovrl_mos": "overall",
    "sig_mos": "speech",
    "bak_mos": "background",
    "p808_mos": "P.808",
}
INSTALL = "pip install -e .[dnsmos]"
NOTE = (
    "DNSMOS (1 to 5) guesses how people would rate a sound, without the true one and without its"
    " words: silence gets more than noisy speech. It stands beside sounds and ranks nothing."
)

Ratings = Mapping[str, float]  # by the names that are shown


def rater() -> Callable[[Sound], Ratings]:
    """What rates a sound; UserError where the package is missing."""
    try:
        dnsmos = importlib.import_module("speechmos.dnsmos")
    except ImportError as error:
        raise UserError(f"DNSMOS cannot be imported ({error}): {INSTALL}") from error

    def rated(sound: Sound) -> Ratings:
        found = dnsmos.run(at_16_khz(sound), RATE)
        return {shown: float(found[name]) for name, shown in NAMES.items()}

    return rated


def at_16_khz(sound: Sound) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A sound as DNSMOS takes it: (n,) float32 from -1 to 1; UserError if there is none."""
    wave = at_rate(sound.wave, sound.rate, RATE)
    if not wave.size:  # which the package would repeat for ever
        raise UserError(f"{sound.title}: expected sound to rate, found none")
    return wave.astype(np.float32)


def words(ratings: Ratings) -> str:
    """Ratings of one sound, such as `overall 2.9, speech 3.3, background 3.9, P.808 3.1`."""
    return ", ".join(f"{name} {value:.1f}" for name, value in ratings.items())


def means(rated: Sequence[Mapping[str, Ratings]]) -> str:
    """The mean of each rating by column, of (by column: ratings) of every recording."""
    columns = dict.fromkeys(name for by in rated for name in by)
    found = []
    for column in columns:
        those = [by[column] for by in rated if column in by]
        mean = {name: float(np.mean([one[name] for one in those])) for name in those[0]}
        found.append(f"{column} ({words(mean)})")
    return "; ".join(found)
