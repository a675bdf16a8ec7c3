"""Leakage audit: what test recordings share with what a model sees, by name and by content.

By name: text, session or speaker. A split promises which of them it keeps apart (`disjoint`) and is
not loaded if it breaks the promise; a shared name that it does not promise is reported, but is not
a leak.

By content, which no list of ids shows; each of these is a leak:

- **overlap**: the same stretch of a signal, bit for bit, in both parts, wherever it begins, as in
  windows cut from one recording: the fingerprints of stretches of 32 frames or 50 ms are compared.
- **near duplicate**: a whole signal, or most of it, that equals another one up to gain, offset,
  rounding or compression, or a few frames at its ends, however short it is; see duplicates.py.
- **identical**: recordings whose inputs are equal byte by byte, in groups; those in one part only
  are counted, and are no leak.
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

from benchmark.core import Asked, Paths, Recording, Signal, Split
from benchmark.data import folds
from benchmark.data.duplicates import Outline, copies, outline
from benchmark.data.fingerprints import Prints, content, fingerprints, overlaps
from benchmark.data.splits import GROUPS, Audit
from benchmark.worker import fold_reader

WINDOW, SECONDS = 32, 0.05  # of a fingerprint: frames, or more where these are shorter than 50 ms
NOISE_WINDOW, NOISE_CHANGES = 512, 12  # of a fingerprint of signs: samples, changes of sign
NOISE_KEPT_OF = 16  # few windows of signs are equal where the level is not
SHOWN = 3  # pairs that are named
TICK = 1e-3  # seconds: times are rounded


@dataclass(frozen=True)
class Finding:
    """One kind of thing that test shares with what a model sees. `leak`: it must not."""

    split: str
    fold: str
    kind: str  # overlap, near duplicate, identical, noise, gap, text, session, speaker
    signal: str
    message: str
    leak: bool


@dataclass(frozen=True)
class Kept:
    """What is kept of one signal of a recording."""

    content: bytes  # digest of all its bytes
    prints: Prints
    outline: Outline


@dataclass(frozen=True)
class Content:
    """What is kept of one recording."""

    signals: Mapping[str, Kept]
    noise: Mapping[str, Prints]  # by input, of what it has beside the target
    whole: bytes  # of all inputs; empty where nothing in them changes


def audit(paths: Paths, split: Split, data: str, context: float = 0.0) -> Iterator[Finding]:
    """The findings of all folds of one prepared split.

    Each recording is read once, and again where it may be a copy; what is kept of it is small.
    `data` is the data digest, `context` the seconds to either side that any entry of the task sees.
    """
    known: dict[str, Content] = {}
    shared: set[bytes] = set()  # contents in test and in what is seen of the same fold
    for fold in split.folds:
        folder = folds.fold_folder(paths.runs, data, fold)
        asked, answers = fold_reader.read_part(folder / "answers")
        _, visible = fold_reader.read_part(folder / "visible")
        names = folds.names(folder)
        seen = [replace(r, id=names[r.id]) for role in visible.values() for r in role]
        yield from compare(split, fold, asked, seen, answers["test"], context, known)
        shared |= _identical(known, [r.id for r in answers["test"]], [r.id for r in seen])
    yield from _groups(split, known, shared)


def compare(
    split: Split,
    fold: str,
    asked: Asked,
    seen: Sequence[Recording],
    test: Sequence[Recording],
    context: float = 0.0,
    known: dict[str, Content] | None = None,
) -> Iterator[Finding]:
    """The findings of one fold; `known` is filled with what is kept of each recording, by id."""
    known = {} if known is None else known
    if closest := _closest(seen, test, max(context, split.guard)):
        yield Finding(split.name, fold, "gap", "", closest, True)
    for group in GROUPS:
        names = {getattr(r, group) for r in seen}
        shared = [r for r in test if getattr(r, group) in names and getattr(r, group)]
        if shared:
            message = f"{len(shared)} of {len(test)} test recordings share their {group}"
            yield Finding(split.name, fold, group, "", message, group in split.disjoint)
    for recording in (*test, *seen):
        if recording.id not in known:
            known[recording.id] = content_of(recording, asked)
    for name in compared(asked):
        parts = [{r.id: known[r.id].signals[name] for r in part} for part in (test, seen)]
        found = overlaps(*({i: kept.prints for i, kept in part.items()} for part in parts))
        if found:
            yield Finding(split.name, fold, "overlap", name, _named(found), True)
        if found := _copies(name, test, seen, known):
            yield Finding(split.name, fold, "near duplicate", name, _named(found), True)
    for name in _mixed(asked):
        found = overlaps(*({r.id: known[r.id].noise[name] for r in part} for part in (test, seen)))
        if found:
            yield Finding(split.name, fold, "noise", name, _named(found), True)


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


def compared(asked: Asked) -> list[str]:
    """The signals whose content is compared: not labels of recordings, and no texts."""
    signals = {name: asked.signals[name] for name in (*asked.inputs, asked.target)}
    return [name for name, s in signals.items() if s.rate is not None and not s.free]


def _mixed(asked: Asked) -> list[str]:
    """Inputs that are the target and a noise, as far as their declarations tell."""
    kind = _kind(asked.signals[asked.target])
    return [name for name in asked.inputs if _kind(asked.signals[name]) == kind]


def _kind(signal: Signal) -> tuple[object, ...]:
    return signal.unit, signal.rate, signal.frame


def content_of(recording: Recording, asked: Asked) -> Content:
    """What is kept of one recording, which is read here, one signal at a time."""
    signals = {}
    for name in compared(asked):
        signal, rate = recording[name], asked.signals[name].rate
        assert rate is not None
        window = max(WINDOW, round(SECONDS * rate))
        moving = not asked.signals[name].labels  # labels of frames are alike by nature
        signals[name] = Kept(
            content=content(signal),
            prints=fingerprints(signal, window, window // 2),
            outline=outline(signal if moving else signal[:0], rate),
        )
    noise = {name: _noise_prints(recording, name, asked.target) for name in _mixed(asked)}
    inputs = [signals[name] for name in asked.inputs if name in signals]
    changing = any(len(kept.outline.places) for kept in inputs)
    whole = b"".join(kept.content for kept in inputs) if changing else b""
    return Content(signals, noise, whole)


def _noise_prints(recording: Recording, name: str, target: str) -> Prints:
    """Fingerprints of input minus target, whatever its level."""
    mixed, voice = recording[name], recording[target]
    count = min(len(mixed), len(voice))
    noise = mixed[:count].astype(np.float64) - voice[:count]
    return fingerprints(noise > 0, NOISE_WINDOW, NOISE_CHANGES, NOISE_KEPT_OF)


def _copies(
    name: str, test: Sequence[Recording], seen: Sequence[Recording], known: Mapping[str, Content]
) -> list[tuple[str, str]]:
    """Pairs of which one signal is a copy of the other, up to how it was stored."""
    ours, theirs = ([known[r.id].signals[name] for r in part] for part in (test, seen))
    found = copies(
        [(kept.content, kept.outline) for kept in ours],
        [(kept.content, kept.outline) for kept in theirs],
        lambda i, j: (test[i][name], seen[j][name]),
    )
    return sorted((test[i].id, seen[j].id) for i, j in found)


def _identical(
    known: Mapping[str, Content], test: Iterable[str], seen: Iterable[str]
) -> set[bytes]:
    """The contents of recordings that are in both parts."""
    return {known[i].whole for i in test} & {known[i].whole for i in seen} - {b""}


def _groups(split: Split, known: Mapping[str, Content], shared: set[bytes]) -> Iterator[Finding]:
    """How many groups of recordings have the same inputs, byte by byte."""
    groups: dict[bytes, list[str]] = defaultdict(list)
    for name, kept in known.items():
        if kept.whole:
            groups[kept.whole].append(name)
    several = sorted(sorted(names) for names in groups.values() if len(names) > 1)
    if several:
        message = f"{_count(len(several), 'group')} of byte-identical recordings"
        message += (
            f" ({sum(map(len, several))} recordings), such as {', '.join(several[0][:SHOWN])}"
        )
        message += f"; {_count(len(shared), 'group')} in test and in training or validation"
        yield Finding(split.name, "", "identical", "", message, bool(shared))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    named = ", ".join(f"{a} and {b}" for a, b in pairs[:SHOWN])
    return named + (f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else "")


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
        + (f", {_count(counts[key], 'fold')}, such as {f.fold}" if f.fold else "")
        + f": {f.message}"
        for key, f in first.items()
    ]
