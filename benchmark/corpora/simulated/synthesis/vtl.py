"""VocalTractLab, as far as the simulator needs it: the one place that imports it.

The program (Birkholz 2013, PLoS ONE 8(4): e60603) has the licence GPL-3.0 and is an optional extra;
it is loaded when a corpus is built, never when one is read. It holds one speaker for the whole
process, so `use` changes what every later call of this process gives.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.corpora.noise import AUDIO_RATE

MODULE = "vocaltractlab_cython"
STATE_RATE = 44100 / 110  # Hz, of states of the tract and the glottis
GLOTTIS = ("F0", "PR", "XB", "XT", "CA", "PL", "RA", "DP", "PS", "FL", "AS")
TRACT = (
    *("HX", "HY", "JX", "JA", "LP", "LD", "VS", "VO", "TCX", "TCY", "TTX", "TTY", "TBX", "TBY"),
    *("TRX", "TRY", "TS1", "TS2", "TS3"),
)
# The phones of its segment sequences: it drops all others without a word.
_PHONES = (
    "a e i o u E: 2 y I E O U 9 Y @ 6 p b t d k g f v T D s z S Z C j x r R h m n N l ts tS dZ pf ?"
)
PHONES = frozenset(_PHONES.split())
# Places on its outlines. The tongue's goes from the root (0) over the apex (32) below the tip (36).
OUTLINES = {"upper": 34, "lower": 28, "tongue": 37}
TONGUE_POINTS = (20, 26, 31)  # dorsum, blade, tip
LOWER_INCISOR, UPPER_LIP, LOWER_LIP = 18, 31, 26
PALATE = slice(13, 25)  # from the end of the soft palate to the edge of the upper incisors
MM = 10.0  # in a centimetre, its unit of length


def load() -> Any:
    """The module; UserError where the extra is missing, or is of another make."""
    try:
        api = importlib.import_module(MODULE)
    except ImportError as error:
        raise UserError(
            f"building simulated corpora needs {MODULE}, which is not installed ({error}): "
            "pip install -c constraints.txt -e '.[synth]' (GPL-3.0)"
        ) from error
    found = tuple(p["name"] for kind in ("glottis", "tract") for p in api.get_param_info(kind))
    if found != GLOTTIS + TRACT:
        raise UserError(
            f"{MODULE}: expected the parameters {', '.join(GLOTTIS + TRACT)}, found "
            f"{', '.join(found)}; install the version that constraints.txt names"
        )
    return api


def plain_speaker(api: Any) -> str:
    """The text of the speaker file that comes with the program."""
    return Path(api.speaker_path()).read_text("utf-8")


def use(api: Any, speaker: str) -> None:
    """Make the process use the speaker of this text, the content of a speaker file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talker.speaker"
        path.write_text(speaker, "utf-8")
        api.VocalTractLabApi._close()
        api.VocalTractLabApi._initialize(str(path))


def score(api: Any, segments: Sequence[tuple[str, float]]) -> str:
    """The gestural score, as XML, of phones (or "", a pause) with durations in s."""
    if unknown := sorted({name for name, _ in segments if name} - PHONES):
        raise UserError(
            f"the synthesiser has no phone {', '.join(map(repr, unknown))}: give its substitute "
            "in the lexicon"
        )
    lines = (f"name = {name}; duration_s = {seconds:.6f};\n" for name, seconds in segments)
    with tempfile.TemporaryDirectory() as folder:
        path, made = Path(folder) / "take.seg", Path(folder) / "take.ges"
        path.write_text("".join(lines), "utf-8")
        api.phoneme_file_to_gesture_file(str(path), str(made))
        return made.read_text("utf-8")


def motion(api: Any, score: str) -> tuple[Array, Array]:
    """States of the tract (S, 19) and of the glottis (S, 11) at STATE_RATE, of a score."""
    with tempfile.TemporaryDirectory() as folder:
        path, made = Path(folder) / "take.ges", Path(folder) / "take.tract"
        path.write_text(score, "utf-8")
        api.gesture_file_to_motor_file(str(path), str(made))
        lines = made.read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")][2:]
    glottis, tract = np.array(rows[::2], np.float64), np.array(rows[1::2], np.float64)
    return tract, glottis


def outlines(api: Any, state: Array) -> dict[str, Array]:
    """The midsagittal outlines of one state (19,) of the tract, (points, 2) in mm."""
    found = {name: np.asarray(line) * MM for name, line in api.get_outlines(state).items()}
    if any(len(found[name]) != size for name, size in OUTLINES.items()):
        raise UserError(
            f"{MODULE}: expected outlines of {OUTLINES} points, found "
            f"{ {name: len(line) for name, line in found.items()} }; install the version that "
            "constraints.txt names"
        )
    return found


def geometry(api: Any, tract: Array) -> tuple[Array, Array]:
    """Six points (N, 6, 2) and the tongue (N, 37, 2), in mm, of states (N, 19) of the tract."""
    points, tongues = [], []
    for state in tract:
        lines = outlines(api, state)
        chosen = [lines["tongue"][place] for place in TONGUE_POINTS]
        chosen += [lines["lower"][LOWER_INCISOR], lines["upper"][UPPER_LIP]]
        points.append([*chosen, lines["lower"][LOWER_LIP]])
        tongues.append(lines["tongue"])
    return np.array(points), np.array(tongues)


def palate(api: Any) -> Array:
    """The hard palate and the upper incisors (12, 2) of the speaker in use, in mm."""
    return outlines(api, shape(api, "@"))["upper"][PALATE]


def shape(api: Any, name: str) -> Array:
    """The state of the tract (19,) that the speaker in use has for a phone."""
    return np.asarray(api.get_shape(name, "tract"), np.float64)


def length(api: Any) -> float:
    """How long the vocal tract of the speaker in use is in a schwa, in mm."""
    tube = api.tract_state_to_tube_state(shape(api, "@"))
    return float(np.sum(tube["tube_length"])) * MM


def sound(api: Any, tract: Array, glottis: Array, count: int) -> Array:
    """(count,) float64 at 16 kHz, full scale 1, of states of tract and glottis."""
    from scipy.signal import resample_poly

    wave = resample_poly(api.synth_block(tract, glottis), AUDIO_RATE // 100, 441)[:count]
    return np.pad(wave, (0, count - len(wave)))
