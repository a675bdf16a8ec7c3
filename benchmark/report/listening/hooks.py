"""A user's own vocoder and recogniser, named MODULE:FUNCTION: only ever for listening.

    vocoder(mel) -> sound
        ln mel magnitudes (frames, 80) float32 at 86.13 Hz -> samples (n,) at 22,050 Hz, scale 1
    recogniser(sound, rate) -> text
        samples (n,) float32, full scale 1, at `rate` Hz -> the words heard, between spaces

They run in this process with all that it may do, so name your own code only. What they give stands
on the page of `listen`, a vocoder's also in a listening test, and never on the leaderboard, whose
figures are by one recogniser for all.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, UserError
from benchmark.metrics import text
from benchmark.report.listening.sounds import Sound, Vocoder


def function(named: str, option: str) -> Callable[..., Any]:
    """What MODULE:FUNCTION names, in the current folder or installed; UserError if nothing."""
    module, _, name = named.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise UserError(f"{option}: expected MODULE:FUNCTION, found {named!r}")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # to stay there: a function may import when it is called
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (Exception, SystemExit) as error:  # whatever a module of the user's own raises
        what = f"{type(error).__name__}: {error}"
        raise UserError(f"{option}: {module!r} cannot be imported: {what}") from error
    if not callable(found):
        raise UserError(f"{option}: {module!r} has no function {name!r}")
    made: Callable[..., Any] = found

    def called(*inputs: Any) -> Any:
        try:
            return made(*inputs)
        except (Exception, SystemExit) as error:  # whatever a function of the user's own raises
            raise UserError(f"{option} {named}: {type(error).__name__}: {error}") from error

    return called


def vocoder(named: str) -> Vocoder:
    """A vocoder whose sound is checked; UserError where there is none of this name."""
    made = function(named, "--vocoder")

    def sound(mel: Array) -> Array:
        wave = np.asarray(made(np.array(mel, np.float32)))
        if wave.ndim != 1 or not len(wave) or wave.dtype.kind != "f" or not _finite(wave):
            raise UserError(
                f"--vocoder {named}: expected finite samples (n,) as floats, found {wave.dtype} of "
                f"shape {wave.shape}"
            )
        return wave

    return sound


def _finite(wave: Array) -> bool:
    return bool(np.isfinite(wave).all())


def words(recogniser: Callable[..., Any], named: str, sound: Sound) -> str:
    """What a user's recogniser hears in a sound; UserError where it is no text."""
    found = recogniser(np.array(sound.wave, np.float32), sound.rate)
    if not isinstance(found, str):
        raise UserError(f"--recogniser {named}: expected text, found {type(found).__name__}")
    return found


def error_rates(heard: Sequence[tuple[str, dict[str, str]]]) -> str:
    """WER by column of (text, what was heard by column), over the recordings that have it.

    Empty where none has words to compare with.
    """
    worded = [(words, by) for t, by in heard if (words := text.normalised(t))]
    columns = dict.fromkeys(name for _, by in worded for name in by)
    found = []
    for name in columns:
        said = [(words, text.normalised(by[name])) for words, by in worded if name in by]
        rate = text.word_error_rate([words for words, _ in said], [h for _, h in said])
        found.append(f"{name} {rate:.3f}")
    return ", ".join(found)
