"""All recordings of a corpus, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmark.core import Array, Corpus, Recording, UserError
from benchmark.data.checks import arrays, recordings
from benchmark.data.checks.problem import Problem
from benchmark.plain_text import plain

MOST_MADE = 50  # recordings that are looked at of those that the reader makes from others

Tell = Callable[[int, int], None]


def check(corpus: Corpus, folder: Path, tell: Tell = lambda _done, _all: None) -> Iterator[Problem]:
    """Read every signal of every recording and yield what is not as declared.

    Of recordings that are made from others, such as mixtures, a few are enough. One recording is in
    memory at a time. UserError where the recordings cannot even be listed.
    """
    listed = _listed(corpus, folder)
    yield from recordings.names(listed)
    copies = recordings.Copies(corpus)
    chosen = _chosen(corpus, listed)
    for done, recording in enumerate(chosen):
        tell(done, len(chosen))
        yield from check_recording(corpus, recording, copies)
    tell(len(chosen), len(chosen))


def check_recording(
    corpus: Corpus, recording: Recording, copies: recordings.Copies | None = None
) -> Iterator[Problem]:
    """What is wrong with the signals of one recording."""
    has = corpus.checks.signals
    frames: dict[str, int] = {}
    for name in corpus.signals if has is None else has(recording.id):
        found: list[Problem] = []
        array = _read(recording, name, found)
        if not found:
            signal, checks = corpus.signals[name], corpus.checks
            found = [
                Problem(f.kind, recording.id, name, f.expected, f.found, f.advice)
                for f in arrays.faults(array, name, signal, checks)
            ]
        yield from found
        if array is not None and not found:
            if array.ndim:
                frames[name] = len(array)
            if copies is not None:
                yield from copies.look(recording, name, array)
    yield from recordings.lengths(recording, frames, corpus.signals, corpus.checks)


def _listed(corpus: Corpus, folder: Path) -> Sequence[Recording]:
    try:
        listed = list(corpus.recordings(folder))
    except UserError:
        raise
    except Exception as error:  # a reader may be anybody's
        said = plain(f"{type(error).__name__}: {error}")
        raise UserError(f"{corpus.name}: its recordings cannot be listed: {said}") from error
    if wrong := next((r for r in listed if not isinstance(r, Recording)), None):
        raise UserError(f"{corpus.name}: expected a list of Recording, found {plain(repr(wrong))}")
    if not listed:
        raise UserError(f"{corpus.name}: no recording in {folder}. {corpus.advice}")
    return listed


def _chosen(corpus: Corpus, listed: Sequence[Recording]) -> list[Recording]:
    """All that were recorded, and some of those that are made, evenly spread."""
    made = [n for n, r in enumerate(listed) if corpus.checks.made(r.id)]
    few = {made[i] for i in np.linspace(0, len(made) - 1, MOST_MADE, dtype=int)} if made else set()
    left_out = set(made) - few
    return [r for n, r in enumerate(listed) if n not in left_out]


def read(recording: Recording, name: str) -> Array:
    """One signal of a recording; UserError with both names for whatever its reader raises."""
    try:
        return recording[name]
    except UserError as error:
        named = recording.id in str(error)
        raise error if named else UserError(f"{recording.id}, {name}: {error}") from error
    except Exception as error:  # a reader may be anybody's
        said = plain(f"{type(error).__name__}: {error}")
        raise UserError(f"{recording.id}, {name}: cannot be read: {said}") from error


def _read(recording: Recording, name: str, problems: list[Problem]) -> Array | None:
    try:
        return read(recording, name)
    except UserError as error:
        expected, advice = "a signal that can be read", "look at the file and at the reader"
        problems.append(Problem("reading", recording.id, name, expected, str(error), advice))
        return None
