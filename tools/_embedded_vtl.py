"""Rendering of one utterance with VocalTractLab (vocaltractlab-cython, an extra).

The API holds one speaker for the whole process: use one process for each speaker.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _embedded_speaker import scaled_speaker
from _embedded_text import SILENCE_S, Phone, Recording, Speaker, rng
from numpy.typing import NDArray
from scipy.signal import resample_poly

Array = NDArray[Any]

STATE_HZ = 44100 / 110
FRAME_HZ = 100
RATE_HZ = 16000
GAIN = 3.5
CM_TO_UNITS = 1000.0  # one unit is 10 micrometres

# The phones that the API's segment sequences know; it drops all others silently.
_PHONES = (
    "a e i o u E: 2 y I E O U 9 Y @ 6 p b t d k g f v T D s z S Z C j x r R h m n N l ts tS dZ pf ?"
)
PHONES = frozenset(_PHONES.split())

# Indices into the outlines: tongue contour 0 (root) .. 36; 32 is the apex, 33-36 lie below it.
TONGUE_POINTS = {"tongue dorsum": 20, "tongue blade": 26, "tongue tip": 31}
LOWER_INCISOR, UPPER_LIP, LOWER_LIP = 18, 31, 26
PALATE = slice(13, 25)  # end of the soft palate .. edge of the upper incisors
_SIZES = {"upper": 34, "lower": 28, "tongue": 37}


@dataclass(frozen=True)
class Rendered:
    """One utterance: audio (n * 160,) int16 at 16 kHz, the rest (n, ...) at 100 Hz."""

    audio: Array
    points: Array
    tongue: Array
    tract: Array
    glottis: Array
    f0: Array
    voiced: Array


def load_api() -> Any:
    """The API module, or a clear error where the extra is missing."""
    try:
        import vocaltractlab_cython
    except ImportError as error:
        raise SystemExit(
            "the corpus builder needs vocaltractlab-cython: pip install -e .[synth]"
        ) from error
    return vocaltractlab_cython


def set_speaker(api: Any, speaker: Speaker) -> None:
    """Load the bundled speaker at the scale of ``speaker``; women get shorter vocal folds too."""
    from vocaltractlab_cython.VocalTractLabApi import _close, _initialize

    folds = speaker.scale * (0.75 if speaker.sex == "female" else 1.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scaled.speaker"
        path.write_text(scaled_speaker(Path(api.speaker_path()), speaker.scale, folds), "utf-8")
        _close()
        _initialize(str(path))


def _segments(phones: list[Phone]) -> str:
    """A segment sequence in the API's text format, silence at both ends."""
    if unknown := sorted({p.vtl for p in phones} - PHONES):
        raise ValueError(f"VocalTractLab has no phone {', '.join(map(repr, unknown))}")
    rows = [("", SILENCE_S), *((p.vtl, p.end - p.start) for p in phones), ("", SILENCE_S)]
    return "".join(f"name = {name}; duration_s = {s:.6f};\n" for name, s in rows)


def _vary_effort(score: str, gen: np.random.Generator, spread: float) -> str:
    """Scale the time constants of the articulator gestures: slow ones miss their targets."""
    effort = float(np.exp(gen.normal(0.12, spread)))

    def scale(match: re.Match[str]) -> str:
        factor = effort * float(np.exp(gen.normal(0.0, 0.08)))
        # 0.85 because the API refuses velic time constants below 0.010 s (0.012 s is its own).
        return f'time_constant_s="{float(match[1]) * min(max(factor, 0.85), 1.6):.6f}"'

    def sequence(match: re.Match[str]) -> str:
        kinds = ("vowel-", "lip-", "tongue-tip-", "tongue-body-", "velic-")
        if not match[1].startswith(kinds):
            return match[0]
        return re.sub(r'time_constant_s="([\d.]+)"', scale, match[0])

    return re.sub(r'<gesture_sequence type="([\w-]+)".*?</gesture_sequence>', sequence, score,
                  flags=re.DOTALL)  # fmt: skip


def _parameters(api: Any, phones: list[Phone], gen: np.random.Generator, spread: float) -> Array:
    """Glottis (11) and tract (19) parameters, (states, 30) at ``STATE_HZ``."""
    with tempfile.TemporaryDirectory() as folder:
        seg, ges, tract = (str(Path(folder) / f"u.{ext}") for ext in ("seg", "ges", "tract"))
        Path(seg).write_text(_segments(phones), "utf-8")
        api.phoneme_file_to_gesture_file(seg, ges)
        Path(ges).write_text(_vary_effort(Path(ges).read_text("utf-8"), gen, spread), "utf-8")
        api.gesture_file_to_motor_file(ges, tract)
        lines = [
            x for x in Path(tract).read_text("utf-8").splitlines() if x and not x.startswith("#")
        ]
    states = [np.array(line.split(), dtype=np.float64) for line in lines[2:]]
    return np.array([np.concatenate(pair) for pair in zip(states[::2], states[1::2], strict=True)])


def _wander(n: int, gen: np.random.Generator) -> Array:
    """Slow noise (n,) at ``STATE_HZ``, about 2 Hz wide and of about unit size."""
    knots = gen.normal(size=max(4, int(n / STATE_HZ * 4) + 2))
    at = np.linspace(0, len(knots) - 1, n)
    lower = np.minimum(at.astype(int), len(knots) - 2)
    weight = 0.5 - 0.5 * np.cos(np.pi * (at - lower))
    return np.asarray(knots[lower] * (1 - weight) + knots[lower + 1] * weight)


# Sizes are small against the closures and grooves that make stops and sibilants.
_TRACT_WANDER = {"HY": 0.06, "JA": 0.15, "LP": 0.04, "TCX": 0.03, "TCY": 0.02}


