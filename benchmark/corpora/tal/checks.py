"""What is odd in a folder of TaL: dates of prompts, and pulses that do not fit the ultrasound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmark.core import Array
from benchmark.corpora.io import sound
from benchmark.corpora.io.pictures.ultrasound import frame_count, read_parameters
from benchmark.corpora.tal.files import Utterance, moment, utterances, whole

FIRST, LAST = 0.1, 2  # frames of ultrasound by which its first and its last pulse may differ
REGULAR = 0.2  # share of a frame by which the time from pulse to pulse may differ
MOSTLY = 0.8  # share of utterances whose pulses must fit, or nothing is told by them


def doubts(folder: Path) -> Iterator[str]:
    """One sentence for each prompt of another time, and each scan that its pulses do not fit."""
    sessions: dict[str, list[Utterance]] = {}
    for one in utterances(folder):
        if whole(one):
            sessions.setdefault(one.session, []).append(one)
    for members in sessions.values():
        yield from _of_dates(members)
    yield from _of_twins([one for members in sessions.values() for one in members])
    yield from _of_pulses([one for members in sessions.values() for one in members])


def _of_dates(members: Sequence[Utterance]) -> Iterator[str]:
    """Prompts of another day than the others of a session, or out of the order of their numbers."""
    known = [(one, when) for one in members if (when := moment(one)) is not None]
    if not known:
        return
    day = Counter(when.date() for _, when in known).most_common(1)[0][0]
    last: datetime | None = None
    for one, when in known:
        if when.date() != day:
            yield (
                f"{one.file('txt')}: expected a prompt of {day}, as others of its session, found "
                f"one of {when.date()}"
            )
            continue
        if last is not None and when < last:
            yield (
                f"{one.file('txt')}: expected a prompt later than the one before it, found "
                f"{when.time()} after {last.time()}"
            )
        last = when


def _of_twins(known: Sequence[Utterance]) -> Iterator[str]:
    """Prompts that say the same at the same second."""
    seen: dict[tuple[object, bytes], Utterance] = {}
    for one in known:
        if (when := moment(one)) is None:
            continue
        first = seen.setdefault((when, one.file("txt").read_bytes()), one)
        if first is not one:
            yield (
                f"{one.file('txt')}: expected a prompt of its own, found that of "
                f"{first.file('txt')}, of the same second"
            )


def _of_pulses(known: Sequence[Utterance]) -> Iterator[str]:
    """Scans with another number of frames, or another begin, than the pulses of the scanner."""
    found = {}
    for one in known:
        if not one.file("sync").is_file():
            continue
        scan = read_parameters(one.file("param"))
        pulses, end = _pulses(one.file("sync"), scan.rate)
        if len(pulses):
            count = frame_count(one.file("ult"), scan.fan)
            first, last = (float(pulses[k]) for k in (0, -1))
            wanted = scan.first, min(scan.time(count - 1), end)
            apart = [abs(a - b) * scan.rate for a, b in zip(wanted, (first, last), strict=True)]
            found[one] = apart[0] <= FIRST and apart[1] <= LAST, wanted, (first, last)
    if sum(fits for fits, _, _ in found.values()) < MOSTLY * len(found):
        return  # pulses of another kind than what is expected here
    for one, (fits, wanted, got) in found.items():
        if not fits:
            yield (
                f"{one.file('param')}: expected ultrasound from {got[0]:.3f} to {got[1]:.2f} s, as "
                f"the pulses in {one.file('sync').name} say, found {wanted[0]:.3f} to "
                f"{wanted[1]:.2f} s"
            )


def _pulses(path: Path, rate: float) -> tuple[Array, float]:
    """Seconds at which pulses of about that rate begin, and how long the file is.

    None in a file that is no WAV. Tones before them rise much faster one after the other.
    """
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return np.zeros(0), 0.0
    samples, told = sound.read(path, "float32")
    signal = samples[:, 0]
    up = signal > 0.5 * float(signal.max())
    rises = (np.flatnonzero(up[1:] & ~up[:-1]) + 1) / told.rate
    regular = np.abs(np.diff(rises) * rate - 1) < REGULAR
    kept = np.concatenate([regular, [False]]) | np.concatenate([[False], regular])
    return (rises[kept] if len(rises) else rises), float(told.seconds)
