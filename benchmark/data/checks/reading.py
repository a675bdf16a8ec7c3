"""The border to readers, which may be anybody's: what they raise becomes a sentence."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmark.core import Array, Corpus, MachineFault, Recording, UserError
from benchmark.data.checks import arrays, lengths
from benchmark.data.checks.problems import Problem
from benchmark.plain_text import plain


def failed(error: Exception) -> str:
    """What a reader raised, with the line of it, in a few words."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return plain(f"{type(error).__name__}: {error}") + where


def raw(recording: Recording, signal: str) -> object:
    """What the reader gives for a signal, looked at by nobody yet.

    UserError names recording and signal, whatever the reader raised.
    """
    try:
        return recording[signal]
    except MachineFault:
        raise
    except UserError as error:
        said = str(error)
        raise UserError(
            said if recording.id in said else f"{recording.id}, {signal}: {said}"
        ) from (error)
    except (Exception, SystemExit) as error:
        failure = failed(error) if isinstance(error, Exception) else "the end of the program"
        problem = Problem("unreadable", "an array", failure, arrays.READER)
        raise UserError(problem.of(recording.id, signal)) from error


def read(corpus: Corpus, recording: Recording, signal: str) -> Array:
    """One signal of a recording, as it is declared; UserError with the first problem, if any."""
    array = raw(recording, signal)
    for problem in arrays.problems(signal, corpus.signals[signal], array, corpus.checks):
        raise UserError(f"{corpus.name}: {problem.of(recording.id, signal)}")
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{signal} was found to be an array, and is none")
    return array


def agree(corpus: Corpus, recording: Recording, counts: Mapping[str, int]) -> None:
    """UserError unless signals of so many time steps last equally long."""
    for name, problem in lengths.problems(recording, corpus.signals, counts, corpus.checks):
        raise UserError(f"{corpus.name}: {problem.of(recording.id, name)}")
