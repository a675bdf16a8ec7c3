"""A recording against the others of its session: is it recorded as they are?

Offsets of electrodes, the look of a face and the sound of a room stay what they are in a session. A
stream that is much nearer to another session than to its own is doubtful: files may have been
exchanged between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmark.core import Array, Signal
from benchmark.data.checks.courses import Profile
from benchmark.data.checks.problems import Problem
from benchmark.data.checks.together import ADVICE, Finding

LEAST = 8  # recordings that have another one of their session
NEARER = 2.0  # by this factor a recording must be nearer to another session than to its own
AT_HOME = 2.5  # by this factor most recordings must be nearer to their own, or nothing is told
NEIGHBOURS = 2  # to either side in the list
MOST = 32  # recordings that stand for a session
ODD = 4.0  # distance in typical deviations from which on a recording is odd
STEP = 256  # recordings compared at a time


def findings(
    profiles: Sequence[Profile], signals: Mapping[str, Signal]
) -> tuple[list[Finding], list[str]]:
    """What is doubtful (recording, signal, problem), and a line for each signal."""
    found: list[Finding] = []
    lines: list[str] = []
    for name in sorted({n for one in profiles for n in one.courses}, key=list(signals).index):
        widths: dict[int, list[Profile]] = defaultdict(list)
        for one in profiles:
            if name in one.courses:
                widths[len(one.courses[name].place)].append(one)
        for group in widths.values():
            by_session = _by_session(group)
            repeated = sum(len(places) for places in by_session.values() if len(places) > 1)
            if repeated < LEAST or len(by_session) < 2:
                continue
            told = list(_of_signal(group, by_session, name))
            what = f"{name} of {len(group):,} recordings in {len(by_session):,} sessions"
            if told and told[0] is None:
                lines.append(f"{what} does not tell the sessions apart: not compared")
                continue
            lines.append(f"{what} compared with the others of its session")
            found += [one for one in told if one is not None]
    return found, lines


def _by_session(group: Sequence[Profile]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(group):
        found[one.session].append(place)
    return found


def _of_signal(
    group: Sequence[Profile], by_session: Mapping[str, list[int]], name: str
) -> Iterator[Finding | None]:
    """Findings; a single None where sessions are too alike."""
    places = np.array([one.courses[name].place for one in group], np.float64)
    places = places / _spread(places, by_session)
    own = _to_own(places, by_session)
    other, whose = _to_others(places, [one.session for one in group])
    known = np.isfinite(own)
    middle = _to_other_middles(places, by_session)
    if np.median((own[known] + 1e-9) / (middle[known] + 1e-9)) > 1 / AT_HOME:
        yield None
        return
    for at in np.flatnonzero(known & (own > ODD) & (own > NEARER * other)).tolist():
        expected = f"{name} recorded as in the others of session {group[at].session}"
        nearest = group[int(whose[at])]
        found = (
            f"it nearer to {nearest.id} of session {nearest.session}, at a distance of "
            f"{other[at]:.2g} instead of {own[at]:.2g}"
        )
        problem = Problem("recorded as another session", expected, found, ADVICE)
        yield group[at].id, name, problem


def _spread(places: Array, by_session: Mapping[str, list[int]]) -> Array:
    """How much each value differs within sessions, by its median deviation (values,)."""
    deviations = np.concatenate(
        [
            np.abs(places[at] - np.median(places[at], axis=0))
            for at in by_session.values()
            if len(at) > 1
        ]
    )
    typical = np.median(deviations, axis=0)
    return np.asarray(np.maximum(typical, 0.1 * typical.mean() + 1e-9))


def _to_own(places: Array, by_session: Mapping[str, list[int]]) -> Array:
    """The distance of each to its session without it; NaN where it is alone.

    To the median of all or of the neighbours in the list, whichever is nearer: offsets drift.
    """
    own = np.full(len(places), np.nan)
    for members in by_session.values():
        for number, at in enumerate(members) if len(members) > 1 else ():
            first = max(0, min(number - NEIGHBOURS, len(members) - 2 * NEIGHBOURS - 1))
            close = members[first : first + 2 * NEIGHBOURS + 1]
            own[at] = min(
                _apart(places[at], places[[one for one in some if one != at]])
                for some in (close, members[:: -(-len(members) // MOST)] + close)
            )
    return own


def _apart(place: Array, others: Array) -> float:
    return float(np.sqrt(np.mean(np.square(place - np.median(others, axis=0)))))


def _to_other_middles(places: Array, by_session: Mapping[str, list[int]]) -> Array:
    """The distance of each to the nearest median of another session."""
    nearest = np.full(len(places), np.inf)
    for members in by_session.values():
        apart = np.sqrt(np.mean(np.square(places - np.median(places[members], axis=0)), axis=1))
        apart[members] = np.inf
        nearest = np.minimum(nearest, apart)
    return nearest


def _to_others(places: Array, sessions: Sequence[str]) -> tuple[Array, Array]:
    """The distance to the nearest recording of another session, and which that is."""
    numbers = np.unique(np.array(sessions), return_inverse=True)[1]
    square = np.square(places).mean(axis=1)
    nearest = np.zeros(len(places))
    whose = np.zeros(len(places), int)
    for first in range(0, len(places), STEP):
        some = slice(first, first + STEP)
        apart = square[some, None] + square - 2 * places[some] @ places.T / places.shape[1]
        apart[numbers[some, None] == numbers] = np.inf
        whose[some] = np.argmin(apart, axis=1)
        nearest[some] = np.sqrt(np.maximum(apart.min(axis=1), 0))
    return nearest, whose
