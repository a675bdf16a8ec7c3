"""One recording: its name, its signals against each other, and what others share with it."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmark.core import Array, Checks, Corpus, Recording, Signal
from benchmark.data.checks.problem import Problem

ODD = re.compile(r'[\x00-\x1f\x7f/\\*?\[\]!<>:"|]')  # in paths, in patterns of splits
LONGEST_ID = 150  # characters; a file of that name must be possible
CHOOSE_ANOTHER = "let `recordings` of its reader give another"


def names(recordings: Sequence[Recording]) -> Iterator[Problem]:
    """Ids that cannot be names of files, or are one where case does not count; missing speakers."""
    seen: dict[str, str] = {}
    for recording in recordings:
        shown = recording.id or "a recording"
        if not isinstance(recording.id, str) or not recording.id.strip(" ."):
            yield Problem("id", shown, "", "an id", repr(recording.id), CHOOSE_ANOTHER)
            continue
        if odd := ODD.search(recording.id):
            expected = "an id that can be the name of a file and no pattern"
            yield Problem("id", shown, "", expected, repr(odd[0]), CHOOSE_ANOTHER)
        if len(recording.id.encode("utf-8", "replace")) > LONGEST_ID:
            expected, found = f"an id of {LONGEST_ID} bytes at most", f"{len(recording.id)} letters"
            yield Problem("id", shown[:40], "", expected, found, CHOOSE_ANOTHER)
        key = unicodedata.normalize("NFC", recording.id).casefold()
        if (other := seen.setdefault(key, recording.id)) != recording.id:
            expected = "ids that differ by more than case or accents"
            yield Problem("id", shown, "", expected, f"{other} too", CHOOSE_ANOTHER)
        for what in ("speaker", "session"):
            if not str(getattr(recording, what) or "").strip():
                advice = f"name one; where there is one {what} only, all have the same"
                yield Problem(what, shown, "", f"a {what}", "none", advice)
    yield from twice(recordings)


def twice(recordings: Sequence[Recording]) -> Iterator[Problem]:
    """Ids that several recordings have."""
    seen: set[str] = set()
    for recording in recordings:
        if recording.id in seen:
            yield Problem("id", recording.id, "", "an id once", "it twice", CHOOSE_ANOTHER)
        seen.add(recording.id)


def lengths(
    recording: Recording,
    frames: Mapping[str, int],
    signals: Mapping[str, Signal],
    checks: Checks,
) -> Iterator[Problem]:
    """Signals in time that are not equally long, or not as long as the recording lasted.

    `frames` counts those of each signal that was read. The difference may be that of the corpus
    (`Checks.slack`, `slacks`) and one frame of each.
    """
    seconds = {s: n / rate for s, n in frames.items() if (rate := signals[s].rate)}
    advice = "the streams do not belong together, or a rate is wrong: look at the files"

    def slack(*several: str) -> float:
        own = sum(1 / rate for s in several if (rate := signals[s].rate))
        return max(checks.slacks.get(s, checks.slack) for s in several) + own + 1e-6

    for one, other in itertools.pairwise(seconds):
        if abs(seconds[one] - seconds[other]) > slack(one, other):
            expected = f"{seconds[one]:.3f} s as of {one}, give or take {slack(one, other):.3f} s"
            found = f"{seconds[other]:.3f} s"
            yield Problem("length", recording.id, other, expected, found, advice)
    if recording.span is not None and seconds:
        first = next(iter(seconds))
        begin, end = recording.span
        if not end > begin:
            found = f"{begin:g} to {end:g} s"
            yield Problem("span", recording.id, "", "an end after its beginning", found, advice)
        elif abs(end - begin - seconds[first]) > slack(first):
            expected = f"{end - begin:.3f} s as its span says, give or take {slack(first):.3f} s"
            found = f"{seconds[first]:.3f} s"
            yield Problem("length", recording.id, first, expected, found, advice)


class Copies:
    """Signals that two recordings have in common, bit by bit; it remembers 16 bytes of each."""

    def __init__(self, corpus: Corpus) -> None:
        self._signals, self._shared = corpus.signals, corpus.checks.shared
        self._seen: dict[tuple[str, bytes], str] = {}

    def look(self, recording: Recording, name: str, array: Array) -> Iterator[Problem]:
        signal = self._signals[name]
        few_values = np.issubdtype(array.dtype, np.integer) and not signal.frame  # such as 0 or 1
        if name in self._shared or signal.labels or signal.free or few_values:
            return
        content = np.ascontiguousarray(array)
        digest = hashlib.blake2b(content.view(np.uint8).data, digest_size=16).digest()
        if (other := self._seen.setdefault((name, digest), recording.id)) != recording.id:
            advice = "leave one of them out, or name the signal in `Checks.shared` of the corpus"
            expected = "a signal of its own"
            yield Problem("copy", recording.id, name, expected, f"that of {other}", advice)
