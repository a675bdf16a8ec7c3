"""Shapes of the vocal tract for American English, in place of German ones.

The model that comes with the synthesiser speaks German. Of its shapes these are written anew, those
of w, r, V, { and A in place of German vowels that no English word needs. A random search from a
near shape (Gaussian steps, the best kept) brought the resonances of the plain model's tract as near
as it could to those of American men (Peterson and Barney 1952, J. Acoust. Soc. Am. 24: 175;
glides and l: Stevens 1998, Acoustic Phonetics), with a cost for leaving the first shape and for
passages below about 0.2 cm2. The tract can bring F3 of r to 1,960 Hz, not to 1,650.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmark.core import Array
from benchmark.corpora.simulated.talkers.habits import CONTEXTS, INDEX

LATERAL = "tt-alveolar-lateral"
CONTEXT = 0.3  # of the German lateral's dependence on the vowels beside it
# A dark l: the body of the tongue lies further back, and higher, than in a German l; cm.
DARK: Mapping[str, float] = {"TCX": -0.9, "TRX": -0.9, "TCY": 0.2}

# In order of `habits.PARAMETERS`: HX HY JX JA LP LD VS VO TCX TCY TTX TTY TBX TBY TRX TRY TS1-TS3;
# lengths in cm, JA in degrees. Beside each its first resonances in Hz.
_VOWELS: Mapping[str, tuple[float, ...]] = {
    "Y": (  # w: 320, 700
        *(1.0, -4.89, 0.0, -4.71, 0.69, 0.2, 0.59, -0.1, 0.27, -1.0, 2.8, -0.82, 1.53, 0.59),
        *(-0.45, -2.65, 0.29, 0.0, 0.0),
    ),
    "9": (  # r and 3: 410, 1310, 1960
        *(0.0, -4.87, -0.1, -6.84, 0.44, 0.26, 0.74, -0.1, 1.67, -1.24, 3.68, -1.19, 3.78, -0.95),
        *(-0.2, -1.38, 0.31, 0.11, 0.17),
    ),
    "2": (  # V: 640, 1200
        *(0.12, -4.7, -0.05, -4.33, -0.09, 0.98, 0.84, -0.1, -0.38, -2.01, 4.51, -1.43, 2.59),
        *(-1.13, -2.26, -2.97, 0.03, 0.23, 0.17),
    ),
    "E:": (  # {: 640, 1720
        *(0.53, -3.5, -0.1, -5.25, -0.29, 1.1, 0.76, -0.1, 1.48, -1.72, 4.17, -1.56, 3.05, 0.04),
        *(-1.91, -1.54, 0.33, 0.13, 0.04),
    ),
    "y": (  # A: 680, 1110
        *(0.17, -3.81, 0.0, -4.45, 0.09, 1.15, 0.8, -0.1, 0.08, -1.84, 4.2, -1.67, 2.54, -1.32),
        *(-3.22, -3.12, 0.21, 0.04, 0.15),
    ),
    "i": (  # 280, 2150
        *(1.0, -5.42, -0.08, -2.8, -0.02, 1.03, 0.0, -0.1, 2.45, -0.81, 4.31, -0.93, 4.0, 0.11),
        *(0.03, -1.12, 0.25, 0.05, -0.05),
    ),
    "I": (  # 400, 1940
        *(0.7, -5.57, -0.2, -3.54, 0.0, 0.93, 0.48, -0.1, 1.89, -1.6, 4.37, -0.95, 2.89, 0.38),
        *(-0.86, -1.49, 0.0, 0.3, 0.06),
    ),
    "u": (  # 310, 1000
        *(1.0, -5.89, 0.0, -5.27, 0.7, 0.2, 0.59, -0.1, 0.44, -1.38, 3.34, -0.82, 2.38, 0.93),
        *(-0.36, -2.62, 0.29, 0.0, 0.0),
    ),
}


def spoken(german: Mapping[str, Array]) -> dict[str, Array]:
    """The plain model's shapes, (19,) each, with those that English needs otherwise."""
    middle = german[f"{LATERAL}(a)"]
    shapes = {name: np.array(values) for name, values in _VOWELS.items()}
    for context in CONTEXTS:
        name = f"{LATERAL}({context})"
        shapes[name] = middle + CONTEXT * (german[name] - middle)
        for parameter, distance in DARK.items():
            shapes[name][INDEX[parameter]] += distance
    return {**german, **shapes}
