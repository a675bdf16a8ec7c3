"""Streams of one recording against each other: do they still rise and fall together?

Muscles, mouth and tongue move when there is something to hear. How, is learnt from the other
recordings of a corpus (`learnt`). Where a prediction fits better at another time, or fits the
stream of another recording better and that one's fits here, a stream was moved or two were
exchanged. A short recording of streams that hardly belong together fits as chance has it: it is not
compared. These are doubts: a look at numbers proves nothing about files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from benchmark.core import Array, Signal
from benchmark.data.checks.courses import RATE, Profile
from benchmark.data.checks.learnt import Pair, correlations, fast, predicted
from benchmark.data.checks.problems import Problem

LEAST = 6  # recordings to learn from
ENOUGH = 16  # recordings of a session that are learnt from alone; others are put together
LEAST_STEPS = 20  # of a recording that is compared
NEAR, FAR = 2, 6  # steps of delay that are no doubt, and from which on there is one
ALIKE = 5  # steps by which recordings that may have been exchanged differ in length
MOST_PAIRS = 64  # recordings of about the same length that one is compared with
RELATED = 0.1  # by how much predictions must fit better in time than out of it to tell anything
SURE = 2.0  # standard errors of a fit, 1 / sqrt(steps), that this must be in a recording
APART = 3.0  # typical deviations by which a fit must lie below the usual one
CLEAR = 3.0  # the same of a better fit elsewhere, where fits of a group differ too much to tell
MOVED = 0.18  # by how much they must fit better elsewhere
EXCHANGED = 0.11  # by how much two recordings must fit each other better than themselves
UNLIKE = 0.1  # share by which the power of a copy may differ
TAKEN, TAKEN_LIKE = 0.35, 0.6  # by how much one must fit another recording better; how well
COPIED = 0.97  # correlation of two courses that are one
TO_SD = 1.4826  # of the median absolute deviation of normal errors
ADVICE = "look at both; nothing was refused for it"

Finding = tuple[str, str, Problem]


def findings(
    profiles: Sequence[Profile], signals: Mapping[str, Signal]
) -> tuple[list[Finding], list[str]]:
    """What is doubtful (recording, signal, problem), and a line for each comparison."""
    found: list[Finding] = []
    lines: list[str] = []
    names = sorted({n for one in profiles for n in one.courses}, key=list(signals).index)
    for pair in combinations(names, 2):
        groups = _groups(profiles, *pair)
        if not groups:
            continue
        told = [_of_group(group, pair) for group in groups]
        found += [finding for each in told for finding in each.findings]
        found += _unlike_others(groups, [each.fits for each in told], pair)
        lines.append(_line(pair, [len(group) for group in groups], told))
    for name in names:
        found += _copies(profiles, name)
    return found, lines


@dataclass(frozen=True)
class _Told:
    """What came of one group."""

    findings: list[Finding]
    fits: tuple[float, float]  # the usual one in time, and out of it
    compared: int  # recordings


def _line(pair: tuple[str, str], counts: list[int], told: list[_Told]) -> str:
    total, compared = sum(counts), sum(each.compared for each in told)
    near, far = (float(np.average([t.fits[k] for t in told], weights=counts)) for k in (0, 1))
    what = f"{pair[0]} and {pair[1]} of {total:,} recordings"
    if not any(each.fits[0] - each.fits[1] >= RELATED for each in told):
        return f"{what} do not rise and fall together ({near:.2f}): not compared"
    part = "" if compared == total else f", enough to compare in {compared:,}"
    return f"{what} rise and fall together ({near:.2f}; at other times {far:.2f}){part}"


def _unlike_others(
    groups: list[list[Profile]], fits: list[tuple[float, float]], names: tuple[str, str]
) -> Iterator[Finding]:
    """Groups whose streams have nothing to do with each other where those of all others have."""
    for group, (near, far) in zip(groups, fits, strict=True):
        others = [f for g, f in zip(groups, fits, strict=True) if g is not group]
        related = [one - other >= RELATED for one, other in others]
        if near - far < RELATED and others and all(related):
            usual = float(np.median([one for one, _ in others]))
            if near < usual / 2:
                expected = f"{names[0]} and {names[1]} that rise and fall together as elsewhere"
                found = f"{near:.2f} instead of {usual:.2f} in {len(group)} recordings from it on"
                yield group[0].id, names[1], Problem("streams unrelated", expected, found, ADVICE)


def _groups(profiles: Sequence[Profile], one: str, other: str) -> list[list[Profile]]:
    """Recordings that are learnt from together: a session if it is large, else all small ones."""
    both = [
        p
        for p in profiles
        if all(n in p.courses and len(p.courses[n].moves) >= LEAST_STEPS for n in (one, other))
    ]
    by_session: dict[tuple[object, ...], list[Profile]] = defaultdict(list)
    for p in both:
        widths = tuple(p.courses[name].moves.shape[1] for name in (one, other))
        by_session[p.session, *widths].append(p)
    groups: dict[tuple[object, ...], list[Profile]] = defaultdict(list)
    for key, members in by_session.items():
        groups[key if len(members) >= ENOUGH else (None, *key[1:])] += members
    return [group for group in groups.values() if len(group) >= LEAST]


def _of_group(group: list[Profile], names: tuple[str, str]) -> _Told:
    pairs = predicted(group, names)
    near = np.array([pair.fit(pair, range(-NEAR, NEAR + 1)).max() for pair in pairs])
    elsewhere = [_elsewhere(pair) for pair in pairs]
    usual, far = float(np.median(near)), float(np.median([fit for fit, _ in elsewhere]))
    found: list[Finding] = []
    if usual - far < RELATED:
        return _Told(found, (usual, far), 0)
    steps = np.array([len(pair.streams[0]) for pair in pairs])
    compared = (usual - far) * np.sqrt(steps) >= SURE
    spread = float(np.median(np.abs(near - usual))) * TO_SD
    odd = compared & (usual - near > APART * spread)
    better = np.array([fit for fit, _ in elsewhere]) - near
    clear = compared & (better * np.sqrt(steps) >= CLEAR)
    for k in np.flatnonzero(odd | clear):
        here, (there, lag) = near[k], elsewhere[k]
        if there - here > MOVED and here < usual / 2 < there:
            expected = f"{names[0]} and {names[1]} that rise and fall together"
            when = f"{there:.2f} when one is moved by {lag / RATE:+.2f} s, {here:.2f} as they are"
            kind = "streams apart in time"
            found.append((pairs[k].id, names[1], Problem(kind, expected, when, ADVICE)))
    found += _exchanged(pairs, near, odd, compared, names)
    return _Told(found, (usual, far), int(compared.sum()))


def _elsewhere(pair: Pair) -> tuple[float, int]:
    """The best fit at a delay beyond FAR, streams taken as circles, and the delay in steps."""
    count = len(pair.streams[0])
    if count < 4 * FAR:
        return 0.0, 0
    lags = range(FAR + 1, count - FAR)
    fit = pair.fit(pair, lags)
    best = int(np.argmax(fit))
    lag = lags[best]
    return float(fit[best]), lag if lag <= count // 2 else lag - count


def _exchanged(
    pairs: list[Pair], near: Array, odd: Array, compared: Array, names: tuple[str, str]
) -> Iterator[Finding]:
    """Of two recordings of which one is odd at least."""
    lengths = np.array([len(pair.streams[0]) for pair in pairs])
    lags = range(-NEAR, NEAR + 1)
    usual = float(np.median(near))
    expected = f"{names[0]} and {names[1]} of one moment"
    for one, other in _alike(lengths):
        if not (odd[one] or odd[other]) or not (compared[one] and compared[other]):
            continue
        a, b = pairs[one], pairs[other]
        crossed = a.fit(b, lags).max(), b.fit(a, lags).max()
        gain = float(sum(crossed) - near[one] - near[other]) / 2
        for at, this, that in ((one, a, b), (other, b, a)):
            more = float(max(crossed) - near[at])
            is_taken = more > TAKEN and near[at] < usual / 2 < TAKEN_LIKE * max(crossed)
            if gain > EXCHANGED:
                found = f"that they fit those of {that.id} better, by {gain:.2f}"
                kind = "streams exchanged"
            elif is_taken:
                found = f"that one of them fits {that.id} better, by {more:.2f}"
                kind = "stream of another recording"
            else:
                continue
            yield this.id, names[1], Problem(kind, expected, found, ADVICE)


def _alike(lengths: Array) -> Iterator[tuple[int, int]]:
    """Places of recordings of about the same length, each pair once."""
    order = np.argsort(lengths, kind="stable")
    for place, one in enumerate(order):
        for other in order[place + 1 : place + 1 + MOST_PAIRS]:
            if lengths[other] - lengths[one] > ALIKE:
                break
            yield int(one), int(other)


def _copies(profiles: Sequence[Profile], name: str) -> Iterator[Finding]:
    """Streams that are nearly another's, such as a copy that was cut or compressed."""
    having = [p for p in profiles if name in p.courses and len(p.courses[name].moves) > 2 * FAR]
    quick = [fast(p.courses[name].moves) for p in having]
    power = [np.sqrt(np.square(course).mean(axis=0)) for course in quick]
    for one, other in _alike(np.array([len(course) for course in quick])):
        if power[one].shape != power[other].shape:
            continue
        if np.abs(power[one] - power[other]).max() > UNLIKE * power[one].max():
            continue
        if correlations(quick[one], quick[other], range(-FAR, FAR + 1)).max() > COPIED:
            for this, that in ((one, other), (other, one)):
                found = f"that of {having[that].id}, or nearly so"
                problem = Problem("near copy", "a course of its own", found, ADVICE)
                yield having[this].id, name, problem
