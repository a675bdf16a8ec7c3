"""Every signal of every recording of a corpus, one recording at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmark.core import Corpus, Recording, UserError
from benchmark.data.checks import (
    arrays,
    copies,
    courses,
    lengths,
    listing,
    reading,
    sessions,
    together,
)
from benchmark.data.checks.problems import Tally

TELL_EVERY = 30.0  # seconds
MOST_MADE = 50  # recordings made from others, such as mixtures, that are looked at
UNREADABLE = "cannot be read"

Tell = Callable[[str], None]


@dataclass
class Report:
    """What was looked at, and what was found."""

    recordings: int = 0
    arrays: int = 0
    seconds: float = 0.0  # of signals in time: the longest of each recording, added up
    took: float = 0.0  # seconds
    tally: Tally = field(default_factory=Tally)
    doubts: Tally = field(default_factory=Tally)  # what is odd, and refused by nobody
    compared: list[str] = field(default_factory=list)  # what was held against what
    profiles: list[courses.Profile] = field(default_factory=list)

    @property
    def problems(self) -> int:
        return sum(self.tally.counts.values())

    def line(self) -> str:
        """All of it in one line."""
        speed = f", {self.seconds / self.took:,.0f} times real time" if self.seconds else ""
        return (
            f"{self.recordings:,} recordings with {self.arrays:,} signals ({self.seconds:,.0f} s) "
            f"looked at in {self.took:.0f} s{speed}: {self.problems:,} problems, "
            f"{sum(self.doubts.counts.values()):,} doubts"
        )


def check_corpus(corpus: Corpus, folder: Path, tell: Tell, only: Collection[str] = ()) -> Report:
    """Look at every recording, and at some of those that are made from others.

    `only` names the signals to read, all if it is empty. Memory does not grow with the recordings
    but for 200 bytes an array, by which copies are found, and 50 bytes a second and channel, by
    which streams are held against each other. `tell` is given a line about every 30 s.
    UserError where the recordings cannot be listed.
    """
    began = told = time.monotonic()
    report = Report()
    recordings, problems = listing.look(corpus.name, corpus.recordings, folder)
    for id, problem in problems:
        report.tally.add(problem, id)
    seen: dict[bytes, int] = {}
    chosen = _chosen(corpus, recordings)
    for number in chosen:
        recording = recordings[number]
        _check(corpus, recordings, number, seen, report, only)
        report.recordings += 1
        report.took = max(time.monotonic() - began, 1e-3)
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            tell(f"{report.recordings:,} of {len(chosen):,} recordings, last {recording.id}")
    for line in doubts_of_files(corpus, folder):
        report.doubts.say("odd files", line)
    found, report.compared = doubts(corpus, report.profiles)
    for id, signal, problem in found:
        report.doubts.add(problem, id, signal)
    report.took = max(time.monotonic() - began, 1e-3)
    return report


def doubts(
    corpus: Corpus, profiles: Sequence[courses.Profile]
) -> tuple[list[together.Finding], list[str]]:
    """What is odd between recordings, and a line for each thing that was held against another."""
    found, lines = together.findings(profiles, corpus.signals)
    more, further = sessions.findings(profiles, corpus.signals)
    return found + more, lines + further


def doubts_of_files(corpus: Corpus, folder: Path) -> list[str]:
    """What the reader finds odd; what it cannot read is odd as well."""
    try:
        return list(corpus.checks.doubts(folder))
    except UserError as error:
        return [str(error)]


def _chosen(corpus: Corpus, recordings: Sequence[Recording]) -> list[int]:
    """The places of all that were recorded, and of some of those made from others."""
    made = [n for n, one in enumerate(recordings) if corpus.checks.made(one.id)]
    few = {made[i] for i in np.linspace(0, len(made) - 1, MOST_MADE, dtype=int)} if made else set()
    left_out = set(made) - few
    return [n for n in range(len(recordings)) if n not in left_out]


def _check(
    corpus: Corpus,
    recordings: Sequence[Recording],
    number: int,
    seen: dict[bytes, int],
    report: Report,
    only: Collection[str],
) -> None:
    recording, tally = recordings[number], report.tally
    is_made = corpus.checks.made(recording.id)
    try:
        names = _signals(corpus, recording)
    except UserError as error:
        tally.say(UNREADABLE, str(error))
        return
    counts: dict[str, int] = {}
    streams = () if is_made else courses.streams(corpus.signals, corpus.checks)
    taken: dict[str, courses.Course] = {}
    # Also those that it need not have, such as what somebody has computed from others: where they
    # are there, they are looked at.
    for name in corpus.signals:
        if only and name not in only:
            continue
        try:
            array = reading.raw(recording, name)
        except UserError as error:
            if names is None or name in names:
                tally.say(UNREADABLE, str(error))
            continue
        report.arrays += 1
        sound = True
        for problem in arrays.problems(name, corpus.signals[name], array, corpus.checks):
            tally.add(problem, recording.id, name)
            sound = sound and problem.kind not in ("type", "shape", "not an array", "empty")
        if not sound or not isinstance(array, np.ndarray):
            continue
        if array.ndim:
            counts[name] = len(array)
        if name in streams and (course := courses.course(corpus.signals[name], array)):
            taken[name] = course
        if not is_made and copies.is_own(name, corpus):
            for key in copies.keys(name, corpus, array):
                if (first := seen.setdefault(key, number)) != number:
                    tally.add(copies.problem(recordings[first].id), recording.id, name)
                    break
    if taken:
        report.profiles.append(courses.Profile(recording.id, recording.session, taken))
    for name, problem in lengths.problems(recording, corpus.signals, counts, corpus.checks):
        tally.add(problem, recording.id, name)
    rates = ((counts[n], corpus.signals[n].rate) for n in counts if not corpus.signals[n].free)
    report.seconds += max((count / rate for count, rate in rates if rate), default=0.0)


def _signals(corpus: Corpus, recording: Recording) -> Collection[str] | None:
    """Names of the signals that a recording has; UserError where that cannot be told."""
    if corpus.checks.signals is None:
        return None
    try:
        return set(corpus.checks.signals(recording.id))
    except (Exception, SystemExit) as error:
        failure = reading.failed(error) if isinstance(error, Exception) else "the end of it"
        raise UserError(f"{recording.id}: Checks.signals cannot tell: {failure}") from error
