"""Muscles of face and neck, what pulls them, and the sites at which electrodes hear them.

Sites are those of the Gaddy corpus (Gaddy and Klein 2020, arXiv 2010.02960). Which muscle lies
under which site and what it moves follows textbook anatomy, in round numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.corpora.io.sparc import CHANNELS

SITES = (
    "left cheek above mouth",
    "left corner of chin",
    "below chin 3 cm back",
    "throat left of larynx",
    "mid-jaw right",
    "right cheek below mouth",
    "right cheek near nose",
    "right cheek 4 cm before ear",
)
DRIVES = (*CHANNELS[:12], "tone", "voice")  # standard deviations; voice is 1 or 0


@dataclass(frozen=True)
class Muscle:
    """What pulls it (names of DRIVES, weights), and how loudly each of the SITES hears it."""

    name: str
    pull: tuple[tuple[str, float], ...]
    sites: tuple[float, ...]


MUSCLES = (
    Muscle(
        "orbicularis oris",
        (("ULY", -0.7), ("LLY", 0.7), ("ULX", 0.6), ("LLX", 0.5)),
        (0.35, 0.3, 0, 0, 0.1, 0.8, 0.3, 0),
    ),
    Muscle("levator labii", (("ULY", 1.2), ("ULX", -0.3)), (0.6, 0, 0, 0, 0, 0, 0.9, 0.05)),
    Muscle("zygomaticus", (("ULX", -0.8), ("LLX", -0.8)), (0.8, 0.05, 0, 0, 0.1, 0.2, 0.3, 0.3)),
    Muscle(
        "depressor labii",
        (("LLY", -1.1), ("LIY", 0.3)),
        (0, 0.9, 0.1, 0, 0.3, 0.5, 0, 0),
    ),
    Muscle(
        "mentalis", (("LLY", 0.9), ("LLX", 0.7), ("LIY", -0.3)), (0, 0.6, 0.2, 0, 0.1, 0.2, 0, 0)
    ),
    Muscle("masseter", (("LIY", 1.2),), (0, 0, 0, 0, 0.7, 0, 0.05, 1.0)),
    Muscle("digastric", (("LIY", -1.2), ("LIX", -0.3)), (0, 0.1, 0.8, 0.2, 0.1, 0, 0, 0)),
    Muscle(
        "genioglossus",
        (("TBX", 0.6), ("TDX", 0.8), ("TTX", 0.4)),
        (0, 0.05, 0.9, 0.15, 0.1, 0, 0, 0),
    ),
    Muscle("mylohyoid", (("TTY", 0.8), ("TBY", 0.7)), (0, 0.15, 0.7, 0.1, 0.3, 0, 0, 0)),
    Muscle("styloglossus", (("TDY", 0.9), ("TDX", -0.7)), (0, 0, 0.3, 0.2, 0.4, 0, 0, 0.35)),
    Muscle("hyoglossus", (("TDY", -0.8), ("TBY", -0.6)), (0, 0, 0.35, 0.5, 0.1, 0, 0, 0)),
    Muscle("cricothyroid", (("tone", 1.0), ("voice", 0.5)), (0, 0, 0.05, 0.9, 0, 0, 0, 0)),
    Muscle("sternohyoid", (("tone", -0.8), ("LIY", -0.5)), (0, 0, 0.15, 0.6, 0, 0, 0, 0)),
)
