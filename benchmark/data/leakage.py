"""Leakage audit: what test recordings share with what a model sees, by name and by content.

By name: text, session or speaker. A split promises which of them it keeps apart (`disjoint`) and is
not loaded if it breaks the promise; a shared name that it does not promise is reported, but is not
a leak.

By content, which no list of ids shows; each of these is a leak:

- **overlap**: the same stretch of a signal, bit for bit, in both parts, wherever it begins, as in
  windows cut from one recording: the fingerprints of stretches of 32 frames or 50 ms are compared.
- **near duplicate**: a whole signal that equals another one up to gain, offset or a little noise.
- **gap**: two recordings of one session that overlap in time, or lie closer together than the guard
  of the split or the context that an entry of the task looks at.
- **noise**: the same stretch of the noise in a mixture, which is the input minus the target where
  both have one unit, rate and shape. Its level and rounding may differ: the fingerprint is of the
  signs of its samples.

Stretches in which nothing changes (silence, a blank picture) are left out. Statistics fitted on
test recordings are no concern here: what a model is given holds none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmark.core import Array, Asked, Paths, Recording, Signal, Split
from benchmark.data import folds
from benchmark.data.fingerprints import Prints, fingerprints, outline
from benchmark.data.splits import GROUPS, Audit
from benchmark.worker import fold_reader

WINDOW, SECONDS = 32, 0.05  # of a fingerprint: frames, or more where these are shorter than 50 ms
NOISE_WINDOW, NOISE_CHANGES = 512, 12  # of a fingerprint of signs: samples, changes of sign
CORRELATION = 0.995  # of the outlines of near duplicates
LENGTHS = 0.02  # relative difference of lengths within which outlines are compared
SHOWN = 3  # pairs that are named
TICK = 1e-3  # seconds: times are rounded

Outline = tuple[Array | None, int]  # None where nothing changes; length of the signal, in frames


@dataclass(frozen=True)
class Finding:
    """One kind of thing that test shares with what a model sees. `leak`: it must not."""

    split: str
    fold: str
    kind: str  # overlap, near duplicate, noise, gap, text, session, speaker
    signal: str
    message: str
    leak: bool


def audit(paths: Paths, split: Split, data: str, context: float = 0.0) -> Iterator[Finding]:
    """The findings of all folds of one prepared split; one fold at a time, to bound memory.

    `data` is the data digest, `context` the seconds to either side that any entry of the task sees.
    """
    for fold in split.folds:
        folder = folds.fold_folder(paths.runs, data, fold)
        asked, answers = fold_reader.read_part(folder / "answers")
        _, visible = fold_reader.read_part(folder / "visible")
        names = folds.names(folder)
        seen = [replace(r, id=names[r.id]) for role in visible.values() for r in role]
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
    if closest := _closest(seen, test, max(context, split.guard)):
        yield Finding(split.name, fold, "gap", "", closest, True)
    for group in GROUPS:
        known = {getattr(r, group) for r in seen}
        shared = [r for r in test if getattr(r, group) in known and getattr(r, group)]
        if shared:
            message = f"{len(shared)} of {len(test)} test recordings share their {group}"
            yield Finding(split.name, fold, group, "", message, group in split.disjoint)
    for name in (*asked.inputs, asked.target):
        rate = asked.signals[name].rate
        if rate is not None and not asked.signals[name].free:
            yield from _same_content(split, fold, name, rate, seen, test)
    for name in asked.inputs:
        if _same_kind(asked.signals[name], asked.signals[asked.target]):
            ours = {r.id: _noise_prints(r, name, asked.target) for r in test}
            theirs = {r.id: _noise_prints(r, name, asked.target) for r in seen}
            if pairs := _overlaps(ours, theirs):
                yield Finding(split.name, fold, "noise", name, _named(pairs), True)


def _closest(seen: Sequence[Recording], test: Sequence[Recording], guard: float) -> str:
    """A sentence on the closest pair of one session, if less than `guard` seconds lie between."""
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
        nearest = int(np.argmin(gaps))
        if gaps[nearest] < closest:
            closest, pair = float(gaps[nearest]), (recording.id, by_session[key][nearest][0])
    if closest >= guard - TICK:
        return ""
    return f"{pair[0]} and {pair[1]} are {closest:.3f} s apart, expected {guard:.3f} s or more"


def _same_kind(one: Signal, other: Signal) -> bool:
    return (one.unit, one.rate, one.frame) == (other.unit, other.rate, other.frame)


def _noise_prints(recording: Recording, name: str, target: str) -> Prints:
    """Fingerprints of input minus target, whatever its level."""
    noise = np.asarray(recording[name], np.float64) - np.asarray(recording[target], np.float64)
    return fingerprints(noise > 0, NOISE_WINDOW, NOISE_CHANGES)


def _same_content(
    split: Split,
    fold: str,
    name: str,
    rate: float,
    seen: Sequence[Recording],
    test: Sequence[Recording],
) -> Iterator[Finding]:
    """Overlaps and near duplicates of one signal at `rate` Hz."""
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
    for kind, pairs in (
        ("overlap", _overlaps(*prints)),
        ("near duplicate", _duplicates(*outlines)),
    ):
        if pairs:
            yield Finding(split.name, fold, kind, name, _named(pairs), True)


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    named = ", ".join(f"{a} and {b}" for a, b in pairs[:SHOWN])
    return named + (f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else "")


def _overlaps(ours: Mapping[str, Prints], theirs: Mapping[str, Prints]) -> list[tuple[str, str]]:
    """Pairs of recordings that share a stretch."""
    owners: dict[int, str] = {}
    for name, prints in theirs.items():
        owners.update(dict.fromkeys(prints.tolist(), name))
    shared = ((name, p) for name, prints in ours.items() for p in prints.tolist() if p in owners)
    return sorted({(name, owners[p]) for name, p in shared})


def _duplicates(
    ours: Mapping[str, Outline], theirs: Mapping[str, Outline]
) -> list[tuple[str, str]]:
    """Pairs whose outlines are the same up to gain."""
    known = [(name, line, length) for name, (line, length) in theirs.items() if line is not None]
    if not known:
        return []
    stack, lengths = np.array([line for _, line, _ in known]), np.array([n for _, _, n in known])
    pairs = []
    for name, (line, length) in ours.items():
        if line is not None:
            comparable = np.abs(lengths - length) <= LENGTHS * length
            equal = np.flatnonzero(comparable & (np.abs(stack @ line) >= CORRELATION))
            pairs += [(name, known[index][0]) for index in equal]
    return pairs


def summary(findings: Iterable[Finding], data: str) -> Audit:
    """The part of an audit that is stored with the splits."""
    leak_of = {(finding.kind, finding.leak) for finding in findings}
    leaks = {kind for kind, leak in leak_of if leak}
    shares = {kind for kind, _ in leak_of} - leaks
    return Audit(data=data, leaks=sorted(leaks), shares=sorted(shares))


def lines(findings: Sequence[Finding]) -> list[str]:
    """One line per kind and signal: in how many folds, and the finding of the first of them."""
    counts = Counter((f.kind, f.signal) for f in findings)
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.kind, finding.signal), finding)
    return [
        f"{'LEAK' if f.leak else 'shared'}: {f.kind} {f.signal}".rstrip()
        + f", {counts[key]} folds, such as {f.fold}: {f.message}"
        for key, f in first.items()
    ]