def _perturb_tract(tract: Array, names: list[str], speaker: Speaker, key: str) -> Array:
    """Add offsets (speaker, recording) and slow noise to some parameters, in cm (JA: degrees)."""
    result, habit, gen = tract.copy(), rng(speaker.id, "habit"), rng(key, "tract")
    for name, size in _TRACT_WANDER.items():
        shift = habit.normal() + gen.normal() + 0.5 * _wander(len(tract), gen)
        result[:, names.index(name)] += size * shift
    return result


def f0_contour(rec: Recording, phones: list[Phone], speaker: Speaker, n: int) -> Array:
    """F0 (n,) in Hz at ``STATE_HZ``: declination, accents, final fall and slow noise."""
    gen = rng(rec.id, "f0")
    t = np.arange(n) / STATE_HZ
    begin, end = phones[0].start, phones[-1].end
    place = np.clip((t - begin) / (end - begin), 0.0, 1.0)
    level = gen.normal(0.0, 0.9 if rec.kind == "word" else 0.5)
    tones = level + speaker.f0_range_st * (0.5 - 0.9 * place) + 0.15 * _wander(n, gen)
    for phone in phones:
        if phone.accent:
            peak = (phone.start + phone.end) / 2 + gen.normal(0.0, 0.012)
            height = speaker.f0_range_st * gen.uniform(0.15, 0.65)
            tones += height * np.exp(-0.5 * ((t - peak) / 0.07) ** 2)
    fall = gen.uniform(1.0, 2.5)
    tones -= fall / (1.0 + np.exp(-(t - end + 0.08) / 0.03))
    return np.asarray(speaker.f0_mean_hz * 2.0 ** (tones / 12.0))


def _at_frames(states: Array, n: int) -> Array:
    """Linear interpolation of (states, c) to frames k / 100 s, (n, c)."""
    at = np.minimum(np.arange(n) * STATE_HZ / FRAME_HZ, len(states) - 1)
    lower = np.minimum(at.astype(int), len(states) - 2)
    weight = (at - lower)[:, None]
    return np.asarray(states[lower] * (1 - weight) + states[lower + 1] * weight)


def outlines(api: Any, state: Array) -> dict[str, Array]:
    """The midsagittal outlines of a tract state in cm; their sizes are checked."""
    result: dict[str, Array] = api.get_outlines(state)
    if any(len(result[name]) != size for name, size in _SIZES.items()):
        raise RuntimeError("the outlines of this API version have other sizes")
    return result


def units(cm: Array) -> Array:
    """Centimetres to int16 units of 10 micrometres."""
    return np.asarray(np.rint(cm * CM_TO_UNITS)).astype(np.int16)


def _geometry(api: Any, tract: Array) -> tuple[Array, Array]:
    """Points (n, 6, 2) and tongue contours (n, 37, 2) in cm."""
    points, tongues = [], []
    for state in tract:
        lines = outlines(api, state)
        chosen = [lines["tongue"][i] for i in TONGUE_POINTS.values()]
        chosen += [lines["lower"][LOWER_INCISOR], lines["upper"][UPPER_LIP]]
        points.append([*chosen, lines["lower"][LOWER_LIP]])
        tongues.append(lines["tongue"])
    return np.array(points), np.array(tongues)


def _voiced(glottis: Array, names: list[str]) -> Array:
    """1 where lung pressure and the distance of the vocal folds allow vibration, else 0."""
    pressed = glottis[:, names.index("PR")] > 2000.0
    rest = (glottis[:, names.index("XB")] + glottis[:, names.index("XT")]) / 2
    return np.asarray(pressed & (rest < 0.06)).astype(np.uint8)


def _audio(api: Any, tract: Array, glottis: Array, n: int) -> Array:
    """Audio of ``n`` frames at 16 kHz, int16, at the corpus gain."""
    wave = resample_poly(api.synth_block(tract, glottis), 160, 441) * GAIN
    wave = np.pad(wave, (0, max(0, n * 160 - len(wave))))[: n * 160]
    if np.max(np.abs(wave)) >= 1.0:
        raise RuntimeError("the audio clips: lower GAIN")
    return np.asarray(np.rint(wave * 32767)).astype(np.int16)


def parameter_names(api: Any) -> tuple[list[str], list[str]]:
    """Names of the 19 tract and the 11 glottis parameters."""
    tract, glottis = ([p["name"] for p in api.get_param_info(k)] for k in ("tract", "glottis"))
    return tract, glottis


def render(api: Any, rec: Recording, phones: list[Phone], speaker: Speaker) -> Rendered:
    """Synthesise one recording; ``set_speaker`` must have been called."""
    gen = rng(rec.id, "articulation")
    tract_names, glottis_names = parameter_names(api)
    both = _parameters(api, phones, gen, 0.14 if rec.kind == "word" else 0.08)
    n_glottis = len(glottis_names)
    glottis, tract = both[:, :n_glottis], both[:, n_glottis:]
    tract = _perturb_tract(tract, tract_names, speaker, rec.id)
    glottis[:, glottis_names.index("F0")] = f0_contour(rec, phones, speaker, len(glottis))
    n = round((phones[-1].end + SILENCE_S) * FRAME_HZ)
    tract_frames, glottis_frames = _at_frames(tract, n), _at_frames(glottis, n)
    points, tongue = _geometry(api, tract_frames)
    return Rendered(
        audio=_audio(api, tract, glottis, n), points=units(points), tongue=units(tongue),
        tract=tract_frames.astype(np.float16), glottis=glottis_frames.astype(np.float16),
        f0=np.rint(glottis_frames[:, glottis_names.index("F0")] * 100).astype(np.uint16),
        voiced=_voiced(glottis_frames, glottis_names),
    )  # fmt: skip
