"""Which phone is said when: the TextGrids of a forced aligner, got separately."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.gaddy2020.files import Clip
from benchmark.corpora.io import textgrid
from benchmark.corpora.io.files import found

ALIGNMENTS = "text_alignments"
GRID = 0.1  # seconds by which a TextGrid may differ from its sound
SILENCE, UNKNOWN = "sil", "unknown"
PHONES = (
    *(SILENCE, "aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "b", "ch", "d", "dh", "dx", "eh"),
    *("el", "em", "en", "er", "ey", "f", "g", "hh", "hv", "ih", "iy", "jh", "k", "l", "m", "n"),
    *("nx", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z"),
    *("zh", UNKNOWN),
)
# What the aligner writes where nobody speaks, and where somebody says what it has no word for.
SAID: Mapping[str, str] = {"": SILENCE, "sp": SILENCE, SILENCE: SILENCE, "spn": UNKNOWN}


def grid(folder: Path, clip: Clip) -> Path:
    """Where the TextGrid of a clip lies, or would, in the folder of the corpus."""
    name = clip.folder.name
    return found(folder / ALIGNMENTS / name / f"{name}_{clip.number}_audio.TextGrid")


def check_grid(path: Path, seconds: Fraction) -> None:
    """UserError for a TextGrid that is not as long as its sound."""
    if abs((got := textgrid.length(path)) - seconds) > GRID:
        raise UserError(
            f"{path}: expected {float(seconds):.2f} s, as long as its sound, got {got:.2f} s; get "
            "it again"
        )


def read(path: Path, seconds: Fraction, rate: int) -> Array:
    """(count,) uint8 at `rate`: the phone of PHONES that is said at k / rate seconds.

    As many as go into the `seconds` of the sound, rounded.

    UNKNOWN in all frames where there is no TextGrid, and in those that it says nothing of. Stress
    is left out. UserError for a TextGrid without phones, of another length than the sound, and for
    a phone that is not one of PHONES.
    """
    count = int(seconds * rate + Fraction(1, 2))
    if not path.exists():
        return np.full(count, PHONES.index(UNKNOWN), np.uint8)
    check_grid(path, seconds)
    tiers = textgrid.read(path)
    if "phones" not in tiers:
        raise UserError(f"{path}: expected a tier called phones, got {', '.join(tiers) or 'none'}")
    classes = {}
    for label in {interval.text for interval in tiers["phones"]}:
        plain = label.strip().lower().rstrip("012")
        plain = SAID.get(plain, plain)
        if plain not in PHONES:
            raise UserError(f"{path}: {label!r} is not a phone of {', '.join(PHONES)}")
        classes[label] = PHONES.index(plain)
    said = textgrid.frames(tiers["phones"], count, rate, classes, PHONES.index(UNKNOWN))
    return said.astype(np.uint8)
