"""Does a split leak? What test recordings share with what a model may see, by name and by content.

Names: texts, sessions and speakers. A split promises which of them it keeps apart (`disjoint`), and
nothing loads that breaks the promise; what it does not promise is told as a share, not as a leak.

Content, which no list of ids shows:

- **overlap**: a stretch of a signal that stands in both parts to the bit, wherever it begins, as
  windows cut from one recording have. Fingerprints are taken of every 32 frames or 50 ms and kept
  where the fingerprint itself says so, so that two recordings keep the same ones of what they
  share.
- **alike**: a whole signal that is another one but for its level, an offset or a little noise.
- **gap**: two recordings of one session that overlap in time, or lie closer together than the split
  promises, or than an entry of the task looks to either side.
- **disturbance**: a stretch of what is left of an input when a target of the same kind is taken
  away, such as the noise of a mixture. It may be louder or softer than where it stood before, and
  rounded anew: on which side of zero each sample lies stays the same.

Stretches in which nothing moves (silence, a blank picture) say nothing and are left out. Statistics
fitted on test recordings are no matter here: what a model is given holds none of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Asked, Paths, Recording, Signal, Split
from benchmark.data import folds as folds_module
from benchmark.data.splits import GROUPS, Audit
from benchmark.worker import fold_reader

WINDOW, SECONDS = 32, 0.05  # frames, or more of them where they last shorter than that in all
NOISE_WINDOW, NOISE_MOVES = 512, 12  # the same for signs of samples
KEPT_OF = 16  # one fingerprint of so many is kept
POINTS, SIDES = 64, 8  # of a signal's outline: points in time, random projections of a frame
ALIKE = 0.995  # correlation of outlines
LENGTHS = 0.02  # relative difference of lengths within which outlines are compared
SHOWN = 3  # pairs that are named
TICK = 1e-3  # seconds: times are rounded

Prints = NDArray[np.uint64]
Outline = tuple[Array | None, int]  # None where nothing moves; with the length of the signal


@dataclass(frozen=True)
class Finding:
    """One kind of thing that test shares with what is seen. `leak`: it must not."""

    split: str
    fold: str
    kind: str  # overlap, alike, disturbance, gap, text, session, speaker
    signal: str
    said: str
    leak: bool


def audit(place: Paths, split: Split, data: str, context: float = 0.0) -> Iterator[Finding]:
    """Everything that the folds of one prepared split share; a fold at a time, to bound memory.

    `context`: seconds to either side that any entry of the task looks at.
    """
    for fold in split.folds:
        folder = folds_module.fold_folder(place.runs, data, fold)
        asked, answers = fold_reader.read_part(folder / "answers")
        _, visible = fold_reader.read_part(folder / "visible")
        seen = [recording for role in visible.values() for recording in role]
        yield from compare(split, fold, asked, seen, answers["test"], context)


def compare(
    split: Split,
    fold: str,
    asked: Asked,
    seen: Sequence[Recording],
    test: Sequence[Recording],
    context: float = 0.0,
) -> Iterator[Finding]:
    """The findings of one fold."""
    if near := _near(seen, test, max(context, split.guard)):
        yield Finding(split.name, fold, "gap", "", near, True)
    for group in GROUPS:
        known = {getattr(r, group) for r in seen}
        shared = [r for r in test if getattr(r, group) in known and getattr(r, group)]
        if shared:
            said = f"{len(shared)} of {len(test)} test recordings share their {group}"
            yield Finding(split.name, fold, group, "", said, group in split.disjoint)
    for name in (*asked.inputs, asked.target):
        rate = asked.signals[name].rate
        if rate is not None and not asked.signals[name].free:
            yield from _signals(split, fold, name, rate, seen, test)
    for name in asked.inputs:
        if _same_kind(asked.signals[name], asked.signals[asked.target]):
            ours = {r.id: _disturbance(r, name, asked.target) for r in test}
            theirs = {r.id: _disturbance(r, name, asked.target) for r in seen}
            if pairs := _overlaps(ours, theirs):
                yield Finding(split.name, fold, "disturbance", name, _named(pairs), True)


def _near(seen: Sequence[Recording], test: Sequence[Recording], guard: float) -> str:
    """The closest pair of one session, in words, where less than `guard` seconds lie between."""
    by_session: dict[tuple[str, str], list[tuple[str, float, float]]] = defaultdict(list)
    for recording in seen:
        if recording.span is not None:
            by_session[recording.speaker, recording.session].append((recording.id, *recording.span))
    times = {key: np.array([span for _, *span in known]) for key, known in by_session.items()}
    closest, pair = np.inf, ("", "")
    for recording in test:
        key = recording.speaker, recording.session
        if recording.span is None or key not in times:
            continue
        begin, end = recording.span
        gaps = np.maximum(times[key][:, 0] - end, begin - times[key][:, 1])
        place = int(np.argmin(gaps))
        if gaps[place] < closest:
            closest, pair = float(gaps[place]), (recording.id, by_session[key][place][0])
    if closest >= guard - TICK:
        return ""
    return f"{pair[0]} and {pair[1]} are {closest:.3f} s apart, expected {guard:.3f} s or more"


def _same_kind(one: Signal, other: Signal) -> bool:
    return (one.unit, one.rate, one.frame) == (other.unit, other.rate, other.frame)


def _disturbance(recording: Recording, name: str, target: str) -> Prints:
    """Fingerprints of what was added to the target, whatever its level."""
    added = np.asarray(recording[name], np.float64) - np.asarray(recording[target], np.float64)
    return fingerprints(added > 0, NOISE_WINDOW, NOISE_MOVES)


def _signals(
    split: Split,
    fold: str,
    name: str,
    rate: float,
    seen: Sequence[Recording],
    test: Sequence[Recording],
) -> Iterator[Finding]:
    """Overlaps and likenesses of one signal."""
    window = max(WINDOW, round(SECONDS * rate))
    prints: list[dict[str, Prints]] = []
    outlines: list[dict[str, Outline]] = []
    for part in (test, seen):
        prints.append({})
        outlines.append({})
        for recording in part:
            signal = recording[name]
            prints[-1][recording.id] = fingerprints(signal, window, window // 2)
            outlines[-1][recording.id] = outline(signal), len(signal)
    for kind, pairs in (("overlap", _overlaps(*prints)), ("alike", _alike(*outlines))):
        if pairs:
            yield Finding(split.name, fold, kind, name, _named(pairs), True)


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    named = ", ".join(f"{a} and {b}" for a, b in pairs[:SHOWN])
    return named + (f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else "")


def fingerprints(signal: Array, window: int, moves: int) -> Prints:
    """The kept fingerprints of a signal (time, ...): equal for equal stretches, at any place.

    Of `window` frames each, of which so many differ from the one before.
    """
    frames = np.ascontiguousarray(signal).reshape(len(signal), -1)
    if len(frames) < window:
        return np.empty(0, np.uint64)
    columns = frames.view(np.uint8).reshape(len(frames), -1).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 2**63, columns.shape[1], dtype=np.uint64)
    hashes = _mixed((columns * (2 * factors + 1)).sum(axis=1, dtype=np.uint64))
    sums = np.zeros(len(frames) - window + 1, np.uint64)
    for place, factor in enumerate(np.random.default_rng(1).integers(1, 2**63, window, np.uint64)):
        sums += hashes[place : place + len(sums)] * (2 * factor + 1)
    moved = np.concatenate([[0], np.cumsum(hashes[1:] != hashes[:-1])])
    moving = moved[window - 1 :] - moved[: len(sums)] >= moves
    prints = _mixed(sums)
    return np.unique(prints[moving & (prints % KEPT_OF == 0)])


def _mixed(values: Prints) -> Prints:
    """Every bit depends on every other, so that the last ones may choose."""
    values = (values ^ (values >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return values ^ (values >> np.uint64(29))


def outline(signal: Array) -> Array | None:
    """A signal (time, ...) as one vector of unit length that level and offset do not change."""
    frames = np.asarray(signal, np.float64).reshape(len(signal), -1)
    sides = np.random.default_rng(2).normal(size=(frames.shape[1], SIDES))
    traces = (frames @ sides)[:, : frames.shape[1]]  # of one channel, one projection says all
    parts = np.array_split(np.arange(len(frames)), min(POINTS, len(frames)))
    points = np.array([traces[part].mean(axis=0) for part in parts])
    points -= points.mean(axis=0)
    length = np.linalg.norm(points)
    return None if length < 1e-9 or len(points) < POINTS else (points / length).ravel()


def _overlaps(ours: Mapping[str, Prints], theirs: Mapping[str, Prints]) -> list[tuple[str, str]]:
    """Pairs of recordings that share a stretch."""
    owners: dict[int, str] = {}
    for name, prints in theirs.items():
        owners.update(dict.fromkeys(prints.tolist(), name))
    shared = ((name, p) for name, prints in ours.items() for p in prints.tolist() if p in owners)
    return sorted({(name, owners[p]) for name, p in shared})


def _alike(ours: Mapping[str, Outline], theirs: Mapping[str, Outline]) -> list[tuple[str, str]]:
    """Pairs whose outlines are the same but for their level."""
    known = [(name, line, length) for name, (line, length) in theirs.items() if line is not None]
    if not known:
        return []
    stack, lengths = np.array([line for _, line, _ in known]), np.array([n for _, _, n in known])
    found = []
    for name, (line, length) in ours.items():
        if line is not None:
            near = np.abs(lengths - length) <= LENGTHS * length
            close = np.flatnonzero(near & (np.abs(stack @ line) >= ALIKE))
            found += [(name, known[place][0]) for place in close]
    return found


def summary(findings: Iterable[Finding], data: str) -> Audit:
    """What is kept of an audit beside the splits."""
    found = list(findings)
    leaks = sorted({f.kind for f in found if f.leak})
    return Audit(data=data, leaks=leaks, shares=sorted({f.kind for f in found} - set(leaks)))


def lines(findings: Sequence[Finding]) -> list[str]:
    """What was found, a line a kind and signal, the first fold standing for all that say it."""
    folds = Counter((f.kind, f.signal) for f in findings)
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.kind, finding.signal), finding)
    return [
        f"{'LEAK' if f.leak else 'share'} {f.kind} {f.signal}".rstrip()
        + f", {folds[key]} folds, such as {f.fold}: {f.said}"
        for key, f in first.items()
    ]
